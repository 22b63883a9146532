#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The public headers: each compiles alone as C11, all of them as C++ with C linkage, and their version is the package's;
# the program says which compiler made it.
set -u
here=$(CDPATH='' cd -- "${srcdir:-.}" && pwd)
# shellcheck source=tests/environment
. "$here/tests/environment"
cd "${builddir:-build}" || exit 99
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

of() { sed -n "s/^$1 = //p" Makefile; }
headers=$(cd "$here/include" && ls squall/*.h)
options="-fsyntax-only -pedantic -Wall -Wextra -Werror -I$here/include $(of SQUALL_CPPFLAGS)"

for header in $headers; do
  echo "#include \"$header\"" >"$scratch/$(basename "$header" .h).c"
done
# shellcheck disable=SC2046,SC2086 # lists of flags
check "every header compiles alone" $(of CC) -std=c11 $options "$scratch"/*.c

version() {
  awk '/^#define SQ_VERSION_(MAJOR|MINOR|PATCH)/ { printf "%s%s", dot, $3; dot = "." }' "$here/include/squall/base.h"
}
check "SQ_VERSION is that of the package" test "$(version)" = "$(of PACKAGE_VERSION)"

compiler=gcc
$(of CC) -dM -E -x c /dev/null | grep -q __clang__ && compiler=clang
says_compiler() { ./squall --version </dev/null 2>/dev/null | grep -q "^squall.*, $compiler [0-9]"; }
check "the version names the compiler: $compiler" says_compiler

cxx=
for name in g++ clang++ c++; do command -v $name >/dev/null && cxx=$name && break; done
if [ -z "$cxx" ]; then
  echo "ok $((count = count + 1)) - # SKIP no C++ compiler (Debian: g++)"
else
  for header in $headers $headers; do echo "#include \"$header\""; done >"$scratch/all.cc"
  echo 'int main() { return sq_version_number() != SQ_VERSION; }' >>"$scratch/all.cc"
  # MPI's own C++ headers are not wanted
  # shellcheck disable=SC2046,SC2086
  check "all headers compile as C++" $cxx -std=c++17 -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX $options -Wno-long-long \
    $(of CC | grep -q mpi && $(of CC) -show 2>/dev/null | tr ' ' '\n' | grep '^-I') "$scratch/all.cc"
fi
echo "1..$count"
exit $failed
