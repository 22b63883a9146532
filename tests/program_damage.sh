#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Damaged and cut files are refused, by verify with and without MPI and by the stages; so is a full disk.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc train sample
damage() { # damage FILE: turns over the bits of one byte in the middle
  at=$(($(wc -c <"$1") / 2))
  byte=$(dd if="$1" bs=1 skip=$at count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
  # shellcheck disable=SC2059 # an octal escape
  printf "\\$(printf %o $((255 - byte)))" | dd of="$1" bs=1 seek=$at conv=notrunc 2>/dev/null
}
mkdir broken; cp whole/*.h5 broken
for file in ensemble model samples; do
  damage broken/$file.h5
  refused 65 broken/$file.h5 verify broken/$file.h5
done
refused 65 broken/model.h5 sample deck.yaml -run_dir other -sample_model broken/model.h5

# all of several files are judged, by one process and by several, also where MPI cannot start
several() {
  every 'ended 65' "says 'whole/ensemble.h5: all .* sound'" "says 'broken/model.h5: '" \
    "says 'whole/samples.h5: all .* sound'"
}
files="whole/ensemble.h5 broken/model.h5 whole/samples.h5"
# shellcheck disable=SC2086 # words on purpose
OMPI_MCA_pml=nonsense "$squall" verify $files >last.log 2>&1 </dev/null; code=$?
check "verify works without MPI, on several files" several
# shellcheck disable=SC2086
run 2 verify $files
check "and with it" several
OMPI_MCA_pml=nonsense "$squall" info whole/model.h5 >last.log 2>&1 </dev/null; code=$?
check "so does info" every 'ended 0' 'says "^kind *model"'
rm broken/model.h5
refused 65 broken/ensemble.h5 train deck.yaml -run_dir broken
for file in ensemble model; do
  head -c $(($(wc -c <whole/$file.h5) * 2 / 3)) whole/$file.h5 >cut_$file.h5
  refused 65 cut_$file.h5 verify cut_$file.h5
  refused 65 cut_$file.h5 info cut_$file.h5
done

# ---- a full disk
mkdir full
if mount -t tmpfs -o size=200k squall-test full 2>/dev/null; then
  trap 'umount "$scratch/full" 2>/dev/null; rm -rf "$scratch"' EXIT
  refused 74 'full.*needs' hmc deck.yaml -run_dir full/run
  check "a full disk leaves nothing behind that looks finished" absent full/run/ensemble.h5
else
  skip "a full disk: cannot mount one here"
fi

finish
