#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Chains that do not move, stay in one mode, or are hardly ever accepted: no error is printed as if it were one.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

# failed DIRECTORY ENSEMBLE CHECK [WORDS]: the check of the ensemble failed, and its sentence has these words.
failed() {
  grep "^$2,$3,.*,FAILED," "$1/verdicts.csv" | grep -q -e "${4:-.}" && return
  sed -n "s/^$2/# &/p" "$1/verdicts.csv"
  return 1
}
passed() { grep -q "^$2,$3,.*,passed," "$1/verdicts.csv"; }
# error DIRECTORY ENSEMBLE OBSERVABLE: from measure.csv
error() { awk -F, -v e="$2" -v o="$3" '$1 == e && $2 == o { print $4 }' "$1/measure.csv"; }

# Three leapfrog steps of 13 are never accepted.
cat >frozen.yaml <<'DECK'
run:     {dir: frozen, seed: 1}
lattice: {extents: [8, 8]}
action:  {type: phi4, kappa: 0.21, lambda: 0.022}
hmc:     {configurations: 512, test: 64, chains: 1, integrator: leapfrog, length: 40, steps: 3, thermalisation: 200,
          separation: 1, cluster: 0, flip: false}
DECK
run 2 hmc frozen.yaml
check "a frozen chain ends well" ended 0
run 2 measure frozen.yaml
check "and is TOO SHORT" every 'failed frozen training length "TOO SHORT"' \
  'failed frozen training moves "does not move"' 'failed frozen testing moves'
check "no number of it has an error" every 'same "$(error frozen training M)" nan' \
  'same "$(error frozen training chi2)" nan' \
  'same "$(error frozen training schwinger_dyson)" nan' 'says "Schwinger-Dyson [0-9.]*(?)"'
run 2 hmc frozen.yaml -run_dir flipped -hmc_flip true
run 2 measure frozen.yaml -run_dir flipped -hmc_flip true
check "with flips nor the even ones" every 'failed flipped training length' 'failed flipped training moves' \
  'same "$(error flipped training M2)" nan'
run 2 hmc frozen.yaml -run_dir four -hmc_chains 4
run 2 measure frozen.yaml -run_dir four -hmc_chains 4
check "four of them neither" every 'failed four training moves "4 of 4 chains do not move"' \
  'same "$(error four training phi2)" nan' 'lines 0 "(0)" last.log'

# Deep in the broken phase nothing takes a chain from one sign to the other.
cat >modes.yaml <<'DECK'
run:     {dir: modes, seed: 1}
lattice: {extents: [8, 8]}
action:  {type: phi4, kappa: 0.5, lambda: 0.022}
hmc:     {configurations: 512, test: 0, chains: 1, thermalisation: 100, separation: 2, cluster: 0, flip: false}
DECK
run 2 hmc modes.yaml
run 2 measure modes.yaml
check "a chain in one mode of a symmetric theory is noticed" \
  failed modes training symmetry 'STAYS IN ONE OF THE MODES'
run 2 hmc modes.yaml -run_dir several -hmc_chains 8
run 2 measure modes.yaml -run_dir several -hmc_chains 8
check "chains in different modes contradict each other" every 'failed several training replicas "CONTRADICT"' \
  'same "$(error several training M)" nan'
run 2 hmc modes.yaml -run_dir turned -hmc_chains 4 -hmc_flip true
run 2 measure modes.yaml -run_dir turned -hmc_chains 4 -hmc_flip true
check "with flips nothing is wrong" every 'passed turned training replicas' 'passed turned training r_hat' \
  'passed turned training length' 'lines 0 symmetry turned/verdicts.csv' \
  'lines 0 "^training.*FAILED" turned/verdicts.csv'

# A network that knows nothing: next to no proposal of its independence chain is accepted.
cat >stuck.yaml <<'DECK'
run:     {dir: stuck, seed: 3}
lattice: {extents: [24, 24]}
action:  {type: phi4, kappa: 0.27, lambda: 0.022}
hmc:     {configurations: 64, test: 16, chains: 4, thermalisation: 200, length: 1, steps: 5, separation: 4}
model:   {channels: 16, blocks: 0}
train:   {steps: 1, calibrate: 0}
sample:  {configurations: 60, steps: 1}
correct: {method: metropolis}
DECK
run 2 hmc stuck.yaml
run 2 train stuck.yaml
run 2 sample stuck.yaml
run 2 correct stuck.yaml
run 2 measure stuck.yaml
check "a chain of hardly any acceptances ends well" ended 0
# tau_int is at least (2 - a)/(2 a), and no error is known below 40 of that.
check "its tau_int is at least what its acceptance says" awk -F, '
  $1 == "corrected" && $2 == "acceptance" { a = $3 }
  $1 == "corrected" && $2 == "ess" { share = $3; n = $7 }
  $1 == "corrected" && $2 == "phi2" { error = $4; tau = $5 }
  END { if (!a) exit !(error == "nan" && share == "")
    least = (2 - a)/(2*a)
    exit !(tau >= 0.999*least && share <= 1.001/(2*least) && (n >= 40*least || error == "nan")) }' stuck/measure.csv
check "it did not forget its start" every 'failed stuck corrected length "TOO SHORT"' 'failed stuck corrected burn_in' \
  'failed stuck corrected proposals "HEAVY TAIL"'
finish
