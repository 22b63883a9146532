#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs of earlier releases, tests/corpus/runs-VERSION.tar.xz, stay usable: their files are sound, finished stages are
# kept, what is measured is what was measured, and interrupted ones go on. Their keys are still there, with the defaults
# that they had.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
corpus=$here/tests/corpus
can_unpack() { command -v xz >/dev/null; }

# The keys that count in fingerprints: SECTION.KEY and default, a tab between them.
"$squall" keys </dev/null | awk -F' [|] ' '
  /^### / { section = substr($0, 5) }
  /^[|] `/ { gsub(/[|` ]/, "", $1); gsub(/[`"]/, "", $4); print section "." $1 "\t" $4 }' >keys
for list in "$corpus"/keys-*.txt; do
  [ "$(wc -l <keys)" -gt 100 ] && sort -u keys | LC_ALL=C grep -Fvxf - "$list" >gone.log
  sed 's/^/# gone, or with another default: /' gone.log
  check "every key of ${list##*/} is there with its default (a run of then has the values of then)" [ ! -s gone.log ]
done

# numbers FILE: of a table of a run, without the time that something took
numbers() { grep -v 'core_seconds' "$1"; }
# near FILE FILE: the same words, and numbers to 1e-6
near() {
  [ -s "$1" ] && numbers "$1" >one && numbers "$2" >two && [ "$(wc -l <one)" = "$(wc -l <two)" ] &&
    paste -d, one two | awk -F, '
      { for (i = 1; i <= NF / 2; i++) {
          a = $i; b = $(i + NF / 2); d = a - b; if (d < 0) d = -d
          if (a == b || (d <= 1e-6 * (1 + (a < 0 ? -a : a)) && a + 0 == a && b + 0 == b)) continue
          print "# " a " is not " b; bad = 1 } }
      END { exit bad }'
}

for archive in "$corpus"/runs-*.tar.xz; do
  version=${archive##*/runs-}; version=${version%.tar.xz}
  if ! can_unpack; then check "runs of $version # SKIP xz is not installed" true; continue; fi
  mkdir "$version"; cd "$version" || exit 99
  tar -xJf "$archive"
  run 2 verify ./*/*.h5
  check "$version: every file is sound" every 'ended 0' 'lines "$(ls ./*/*.h5 | wc -l)" "sound" last.log'
  run 1 info ./*/*.h5
  check "$version: and shows what it is" ended 0
  for deck in *.yaml; do
    name=${deck%.yaml}
    case $name in interrupted-*) continue ;; esac
    before=$(cksum "$name"/*.h5)
    cp "$name/measure.csv" measured.csv
    run 1 run "$deck"
    check "$version: $name is finished, and none of its files is made anew" every 'ended 0' \
      '[ "$(cksum "$name"/*.h5)" = "$before" ]' "exist $name/report/index.html"
    check "$version: $name: what is measured is what was measured" near measured.csv "$name/measure.csv"
  done
  run 1 train interrupted-train.yaml
  check "$version: an interrupted training goes on" every 'ended 0' 'says "train: resumed at step 1 of 6"' \
    'exist interrupted-train/model.h5' 'absent interrupted-train/train.checkpoint.h5'
  run 1 run phi4-diffusion.yaml -action_kappa 0.25 -hmc_chains 2
  check "$version: another deck is refused with all keys that differ" every 'ended 64' \
    'says "action.kappa: 0.22 in the file, 0.25 in the deck; hmc.chains: 4 in the file, 2 in the deck"'
  cd ..
done

finish
