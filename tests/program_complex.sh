#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The complex field in three forms: a run whose files are of two, and of hybrid Monte Carlo at mu = 0; what is refused;
# complex Langevin dynamics on other ranks and after a restart; the particle number of several runs.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

for mu in 0 0.5; do
  cat >mu-$mu.yaml <<DECK
run:      {dir: mu-$mu, seed: 3}
lattice:  {extents: [4, 2]}
action:   {type: complex, eta: 4.01, lambda: 1, mu: $mu}
mc:       {configurations: 400, test: 0, chains: 4}
langevin: {configurations: 400, chains: 4, eps: [0.04, 0.02], interval: 0.4, thermalisation: 20, separation: 1}
DECK
done
sed 's/dir: mu-0/dir: field/; s/^mc:/hmc:/; /^langevin/d' mu-0.yaml >field.yaml

run 2 run mu-0.5.yaml
check "a run has files of two forms" every 'ended 0' 'exist mu-0.5/ensemble.h5 mu-0.5/langevin-2.h5'
check "both are measured" every 'lines 1 "^training,density," mu-0.5/measure.csv' \
  'lines 1 "^langevin,density," mu-0.5/measure.csv' 'lines 1 "^langevin-0.02,density_imag," mu-0.5/measure.csv'
check "the tail of the drift is judged" lines 2 '^langevin-0.0[24],drift_tail' mu-0.5/verdicts.csv
check "and the identity of what the step sizes lead to" lines 1 '^langevin,schwinger_dyson,.*,passed,' \
  mu-0.5/verdicts.csv
set -- mu-0.5.yaml -run_dir coarse -action_eta 6 -langevin_eps 0.1,0.05 -langevin_configurations 1500
run 2 langevin "$@"
run 1 measure "$@"
check "steps that are too long for it are found out" lines 1 '^langevin,schwinger_dyson,.*,FAILED,' coarse/verdicts.csv
run 1 compare mu-0.5/langevin-2.h5 mu-0.5/ensemble.h5
check "the action of fluxes is not compared with that of fields" every 'ended 0' 'says "of 3 differences"' \
  'says "^action_density .* -$"' 'lines 0 "^caution" last.log'
run 1 info mu-0.5/langevin-1.h5
check "a file says which form it is of" says 'complex_langevin eta=4.01'

first=$(content mu-0.5/langevin-1.h5)
run 4 langevin mu-0.5.yaml -run_dir four
check "the same fields on four ranks" same "$first" "$(content four/langevin-1.h5)"
run 1 langevin mu-0.5.yaml -run_dir short -langevin_configurations 100
run 3 langevin mu-0.5.yaml -run_dir short
check "and after going on with a shorter file" same "$first" "$(content short/langevin-1.h5)"

run 1 run mu-0.yaml
run 2 run field.yaml
check "hybrid Monte Carlo at mu = 0" every 'ended 0' 'lines 1 "^training,phi2," field/measure.csv' \
  'lines 1 "^training,density_imag," field/measure.csv'
run 1 density mu-0 mu-0.5 field
check "the particle number of runs against mu, with what is exact" every 'ended 0' 'exist density/density.csv' \
  'lines 2 ",worm," density/density.csv' 'lines 1 ",hybrid Monte Carlo," density/density.csv' \
  'says "(log Z_0 - log Z_1)/L_0"' 'exist density/density.png'

refused 64 'the weight of a field is complex unless mu is 0' check field.yaml -action_mu 0.3
refused 64 'there are no Metropolis' check mu-0.5.yaml -langevin_scheme adjusted
run 2 hmc field.yaml -run_dir other -action_lambda 0.9
refused 64 'only mu may differ' density mu-0 mu-0.5 other
finish
