#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Effective actions and bounds: tables, ranks, stop and restart.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc train sample
few="-likelihood_configurations 12 -likelihood_steps 6 -likelihood_dilution 2 -likelihood_path_steps 3,6
  -likelihood_paths 16"
for n in 1 4; do
  mkdir likely$n; cp whole/ensemble.h5 whole/model.h5 whole/samples.h5 likely$n
  # shellcheck disable=SC2086 # words on purpose
  run $n likelihood deck.yaml -run_dir likely$n -parallel_replicas 1 $few
  check "likelihoods are found on $n ranks" every 'ended 0' 'says "effective action of 12 held-out fields"'
  { cut -d, -f3,4 likely$n/effective_action.csv | tr , '\n'; cut -d, -f5,7 likely$n/bounds.csv | tr , '\n'; } |
    grep '[0-9]' >values$n
done
check "and agree on 1 and 4 ranks" alike values1 values4
# shellcheck disable=SC2086
run 3 likelihood deck.yaml -run_dir likely4 $few
check "found again, they are kept" says 'likelihood: finished before'
rm likely4/effective_action.csv likely4/bounds.csv
# shellcheck disable=SC2086
run 1 likelihood deck.yaml -run_dir likely4 $few
check "with their tables" exist likely4/effective_action.csv likely4/bounds.csv
run 1 measure deck.yaml -run_dir likely1
check "measure has their rows" every 'grep -q ^flow,log_Z_approximate, likely1/measure.csv' \
  'grep -q ^paths_6,log_Z_upper, likely1/measure.csv' 'grep -q ^flow_testing,R2, likely1/measure.csv'
if can_draw; then
  run 1 report deck.yaml -run_dir likely1
  check "the report shows them" drawn likely1 s_eff bounds
fi

many="-likelihood_configurations 200 -likelihood_steps 30 -likelihood_dilution 0 -likelihood_paths 0
  -run_checkpoint 0.01"
for d in stopped straight; do mkdir $d; cp whole/ensemble.h5 whole/model.h5 $d; done
# shellcheck disable=SC2086
start 2 stopped likelihood.checkpoint.h5 likelihood deck.yaml $many
touch stopped/stop; goes_on
check "the stage stops" ended 75
# shellcheck disable=SC2086
run 1 likelihood deck.yaml -run_dir stopped $many
check "resumes" every 'ended 0' 'says "likelihood: resumed"'
# shellcheck disable=SC2086
run 2 likelihood deck.yaml -run_dir straight $many
check "and finds the same" cmp -s stopped/effective_action.csv straight/effective_action.csv

finish
