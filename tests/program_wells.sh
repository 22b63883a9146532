#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A particle in one or two wells: its exact numbers, its kinks in tables, verdicts and the report; paths by midpoints.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

passed() { grep -q "^$2,$3,.*,passed," "$1/verdicts.csv"; }

cat >well.yaml <<'DECK'
run:      {dir: well, seed: 5}
lattice:  {extents: [40]}
action:   {type: particle, spacing: 0.2, lambda: 1, f2: 1.5}
hmc:      {configurations: 2048, test: 512, chains: 8}
DECK
run 1 transfer-matrix well.yaml
check "a double well as quantum mechanics" every 'ended 0' \
  'says "a particle of mass 1, hbar = 1, in time steps a = 0.2, at x = 1 phi"' \
  'says "potential: lowest at |x| = 1.22474, frequency there 3.4641, V(0) is 2.25 above it"'
run 1 transfer-matrix well.yaml -action_mass 4
check "of another mass" every 'ended 0' 'says "a particle of mass 4,"' 'says "frequency there 1.73205"'
refused 64 "quantum.spacing: 0.1, but the action particle has its own, 0.2: leave it out" transfer-matrix well.yaml \
  -quantum_spacing 0.1
refused 64 "nothing holds the particle" check well.yaml -action_lambda 0
refused 64 "one direction, time" check well.yaml -lattice_extents '[4, 4]'

run 2 run well.yaml
check "paths of hybrid Monte Carlo" every 'ended 0' 'says "^training: E_0 = .*transfer matrix"'
check "have the exact distribution of kinks" every 'grep -q "^training,kinks,.*,passed" well/verdicts.csv' \
  'grep -q "^testing,kinks,.*,passed" well/verdicts.csv'
check "which is in a table and a figure" every 'grep -q ^exact,0,0.53919269,0 well/kinks.csv' \
  'grep -q ^testing,2, well/kinks.csv' \
  'grep -q ^training,kinks, well/measure.csv' 'test -s well/report/kinks.dat'
run 1 reference well.yaml
check "and in what is known" every 'says "^kinks  *0.98567497.*training .*testing "'

cat >half.yaml <<'DECK'
run:      {dir: half, seed: 2}
lattice:  {extents: [24]}
action:   {type: particle, spacing: 0.25, lambda: 1, f2: 1.5}
model:    {type: bisection, channels: 16}
train:    {loss: reverse, steps: 500, batch: 128, learning_rate: 0.005}
sample:   {configurations: 1024}
correct:  {method: reweight}
DECK
run 1 transfer-matrix half.yaml
log_Z=$(sed -n 's/^  log Z *//p' last.log)
run 1 run half.yaml -report_figures false
check "paths by midpoints learn a double well" every 'ended 0' 'says "networks of 2 layers of 16 channels"'
check "log Z of their weights is that of the transfer matrix" awk -F, -v exact="$log_Z" '
  $1 == "generated" && $2 == "log_Z" { d = $3 - exact; n++; good = exact != "" && d * d < 16 * $4 * $4 }
  $1 == "generated" && $2 == "ess" { n++; most = $3 > 0.9 }
  END { exit !(n == 2 && good && most) }' half/measure.csv
check "with their weights kinks are right" every 'grep -q "^weights of generated,kinks,.*,passed" half/verdicts.csv'
run 3 run half.yaml -run_dir three -report_figures false
check "on 3 ranks the same numbers" cmp half/measure.csv three/measure.csv
run 1 run half.yaml -run_dir free -report_figures false -action_lambda 0 -action_omega2 1.3 -train_steps 2
check "the harmonic oscillator needs no learning" awk -F, '
  $1 == "generated" && $2 == "ess" { n++; good = $3 > 1 - 1e-10 } END { exit !(n == 1 && good) }' free/measure.csv
sed 's/^model/hmc:      {configurations: 512, test: 256, chains: 4}\nmodel/' half.yaml >beside.yaml
run 1 run beside.yaml -run_dir equal -report_figures false -action_lambda 0 -action_omega2 1.3 -train_steps 2 \
  -lattice_extents '[9]'
check "where all weights are equal, no mode was dropped by rounding" every 'ended 0' \
  'passed equal "weights of generated" log_Z_bridge' 'passed equal corrected ess_forward' 'says "corrected agrees with"'
run 1 run beside.yaml -run_dir deep -report_figures false -action_f2 3 -lattice_extents '[2]' -train_steps 100
check "kinks that never come leave the rest to be judged" every 'ended 0' 'says "^kinks  *0.000(?) "' \
  'says "testing agrees with training: the largest of 13"'
sed 's/\[24\]/[4, 4]/; s/{type: particle.*/{type: phi4, kappa: 0.2, lambda: 0.1}/' half.yaml >plane.yaml
refused 64 "is not of one dimension" check plane.yaml
finish
