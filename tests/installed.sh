#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# installed.sh PREFIX PKGCONFIGDIR SQUALL [EXAMPLE]: builds and runs small programs with what `make install` put there;
# EXAMPLE is doc/examples/lattice.c.
set -eu
prefix=$1 pkgconfigdir=$2 squall=$3
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 ASAN_OPTIONS=detect_leaks=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/program.c" <<'TEXT'
#include <squall/action.h>
#include <squall/stats.h>
#include <squall/fft.h>

int main(int argc, char **argv)
{
  sq_action action;
  char      text[256];
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  if (sq_action_make("phi4", 2, (double[]){0.21, 0.022}, &action)) return 1;
  sq_action_describe(&action, text, sizeof text);
  puts(text);
  return PetscFinalize() != 0;
}
TEXT
flags() { PKG_CONFIG_PATH=$pkgconfigdir "${PKG_CONFIG:-pkg-config}" --define-variable=prefix="$prefix" "$@" squall; }
LD_LIBRARY_PATH="$(flags --variable=libdir)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
# shellcheck disable=SC2046,SC2086 # lists of flags
${CC:-mpicc} ${CFLAGS-} ${LDFLAGS-} $(flags --cflags) -o "$scratch/program" "$scratch/program.c" $(flags --libs)
[ "$("$scratch/program" </dev/null)" = "phi4 kappa=0.21 lambda=0.022" ]
if [ -n "${4-}" ]; then
  # shellcheck disable=SC2046,SC2086
  ${CC:-mpicc} ${CFLAGS-} ${LDFLAGS-} $(flags --cflags) -o "$scratch/lattice" "$4" $(flags --libs)
  here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
  EXAMPLE=$scratch/lattice srcdir=$here sh "$here/tests/example.sh" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
fi
"$squall" --version </dev/null >/dev/null
echo "installed: a program builds and runs with $pkgconfigdir/squall.pc"
