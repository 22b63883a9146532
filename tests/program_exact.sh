#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Models with an exact density in the program: a run without an ensemble, from training to measured averages and the
# report, the same on 1 to 4 ranks and after a stop and a kill; forward steps on stored fields that are moved; the line
# and the history of training; what check says; what such models have no use for is refused by name.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >exact.yaml <<'DECK'
run:     {dir: exact, seed: 5}
lattice: {extents: [4, 4]}
action:  {type: ising, beta: 0.3}
model:   {type: pixelcnn, channels: 16}
train:   {steps: 60, batch: 128, weigh: 1}
sample:  {configurations: 400, weighed: 128}
correct: {method: metropolis}
DECK
sed 's/^model:/mc: {configurations: 200, test: 64, chains: 4}\n&/; s/weigh: 1/forward: 0.5/' exact.yaml >stored.yaml

# ---- without an ensemble
run 2 check exact.yaml
check "check says what it would take" every 'ended 0' 'says "pixelcnn: .* weights, .* Mflop to draw a field"' \
  'says "about .* for 60 steps of 128 fields"' 'says "The deck is valid"' 'lines 0 "calibration" last.log'
for n in 1 2 3 4; do
  run $n run exact.yaml -run_dir on$n -report_figures false
  ended 0 || complain
done
check "a whole run without an ensemble" every 'exist on1/model.h5 on1/samples.h5 on1/corrected.h5 on1/measure.csv' \
  'absent on1/ensemble.h5' 'exist on1/report/index.html on1/training_worth.csv' \
  'grep -q "^generated,log_Z,12\.7[78]" on1/measure.csv' 'grep -q "^corrected,energy" on1/measure.csv'
for n in 2 3 4; do
  check "the same on $n ranks" every 'same "$(content on1/model.h5)" "$(content on$n/model.h5)"' \
    'same "$(content on1/samples.h5)" "$(content on$n/samples.h5)"' \
    'same "$(content on1/corrected.h5)" "$(content on$n/corrected.h5)"'
done
check "training says what the fields weigh, and the divergence" every \
  'grep -q "train 60/60 .*spread .*ESS about .*KL .* nats" on1/log.txt' \
  'grep -q "train: after 60 steps.*effective sample size" on1/log.txt'
run 1 train exact.yaml -run_dir on1
check "it is made once" every 'ended 0' 'says "train: finished before"'
run 1 compare on1/samples.h5 on1/corrected.h5
check "its ensembles are compared" every 'ended 0' 'says "verdict: corrected"'
run 2 train exact.yaml -run_dir timed -train_minutes 0.02
check "minutes become steps" every 'ended 0' 'says "minutes are [0-9]* steps"' 'exist timed/model.h5' \
  'grep -q "\"stage\": \"train\".*\"f\": -[0-9.]*, \"spread\": [0-9]" timed/status.json'

# ---- stopped, killed
long="-train_steps 4000 -run_checkpoint 0.01"
# shellcheck disable=SC2086 # words on purpose
run 1 train exact.yaml -run_dir straight $long
straight=$(content straight/model.h5)
# shellcheck disable=SC2086
start 2 stopped train.checkpoint.h5 train exact.yaml $long
touch stopped/stop; goes_on
check "a stop file ends it with status 75" ended 75
# shellcheck disable=SC2086
start 1 stopped train.checkpoint.h5.1 train exact.yaml $long
signal_all KILL; goes_on
# shellcheck disable=SC2086
run 3 train exact.yaml -run_dir stopped $long
check "resumed after a stop and a kill, on other ranks, it is the same model" every 'ended 0' 'says "train: resumed"' \
  'same "$straight" "$(content stopped/model.h5)"'

# ---- with one
for n in 1 2; do
  run $n run stored.yaml -run_dir stored$n -report_figures false
  ended 0 || complain
done
check "forward steps learn from stored fields, the same on 2 ranks" every 'exist stored1/ensemble.h5' \
  'same "$(content stored1/model.h5)" "$(content stored2/model.h5)"' \
  'grep -q "^generated,ess_forward" stored1/measure.csv'
run 1 train stored.yaml -run_dir stored1 -train_refresh 0
check "other updates of stored fields make another model" every 'ended 64' 'says "train.refresh: auto in the file"'
run 1 train stored.yaml -run_dir none
check "without its ensemble it says how to make one" every 'ended 64' 'says "run .squall mc. first"'
sed 's/^model:/mc: {configurations: 200, test: 64, chains: 3}\n&/' exact.yaml >beside.yaml
run 1 run beside.yaml -run_dir on1 -report_figures false
check "an ensemble beside a model that learned without one leaves it alone" every 'ended 0' \
  'says "train: finished before"' 'says "sample: finished before"' 'grep -q "^generated,ess_forward" on1/measure.csv'
run 1 run beside.yaml -run_dir on1 -mc_chains 4
check "but not what weighed its fields" every 'ended 64' 'says "mc.chains: 3 in the file, 4 in the deck"'

# ---- what is not for them
refused 64 "train.target is not for a model of type pixelcnn" check exact.yaml -train_target plain
refused 64 "train.halves is not for a model of type pixelcnn" check exact.yaml -train_halves true
refused 64 "sample.steps is not for a model of type pixelcnn" check exact.yaml -sample_steps 10
refused 64 "model.blocks is for models of type diffusion" check exact.yaml -model_blocks 2
refused 64 "train.loss is not for a model of type diffusion" check deck.yaml -train_loss reverse
refused 64 "model.depth is for models of type pixelcnn" check deck.yaml -model_depth 2
refused 64 "train.batch: 1: each entry is judged by the others" check exact.yaml -train_batch 1
refused 64 "train.anneal: 0.5: only reverse training is annealed" check stored.yaml -train_anneal 0.5
refused 64 "train.forward: 0.5, but train.loss: reverse" check stored.yaml -train_loss reverse
refused 64 "train.refresh moves the stored fields of forward steps" check exact.yaml -train_refresh 2
refused 64 "correct.method: ode needs a model of type diffusion" check exact.yaml -correct_method ode
refused 64 "likelihood: the action ising has no force" check exact.yaml -likelihood_steps 9
run 1 check exact.yaml -parallel_replicas 1
check "ranks that cannot share a lattice work on others" ended 0
refused 64 "that may not be cut" check exact.yaml -parallel_replicas 1

finish
