#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# One process where MPI cannot start, as on a login node: what only looks at decks and files gives what it gives with
# MPI; what computes says what to do.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
run 1 run deck.yaml -hmc_configurations 128 -hmc_test 64 -train_steps 8 -train_calibrate 16 -sample_configurations 64
check "a run" every 'ended 0' 'exist whole/measure.csv'
sed 's/lambda: 0.022/lambda: 0/; s/dir: whole/dir: free/' deck.yaml >free.yaml

# Two ways in which Open MPI fails
broken() { # WORDS...: squall where MPI cannot start; its words in last.log
  OPAL_PREFIX=$scratch/nowhere "$squall" "$@" >last.log 2>&1 </dev/null; code=$?
}
broken hmc deck.yaml -run_dir none
if ended 0; then skip "this MPI starts from anywhere"; finish; fi
check "what computes says that MPI does not start" every 'says "squall: MPI does not start here"' 'absent none'
small="-train_calibrate 16"
for words in "check deck.yaml --quiet" "check free.yaml --deck --quiet" "reference free.yaml" "samplers free.yaml" \
  "compare whole/ensemble.h5 whole/samples.h5" "diff whole free.yaml" "info whole/ensemble.h5" \
  "info whole/model.h5 --deck" \
  "verify whole/ensemble.h5" "list" "keys lattice" "manual train" "watch whole" "clean whole" "--version"; do
  # shellcheck disable=SC2086 # words
  on 1 "$squall" $words >with.log 2>&1; with=$?
  # shellcheck disable=SC2086
  broken $words
  check "without MPI: $words" every 'ended $with' 'ended 0' 'cmp with.log last.log'
done
broken check deck.yaml
check "check with its times" every 'ended 0' 'says "  train .*in all about"' 'says "^The deck is valid"'
for stage in measure report; do
  broken $stage deck.yaml -hmc_configurations 128 -hmc_test 64 -train_steps 8 $small -sample_configurations 64
  check "without MPI: the stage $stage" ended 0
done
cp whole/measure.csv before.csv
rm whole/measure.csv
broken measure deck.yaml -hmc_configurations 128 -hmc_test 64 -train_steps 8 $small -sample_configurations 64
check "which measures the same numbers" every 'ended 0' 'cmp before.csv whole/measure.csv'

# Mistakes
for words in "check nothing.yaml" "compare nothing.h5" "reference deck.yaml -lattice_extents 0" \
  "check deck.yaml -hmc_chains 0"; do
  # shellcheck disable=SC2086
  on 1 "$squall" $words >with.log 2>&1; with=$?
  # shellcheck disable=SC2086
  broken $words
  check "a mistake without MPI: $words" every 'ended $with' '[ "$code" != 0 ]' 'lines 1 "^squall: " last.log' \
    'cmp with.log last.log'
done
finish
