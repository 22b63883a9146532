#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A forger of fluxes, with the constraint by construction and without: learned from worms, the same on any ranks and
# after a kill; violations and what the verdict says of them; other lattices; what is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >density.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [8, 4]}
action:   {type: complex, eta: 4.01, lambda: 1, mu: 1}
mc:       {configurations: 400, test: 100, chains: 4}
model:    {type: gan, channels: 16, blocks: 1}
train:    {steps: 40, batch: 16}
sample:   {configurations: 200}
DECK

run 1 check density.yaml
check "check knows what it would take" every 'ended 0' 'says "The deck is valid."' 'says "no density: not exact"'

# ---- without divergence by construction
run 2 run density.yaml
check "a forger learns fluxes from worms" every 'ended 0' 'exist whole/model.h5 whole/samples.h5'
check "none of its fields breaks the constraint" every 'lines 1 "^generated,violations,0,0," whole/measure.csv' \
  'lines 1 "^training,violations,0,0," whole/measure.csv' 'lines 0 ",nan," whole/measure.csv' \
  'lines 1 "^generated,constraint,.*,passed," whole/verdicts.csv'
check "the number of particles begins with its own mean and variance" awk -F, '
  $2 == "density" && $1 == "training" { exact = $3 }
  $2 == "density" && $1 == "generated" { d = $3 - exact; found = d < 5*$4 && d > -5*$4 && $4 > 0 }
  END { exit !found }' whole/measure.csv
check "its distribution is written down" lines 1 '^generated,1,1,0\.' whole/windings.csv
if can_draw; then check "with figures" drawn whole windings squares action
else skip "with figures: there is no gnuplot"; fi
first=$(content whole/samples.h5)
for n in 1 3 4; do
  mkdir on$n; cp whole/ensemble.h5 on$n/
  run $n train density.yaml -run_dir on$n
  run $n sample density.yaml -run_dir on$n
  check "the fields of $n ranks are those of 2" same "$first" "$(content on$n/samples.h5)"
done
mkdir straight killed; cp whole/ensemble.h5 straight/; cp whole/ensemble.h5 killed/
run 1 train density.yaml -run_dir straight -train_steps 1500
start 1 killed train.checkpoint.h5 train density.yaml -train_steps 1500 -run_checkpoint 0.01
signal_all KILL; goes_on
run 2 train density.yaml -run_dir killed -train_steps 1500
for d in straight killed; do run 1 sample density.yaml -run_dir $d -train_steps 1500; done
check "so they are after a kill" every 'ended 0' \
  'same "$(content straight/samples.h5)" "$(content killed/samples.h5)"'
run 2 sample density.yaml -run_dir other -sample_model whole/model.h5 -sample_extents 6,10
check "fields of another lattice" every 'ended 0' 'exist other/samples.h5'

# ---- with nothing that keeps the constraint
set -- density.yaml -run_dir free -model_constraint none -model_staircase false
mkdir free; cp whole/ensemble.h5 free/
run 2 train "$@"
run 3 sample "$@"
run 1 measure "$@"
check "fluxes that break the constraint are measured" every 'ended 0' \
  'lines 1 "^generated,violations,0\.[0-9]*,0.*,200$" free/measure.csv' \
  'lines 1 "^generated,phi2,[0-9.]*,[0-9.e-]*," free/measure.csv' \
  'lines 1 "^generated,density,[0-9.e-]*,[0-9.e-]*," free/measure.csv' \
  'lines 1 "^generated,action_density,nan," free/measure.csv'
check "and the verdict says so" lines 1 '^generated,constraint,.*,FAILED,"BREAKS THE CONSTRAINT' free/verdicts.csv
run 2 compare free/samples.h5 free/ensemble.h5
check "they are compared in what they have" every 'ended 0' 'says "^violations "' 'says "^action_density .* -$"'
free=$(content free/samples.h5)
mkdir free4; cp free/ensemble.h5 free/model.h5 free4/
run 4 sample density.yaml -run_dir free4 -model_constraint none -model_staircase false
check "the same on four ranks" same "$free" "$(content free4/samples.h5)"
set -- density.yaml -lattice_extents 4,2,2 -action_eta 6.01 -run_dir three -train_steps 4
run 2 run "$@"
check "in three dimensions nothing else is there" every 'ended 0' \
  'lines 1 "^generated,violations,0\." three/measure.csv'

# ---- with a layer that learns the constraint: enough steps for that alone
set -- density.yaml -run_dir stairs -model_constraint none -train_steps 800 -train_batch 8
mkdir stairs; cp whole/ensemble.h5 stairs/
run 1 train "$@"
run 2 sample "$@"
run 1 measure "$@"
check "a layer learns the constraint" every 'ended 0' 'lines 1 "^generated,violations,0,0," stairs/measure.csv' \
  'lines 1 "^generated,constraint,.*,passed," stairs/verdicts.csv'
stairs=$(content stairs/samples.h5)
mkdir stairs4; cp stairs/ensemble.h5 stairs/model.h5 stairs4/
run 4 sample density.yaml -run_dir stairs4 -model_constraint none -train_steps 800 -train_batch 8
check "its fields are the same on four ranks" same "$stairs" "$(content stairs4/samples.h5)"

# ---- refusals
refused 64 "constraint: heights, but the action complex has fluxes that are made of heights in two directions alone" \
  check density.yaml -model_constraint heights -lattice_extents 4,2,2 -action_eta 6.01
sed -e '/^mc/d; s/type: complex.*/type: phi4, kappa: 0.2, lambda: 0.02}/; s/blocks: 1/constraint: none, &/' \
  density.yaml >phi4.yaml
refused 64 "constraint: none, but the action phi4 has no fluxes: auto" check phi4.yaml
refused 64 "model.match: 3.*is for fluxes" check phi4.yaml -model_constraint auto -model_match 3
refused 64 "noise: 16, at most 12" check density.yaml -model_noise 16
finish
