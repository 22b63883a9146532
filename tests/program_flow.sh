#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Coupling flows from the deck to the report: phi^4 is learned without an ensemble, weights give the exact log Z, ranks
# that share a field make the same one, a model works on other lattices, and what cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >chain.yaml <<'DECK'
run:      {dir: chain, seed: 5}
lattice:  {extents: [16]}
action:   {type: phi4, kappa: 0.35, lambda: 0.1}
model:    {type: coupling-flow, channels: 16, layers: 2, depth: 0}
train:    {steps: 100, batch: 128, learning_rate: 0.01, warm_up: 10}
sample:   {configurations: 2000}
DECK
cat >plane.yaml <<'DECK'
run:      {dir: plane, seed: 5}
lattice:  {extents: [8, 8]}
action:   {type: phi4, kappa: 0.25, lambda: 0.022}
model:    {type: coupling-flow, channels: 16, layers: 2}
train:    {steps: 20, batch: 16, warm_up: 5}
sample:   {configurations: 200}
DECK

# ---- one dimension, where log Z is known
learned_alone chain.yaml chain
run 1 reference chain.yaml
exact=$(exact_log_Z)
check "its weights give the exact log Z" log_Z_is chain "$exact" 0.02
large() { number chain generated ess | awk '{ exit !($1 > 0.8) }'; }
check "nearly all of them count" large

# ---- fields that ranks share
run 1 run plane.yaml
mean() { number "$1" generated phi2 | cut -d ' ' -f 1; }
for n in 2 4; do
  run $n run plane.yaml -run_dir plane$n -parallel_replicas 1
  check "$n ranks that share each field learn it, too" ended 0
  check "and make the same ones, to rounding" every "echo $(mean plane) $(mean plane$n) |
    awk '{ d = \$1 - \$2; exit !(NF == 2 && d * d < 1e-8) }'"
done

# ---- the same again
run 1 train plane.yaml -run_dir again -train_steps 20
check "a model is a function of its deck" same "$(content plane/model.h5)" "$(content again/model.h5)"

# ---- other lattices
run 1 sample plane.yaml -run_dir wide -sample_model plane/model.h5 -sample_extents 12,10
check "a model works on another lattice" every 'ended 0' 'exist wide/samples.h5'
run 1 sample plane.yaml -run_dir odd -sample_model plane/model.h5 -sample_extents 7,8
check "but not on odd extents" every 'ended 64' 'says "every extent must be a multiple of 2"'
run 1 train plane.yaml -run_dir odd -lattice_extents 7,5 -train_steps 2
check "one of odd extents is learned, too" every 'ended 0' 'exist odd/model.h5'

# ---- what cannot be
refused 64 "must be a multiple of 16" check plane.yaml -model_channels 24
refused 64 "layers" check plane.yaml -model_layers 0
sed 's/type: phi4, kappa: 0.25, lambda: 0.022/type: xy, beta: 1/' plane.yaml >angles.yaml
refused 64 "has other numbers than one real one a site" check angles.yaml
refused 64 "model.mixtures is for" check plane.yaml -model_mixtures 2

finish
