#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# squall reweight: log Z and observables between the couplings of several ensembles, against what is exact; the same on
# any ranks; runs of many couplings, with the fields of their model; ensembles without overlap; what is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >free.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [3, 4]}
action:   {type: phi4, kappa: 0.1, lambda: 0}
hmc:      {configurations: 2000, test: 0, chains: 4}
DECK
n=0
for kappa in 0.16 0.08 0.12; do
  n=$((n + 1))
  run 1 hmc free.yaml -run_dir f$kappa -run_seed $n -action_kappa $kappa
  ended 0 || complain
done

# log Z = -1/2 sum_p log(1 - 2 kappa sum_mu cos p_mu), up to a constant: all rows within 4 errors.
exact='NR > 1 { z = 0; pi = atan2(0, -1)
  for (a = 0; a < 3; a++) for (b = 0; b < 4; b++) {
    h = 2*(cos(2*pi*a/3) + cos(2*pi*b/4)); z += log(1 - 0.08*h)/2 - log(1 - $2*h)/2 }
  d = $5 - z; if (d < 0) d = -d; if (!(d < 1e-6 + 4*$6)) bad++ } END { exit bad > 0 || NR != 10 }'
run 1 reweight f0.08 f0.12 f0.16 --points 9
check "log Z of a free field between three ensembles" every 'ended 0' 'says "3 ensembles, 6000 configurations"' \
  'lines 1 "^extents,kappa,effective,trusted,log_Z,log_Z_error,abs_M" reweight/reweight.csv' \
  'lines 9 "^3x4,.*,1," reweight/reweight.csv' 'awk -F, "$exact" reweight/reweight.csv' \
  'lines 1 "^" reweight/crossing.csv'
mv reweight/reweight.csv one.csv
run 3 reweight f0.16 f0.08/ensemble.h5 f0.12 --points 9
check "the same on three ranks, in any order, of files" every 'ended 0' 'cmp -s one.csv reweight/reweight.csv'
check "log Z at the first coupling is 0, and the cost is told" every 'lines 1 "^3x4,0.08,[^,]*,1,0,0," one.csv' \
  'says "^reweight: [0-9.]* core-seconds, beside [0-9.]* that the ensembles took$"'
if can_draw; then check "the figure" exist reweight/reweight.png; fi

# ---- a run of many couplings, and its model's fields
cat >many.yaml <<'DECK'
run:      {dir: many, seed: 5}
lattice:  {extents: [8]}
action:   {type: phi4, kappa: 0.3, lambda: 0}
hmc:      {configurations: 1024, test: 0, chains: 4}
model:    {channels: 16, blocks: 1}
train:    {steps: 10, batch: 16, calibrate: 32, scan: {action: {kappa: [0.1, 0.2, 0.3, 0.4]}}}
sample:   {configurations: 256, steps: 3, trajectories: 0, scan: {action: {kappa: [0.15, 0.33, 0.38]}}}
report:   {figures: false}
DECK
run 1 run many.yaml
run 2 reweight many --points 5
check "all couplings of a run of many" every 'ended 0' 'says "4 ensembles, 4096"' \
  'lines 10 "^8,.*,1," reweight/reweight.csv' 'lines 5 "^" reweight/generated.csv' 'awk -F, "
  NR > 1 { n += \$8 < 0.1 && \$8 > -0.1 && \$9 < 4 && \$9 > -4 } END { exit n != 4 }" reweight/generated.csv'

# ---- other theories: what squall reference has of the last coupling less that of the first
# against_reference DECK WORDS OTHER_WORDS: log Z of the last row
against_reference() {
  # shellcheck disable=SC2086 # words
  { run 1 reference "$1" $2; first=$(exact_log_Z); run 1 reference "$1" $3; last=$(exact_log_Z); }
  tail -n 1 reweight/reweight.csv | awk -F, -v "z=$first" -v "y=$last" -v "c=$4" '
    { d = $c - (y - z); if (d < 0) d = -d; exit !(z != "" && $(c + 1) > 0 && d < 4*$(c + 1)) }'
}
cat >ising.yaml <<'DECK'
run:      {dir: ising, seed: 7}
lattice:  {extents: [4, 3]}
action:   {type: ising, beta: 0.2}
mc:       {configurations: 1000, test: 0, chains: 2}
DECK
for beta in 0.2 0.35 0.5; do run 1 mc ising.yaml -run_dir i$beta -run_seed 4${beta#0.} -action_beta $beta; done
run 2 reweight i0.2 i0.35 i0.5 --points 3
check "log Z of spins" every 'ended 0' 'against_reference ising.yaml "" "-action_beta 0.5" 5'
cat >chain.yaml <<'DECK'
run:      {dir: chain, seed: 8}
lattice:  {extents: [6]}
action:   {type: phi4, kappa: 0.1, lambda: 0.2}
hmc:      {configurations: 1000, test: 0, chains: 2}
DECK
n=0
for kappa in 0.1 0.25; do for lambda in 0.2 0.4; do
  n=$((n + 1))
  run 1 hmc chain.yaml -run_dir c$n -run_seed 5$n -action_kappa $kappa -action_lambda $lambda
done; done
run 1 reweight c1 c2 c3 c4 --points 2
check "log Z of a chain in the plane of two couplings" every 'ended 0' 'lines 4 "^6,.*,1," reweight/reweight.csv' \
  'against_reference chain.yaml "" "-action_kappa 0.25 -action_lambda 0.4" 6'

# ---- too far from each other
sed 's/3, 4/16, 16/' free.yaml >large.yaml
for kappa in 0.05 0.23; do run 1 hmc large.yaml -run_dir g$kappa -run_seed 9${kappa#0.} -action_kappa $kappa; done
run 1 reweight g0.05 g0.23 --points 5
check "without overlap log Z is not said" every 'ended 0' 'says "fall into 2 groups"' 'says "is not known"' \
  'lines 1 "^16x16,0.23,.*,1,nan,nan," reweight/reweight.csv' 'lines 1 "^16x16,0.14,[^,]*,0," reweight/reweight.csv'

refused 64 "usage: squall reweight" reweight
refused 64 "all ensembles are at one coupling" reweight f0.08
refused 64 "independent ensembles, each once" reweight f0.08 f0.16 f0.08
refused 64 "points 1: must be an integer from 2 to 900" reweight f0.08 f0.16 --points 1
refused 64 "nowhere/ensemble.h5" reweight f0.08 nowhere
run 1 hmc free.yaml -run_dir single -hmc_configurations 1 -hmc_chains 1
refused 65 "single/ensemble.h5: one configuration says nothing" reweight f0.08 single
refused 65 "must be one of kind ensemble" reweight f0.08 many/couplings/kappa-0.33/samples.h5

finish
