#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs that are stopped, killed, locked: the same command goes on, on other ranks, to the same end.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc
long="-hmc_separation 1500 -run_checkpoint 0.01"
# shellcheck disable=SC2086 # words on purpose
run 1 hmc deck.yaml -run_dir straight $long
straight=$(content straight/ensemble.h5)

# shellcheck disable=SC2086
start 2 stopped ensemble.h5.part hmc deck.yaml $long
run 1 hmc deck.yaml -run_dir stopped
check "a second program is kept out of the directory of a run" every 'ended 64' \
  'says "another squall is at work in stopped"'
touch stopped/stop; goes_on
check "a stop file ends a run with status 75" ended 75
check "and is taken away" absent stopped/stop
check "status.json says so" grep -q '"stage": "hmc", "state": "stopped"' stopped/status.json
# shellcheck disable=SC2086
run 3 hmc deck.yaml -run_dir stopped $long
check "resumed on another number of ranks it gives the same ensemble" every 'ended 0' 'says "hmc: resumed"' \
  'same "$straight" "$(content stopped/ensemble.h5)"'

# shellcheck disable=SC2086
start 1 killed hmc.checkpoint.h5 hmc deck.yaml $long
signal_all KILL; goes_on
check "a killed run leaves no ensemble" every '[ "$code" -gt 128 ]' 'absent killed/ensemble.h5'
# shellcheck disable=SC2086
run 2 hmc deck.yaml -run_dir killed $long
check "started again it gives the same ensemble" every 'ended 0' 'same "$straight" "$(content killed/ensemble.h5)"'

mkdir early
for n in 2 1; do
  touch early/stop
  # shellcheck disable=SC2086
  run $n hmc deck.yaml -run_dir early $long
  check "thermalisation stops on $n ranks" every 'ended 75' 'says "thermalisation is kept, after"' \
    'exist early/hmc.thermalisation.h5' 'absent early/ensemble.h5.part'
done
check "status.json says how far" grep -q '"stage": "hmc", "state": "stopped", "done": [1-9]' early/status.json
run 1 hmc deck.yaml -run_dir early -hmc_separation 1499
check "what is kept of it is for the same deck only" every 'ended 64' 'says "hmc.thermalisation.h5"'
# shellcheck disable=SC2086
run 3 hmc deck.yaml -run_dir early $long
check "and goes on on another number of ranks, to the same ensemble" every 'ended 0' \
  'says "thermalisation is resumed after"' 'same "$straight" "$(content early/ensemble.h5)"' \
  'absent early/hmc.thermalisation.h5 early/hmc.thermalisation.h5.part'

learning="-train_steps 3000 -run_checkpoint 0.01"
loss() { sed -n 's/.*3000\/3000.*\(loss .*\)/\1/p' last.log; }
for d in learning learned; do mkdir $d; cp whole/ensemble.h5 $d; done
# shellcheck disable=SC2086
start 1 learning train.checkpoint.h5 train deck.yaml $learning
touch learning/stop; goes_on
check "training stops too" ended 75
# shellcheck disable=SC2086
run 2 train deck.yaml -run_dir learning $learning
check "and is resumed" every 'ended 0' 'says "train: resumed"'
resumed=$(loss)
# shellcheck disable=SC2086
run 1 train deck.yaml -run_dir learned $learning
check "as if it had not stopped" same "$resumed" "$(loss)"

finish
