#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# debian.sh [SUITE...]: builds the Debian packages in bare roots of bookworm and trixie, installs them and runs
# debian/tests there. As root, with debootstrap; half an hour of two cores. ROOTS: where the roots are kept for the
# next time; a scratch directory unless it is set.
set -u
here=$(CDPATH='' cd -- "${srcdir:-.}" && pwd)
# shellcheck source=tests/environment
. "$here/tests/environment"
if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
  echo "1..0 # SKIP needs root and debootstrap (Debian: debootstrap)"
  exit 0
fi
scratch=$(mktemp -d)
mounted=
leave() { for place in $mounted; do umount "$place"; done; rm -rf --one-file-system "$scratch"; }
trap leave EXIT
roots=${ROOTS:-$scratch} mirror=${MIRROR:-http://deb.debian.org/debian}
cd "$scratch" || exit 99

within() {
  chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root "$@" >>last.log 2>&1 </dev/null
}
bare() {
  [ -x "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase "$suite" "$root" "$mirror" >last.log 2>&1 || return 1
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  # as every build host has it: without, UCX of Open MPI 5 complains into the output of programs
  mountpoint -q "$root/proc" || { mount -t proc proc "$root/proc" && mounted="$mounted $root/proc"; } || return 1
  within apt-get update
}
# What git has, or what a tarball has: without build directories.
sources() {
  rm -rf "$root/build" && mkdir -p "$root/build/squall" || return 1
  if git -C "$here" rev-parse >/dev/null 2>&1; then git -C "$here" archive HEAD | tar -x -C "$root/build/squall"
  else tar -c -C "$here" --exclude='./build*' . | tar -x -C "$root/build/squall"; fi
}
tools() { within apt-get install -y --no-install-recommends build-essential debhelper fakeroot python3; }
needs() { within sh -c 'cd /build/squall && apt-get build-dep -y --no-install-recommends ./'; }
packages() { within sh -c 'cd /build/squall && dpkg-buildpackage -us -uc -b'; }
install() { within sh -c 'apt-get install -y --no-install-recommends /build/*squall*_*.deb'; }
test_of() { within sh -c "cd /build/squall && sh debian/tests/$1"; }

[ $# -gt 0 ] || set -- bookworm trixie
for suite in "$@"; do
  root=$roots/$suite
  : >last.log
  check "$suite: a bare root" bare
  check "$suite: the sources" sources
  check "$suite: tools" tools
  check "$suite: what debian/control needs" needs
  check "$suite: dpkg-buildpackage" packages
  check "$suite: the packages install" install
  check "$suite: the symmetric deck on two ranks" test_of deck
  check "$suite: a program on the library" test_of library
done
echo "1..$count"
exit $failed
