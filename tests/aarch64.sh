#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The tests of kernels (rng, circle, stats, nn) on a processor that is not x86: cross-compiled for aarch64 and run by
# qemu-user, beside tests/aarch64/alone.c instead of MPI and the libraries. `make check-aarch64`; skipped without the
# tools (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user).
set -u
here=$(CDPATH='' cd -- "${srcdir:-.}" && pwd)
# shellcheck source=tests/environment
. "$here/tests/environment"
cd "${builddir:-build}" || exit 99
build=$PWD scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cc=${AARCH64_CC:-aarch64-linux-gnu-gcc} run=
for name in qemu-aarch64-static qemu-aarch64; do command -v $name >/dev/null && run=$name && break; done
if [ -z "$run" ] || ! command -v "$cc" >/dev/null; then
  echo "1..0 # SKIP no $cc or no qemu-aarch64 (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)"
  exit 0
fi

# The headers of the libraries are those of this machine, behind the compiler's own: they say the same for both.
of() { sed -n "s/^$1 = //p" Makefile; }
includes="$(of SQUALL_CPPFLAGS) $($(of CC) -show 2>/dev/null | tr ' ' '\n' | grep '^-I' | tr '\n' ' ')"
mkdir "$scratch/include" && ln -s /usr/include/Random123 /usr/include/fftw3.h "$scratch/include"
# which PETSc's headers ask for on x86:
echo '#define _mm_prefetch(address, hint) ((void)(address))' >"$scratch/include/xmmintrin.h"
flags="-std=gnu11 -O2 -ffp-contract=off -Wall -I$here -I$here/include -I$build -I$scratch/include $includes"

cd "$scratch" || exit 99
compile() { # compile TEST FILE...
  test=$1; shift
  # shellcheck disable=SC2086 # lists of flags
  "$cc" $flags -static -o "$test" "$here/tests/$test.c" "$here/tests/aarch64/alone.c" "$here"/src/base/*.c "$@" -lm \
    >last.log 2>&1
}
run() { "$run" "./$1" </dev/null >"$1.log" 2>&1 || { cp "$1.log" last.log; return 1; }; }

src=$here/src
for line in "rng $src/rng/*.c" "circle $src/circle/*.c $src/rng/*.c $src/exact/bessel.c" \
  "stats $src/stats/*.c $src/rng/*.c" "nn $src/nn/*.c $src/rng/*.c"; do
  # shellcheck disable=SC2086 # patterns
  set -- $line
  check "$1 compiles for aarch64" compile "$@"
  check "$1 passes" run "$1"
done
echo "1..$count"
exit $failed
