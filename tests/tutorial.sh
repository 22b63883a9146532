#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# doc/tutorial.md, word by word: its commands in their order, in a directory of their own.
# shellcheck source=tests/program_lib
. "$(CDPATH='' cd -- "${srcdir:-.}" && pwd)/tests/program_lib"
# A python3 with NumPy: the first of the search path, or that of the system.
mkdir bin
for python in python3 /usr/bin/python3; do
  "$python" -c 'import numpy' 2>/dev/null && ln -s "$(command -v "$python")" bin/python3 && break
done
if [ ! -e bin/python3 ]; then
  echo "1..0 # SKIP python3 with numpy is not installed (Debian: python3-numpy)"
  exit 0
fi
PATH=$scratch/bin:$(dirname "$squall"):$PATH SQUALL_DOC=$here/doc
export PATH SQUALL_DOC
# The blocks ```sh, each a script of its own: 01.sh, 02.sh, ...
awk '/^```sh$/ { n++; file = sprintf("%02d.sh", n); printf "" >file; next }
  /^```/ { file = "" } file { print >>file }' "$here/doc/tutorial.md"
blocks=$(ls [0-9][0-9].sh)
check "the tutorial has commands" [ "$(echo "$blocks" | wc -l)" -ge 8 ]
for block in $blocks; do
  grep -v '^export PATH' "$block" >step.sh
  sh -eu step.sh >last.log 2>&1 </dev/null; code=$?
  check "$(grep -oE '^(squall|python3|cat) .*' "$block" | head -n 1 | cut -c 1-70)" ended 0
  cat last.log >>all.log
done
check "nothing in it is called wrong" every 'lines 0 "^squall: " all.log' 'lines 0 "FAILED" all.log'
check "the imported fields are used" exist runs/own/ensemble.h5 runs/own/corrected.h5 runs/own/report/index.html
# log Z of the two models of the same theory: a path weight and an exact density.
agree() {
  { number runs/own generated log_Z; number runs/flow generated log_Z; } | awk '
    { value[NR] = $1; square += $2 * $2 }
    END { d = value[1] - value[2]; exit !(NR == 2 && square > 0 && d * d < 16 * square) }'
}
check "log Z of the diffusion model and of the multilevel model agree" agree
finish
