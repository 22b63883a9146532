#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Models from coarse to fine, from the deck to the report: a small lattice is learned without an ensemble, weights give
# the exact log Z, any number of ranks makes the same fields, a larger lattice begins with what a smaller one has
# learned, and what cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >spins.yaml <<'DECK'
run:      {dir: spins, seed: 5}
lattice:  {extents: [8, 8]}
action:   {type: ising, beta: 0.4, ratio: 1.1}
model:    {type: multilevel, channels: 16}
train:    {steps: 100, batch: 128, learning_rate: 0.01, warm_up: 10}
sample:   {configurations: 1500}
DECK

learned_alone spins.yaml spins
rm spins2/samples.h5
run 2 sample spins.yaml -run_dir spins2 -parallel_replicas 1
check "and those of ranks that share each of them" same "$fields" "$(content spins2/samples.h5)"
run 1 reference spins.yaml
exact=$(exact_log_Z)
check "its weights give the exact log Z" log_Z_is spins "$exact" 0.05

# ---- a larger lattice begins with it
run 1 run spins.yaml -run_dir large -lattice_extents 16,16 -model_start spins/model.h5 -train_steps 60
check "a larger lattice begins with what a smaller one has learned" ended 0
run 1 reference spins.yaml -run_dir other -lattice_extents 16,16
exact=$(exact_log_Z)
check "and its weights give the exact log Z" log_Z_is large "$exact" 0.05
refused 64 "is no model to begin with" train spins.yaml -run_dir other -model_start spins/model.h5 -model_channels 32
refused 64 "nothing.h5" train spins.yaml -run_dir other -model_start nothing.h5
refused 64 "nothing.h5" check spins.yaml -run_dir other -model_start nothing.h5

# ---- what cannot be
run 1 check spins.yaml -model_channels 512 -model_depth 16 -lattice_extents 8,8,8,8
check "1.5e9 weights are judged without making them" every 'ended 0' 'says "The deck is valid"' 'says 1535767416'
refused 64 "knows the coarsest level" sample spins.yaml -run_dir wide -sample_model spins/model.h5 -sample_extents 16,16
refused 64 "must be a multiple of 16" check spins.yaml -model_channels 24
refused 64 "coarsest level of at most" check spins.yaml -lattice_extents 11,13
refused 65 "cannot begin.*look at the couplings" train spins.yaml -run_dir absurd -lattice_extents 6,4 -action_beta 1e8
refused 64 "has at most 1" check spins.yaml -model_mixtures 2

finish
