#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Wrong decks, words and files: one clear message, the right exit status, nothing lost.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc train
ensemble=$(content whole/ensemble.h5)
wrong() { printf '%s\n' "$1" | cat deck.yaml - >wrong.yaml; } # wrong LINE: the deck and this line
wrong 'measure: {bin: 3}'
refused 64 'wrong.yaml:9:11: measure.bin: unknown key, did you mean "bins"' check wrong.yaml
wrong 'mesure: {bins: 3}'
refused 64 'wrong.yaml:9:1: mesure: unknown section, did you mean "measure"' run wrong.yaml
wrong 'hmc: {chains: 3}'
refused 64 'wrong.yaml:9:1: hmc' run wrong.yaml
wrong 'measure: {bins: 3, bins: 4}'
refused 64 'measure.bins: given twice' run wrong.yaml
wrong 'measure: {bins: many}'
refused 64 'wrong.yaml:9:17: measure.bins: "many" is not an integer' run wrong.yaml
printf 'run: {seed: 1}\n' >bare.yaml
refused 64 "bare.yaml: lattice.extents: missing; it must be given" check bare.yaml
refused 64 "^squall: action.kappa, action.lambda: must be given for the action phi4" check bare.yaml -lattice_extents 4
refused 64 '^squall: -hmc_chains: hmc.chains = 1000 is more than' check deck.yaml -hmc_chains 1000
check "and nothing else is said of a deck that does not fit" lines 0 '^On ' last.log
refused 64 'action_kappa.*nan' run deck.yaml -action_kappa nan
refused 64 'hmc_steps.*99999999999' run deck.yaml -hmc_steps 99999999999
refused 64 'model.channels: 17, must be a multiple' run deck.yaml -model_channels 17
refused 64 'parallel.replicas: 3' run deck.yaml -parallel_replicas 3
refused 64 'the sampler heun has no path weights to correct by' check deck.yaml -sample_sampler heun
refused 64 'the sampler heun has no path weights to correct by' run deck.yaml -sample_sampler heun -run_dir never
refused 64 'ddpm needs all below 1' check deck.yaml -sample_levels ddpm -schedule_timesteps 10
refused 64 '48 sites are more than correct.ode_sites' check deck.yaml -correct_method ode -correct_ode_sites 40
refused 64 'likelihood.configurations and likelihood.paths are both 0' \
  check deck.yaml -likelihood_configurations 0 -likelihood_paths 0
refused 64 'likelihood.path_steps: at most' likelihood deck.yaml -likelihood_path_steps 1,2,3,4,5,6,7,8,9
refused 64 'whole/ensemble.h5: action.kappa: 0.22 in the file, 0.23 in the deck' hmc deck.yaml -action_kappa 0.23
refused 64 'whole/model.h5: action.kappa: 0.22 in the file, 0.23 in the deck' sample deck.yaml -action_kappa 0.23
refused 65 'model for 2 dimensions' sample deck.yaml -lattice_extents 6 -run_dir other -sample_model whole/model.h5
refused 64 'there is no .*model.h5 to generate with: run' sample deck.yaml -run_dir empty
refused 64 'No such file' run nothing.yaml
mkdir bare
refused 64 'there is nothing to report in bare' report deck.yaml -run_dir bare
refused 64 'a?.31m??b: cannot be opened' compare "$(printf 'a\033[31m\302\233b')"
refused 64 'run.dir: SQUALL_UNSET is not set' check deck.yaml -run_dir '$SQUALL_UNSET/x'
refused 64 'there is no command rum' rum deck.yaml
refused 64 'usage: squall crossing' crossing whole
refused 65 'not a readable HDF5 file' info deck.yaml
check "after all of this nothing is lost" same "$ensemble" "$(content whole/ensemble.h5)"

finish
