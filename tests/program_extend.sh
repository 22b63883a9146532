#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# More configurations extend a finished ensemble: the longer file has the content of one that is made at once, on any
# number of ranks and after a kill; until it is whole the shorter one stays. What was made of the shorter one is named.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [6, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 64, test: 16, chains: 4}
langevin: {configurations: 16, chains: 3, eps: [0.2], thermalisation: 5, separation: 1}
model:    {channels: 16, blocks: 0}
train:    {steps: 4, batch: 8, calibrate: 16}
sample:   {configurations: 40, steps: 3, trajectories: 2}
correct:  {method: metropolis}
report:   {figures: false}
DECK
for stage in hmc langevin train sample correct; do
  run 2 $stage deck.yaml
  ended 0 || complain
done
cp -r whole apart
short=$(content whole/samples.h5)

# ---- a run whose model would be of fewer configurations extends nothing
cp -r whole apart_run
before=$(cksum apart_run/*.*)
run 2 run deck.yaml -run_dir apart_run -hmc_configurations 128
check "a run says first what must be moved away" every 'ended 64' '[ "$(cksum apart_run/*.*)" = "$before" ]' \
  'says "model.h5: hmc.configurations: 64 in the file, 128 in the deck.*model.h5, samples.h5"'
run 1 run deck.yaml -run_dir apart_run -sample_configurations 50
check "so it does for samples that were corrected" every 'ended 64' '[ "$(cksum apart_run/*.*)" = "$before" ]' \
  'says "corrected.h5: sample.configurations: 40 in the file, 50 in the deck"'
rm apart_run/corrected.h5
run 1 run deck.yaml -run_dir apart_run -sample_configurations 50
check "then it extends and corrects" every 'ended 0' 'says "samples.h5 has 40 of 50 and is extended"'
run 1 run deck.yaml -run_dir apart_run -sample_configurations 60 -correct_method reweight
check "where nothing is made of them, at once" every 'ended 0' 'says "samples.h5 has 50 of 60 and is extended"'

# ---- generated fields
run 1 sample deck.yaml -run_dir apart -sample_configurations 55
check "more fields extend the file" every 'ended 0' 'says "samples.h5 has 40 of 55 and is extended"'
cp -r whole once; rm once/samples.h5
run 3 sample deck.yaml -run_dir once -sample_configurations 55
check "to that made at once" same "$(content apart/samples.h5)" "$(content once/samples.h5)"
check "which begins with the shorter one" every '[ "$short" != "$(content apart/samples.h5)" ]'
run 1 sample deck.yaml -run_dir apart
check "fewer fields than there are: the file is kept, the number named" every 'ended 64' \
  'says "sample.configurations: 55 in the file, 40 in the deck"'
run 1 correct deck.yaml -run_dir apart -sample_configurations 55
check "what was corrected of fewer is named" every 'ended 64' \
  'says "corrected.h5: sample.configurations: 40 in the file, 55 in the deck"'
run 1 measure deck.yaml -run_dir apart -sample_configurations 55
check "and can be measured as what it is" ended 0

# a kill on the way leaves the shorter one
start 2 whole samples.h5.part sample deck.yaml -sample_configurations 100000
signal_all KILL; wait
check "a kill on the way leaves the shorter one" same "$short" "$(content whole/samples.h5)"
rm whole/samples.h5.part

# ---- chains
for n in 1 3; do
  rm -rf apart; cp -r whole apart
  run $n hmc deck.yaml -run_dir apart -hmc_configurations 101 -hmc_test 19
  check "more configurations extend the chains, on $n ranks" every 'ended 0' 'says "has 80 of 120 and is extended"' \
    'says "resumed after 80 of 120"'
  long=$(content apart/ensemble.h5)
  [ "$n" = 1 ] && first=$long
done
run 2 hmc deck.yaml -run_dir atonce -hmc_configurations 101 -hmc_test 19
check "to those made at once" every 'same "$long" "$first"' 'same "$long" "$(content atonce/ensemble.h5)"'
run 1 train deck.yaml -run_dir apart -hmc_configurations 101 -hmc_test 19
check "a model that learned from fewer is named" every 'ended 64' \
  'says "model.h5: hmc.configurations: 64 in the file, 101 in the deck.*model.h5, samples.h5"'
run 2 langevin deck.yaml -run_dir apart -langevin_configurations 20
run 1 langevin deck.yaml -run_dir atonce -langevin_configurations 20
check "chains of the Langevin equation, of unequal length, are extended" every \
  'same "$(content apart/langevin-1.h5)" "$(content atonce/langevin-1.h5)"' 'says "20"'

# stopped, and killed, on the way
rm -rf stopped; cp -r whole stopped
more="-hmc_configurations 3000 -hmc_separation 50"
run 2 hmc deck.yaml -run_dir few -hmc_separation 50
cp few/ensemble.h5 stopped; few=$(content few/ensemble.h5)
# shellcheck disable=SC2086 # words on purpose
start 2 stopped hmc.checkpoint.h5 hmc deck.yaml $more
check "meanwhile the shorter one is there" same "$few" "$(content stopped/ensemble.h5)"
signal_all KILL; wait
# shellcheck disable=SC2086
run 1 hmc deck.yaml -run_dir stopped $more
check "a killed extension goes on" every 'ended 0' 'says "hmc: resumed after"'
# shellcheck disable=SC2086
run 2 hmc deck.yaml -run_dir few -hmc_configurations 3000 -hmc_separation 50
check "to the same" same "$(content few/ensemble.h5)" "$(content stopped/ensemble.h5)"

finish
