#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# One diffusion model for all couplings in a range: ensembles where it learns, made by the run; fields anywhere in the
# range with log Z of the free field; the same on any ranks and after an interruption; what is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [8, 4]}
action:   {type: phi4, kappa: 0.2, lambda: 0.022}
hmc:      {configurations: 128, test: 64, chains: 4, separation: 2}
model:    {channels: 16, blocks: 1}
train:    {steps: 10, batch: 128, calibrate: 32, scan: {action: {kappa: [0.15, 0.19, 0.23, 0.27]}}}
sample:   {configurations: 128, steps: 6, scan: {action: {kappa: [0.17, 0.23]}}}
correct:  {method: metropolis}
report:   {figures: false}
DECK

# ---- before anything is made
run 2 check deck.yaml
check "check says what ensembles it takes" every 'ended 0' 'absent whole' 'lines 4 "  scan: phi4 kappa=" last.log' \
  'says "in whole/couplings/kappa-0.27"' 'lines 1 "^  train .*in all" last.log'
# said NAME: how often the files of that name are told, and what they are in all, in kB
said() { sed -n "s/^ *$1[^:]*: \([0-9.]*\) kB/\1/p" check.log | awk '{ s += $1 } END { print NR, s }'; }
cp last.log check.log
check "and what generating at others takes" every 'lines 2 "^  couplings: phi4 kappa=" check.log' \
  'lines 3 "^ *samples.h5: " check.log' 'lines 3 "^ *corrected.h5" check.log' \
  'lines 3 "s for 6 evaluations of 128 fields" check.log' 'says "for the calibration .* fields of all couplings"'
refused 64 "action.kappa: 0.3 is out of the range of train.scan, 0.15 to 0.27" run deck.yaml -action_kappa 0.3
refused 64 "sample.scan: action.kappa: 0.1 is out of the range of train.scan" run deck.yaml \
  "-sample_scan=-action_kappa 0.1,0.2"
refused 64 "sample.scan: no value of kappa" run deck.yaml "-sample_scan=-action_kappa"
refused 64 "0.23000000000001 is too near to 0.23 of train.scan" run deck.yaml \
  "-sample_scan=-action_kappa 0.23000000000001"
refused 64 "sample.scan generates with the model that this deck trains, not with other.h5" run deck.yaml \
  -sample_model other.h5
# wrong VALUE MESSAGE: a deck with that train.scan is refused.
wrong() {
  sed "s/scan: {action: {kappa: .0.15.*/scan: $1}/" deck.yaml >wrong.yaml
  run 1 run wrong.yaml
  check "refused: scan: $1" every 'ended 64' "says '$2'" 'lines 0 "PETSC ERROR" last.log' 'absent whole'
}
wrong "{action: {kappa: []}}" "train.scan: no value of kappa"
wrong "{action: {kappa: [0.2]}}" "train.scan: one value of kappa"
wrong "{action: {kappa: [0.2, 0.2]}}" "train.scan: kappa has the value 0.2 twice"
wrong "{action: {kappa: [0.2, nan]}}" "must be a list of numbers"
wrong "{action: {kappa: [0.2, x]}}" "must be a list of numbers"
wrong "{action: {mass: [0.2, 0.3]}}" "mass is no parameter of the action phi4 that can vary; it has kappa, lambda"
wrong "{hmc: {chains: [2, 3]}}" "hmc_chains is no parameter"
wrong "{action: {lambda: [0, 0.022], kappa: [0.1, 0.3]}}" "train.scan: .* is not possible"
wrong "{action: {lambda: [0.01, 0.022, -1]}}" "action.lambda: -1, must be from 0"
wrong "0.2" "0.2 is no parameter"
refused 64 "train.halves does not go with train.scan" run deck.yaml -train_halves true
sed -e 's/calibrate: 32, //; s/steps: 6, //; s/^model.*/model: {type: multilevel}/' deck.yaml >multilevel.yaml
refused 64 "train.scan is not for a model of type multilevel" run multilevel.yaml
sed '/^hmc/d' deck.yaml >without.yaml
refused 64 "the deck needs a section hmc or mc" run without.yaml
sed 's/, scan: {action: {kappa: .0.15.*/}/' deck.yaml >single.yaml
refused 64 "sample.scan: generates with the model that this deck trains with train.scan" run single.yaml
refused 64 "the deck has no train.scan" scan single.yaml "-sample_scan="
refused 64 "there is no whole/couplings/kappa-0.15/ensemble.h5 to learn from: run .squall scan. first" train deck.yaml
rm -rf whole

# ---- the run
run 1 run deck.yaml
check "a model of many couplings is made by one command" every 'ended 0' \
  'exist whole/couplings/kappa-0.15/ensemble.h5 whole/couplings/kappa-0.27/ensemble.h5' \
  'exist whole/couplings/kappa-0.17/samples.h5 whole/couplings/kappa-0.23/corrected.h5' \
  'absent whole/couplings/kappa-0.17/ensemble.h5' 'lines 1 "^kappa,ensemble,trusted,fields" whole/couplings.csv' \
  'lines 6 "^" whole/couplings.csv' 'lines 1 "^0.23,training,1,128" whole/couplings.csv'
