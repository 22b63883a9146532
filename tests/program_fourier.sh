#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fourier flows from the deck to the report: a short path is learned without an ensemble, weights give the exact log Z,
# any number of ranks makes the same fields, the harmonic oscillator needs no learning, and what cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >well.yaml <<'DECK'
run:      {dir: well, seed: 5}
lattice:  {extents: [13]}
action:   {type: particle, spacing: 0.3, lambda: 1, f2: 1}
model:    {type: fourier-flow, channels: 16, layers: 4}
train:    {steps: 120, batch: 64, learning_rate: 0.01, warm_up: 10}
sample:   {configurations: 1500}
DECK

learned_alone well.yaml well
run 1 reference well.yaml
exact=$(exact_log_Z)
check "its weights give the exact log Z" log_Z_is well "$exact" 0.03
mostly() { number well generated ess | awk '{ exit !($1 > 0.7 && $1 <= 1) }'; }
check "most paths count" mostly

# ---- no learning: one step of no length
run 1 run well.yaml -run_dir spring -action_lambda 0 -action_f2 0 -action_omega2 1 -train_steps 1 \
  -train_learning_rate 1e-8 -correct_method reweight
all() { number spring generated ess | awk '{ exit !($1 > 1 - 1e-10 && $1 < 1 + 1e-10) }'; }
check "of an oscillator every path counts, untrained" every 'ended 0' all

# ---- what cannot be
sed "s/13/8, 8/; s/particle.*}/phi4, kappa: 0.2, lambda: 0.02}/" well.yaml >square.yaml
refused 64 "more than one direction" check square.yaml
refused 64 "must be a multiple of 16" check well.yaml -model_channels 24
refused 64 "at most 16384 sites" check well.yaml -lattice_extents 16385
refused 64 "model.mixtures is for models of type" check well.yaml -model_mixtures 2
refused 64 "as many sites as it was trained on, 13, not 12" sample well.yaml -run_dir other \
  -sample_model well/model.h5 -sample_extents 12

finish
