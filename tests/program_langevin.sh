#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Ensembles of the Langevin equation: step sizes, extrapolation, ranks, stops, a model learned from them.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >langevin.yaml <<'DECK'
run:      {dir: langevin, seed: 3}
lattice:  {extents: [8, 6]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
langevin: {scheme: euler, eps: [0.2, 0.1], configurations: 400, test: 100, chains: 4, separation: 2}
model:    {channels: 16, blocks: 1}
train:    {steps: 20, batch: 16}
DECK
run 2 check langevin.yaml
check "check knows the Langevin equation" every 'ended 0' 'says "langevin 4 chains"' 'absent langevin'
run 2 run langevin.yaml
check "the Langevin equation runs, and trains a model" every 'ended 0' \
  'says "intervals of time .* tau_int .* intervals, separation"' \
  'exist langevin/langevin-1.h5 langevin/langevin-2.h5 langevin/langevin.csv langevin/model.h5 langevin/measure.csv'
rows() {
  for e in langevin-0.2 langevin-0.1 langevin-0.2-test langevin; do
    grep -q "^$e,chi2," langevin/measure.csv || { echo "# no row $e,chi2"; return 1; }
  done
  grep -q "^chi2,0,[0-9]" langevin/langevin.csv
}
check "every step size and the extrapolation are measured" rows
check "what is extrapolated is not said to be polished" every 'lines 0 "far_fields" langevin/verdicts.csv' \
  'lines 0 "drift" langevin/verdicts.csv'
if can_draw; then check "and drawn, without complaints" drawn langevin langevin history; fi
check "with the bias of Euler's steps" awk -F, '
  $1 == "schwinger_dyson" && $2 > 0 { n++; if ($3 < 1 + 0.5 * $2) bad = 1 }
  END { exit bad || n != 2 }' langevin/langevin.csv

first=$(content langevin/langevin-1.h5) second=$(content langevin/langevin-2.h5)
for n in 1 3 4; do
  run $n langevin langevin.yaml -run_dir langevin$n
  check "on $n ranks the ensembles are the same" every 'same "$first" "$(content langevin$n/langevin-1.h5)"' \
    'same "$second" "$(content langevin$n/langevin-2.h5)"'
done
run 1 langevin langevin.yaml -run_dir langevin1 -langevin_eps 0.2,0.05
check "a file of another step size is not taken for this one's" every 'ended 64' \
  'says "langevin-2.h5: langevin.eps: 0.1 in the file, 0.05 in the deck"'
run 2 langevin langevin.yaml -langevin_eps 0.2,0.1,0.05
check "a smaller step can be added" every 'ended 0' 'same "$first" "$(content langevin/langevin-1.h5)"' \
  'exist langevin/langevin-3.h5' 'says "3 step sizes"'
run 2 langevin langevin.yaml -run_dir far -langevin_eps 0.9
check "steps that are too long are an error" every 'ended 64' 'says "steps of 0.9 are too long"'

soft="-langevin_acceleration fourier -langevin_configurations 40"
# shellcheck disable=SC2086 # words on purpose
run 2 langevin langevin.yaml -run_dir soft -langevin_eps 0.05,0.025 $soft
masses() { sed -n 's/.*Fourier acceleration with mass \([0-9.]*\);.*/\1/p' last.log | sort -u | wc -l; }
check "all step sizes have the kernel that the first has measured" every 'ended 0' \
  'says "with the mass of .*langevin-1.h5"' '[ "$(masses)" = 1 ]' 'lines 2 "thermalised for" last.log'
# shellcheck disable=SC2086
run 1 langevin langevin.yaml -run_dir other -langevin_eps 0.025 $soft
cp other/langevin-1.h5 soft/langevin-2.h5
# shellcheck disable=SC2086
run 1 langevin langevin.yaml -run_dir soft -langevin_eps 0.05,0.025 $soft
check "ensembles of different kernels are not extrapolated" every 'ended 0' \
  'says "1 of 2 step sizes have another kernel"' '! says "extrapolated to 0"'
# shellcheck disable=SC2086
run 2 langevin langevin.yaml -run_dir lost -langevin_eps 0.2 -langevin_mass 0.1 $soft
check "steps that the kernel makes too long are refused in time" every 'ended 64' 'says "steps of 0.2 are too long"' \
  'absent lost/langevin-1.h5.part'

adjusted="-langevin_scheme adjusted -langevin_eps 0.1 -langevin_acceleration fourier -langevin_alpha 0.5
  -langevin_separation 1000 -run_checkpoint 0.01"
# shellcheck disable=SC2086 # words on purpose
run 1 langevin langevin.yaml -run_dir straight $adjusted
check "with decisions, Fourier acceleration and other noise" every 'ended 0' 'says "acceptance 0.[5-9]"'
# shellcheck disable=SC2086
start 2 stopped langevin-1.h5.part langevin langevin.yaml $adjusted
touch stopped/stop; goes_on
check "it stops" ended 75
# shellcheck disable=SC2086
run 3 langevin langevin.yaml -run_dir stopped $adjusted
check "and goes on with the same" every 'ended 0' 'says "langevin: resumed"' \
  'same "$(content straight/langevin-1.h5)" "$(content stopped/langevin-1.h5)"'
# shellcheck disable=SC2086
run 1 measure langevin.yaml -run_dir stopped $adjusted
check "measure knows that Schwinger-Dyson is alpha" says "exact is 0.5"
check "and so it is" awk -F, '
  $1 == "langevin-0.1" && $2 == "schwinger_dyson" { d = ($3 - 0.5)/$4; n++ }
  END { exit !(n == 1 && d < 4 && d > -4) }' stopped/measure.csv

finish
