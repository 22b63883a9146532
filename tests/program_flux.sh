#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The complex field with a chemical potential by worms: the same on 1 to 4 ranks, after a stop and a kill, and extended;
# the exact density; the distribution of the particle number; what fluxes cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [4, 2]}
action:   {type: complex, eta: 4.01, lambda: 1, mu: 0.9}
mc:       {configurations: 800, test: 100, chains: 4}
DECK

# ---- the same on any number of ranks, which share lattices too: more ranks than chains
for n in 1 2 3 4; do
  run $n mc deck.yaml -run_dir on$n
  ended 0 || complain
  run $n mc deck.yaml -run_dir one$n -mc_chains 1 -mc_configurations 50 -mc_test 0
  ended 0 || complain
done
check "an ensemble is the same on 1 to 4 ranks" every 'same "$(content on1/ensemble.h5)" "$(content on2/ensemble.h5)"' \
  'same "$(content on1/ensemble.h5)" "$(content on3/ensemble.h5)"' \
  'same "$(content on1/ensemble.h5)" "$(content on4/ensemble.h5)"'
check "so it is where ranks share a lattice" every 'same "$(content one1/ensemble.h5)" "$(content one2/ensemble.h5)"' \
  'same "$(content one1/ensemble.h5)" "$(content one3/ensemble.h5)"' \
  'same "$(content one1/ensemble.h5)" "$(content one4/ensemble.h5)"'
check "the number of worms is noted" lines 1 "worms: auto.*chosen by squall: [0-9]" on1/deck.yaml

# ---- stopped, killed, extended
long="-mc_separation 400 -mc_configurations 200 -mc_test 0 -run_checkpoint 0.01"
# shellcheck disable=SC2086 # words on purpose
run 1 mc deck.yaml -run_dir straight $long
# shellcheck disable=SC2086
start 2 stopped ensemble.h5.part mc deck.yaml $long
touch stopped/stop; goes_on
check "a stop file ends it with status 75" ended 75
# shellcheck disable=SC2086
run 3 mc deck.yaml -run_dir stopped $long
check "resumed on other ranks it is the same ensemble" every 'ended 0' 'says "mc: resumed"' \
  'same "$(content straight/ensemble.h5)" "$(content stopped/ensemble.h5)"'
# shellcheck disable=SC2086
start 1 killed mc.checkpoint.h5 mc deck.yaml $long
signal_all KILL; goes_on
# shellcheck disable=SC2086
run 2 mc deck.yaml -run_dir killed $long
check "so it is after a kill" every 'ended 0' \
  'same "$(content straight/ensemble.h5)" "$(content killed/ensemble.h5)"'
cp -r on1 apart
run 3 mc deck.yaml -run_dir apart -mc_configurations 900
run 2 mc deck.yaml -run_dir once -mc_configurations 900
check "more configurations extend it" every 'ended 0' \
  'same "$(content apart/ensemble.h5)" "$(content once/ensemble.h5)"'

# ---- measured: exact are n = 0.443511, |phi|^2 = 0.420143 (transfer matrix of the dual form)
run 2 run deck.yaml
near() { # near OBSERVABLE EXACT: within 4 errors
  awk -F, -v name="$1" -v exact="$2" '
    $1 == "training" && $2 == name { d = ($3 - exact)/$4; found = $4 < 0.1*exact && d < 4 && d > -4 }
    END { exit !found }' whole/measure.csv
}
check "a run of worms" every 'ended 0' 'says "the 4 chains agree"' 'says "thermalised ("' 'says "winding"'
check "with the exact averages" every 'near density 0.443511' 'near phi2 0.420143' \
  'lines 0 "G_pmin\|xi_fit" whole/measure.csv'
check "and the distribution of the particle number" awk -F, '
  $1 == "training" { sum += $4; mean += $2*$4 }
  END { exit !(sum > 0.999999 && sum < 1.000001 && mean > 0.6 && mean < 1.2) }' whole/windings.csv
if can_draw; then check "with figures" drawn whole windings autocorrelation history
else skip "with figures: there is no gnuplot"; fi

# ---- refusals
run 2 check deck.yaml -mc_chains 1
check "check says that ranks do not share worms" every 'ended 0' \
  'says "more than 1 ranks, one for each chain, gain nothing"'
refused 64 "algorithm: local needs heat baths.*possible: worm" check deck.yaml -mc_algorithm local
refused 64 "mc.sweeps: the algorithm worm has no such key" check deck.yaml -mc_sweeps 2
refused 64 "lambda = 0.*eta > 2 (d - 1) + 2 cosh(mu) = 4.86" check deck.yaml -action_lambda 0
refused 64 "mu between -30 and 30" check deck.yaml -action_mu 31
refused 64 "fluxes of the classical field are beyond.*a mu nearer to 0" mc deck.yaml -run_dir no -action_mu=-9
refused 64 "fluxes at a site are beyond.*a larger lambda" mc deck.yaml -run_dir no -action_lambda 1e-6
finish
