#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Autoregressive models from the deck to the report: a small lattice is learned without an ensemble, weights give the
# exact log Z, any number of ranks makes the same fields, and what cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >spins.yaml <<'DECK'
run:      {dir: spins, seed: 5}
lattice:  {extents: [6, 4]}
action:   {type: ising, beta: 0.4, ratio: 1.1}
model:    {type: pixelcnn, channels: 16}
train:    {steps: 150, batch: 64, learning_rate: 0.02, warm_up: 10}
sample:   {configurations: 1500}
DECK

learned_alone spins.yaml spins
run 1 reference spins.yaml
exact=$(exact_log_Z)
check "its weights give the exact log Z" log_Z_is spins "$exact" 0.02
learned() { number spins generated kl | awk '{ exit !($1 > -0.01 && $1 < 0.05) }'; }
check "of which it has learned all but 0.05 nats" learned

run 1 train spins.yaml -run_dir other -model_network box -model_symmetry none -model_average true -train_steps 4
check "the published kind, averaged over the sign, learns too" every 'ended 0' 'exist other/model.h5'
run 1 train spins.yaml -run_dir dense -model_network dense -train_steps 4
check "and one with weights for every site" ended 0
run 1 sample spins.yaml -run_dir dense -model_network dense -train_steps 4 -sample_extents 4,4
check "on another lattice it is refused" every 'ended 64' 'says "6x4, not on 4x4"'

# ---- what cannot be
refused 64 'run .squall mc. first' check spins.yaml -train_loss forward
refused 64 "must be a multiple of 16" check spins.yaml -model_channels 24
sed 's/type: ising, beta: 0.4, ratio: 1.1/type: xy, beta: 1/' spins.yaml >angles.yaml
run 1 run angles.yaml -run_dir hardly -train_steps 1 -action_beta 2 -correct_method metropolis
check "a heavy tail, and advice that this type can take" every 'ended 0' 'says "HEAVY TAIL.*another model.type"' \
  'lines 0 correct.method hardly/verdicts.csv'
refused 64 "knows no symmetry" check angles.yaml -model_distribution beta -model_symmetry odd
refused 64 "is not for the numbers" check spins.yaml -model_distribution von-mises
refused 64 "networks that are not odd" check spins.yaml -model_average true -model_symmetry odd
refused 64 "moves parts of fields, which models of type" check spins.yaml -correct_method partial
refused 64 "moves fields by their force" check spins.yaml -correct_method mala
refused 64 "of this size" check spins.yaml -lattice_extents 4096,4096
sed 's/type: ising, beta: 0.4, ratio: 1.1/type: phi4, kappa: 0.2, lambda: 0.02/' spins.yaml >reals.yaml
refused 64 "neither spins nor one angle" check reals.yaml

finish
