#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Files of another deck, lattice, theory, kind or seed are refused by every stage that reads them, with the key that
# differs; what may change later is not refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [6, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 64, test: 16, chains: 4, length: 1, steps: 5, thermalisation: 50, separation: 2}
model:    {channels: 16, blocks: 0}
train:    {steps: 4, batch: 8, calibrate: 16}
sample:   {configurations: 40, steps: 3, trajectories: 2}
correct:  {method: metropolis}
likelihood: {configurations: 2, paths: 2, steps: 4, path_steps: [2]}
report:   {figures: false}
DECK
run 1 run deck.yaml
check "a run" ended 0

# not STATUS KEY STAGE WORDS...: the stage refuses the files of whole/, and changes none of them.
sums() { cksum whole/*.h5 whole/*.csv whole/report/index.html; }
before=$(sums)
not() {
  status=$1 message=$2; shift 2
  run 1 "$@"
  check "$1 refuses: $message" every 'ended "$status"' 'says "$message"' 'lines 0 "PETSC ERROR" last.log' \
    '[ "$(sums)" = "$before" ]'
}
for stage in hmc train sample correct likelihood measure report; do
  not 64 'action.kappa: 0.22 in the file, 0.25 in the deck' $stage deck.yaml -action_kappa 0.25
  not 64 'lattice.extents: .*4.* in the file, .*4.* in the deck' $stage deck.yaml -lattice_extents 8,4
  not 64 'run.seed: 3 in the file, 4 in the deck' $stage deck.yaml -run_seed 4
done
for stage in hmc train measure report; do
  not 64 'hmc.chains: 4 in the file, 2 in the deck.*model.h5, samples.h5' $stage deck.yaml -hmc_chains 2
done
not 64 'whole/model.h5: hmc.chains: 4 in the file, 2 in the deck' sample deck.yaml -hmc_chains 2
not 64 'whole/samples.h5: sample.steps: 3 in the file, 2 in the deck' correct deck.yaml -sample_steps 2
not 64 'whole/corrected.h5: correct.method: metropolis in the file, mala in the deck' measure deck.yaml \
  -correct_method mala

# ---- what may change
run 1 measure deck.yaml -measure_bins 32 -hmc_reversibility 7 -train_weigh 0 -parallel_replicas 1
check "keys that change nothing that is stored may change" ended 0
run 1 measure deck.yaml -correct_method reweight
check "and the correction, where it makes no files" ended 0

# ---- files that were put there
# foreign FILE STATUS MESSAGE STAGE...: with FILE in a directory of its own, in the place of what belongs there
mkdir other
run 1 hmc deck.yaml -run_dir other/small -lattice_extents 4,4
ended 0 || complain
foreign() {
  file=$1 place=$2 status=$3 message=$4; shift 4
  rm -rf put; mkdir put; cp whole/*.h5 put; cp "$file" "put/$place"
  for stage in "$@"; do
    run 1 "$stage" deck.yaml -run_dir put
    check "$stage refuses $file as $place: $message" every 'ended "$status"' 'says "$message"'
  done
}
foreign whole/ensemble.h5 samples.h5 65 'put/samples.h5 is a file of kind ensemble, and must be one of kind samples' \
  correct measure report
foreign whole/samples.h5 ensemble.h5 65 'put/ensemble.h5 is a file of kind samples, and must be one of kind ensemble' \
  measure
foreign other/small/ensemble.h5 ensemble.h5 64 'put/ensemble.h5: lattice.extents: 4x4 in the file, 6x4 in the deck' \
  measure report
rm put/model.h5
run 1 train deck.yaml -run_dir put
check "so does train" every 'ended 64' 'says "put/ensemble.h5: lattice.extents: 4x4 in the file, 6x4 in the deck"'
mkdir -p a/run; cp whole/samples.h5 a/run/ensemble.h5
run 1 crossing a/run a/run a/run a/run
check "crossing refuses files of another kind" every 'ended 65' 'says "must be one of kind ensemble"'

# ---- a file in the making
start 1 half ensemble.h5.part hmc deck.yaml -hmc_configurations 200000
signal_all KILL; wait
run 1 hmc deck.yaml -run_dir half -hmc_configurations 200000 -action_kappa 0.21
check "what was interrupted is not gone on with by another deck" every 'ended 64' \
  'says "half/ensemble.h5.part: action.kappa: 0.22 in the file, 0.21 in the deck"'

# stopped STAGE DIRECTORY KEY VALUE: the stage, with that much to do, ends on its way; then it refuses another amount
# of that, and other keys, with their names, and changes nothing.
stopped() {
  stage=$1 where=$2 key=$3 value=$4; shift 4
  run 1 "$stage" deck.yaml -run_dir "$where" "-$key" "$value" -run_time_limit 0.01
  check "$stage is stopped" ended 75
  before=$(cksum "$where"/*.*)
  for other in "$@"; do
    same_key="-$key $value"
    [ "${other% *}" = "$key" ] && same_key=""
    # shellcheck disable=SC2086 # words on purpose
    run 1 "$stage" deck.yaml -run_dir "$where" $same_key "-${other% *}" "${other#* }"
    check "and goes on with no other $other" every 'ended 64' '[ "$(cksum "$where"/*.*)" = "$before" ]' \
      'says "$(echo "${other% *}" | sed s/_/./): .* in the file, .*${other#* } in the deck"'
  done
}
cp -r whole stopped; rm stopped/model.h5 stopped/samples.h5 stopped/corrected.h5
stopped hmc warm hmc_thermalisation 1000000 "hmc_chains 2" "hmc_thermalisation 7" "hmc_steps 7" "run_seed 4"
run 1 hmc deck.yaml -run_dir warm -hmc_thermalisation 1000000 -lattice_extents 8,4
check "nor on another lattice" every 'ended 64' 'says "lattice.extents: 6x4 in the file, 8x4 in the deck"'
stopped train stopped train_steps 1000000 "train_batch 4" "train_steps 5" "model_channels 32" "hmc_chains 2"
cp whole/model.h5 stopped; rm stopped/train.*
stopped sample stopped sample_configurations 1000000 "sample_steps 2" "sample_configurations 50" "sample_sampler heun"
cp whole/samples.h5 stopped; rm stopped/*.part stopped/likelihood.h5
stopped likelihood stopped likelihood_paths 1000000 "likelihood_paths 3" "likelihood_steps 5"

# ---- the deck of a file
run 1 info --deck whole/model.h5
check "info --deck prints the deck of a file" every 'ended 0' 'says "^  kappa: 0.22"' 'says "^  chains: 4"'
cp last.log again.yaml
run 1 check again.yaml
check "which is a deck" ended 0
run 2 info --deck whole/ensemble.h5
check "on several ranks, too" every 'ended 0' 'lines 1 "^  kappa: 0.22" last.log'

finish
