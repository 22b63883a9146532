#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# squall check: what cannot work is refused before anything is made, with the message that the stage would give; what a
# deck takes is said for every stage.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

# contradiction MESSAGE WORDS...: check refuses the deck with these options and shows nothing.
contradiction() {
  message=$1; shift
  run 1 check deck.yaml -run_dir never "$@"
  said=$(tail -n 1 last.log)
  check "check: $message" every 'ended 64' 'says "$message"' 'lines 0 "^On " last.log' 'absent never'
}
# early MESSAGE WORDS...: and run says the same before it makes anything.
early() {
  contradiction "$@"
  shift
  run 1 run deck.yaml -run_dir never "$@"
  check "run says the same of $*" every 'ended 64' 'same "$said" "$(tail -n 1 last.log)"' 'absent never'
}

early '1 generated field is too few for a Markov chain' -sample_configurations 1
contradiction '1 generated field is too few' -correct_method ode -correct_configurations 1
contradiction 'lowest noise level of training, 5 .*must be below the highest, 1 ' -train_s_min 5 -train_s_max 1
contradiction 've has levels of its own' -train_levels ve -train_s_min 0.1
early 'lowest level of sampling is 1.8 .*trained from 0.9 to 1$' \
  -sample_levels geometric -sample_steps 1 -train_s_max 1 -train_s_min 0.9
contradiction 'lowest level of sampling is 0.01 .*trained from 0.1 to what auto gives' \
  -sample_s_min 0.01 -train_s_min 0.1
contradiction 've goes up to s/a = 9.845, the model is trained up to 1:' -sample_levels ve -train_s_max 1
contradiction '40 steps are more than the levels that ddpm has' \
  -train_levels ddpm -sample_levels ddpm -schedule_timesteps 30 -sample_steps 40
early 'correct.depth: 5, but there are 4 noise levels' -correct_method partial -correct_depth 5
contradiction 'correct.depth: 3, but there are 2 noise levels' -correct_method partial -correct_depth 3 -correct_steps 2
contradiction 'a window of 5 sites a side' -model_levels 2 -correct_method partial -correct_block 3
contradiction 'correct.chains: 400 chains need at least one field each' -correct_method partial -correct_chains 400
contradiction '8x6 sites: the model works on cells of 4 sites a side' -model_levels 3
early '10x10 sites: the model works on cells of 4 sites a side' -lattice_extents 8,8 -model_levels 3 -sample_weigh 8,10
contradiction 'ensemble.h5 has too few held-out fields' -sample_bound 5 -hmc_test 1
contradiction 'there is no nix.h5 to generate with' -sample_model nix.h5
contradiction 'only ancestral, ddpm or euler have' -train_weigh 3 -sample_sampler heun -correct_method mala
contradiction 'quantum.last: 2, must be above quantum.first, 5' -quantum_first 5 -quantum_last 2
cp deck.yaml whole.yaml
sed 's/^hmc:.*/langevin: {eps: [0.1], alpha: 0.5, configurations: 512, chains: 4}/' whole.yaml >deck.yaml
contradiction 'langevin.alpha: 0.5, but models are of exp(-S)'
sed '/^train:/d' whole.yaml >deck.yaml
early 'there is no never/model.h5 to generate with: run `squall train` first'
sed '/^sample:/d' whole.yaml >deck.yaml
contradiction 'there is no never/samples.h5 to correct: run `squall sample` first'
sed '/^hmc:/d' whole.yaml >deck.yaml
contradiction 'there is no never/ensemble.h5 to learn from: run `squall hmc` first'
cp whole.yaml deck.yaml

# What four ranks cannot do
run 4 run deck.yaml -run_dir never -parallel_replicas 1 -sample_exchange wide -model_blocks 3
check "blocks that are too narrow for the wide exchange are refused before the work" every 'ended 64' \
  'says "narrower than the halo"' 'absent never'

# Memory: of a machine with less than this takes, the run is refused, and check says so.
run 1 check deck.yaml -lattice_extents 1048576,1048576
check "check warns of memory that no machine has" every 'ended 0' \
  'says "warning: hmc: [0-9]* TB of memory are needed"' \
  'says "does not have the memory for these ranks"'
  run 1 run deck.yaml -run_dir never -lattice_extents 1048576,1048576
  check "run refuses it" every 'ended 64' 'says "hmc: [0-9]* TB of memory are needed on every rank"' 'absent never' \
    'lines 0 "PETSC ERROR" last.log'

# Time and files of every stage, and their sums
run 2 check deck.yaml
check "check says what every stage takes" every 'ended 0' 'says "^  hmc "' 'says "^  train "' 'says "^  sample "' \
  'says "^  correct "' 'lines 4 "^          about [0-9.:]*[ s]* for" last.log' \
  'says "ensemble.h5: .* kB"' 'says "model.h5: .* kB"' 'says "samples.h5: .* kB"' 'says "trajectories.h5: .* kB"' \
  'says "corrected.h5.*: .* kB"' 'says "^  in all  about [0-9.]* s and"' \
  'says "The deck is valid.$"' 'absent whole'
run 1 check deck.yaml -train_weigh 20
check "fields weighed along training are counted, as often as there are halvings of its 60 steps" every 'ended 0' \
  'says "for 256 fields weighed 6 times"'
# said FILE: bytes as check says, in kB
said() { sed -n "s/^ *$1: \([0-9.]*\) kB/\1/p" check.log; }
cp last.log check.log
made hmc train
# near FILE KILOBYTES: within a quarter
near() {
  awk -v bytes="$(wc -c <"whole/$1")" -v said="$2" 'BEGIN { r = bytes / 1e3 / said; exit !(r > 0.75 && r < 1.25) }'
}
check "and how large the files are" every 'near model.h5 "$(said model.h5)"' \
  'near ensemble.h5 "$(echo "$(said ensemble.h5)" "$(said "histories in it")" | awk "{ print \$1 + \$2 }")"'


# How many ranks of a node pay: 8 batches of fields and 4 chains give little to 64 cores.
run 1 check deck.yaml --cores 64 --memory 256
check "check says how many ranks of a node pay" every 'ended 0' \
  'says "a node of 64 cores and 256 GB: [1-9][0-9]* ranks\?,"' 'says "put several runs side by side"'
run 1 check deck.yaml --cores 64 --memory 0.01
check "and when not for one" every 'ended 0' 'says "10 MB does not have the memory for one rank"'
run 1 check deck.yaml --cores many
check "what is no number is refused" every 'ended 64' 'says "check --cores many: a number above 0"'

finish
