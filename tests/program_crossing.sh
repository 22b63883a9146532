#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# squall crossing: Binder cumulants of two lattices from fields that one model each generated at several couplings, by
# their weights and corrected, against Monte Carlo at the same couplings; the same on any ranks; what is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: m6, seed: 3}
lattice:  {extents: [6, 6]}
action:   {type: phi4, kappa: 0.265, lambda: 0.022}
hmc:      {configurations: 1500, test: 0, chains: 4}
model:    {channels: 16, blocks: 1}
train:    {steps: 300, batch: 64, calibrate: 256, scan: {action: {kappa: [0.255, 0.265, 0.28]}}}
sample:   {configurations: 1500, steps: 8, trajectories: 0, scan: {action: {kappa: [0.255, 0.265, 0.28]}}}
correct:  {method: metropolis}
report:   {figures: false}
DECK
for side in 6 8; do
  run 2 run deck.yaml -run_dir m$side -lattice_extents $side,$side
  ended 0 || complain
done

# points FROM: crossing/points.csv of both lattices, kept as FROM.csv; crossing.csv as FROM-x.csv
points() {
  run 1 crossing m6 m8 --from "$1"
  ended 0 && cp crossing/points.csv "$1.csv" && cp crossing/crossing.csv "$1-x.csv"
}
# Six numbers within 4 errors of Monte Carlo: a false alarm in 2600.
agree() {
  paste -d, ensemble.csv "$1" | awk -F, '
    NR > 1 { d = $3 - $10; if (d < 0) d = -d; n += $2 == $9 && $11 > 0 && $11 < 0.1 && d < 4 * sqrt($4^2 + $11^2) }
    END { exit n != 6 }'
}
# The crossing itself, likewise.
cross() {
  paste -d, ensemble-x.csv "$1" | awk -F, '
    NR > 1 { d = $3 - $10; if (d < 0) d = -d; n += $4 > 0 && $11 > 0 && d < 4 * sqrt($4^2 + $11^2) }
    END { exit n != 1 }'
}
check "from Monte Carlo" every 'points ensemble' 'says "L = 8: 3 values of kappa, 4500 fields (training)$"' \
  'lines 3 "^6,.*,training,1500,nan$" ensemble.csv'
check "from fields of a model by their weights" every 'points samples' \
  'says "L = 8: 3 values of kappa, 4500 fields (generated) by their weights, effective sample size 0\.[0-9]* to 0"' \
  'lines 3 "^8,.*,generated,1500,0\." samples.csv'
check "their Binder cumulants are those of Monte Carlo" agree samples.csv
check "so is the crossing" cross samples-x.csv
check "from corrected fields" every 'points corrected' 'lines 6 ",corrected,[0-9]*,nan$" corrected.csv'
check "whose Binder cumulants are right, too" every 'agree corrected.csv' 'cross corrected-x.csv'
run 3 crossing m8 m6 --from samples
check "the same on three ranks, in another order" every 'ended 0' 'cmp -s samples.csv crossing/points.csv'
run 1 crossing m6/couplings/*/samples.h5 m8/couplings/*/ensemble.h5
check "of files of several kinds" every 'ended 0' 'lines 3 "^6,.*,generated," crossing/points.csv' \
  'lines 3 "^8,.*,training," crossing/points.csv'

# Weights of no use: a model that has learned nothing
run 2 run deck.yaml -run_dir bad -train_steps 1 -sample_steps 2 -sample_configurations 200 -lattice_extents 8,8
run 1 crossing m6 bad --from samples
check "what is not trusted is left out" every 'ended 0' 'says "is left out: its weights are not trusted"' \
  'lines 3 "^6,.*,generated," crossing/points.csv'

refused 64 "usage: squall crossing" crossing m6
refused 64 "from all: must be ensemble, samples or corrected" crossing m6 m8 --from all
refused 65 "m6/model.h5: is a file of format" crossing m6 m8 m6/model.h5

finish
