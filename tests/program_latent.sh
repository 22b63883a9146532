#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Models with hidden numbers, from the deck to the report: learned without an ensemble, weights of ways give the exact
# log Z, any number of ranks makes the same fields, also ranks that share each of them; ways of Monte Carlo fields
# weigh as much as those of its own; a model works on another lattice; what cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >chain.yaml <<'DECK'
run:      {dir: chain, seed: 5}
lattice:  {extents: [16]}
action:   {type: phi4, kappa: 0.4, lambda: 0.5}
model:    {type: latent, channels: 16, depth: 0, rounds: 1}
train:    {steps: 100, batch: 128, learning_rate: 0.01, warm_up: 10}
sample:   {configurations: 2048}
correct:  {method: reweight}
DECK
cat >plane.yaml <<'DECK'
run:      {dir: plane, seed: 6}
lattice:  {extents: [8, 8]}
action:   {type: phi4, kappa: 0.25, lambda: 0.022}
hmc:      {configurations: 256, test: 256, chains: 4}
model:    {type: latent, channels: 16, depth: 0, rounds: 1}
train:    {steps: 60, batch: 128, learning_rate: 0.005, warm_up: 10, forward: 0.2}
sample:   {configurations: 1024}
correct:  {method: metropolis}
DECK

learned_alone chain.yaml chain
run 1 reference chain.yaml
exact=$(exact_log_Z)
check "its weights give the exact log Z" log_Z_is chain "$exact" 0.05

run 1 run plane.yaml
check "from an ensemble first, then from its own fields" every 'ended 0' 'exist plane/forward.h5 plane/corrected.h5'
ess=$(number plane generated ess) forward=$(number plane generated ess_forward)
near_each_other() {
  echo "$ess $forward" | awk '{ exit !(NF == 4 && $1 > 0.5 && $3 > 0.5 && $1 - $3 < 0.2 && $3 - $1 < 0.2) }'
}
check "ways of Monte Carlo fields weigh as much as its own" near_each_other
fields=$(content plane/samples.h5)
rm plane/samples.h5
run 2 sample plane.yaml -parallel_replicas 1
check "ranks that share each field make the same" same "$fields" "$(content plane/samples.h5)"
run 1 sample plane.yaml -run_dir wide -sample_model plane/model.h5 -sample_extents 12,16 -sample_configurations 64
check "it works on another lattice" every 'ended 0' 'exist wide/samples.h5'

refused 64 "must be a multiple of 16" check plane.yaml -model_channels 24
refused 64 "rounds" check plane.yaml -model_rounds 0
sed "s/^action.*/action: {type: ising, beta: 0.4}/; s/^hmc.*/mc: {configurations: 256}/" plane.yaml >spins.yaml
refused 64 "has no force" check spins.yaml
finish
