#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Samplers, noise levels and priors other than those that squall chooses; trajectories.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc train sample measure
check "prior and scales are measured" exist whole/prior.csv whole/scales.csv whole/scales_modes.csv \
  whole/scales_magnetisation.csv
mkdir flow bridge remade; cp whole/ensemble.h5 whole/model.h5 flow; cp whole/ensemble.h5 bridge; cp whole/*.h5 remade

run 2 sample deck.yaml -run_dir flow -sample_sampler heun -sample_levels geometric
check "the probability flow generates too" every 'ended 0' 'says "no path weights"'
run 1 correct deck.yaml -run_dir flow -sample_sampler heun -sample_levels geometric
check "but cannot be corrected" every 'ended 64' 'says "no path weights.*ancestral, ddpm or euler"'
run 1 measure deck.yaml -run_dir flow -sample_sampler heun -sample_levels geometric
check "and has no effective sample size" every 'ended 0' 'grep -q ^generated,chi2, flow/measure.csv' \
  '! grep -q ^generated,ess, flow/measure.csv'
run 1 sample deck.yaml -run_dir beyond -sample_model whole/model.h5 -sample_levels vp-linear
check "levels beyond the training are refused" every 'ended 64' 'says "sample.levels: vp-linear goes up to s/a"'

ddpm="-train_levels ddpm -train_parametrisation epsilon -train_target plain"
# shellcheck disable=SC2086 # words on purpose
run 2 train deck.yaml -run_dir bridge $ddpm
check "DDPM trains" ended 0
# shellcheck disable=SC2086
run 2 sample deck.yaml -run_dir bridge $ddpm -sample_levels ddpm -sample_sampler ddpm -sample_prior plain \
  -sample_steps 50 -sample_bound 20
check "samples, warns of its prior and knows its bound" every 'ended 0' 'says "the plain prior"' \
  '[ "$(wc -l <bridge/bound.csv)" = 53 ]'
bridge="$ddpm -sample_levels ddpm -sample_sampler ddpm -sample_prior plain -sample_steps 50"
# shellcheck disable=SC2086
run 1 measure deck.yaml -run_dir bridge $bridge -correct_method reweight
check "weights that cannot be believed are a warning" every 'ended 0' \
  'says "warning: weights of generated: .*errors are not known"' 'says "warning: corrected: .*NOT TO BE TRUSTED"' \
  '! says "exact within errors"'
check "and have no errors" every 'grep -q "^generated,log_Z,[^,]*,nan," bridge/measure.csv' \
  'grep -q "^corrected,phi2,[^,]*,nan," bridge/measure.csv' \
  'grep -q "^corrected,k_hat.*FAILED\|^corrected,n_ess.*FAILED" bridge/verdicts.csv'
# shellcheck disable=SC2086
run 1 measure deck.yaml -run_dir bridge $bridge -correct_method reweight -correct_weights pareto
check "smoothed weights are called biased" every 'ended 0' 'grep -q "^corrected (biased),phi2," bridge/measure.csv' \
  '! grep -q "^corrected,phi2," bridge/measure.csv'
run 1 samplers "$here/input/samplers-free.yaml" -sample_steps 4
check "samplers prints errors and orders" every 'ended 0' 'lines 6 ^ddpm, last.log'
check "and makes no directory" absent runs

rm remade/samples.h5
run 1 sample deck.yaml -run_dir remade -sample_steps 3 -sample_configurations 20
check "trajectories of other samples are made anew" every 'ended 0' \
  'says "2 trajectories in remade/trajectories.h5"' \
  '"$squall" info remade/trajectories.h5 </dev/null | grep -q "levels.* 8 "'
cp whole/trajectories.h5 remade
run 1 measure deck.yaml -run_dir remade -sample_steps 3 -sample_configurations 20
check "and never taken for theirs" says 'trajectories.h5 does not belong to the present'

finish
