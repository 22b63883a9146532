#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Vectors: ensembles of the theory on are the same on 1 to 4 ranks and after a stop, measured and drawn; what they
# cannot be is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >on.yaml <<'DECK'
run:      {dir: v1, seed: 3}
lattice:  {extents: [6, 5]}
action:   {type: on, components: 3, kappa: 0.26, lambda: 0.4}
hmc:      {configurations: 300, test: 60, chains: 4}
langevin: {configurations: 60, test: 0, chains: 4, eps: [0.1, 0.05], scheme: second}
DECK

for n in 1 2 3 4; do
  run $n hmc on.yaml -run_dir v$n
  ended 0 || complain
done
check "an ensemble of vectors is the same on 1 to 4 ranks" every \
  'same "$(content v1/ensemble.h5)" "$(content v2/ensemble.h5)"' \
  'same "$(content v1/ensemble.h5)" "$(content v3/ensemble.h5)"' \
  'same "$(content v1/ensemble.h5)" "$(content v4/ensemble.h5)"'
run 1 info v1/ensemble.h5
check "its file says what it is of" every 'says "on components=3 kappa=0.26 lambda=0.4"' 'says "components *3"'
mkdir early; touch early/stop
run 2 hmc on.yaml -run_dir early
check "thermalisation stops" every 'ended 75' 'exist early/hmc.thermalisation.h5'
run 3 hmc on.yaml -run_dir early
check "and is resumed, after turns too" every 'ended 0' \
  'same "$(content v1/ensemble.h5)" "$(content early/ensemble.h5)"'
run 2 langevin on.yaml
run 3 measure on.yaml
check "Langevin steps and measurements" every 'ended 0' \
  'grep -q "^training,abs_M" v1/measure.csv' 'grep -q "^langevin-0.05,abs_M" v1/measure.csv' \
  'grep -q "^training,xi" v1/measure.csv' 'says "Schwinger-Dyson .*, exact is 3"'
run 2 report on.yaml
check "a report" every 'ended 0' 'exist v1/report/index.html'


# ---- crossings, of angles in beta
for L in 4 6; do
  for beta in 0.4 1.2; do
    cat >scan.yaml <<DECK
run: {dir: scan-$L-$beta, seed: $L}
lattice: {extents: [$L, $L]}
action: {type: xy, beta: $beta}
mc: {configurations: 200, test: 0, chains: 2}
DECK
    run 1 mc scan.yaml
    ended 0 || complain
  done
done
run 2 crossing scan-*
check "Binder cumulants as functions of beta" every 'ended 0' 'lines 1 "^L,beta,U_L,error" crossing/points.csv' \
  'lines 1 "^6,1.2," crossing/points.csv' 'lines 1 "^L,L_larger,beta,beta_error" crossing/crossing.csv'

refused 64 'action.components: must be given for the action on' check deck.yaml -action_type on
refused 64 'action.components' check on.yaml -action_components 17
refused 64 'action.components' check on.yaml -action_components 0
refused 64 'v1/ensemble.h5: action.components: 3 in the file, 2 in the deck' hmc on.yaml -action_components 2
refused 64 'no lower bound' check on.yaml -action_lambda 0 -action_kappa 0.26

finish
