#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# doc/examples/lattice.c, a program of somebody else's on the library: the closed form of the free field, the same bits
# on two ranks, and a message for couplings that have no theory.
set -u
here=$(CDPATH='' cd -- "${srcdir:-.}" && pwd)
# shellcheck source=tests/environment
. "$here/tests/environment"
program=${EXAMPLE:-$(CDPATH='' cd -- "${builddir:-build}" && pwd)/doc/examples/lattice}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99

# within ROW EXACT: 5 errors, so that a right program fails once in a million times; the seed is fixed.
within() {
  awk -F, -v row="$1" -v exact="$2" '
    $1 == row { found = 1; d = $2 - exact; if (d < 0) d = -d; if (!($3 > 0 && d < 5 * $3)) bad = 1 }
    END { exit !found || bad }' one
}
check "it runs" sh -c '"$1" </dev/null >one 2>last.log' sh "$program"
check "chi2 = 1/(2 (1 - 2 d kappa))" within chi2 2.5
check "the Schwinger-Dyson identity" within schwinger_dyson 1
on 2 "$program" >two 2>last.log
check "two ranks: the same table" cmp one two
"$program" 0.1 0.5 </dev/null >three 2>last.log
check "other couplings: other numbers" sh -c 'test -s three && ! cmp -s one three'
"$program" 0.3 0 </dev/null >four 2>last.log
check "kappa >= 1/(2 d) without lambda is refused: status $?" grep -qi kappa last.log
echo "1..$count"
exit $failed
