#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Ensembles of the section mc: the same on 1 to 4 ranks, after a stop and a kill, and extended; in phi^4 with the
# averages of the section hmc; whatever asks for an ensemble knows it; what it cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

sed 's/^hmc: /mc: /' deck.yaml >mc.yaml

# ---- the same on any number of ranks
for n in 1 2 3 4; do
  run $n mc mc.yaml -run_dir on$n
  ended 0 || complain
done
check "an ensemble is the same on 1 to 4 ranks" every 'same "$(content on1/ensemble.h5)" "$(content on2/ensemble.h5)"' \
  'same "$(content on1/ensemble.h5)" "$(content on3/ensemble.h5)"' \
  'same "$(content on1/ensemble.h5)" "$(content on4/ensemble.h5)"'
check "what was chosen is noted" every 'lines 1 "separation: auto.*chosen by squall: [0-9]" on1/deck.yaml' \
  'lines 1 "cluster: auto.*chosen by squall: 0" on1/deck.yaml'
run 1 mc mc.yaml -run_dir on1
check "it is made once" every 'ended 0' 'says "mc: finished before"'

# ---- against hmc
run 2 hmc deck.yaml
run 1 measure deck.yaml
run 1 measure mc.yaml -run_dir on1
column() { grep "^training" "$1/measure.csv" | cut -d, -f2-4; }
column whole >whole.csv; column on1 >on1.csv
check "with the averages of hmc" every 'says "measure.csv written"' 'paste -d, whole.csv on1.csv | awk -F, "
  \$3 > 0 { n++; d = (\$2 - \$5) / sqrt(\$3^2 + \$6^2); if (d > 4 || d < -4) { print \"# \" \$0; bad = 1 } }
  END { exit bad || n < 10 }"'

# ---- stopped, killed, extended
long="-mc_separation 1500 -run_checkpoint 0.01"
# shellcheck disable=SC2086 # words on purpose
run 1 mc mc.yaml -run_dir straight $long
straight=$(content straight/ensemble.h5)
# shellcheck disable=SC2086
start 2 stopped ensemble.h5.part mc mc.yaml $long
touch stopped/stop; goes_on
check "a stop file ends it with status 75" every 'ended 75' \
  'grep -q "\"stage\": \"mc\", \"state\": \"stopped\"" stopped/status.json'
# shellcheck disable=SC2086
run 3 mc mc.yaml -run_dir stopped $long
check "resumed on other ranks it is the same ensemble" every 'ended 0' 'says "mc: resumed"' \
  'same "$straight" "$(content stopped/ensemble.h5)"'
# shellcheck disable=SC2086
start 1 killed mc.checkpoint.h5 mc mc.yaml $long
signal_all KILL; goes_on
# shellcheck disable=SC2086
run 2 mc mc.yaml -run_dir killed $long
check "so it is after a kill" every 'ended 0' 'same "$straight" "$(content killed/ensemble.h5)"'
mkdir early; touch early/stop
run 2 mc mc.yaml -run_dir early
check "thermalisation stops" every 'ended 75' 'exist early/mc.thermalisation.h5'
run 1 mc mc.yaml -run_dir early
check "and is resumed" every 'ended 0' 'same "$(content on1/ensemble.h5)" "$(content early/ensemble.h5)"' \
  'absent early/mc.thermalisation.h5'
more="-mc_configurations 601 -mc_test 269"
# shellcheck disable=SC2086
run 3 mc mc.yaml -run_dir on4 $more
check "more configurations extend it" every 'ended 0' 'says "has 768 of 870 and is extended"'
# shellcheck disable=SC2086
run 1 mc mc.yaml -run_dir once $more
check "to what is made at once" same "$(content once/ensemble.h5)" "$(content on4/ensemble.h5)"

# ---- what asks for it
run 2 run mc.yaml -run_dir on2 -report_figures false
check "a whole run learns from it, generates, corrects and measures" every 'ended 0' \
  'exist on2/model.h5 on2/samples.h5 on2/corrected.h5 on2/measure.csv on2/report/index.html' \
  'grep -q "^training,abs_M" on2/measure.csv'
mkdir empty; run 1 train mc.yaml -run_dir empty
check "without it, training says how to make it" every 'ended 64' 'says "run .squall mc. first"'
run 1 measure mc.yaml -run_dir empty
check "so does measure" every 'ended 64' 'says "run .squall mc. first"'
run 1 check mc.yaml
check "check says what it would take" every 'ended 0' 'says "  mc  *4 chains"' 'says "ensemble.h5: [0-9]"'

# ---- a theory without a force
cat >spins.yaml <<'DECK'
run:     {dir: spins, seed: 5}
lattice: {extents: [6, 8]}
action:  {type: ising, beta: 0.4, ratio: 0.5}
mc:      {configurations: 300, test: 20, chains: 3}
report:  {figures: false}
DECK
for n in 1 2 3 4; do
  run $n mc spins.yaml -run_dir spins$n
  ended 0 || complain
done
check "spins are the same on 1 to 4 ranks" every \
  'same "$(content spins1/ensemble.h5)" "$(content spins2/ensemble.h5)"' \
  'same "$(content spins1/ensemble.h5)" "$(content spins3/ensemble.h5)"' \
  'same "$(content spins1/ensemble.h5)" "$(content spins4/ensemble.h5)"' \
  'says "1 sweep of local updates each, 1 cluster"'
run 1 run spins.yaml -mc_algorithm cluster
check "clusters alone, by a whole run" every 'ended 0' 'says "of 1 cluster update each"' \
  'grep -q "^training,energy" spins/measure.csv' 'grep -q "^training,specific_heat" spins/measure.csv'
run 1 bench spins.yaml -bench_parts spins
check "and how fast" every 'ended 0' 'lines 5 "^spins," last.log'
refused 64 "hmc needs a force, which the action ising does not have; possible: local" check spins.yaml -mc_algorithm hmc
refused 64 "mc.sweeps: the algorithm cluster has no such key" check spins.yaml -mc_algorithm cluster -mc_sweeps 2
refused 64 "mc.cluster = 0" check spins.yaml -mc_algorithm cluster -mc_cluster 0

# ---- what it cannot be
refused 64 "mc.configurations: 512 in the file, 600 in the deck" train mc.yaml -run_dir on2 -mc_configurations 600
refused 64 "its section: mc in the file, hmc in the deck" measure deck.yaml -run_dir on2
refused 64 "its section: hmc in the file, mc in the deck" mc mc.yaml -run_dir whole
refused 64 "both a section hmc and a section mc" check mc.yaml -hmc_chains 4
refused 64 "has a section mc" hmc mc.yaml
refused 64 "has a section hmc" mc deck.yaml
refused 64 "algorithm: local needs .*the action phi4 does not have; possible: hmc" check mc.yaml -mc_algorithm local
refused 64 "mc.sweeps: the algorithm hmc has no such key" check mc.yaml -mc_sweeps 2
refused 64 "mc.steps: unknown" check mc.yaml -mc_steps 2
refused 64 "mc.chains = 4 is more than mc.configurations = 3" check mc.yaml -mc_configurations 3

finish
