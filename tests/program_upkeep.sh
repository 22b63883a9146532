#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Commands on directories of runs: squall diff, squall clean, squall watch.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
sed '/^model:/,$d' deck.yaml >small.yaml
printf 'measure:\n' >>small.yaml
sed 's/0.22,/0.23,/; s/seed: 3/seed: 4/' small.yaml >other.yaml
run 1 run small.yaml -hmc_configurations 64 -hmc_test 0
check "a run to look at" every 'ended 0' 'exist whole/measure.csv'
run 1 run other.yaml --set run.dir=other --set hmc.configurations=64 -hmc_test 0
check "and another one" every 'ended 0' 'exist other/measure.csv'

# What differs
run 2 diff small.yaml other.yaml
check "two decks" every 'ended 0' 'lines 1 "^  run.seed  *3  *4$" last.log' \
  'lines 1 "^  action.kappa  *0.22  *0.23$" last.log' 'lines 4 "" last.log'
run 1 diff small.yaml small.yaml
check "a deck and itself" says 'no key differs'
run 1 diff small.yaml deck.yaml
check "sections that one has not" every 'ended 0' 'says "^  train  *(not there)  *(there)$"' \
  'lines 0 "train.steps" last.log'
run 1 diff whole other
check "two runs" every 'ended 0' 'says "^measure.csv:"' 'says "training phi2 .* +- .* errors$"' \
  'says "rows differ, [0-9]* of them by more than 3 errors"'
run 1 diff whole whole
check "a run and itself" every 'says "no key differs"' 'says "  0 of [0-9]* rows differ"'
refused 64 'usage: squall diff A B' diff whole
refused 64 'No such file' diff whole nothing

# What can go
touch whole/hmc.checkpoint.h5 whole/hmc.checkpoint.h5.1 whole/samples.h5.part whole/mine.h5 \
  whole/ensemble.h5.1 whole/fields.new whole/model.h5.tmp
ln -s ../other/ensemble.h5 whole/link.checkpoint.h5
run 1 clean whole other
check "clean lists" every 'ended 0' 'says "^whole/hmc.checkpoint.h5  "' \
  'says "4 files, .* can go; nothing is removed"' \
  'exist whole/ensemble.h5' '[ -e whole/samples.h5.part ]'
run 1 clean whole --yes
check "and removes when it is told to, and nothing else" every 'ended 0' 'says "4 files removed"' \
  'absent whole/hmc.checkpoint.h5 whole/samples.h5.part' 'exist whole/ensemble.h5 whole/measure.csv other/ensemble.h5' \
  '[ -e whole/mine.h5 ]' '[ -e whole/ensemble.h5.1 ]' '[ -e whole/fields.new ]' '[ -L whole/link.checkpoint.h5 ]'
run 1 clean whole
check "then nothing can go" every 'ended 0' 'says "nothing can go"'
mkdir -p whole/export/ensemble
dead=$(sh -c 'echo $$')
touch whole/export/ensemble.npz."$dead".tmp whole/export/ensemble/t-0.vti."$dead".tmp whole/export/mine.npz.$$.tmp \
  whole/export/notes.tmp whole/export/a.h5.part
run 1 clean whole
check "what killed exports left is listed" every 'says "2 files, 0.* can go"' \
  'says "^whole/export/ensemble/t-0.vti.$dead.tmp  .*did not end"'
run 1 clean whole --yes
check "and removed, and nothing else" every 'says "2 files removed"' 'absent whole/export/ensemble.npz."$dead".tmp' \
  '[ -e whole/export/mine.npz.$$.tmp ]' '[ -e whole/export/notes.tmp ]' '[ -e whole/export/a.h5.part ]'
rm -r whole/export
part=whole/couplings/kappa-0.2
mkdir -p $part whole/couplings/mine whole/report
cp whole/deck.yaml $part
touch whole/report/loss.gp."$dead".tmp $part/hmc.checkpoint.h5 $part/ensemble.h5.part.data.3 \
  $part/ensemble.h5.part.metadata.3 $part/ensemble.h5.data.txt whole/couplings/mine/a.checkpoint.h5
run 1 clean whole --yes
check "what killed runs left on the page and at couplings goes too" every 'says "4 files removed"' \
  'absent $part/hmc.checkpoint.h5 $part/ensemble.h5.part.data.3 whole/report/loss.gp."$dead".tmp' \
  '[ -e $part/ensemble.h5.data.txt ]' '[ -e whole/couplings/mine/a.checkpoint.h5 ]'
rm -r whole/couplings
refused 64 'is not the directory of a run' clean . --yes
refused 64 'usage: squall clean' clean
refused 64 "more than 700 bytes" clean "$(printf "x%.0s" $(seq 701))"
if command -v flock >/dev/null; then
  touch whole/hmc.checkpoint.h5
  flock whole/lock "$squall" clean whole --yes >last.log 2>&1 </dev/null; code=$?
  check "not while a squall is at work" every 'ended 64' 'says "another squall is at work in whole"' \
    '[ -e whole/hmc.checkpoint.h5 ]'
else skip "there is no flock (Debian: util-linux)"; fi

# How far they are
run 1 watch whole other
check "finished runs" every 'ended 0' 'says "^whole  finished$"' 'lines 2 "^  hmc  *done$" last.log'
cat >whole/status.json <<'JSON'
{"stage": "hmc", "state": "running", "done": 25, "total": 100, "seconds": 5, "updated": "2001-01-01T00:00:00Z"}
JSON
run 1 watch whole --once
check "one that somebody killed" every 'ended 0' \
  'says "^  hmc  *\[#####\.*\]  25 %  25 of 100  no squall of this machine"'
printf '{"stage": "h\033[31m", "state": "running"' >whole/status.json
run 1 watch whole --once
check "a damaged status" every 'ended 0' 'lines 0 "\[31m.*\[31m" last.log'
rm whole/status.json
run 1 watch whole
check "and none" every 'ended 0' 'says "nothing is known yet"' 'says "^  hmc  *done$"'
refused 64 'is not the directory of a run' watch nowhere
refused 64 'from 0.1 to 86400' watch whole --every 0
finish
