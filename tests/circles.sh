#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# No two files need each other: calls and data between the object files of the library and the program make no circle.
# A table stands apart: who asks it knows none of its rows. Read from the objects of the build; a planted circle must be
# noticed.
set -u
here=$(CDPATH='' cd -- "${srcdir:-.}" && pwd)
# shellcheck source=tests/environment
. "$here/tests/environment"
cd "${builddir:-build}" || exit 99
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# "FILE OTHER": FILE needs something of OTHER.
needs() {
  find src -name '*.o' | sort | while read -r object; do
    source=$(echo "${object%.o}.c" | sed 's,libnn_a-,,')
    case $source in */table.c) continue ;; esac
    [ -f "$here/$source" ] && nm -g "$object" | sed "s,^,$object ,"
  done | awk '
    { kind = $(NF - 1); name = $NF }
    kind == "U" { needs[++n] = $1 " " name; next }
    kind != "w" { home[name] = $1 }
    END {
      for (i = 1; i <= n; i++) {
        split(needs[i], part, " ")
        if ((part[2] in home) && home[part[2]] != part[1] && !((part[1], home[part[2]]) in seen)) {
          seen[part[1], home[part[2]]] = 1
          print part[1], home[part[2]]
        }
      }
    }'
}

# Files that stand in circles, as tsort sees them.
circles() { tsort "$1" 2>&1 >"$scratch/order" | grep '\.o'; }

needs >"$scratch/needs"
check "the objects of the build need each other" test "$(wc -l <"$scratch/needs")" -gt 200
circles "$scratch/needs" >"$scratch/found"
sed 's/^/# /' "$scratch/found"
check "and in no circle" test ! -s "$scratch/found"
head -n 1 "$scratch/needs" | awk '{ print $2, $1 }' | cat "$scratch/needs" - >"$scratch/planted"
circles "$scratch/planted" >"$scratch/found"
check "noticed: a file that needs what needs it" test -s "$scratch/found"
echo "1..$count"
exit $failed
