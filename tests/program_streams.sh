#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016 # conditions for every, which evaluates them
# Who shares noise with whom: keys in files, and the commands that compare and combine runs.
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >chains.yaml <<'DECK'
run:      {dir: a, seed: 5}
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.25, lambda: 0.022}
hmc:      {configurations: 2000, test: 100, chains: 4, length: 1.5, steps: 4, thermalisation: 200, separation: 4}
DECK
key() { "$squall" info "$1" </dev/null | sed -n 's/^stream  *\([0-9a-f]\{16\}\)$/\1/p'; }
chains() { # chains DIRECTORY WORDS...
  directory=$1; shift
  run 1 hmc chains.yaml -run_dir "$directory" "$@"
}
chains a
chains longer -hmc_configurations 2400
chains other -action_kappa 0.26
chains seed -run_seed 6
chains short -hmc_configurations 20 -hmc_separation 1
for directory in a longer other seed short; do key "$directory/ensemble.h5"; done >keys
check "files carry their keys: a longer run has that of the shorter one, all others their own" every \
  '[ "$(sort -u keys | wc -l)" = 4 ]' 'same "$(key a/ensemble.h5)" "$(key longer/ensemble.h5)"'

run 1 compare a/ensemble.h5 longer/ensemble.h5
check "compare says that a run and a longer one cannot confirm each other" every 'ended 0' \
  'says "warning.*not independent"' \
  'says "verdict: training against training: proves nothing"' 'lines 0 "training agrees with training" last.log'
cp a/ensemble.h5 copy.h5
run 1 compare a/ensemble.h5 copy.h5
check "nor a file and its copy" every 'says "begin with the same records to the last bit"' 'says "proves nothing"'
run 1 compare a/ensemble.h5 seed/ensemble.h5
check "two seeds can" every 'says "verdict: training agrees with training"' 'lines 0 warning last.log'
run 1 compare a/ensemble.h5 other/ensemble.h5
check "two couplings are independent, and differ" every \
  'says "verdict: training differs from training"' 'lines 0 warning last.log'
run 1 compare short/ensemble.h5 a/ensemble.h5
check "nothing agrees with what is too short" every 'says "not judged, for the errors of training"' \
  'lines 0 "agrees with" last.log'

for side in 4 6; do
  for kappa in 0.25 0.28; do
    chains "scan-$side-$kappa" -action_kappa "$kappa" -lattice_extents "$side,$side" -hmc_test 0
  done
done
cp -r scan-4-0.25 again
run 1 crossing scan-*
check "crossing takes runs with keys of their own" every 'ended 0' 'lines 0 "same" last.log'
once=$(grep -c . crossing/points.csv)
run 1 crossing scan-* again
check "but no run twice" every 'ended 0' 'says "warning.*again/ensemble.h5.*the second is left out"' \
  '[ "$(grep -c . crossing/points.csv)" = "$once" ]'

PATH=${squall%/*}:$PATH "$here/jobscripts/campaign" --here --stages hmc --scan action_kappa=0.2:0.21:0.22 \
  --dir tasks chains.yaml -hmc_configurations 40 >campaign.log 2>&1
check "every task of a scan has noise of its own" every \
  '[ "$(for task in tasks/*; do key "$task/ensemble.h5"; done | sort -u | wc -l)" = 3 ]'

cat >model.yaml <<'DECK'
run:      {dir: model, seed: 3}
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 512, test: 64, chains: 4}
model:    {channels: 16, blocks: 1}
train:    {steps: 30, batch: 16, calibrate: 64}
sample:   {configurations: 200, steps: 3, trajectories: 0}
DECK
run 2 run model.yaml -report_figures false
note="errors are conditional on the model"
check "errors of generated fields are said to be conditional on the model" every 'grep -q "$note" model/log.txt' \
  'grep -q "^note: generated: $note" model/compare.txt' 'grep -q "^generated,model,.*$note" model/verdicts.csv'
run 1 compare model/ensemble.h5 model/samples.h5
check "and nothing is called different by them alone" lines 0 'generated differs' last.log

run 1 sample model.yaml -train_halves true
check "what was made without is not said to have it" every 'ended 0' 'says "was made without train.halves"'
run 2 run model.yaml -run_dir halves -train_halves true -report_figures false
own="errors contain the model's own, from two halves of the training"
check "two halves of the training tell the model's own error" every 'ended 0' \
  'exist halves/model-half-1.h5 halves/model-half-2.h5 halves/samples-half-1.h5 halves/samples-half-2.h5' \
  '"$squall" info halves/samples.h5 </dev/null | grep -q "model_error_phi2 "' \
  'grep -q "^generated,model,.*$own" halves/verdicts.csv' '! grep -q "^note: generated" halves/compare.txt'
check "the model and its fields are the same" every \
  'same "$(content model/samples.h5)" "$(content halves/samples.h5)"' \
  '[ "$(content halves/samples-half-1.h5)" != "$(content halves/samples-half-2.h5)" ]'
mkdir part && cp halves/ensemble.h5 halves/model.h5 part
run 1 train model.yaml -run_dir part -train_halves true
check "halves are trained where the model is there" every 'ended 0' 'says "train: finished before"' \
  'exist part/model-half-1.h5 part/model-half-2.h5'
cp halves/model-half-[12].h5 part
run 3 sample model.yaml -run_dir part -train_halves true
check "and generate the same on any number of ranks" every 'ended 0' \
  'same "$(content part/samples-half-2.h5)" "$(content halves/samples-half-2.h5)"'
run 1 check model.yaml -train_halves true -train_minutes 1
check "they are not trained for minutes" every 'ended 64' 'says "give train.steps instead of train.minutes"'

finish
