#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A model of type gan, from the deck to the verdict: the same fields of any number of ranks, a training that is stopped
# and resumed, what has no density says so and is refused where one is needed, hmc moves its fields on.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >gan.yaml <<'DECK'
run:      {dir: gan, seed: 7}
lattice:  {extents: [8, 8]}
action:   {type: phi4, kappa: 0.24, lambda: 0.022}
hmc:      {configurations: 512, test: 256, chains: 4}
model:    {type: gan, channels: 16, blocks: 1}
train:    {steps: 60, batch: 16, learning_rate: 0.001, warm_up: 10}
sample:   {configurations: 1200}
DECK

run 2 check gan.yaml
check "check tells of forger and critic" every 'ended 0' 'says "forger of [0-9]* weights, odd in phi"' \
  'says "critic of [0-9]* weights"' 'says "not exact"' 'says "Tflop\|Gflop"'
run 1 run gan.yaml
check "both learn, and fields are made" every 'ended 0' 'says "of the critic [0-9.]*"' 'says "no path weights"' \
  'exist gan/model.h5 gan/samples.h5'
check "the verdict says that they are not exact" every 'says "generated: not exact: its fields have no density"' \
  'lines 0 "^generated,\(ess\|log_Z\)," gan/measure.csv' 'lines 1 "^generated,chi2," gan/measure.csv'
fields=$(content gan/samples.h5)
for n in 2 4; do
  mkdir gan$n; cp gan/ensemble.h5 gan$n
  run $n train gan.yaml -run_dir gan$n
  run $n sample gan.yaml -run_dir gan$n
  check "the fields of $n ranks are those of 1" same "$fields" "$(content gan$n/samples.h5)"
done
rm gan2/samples.h5
run 2 sample gan.yaml -run_dir gan2 -parallel_replicas 1
check "and those of ranks that share each of them" same "$fields" "$(content gan2/samples.h5)"
rm gan2/samples.h5
run 1 sample gan.yaml -run_dir gan2 -sample_extents 12,16 -sample_configurations 8
check "fields of another volume are made" every 'ended 0' 'says "12x16 sites"' 'exist gan2/samples.h5'

# ---- stopped and resumed
learning="-train_steps 1500 -train_critic_steps 2 -run_checkpoint 0.01"
loss() { sed -n 's/.*1500\/1500.*\(loss .*\)/\1/p' last.log; }
for d in learning learned; do mkdir $d; cp gan/ensemble.h5 $d; done
# shellcheck disable=SC2086
start 1 learning train.checkpoint.h5 train gan.yaml $learning
touch learning/stop; goes_on
check "a training stops" ended 75
# shellcheck disable=SC2086
run 2 train gan.yaml -run_dir learning $learning
check "and is resumed on two ranks" every 'ended 0' 'says "train: resumed"'
resumed=$(loss)
# shellcheck disable=SC2086
run 1 train gan.yaml -run_dir learned $learning
check "with the losses of one that did not stop" same "$resumed" "$(loss)"

# ---- corrections
for method in metropolis reweight partial; do
  refused 64 "correct.method: $method.*have no density.*hmc or mala" check gan.yaml -correct_method $method
done
run 2 correct gan.yaml -correct_method hmc -correct_trajectories 8
check "hmc moves its fields on" every 'ended 0' 'exist gan/corrected.h5'

# ---- what cannot be
refused 64 "train.weigh is not for a model of type gan" check gan.yaml -train_weigh 2
refused 64 "sample.weigh is not for a model of type gan" check gan.yaml -sample_weigh 8,16
refused 64 "sample.steps is not for a model of type gan" check gan.yaml -sample_steps 5
refused 64 "train.anneal is not for a model of type gan" check gan.yaml -train_anneal 0.5
refused 64 "train.critic_steps is not for a model of type diffusion" check deck.yaml -train_critic_steps 2
refused 64 "model.depth is for models of type" check gan.yaml -model_depth 2
refused 64 "critic_channels: 24, must be a multiple of 16" check gan.yaml -model_critic_channels 24
refused 64 "critic_levels: several levels need blocks" check gan.yaml -model_critic_levels 2 -model_critic_blocks 0

finish
