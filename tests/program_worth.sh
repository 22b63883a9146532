#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What models are worth: fields weighed along training and on other volumes.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc train
mkdir worth; cp whole/ensemble.h5 worth
run 2 train deck.yaml -run_dir worth -train_weigh 3 -sample_weighed 40
check "training may weigh fields on its way" every 'ended 0' \
  '[ "$(cut -d, -f1 worth/training_worth.csv | tr "\n" " ")" = "step 15 30 60 " ]'
check "and does not notice" same "$(content whole/model.h5)" "$(content worth/model.h5)"
run 1 train deck.yaml -run_dir whole -train_weigh 3
check "a model that is made is not weighed, and that is said" every 'ended 0' \
  'says "finished before.*; train.weigh weighs only while a model is trained"' 'absent whole/training_worth.csv'
for n in 1 3; do
  run $n sample deck.yaml -run_dir worth -sample_weigh 4,8,12 -sample_weighed 40 -parallel_replicas 1
  cut -d, -f1,3-11 worth/volume_worth.csv | tr , '\n' | grep '[0-9]' >values$n; rm worth/volume_worth.csv
done
check "fields are weighed on other volumes, the same on 1 and 3 ranks" alike values1 values3
run 1 sample deck.yaml -run_dir worth -sample_weigh 4,8 -sample_weighed 40
run 2 correct deck.yaml -run_dir worth
run 1 measure deck.yaml -run_dir worth
if can_draw; then
  run 1 report deck.yaml -run_dir worth
  check "the report shows it, and chains against each other" drawn worth training_worth volume_worth chains
fi
run 1 check deck.yaml -sample_sampler heun -correct_method hmc -sample_weigh 8
check "samplers without weights cannot" every 'ended 64' \
  'says "sample.weigh, train.weigh: the sampler heun has no path weights"'

finish
