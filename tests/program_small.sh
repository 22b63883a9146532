#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# One and two sites: the toy and the Fokker-Planck equation beside what squall makes of them.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >small.yaml <<'DECK'
run:           {dir: small, seed: 3}
lattice:       {extents: [1]}
action:        {type: quartic, mu: -1, lambda: 0.4, kappa: 0}
hmc:           {configurations: 4096, test: 256, chains: 16}
model:         {channels: 16, blocks: 1}
train:         {steps: 100, batch: 512, learning_rate: 0.01}
sample:        {configurations: 2000, steps: 20}
correct:       {method: metropolis}
toy:           {levels: 4}
fokker-planck: {alpha: 2, doublings: 0, points: 96, walkers: 1000, eps: 0.05}
DECK
run 2 run small.yaml
check "a run on one site ends well" ended 0
# likely PATTERN: p of a line of the log that matches is at least 1e-4
likely() {
  sed -n "s/.*$1.*p = \([-+.e0-9]*\).*/\1/p" last.log | awk '{ n++; if (!($1 >= 1e-4)) bad = 1 } END { exit bad || !n }'
}
check "its corrected values are distributed as exp(-S)/Z" likely 'toy: corrected'
check "walkers follow the Fokker-Planck equation" likely 'walkers: chi2'
check "the rate from the walkers is that of the operator" awk -F, '
  $2 == "rate_1" { r = $3 }
  $2 == "rate_from_walkers" { w = $3; e = $4 }
  END { d = (w - r)/e; exit !(e > 0 && d < 4 && d > -4) }' small/fokker_planck_rates.csv
check "and so is that from the decay" awk -F, '
  $2 == "rate_1" { r = $3 }
  $2 == "rate_from_decay" { d = $3/r - 1; n++ }
  END { exit !(n == 1 && d < 1e-4 && d > -1e-4) }' small/fokker_planck_rates.csv
check "it leaves its tables" exist small/toy.csv small/toy_levels.csv small/toy_histogram.csv small/fokker_planck.csv \
  small/fokker_planck_times.csv
if can_draw; then check "and its figures, without complaints" drawn small toy fokker_planck; fi

sed '/^hmc\|^model\|^train\|^sample\|^correct\|^toy/d' small.yaml >equation.yaml
run 3 run equation.yaml -run_dir equation
check "a deck of the equation alone runs too" every 'ended 0' \
  'exist equation/fokker_planck.csv equation/report/index.html'
run 2 toy deck.yaml
check "the toy has one site" every 'ended 64' 'says "toy is for lattices of at most 1 site"'

finish