# near NAME FILES...: as large as check has said, within a quarter
near() {
  name=$1; shift
  # shellcheck disable=SC2046 # two words
  set -- $(said "$name") "$(cat "$@" | wc -c)"
  awk -v said="$2" -v bytes="$3" 'BEGIN { r = bytes / 1e3 / said; exit !(r > 0.75 && r < 1.25) }'
}
check "its files are as large as check has said" every 'near samples.h5 whole/samples.h5 whole/couplings/*/samples.h5' \
  'near corrected.h5 whole/corrected.h5 whole/couplings/*/corrected.h5' 'near model.h5 whole/model.h5'
check "log Z and its weights are in the table" awk -F, '
  $2 == "generated" { n += $5 > 0.3 && $7 > 0 && $8 > 0 && $8 < 0.3 } END { exit n != 2 }' whole/couplings.csv

seeds=$(cat whole/couplings/*/deck.yaml | grep '^  seed:' | sort -u | wc -l)
check "every coupling has noise of its own" test "$seeds" = "$(ls -d whole/couplings/*/ | wc -l)"

# ---- ranks, interruptions
same_fields() { # same_fields DIR: as whole has them
  for k in kappa-0.17 kappa-0.23; do
    same "$(content whole/couplings/$k/samples.h5)" "$(content "$1/couplings/$k/samples.h5")" || return 1
  done
}
run 3 run deck.yaml -run_dir ranks
check "3 ranks make the same fields at all couplings" every 'ended 0' "same_fields ranks"
start 1 killed couplings/kappa-0.19/ensemble.h5 run deck.yaml
signal_all KILL; wait
check "a run is killed between its couplings" absent killed/model.h5
run 1 run deck.yaml -run_dir killed
check "the same command goes on, to the same fields" every 'ended 0' 'same_fields killed' \
  'says "hmc: finished before, killed/couplings/kappa-0.15/ensemble.h5 is kept"'

# ---- elsewhere in the range, by a run of its own
cat >other.yaml <<'DECK'
run:      {dir: other, seed: 4}
lattice:  {extents: [8, 4]}
action:   {type: phi4, kappa: 0.2123, lambda: 0.022}
sample:   {configurations: 128, model: whole/model.h5}
report:   {figures: false}
DECK
run 2 run other.yaml
check "its file generates anywhere in the range" every 'ended 0' 'says "weights of generated: log Z ="'
refused 64 "whole/model.h5: a model for kappa from 0.15 to 0.27, this deck has action.kappa: 0.28" \
  run other.yaml -action_kappa 0.28 -run_dir beyond
refused 65 "is a model of the action phi4 kappa=0.2 lambda=0.022" run other.yaml -action_lambda 0.02 -run_dir beyond
run 1 export whole/model.h5 --to safetensors
check "it is exported as the model of the coupling of its deck" every 'ended 0' 'exist whole/model.safetensors'

# ---- the free field, two couplings at once, one and three dimensions
cat >free.yaml <<'DECK'
run:      {dir: free, seed: 5}
lattice:  {extents: [8]}
action:   {type: phi4, kappa: 0.3, lambda: 0}
hmc:      {configurations: 128, test: 64, chains: 4, separation: 2}
model:    {channels: 16, blocks: 1}
train:    {steps: 10, batch: 16, calibrate: 32, scan: {action: {kappa: [0.1, 0.2, 0.3, 0.4]}}}
sample:   {configurations: 256, steps: 3, trajectories: 0, scan: {action: {kappa: [0.15, 0.33, 0.38]}}}
report:   {figures: false}
DECK
run 1 run free.yaml
check "log Z of the free field between the couplings is the exact one" every 'ended 0' 'awk -F, "
  \$2 == \"generated\" { d = \$7 - \$9; if (d < 0) d = -d; n += \$8 < 0.05 && d < 4 * \$8 + 1e-6 }
  END { exit n != 3 }" free/couplings.csv'
run 2 run free.yaml -run_dir plane -lattice_extents 4,4,2 -action_lambda 0.03 -action_kappa 0.11 \
  "-train_scan=-action_kappa 0.08,0.15 -action_lambda=0.02,0.04" "-sample_scan=-action_lambda 0.025"
check "kappa and lambda vary together, in three dimensions" every 'ended 0' \
  'exist plane/couplings/kappa-0.15_lambda-0.04/ensemble.h5 plane/couplings/kappa-0.11_lambda-0.025/samples.h5' \
  'lines 1 "^lambda,ensemble" plane/couplings.csv' 'lines 1 "^0.025,generated,1,256" plane/couplings.csv'

finish
