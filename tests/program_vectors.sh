#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A model of vectors: learned, generated and corrected, the same on any number of ranks; what it refuses.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

# As many microbatches as there are ranks: no lattice is cut.
sed -e 's/^action.*/action:   {type: on, components: 2, kappa: 0.22, lambda: 0.05}/' \
  -e 's/^train.*/train:    {steps: 30, batch: 63}/' \
  -e 's/^sample.*/sample:   {configurations: 300, steps: 5, bound: 32, trajectories: 4}/' deck.yaml >vector.yaml
for n in 1 3; do
  for stage in hmc train sample correct; do run $n $stage vector.yaml -run_dir ranks$n; done
  check "a model of vectors is learned and generates on $n ranks" every 'ended 0' 'exist ranks$n/corrected.h5'
done
for file in ensemble model samples corrected; do
  check "$file.h5 is the same" same "$(content ranks1/$file.h5)" "$(content ranks3/$file.h5)"
done
run 1 measure vector.yaml -run_dir ranks1
check "weights are worth something" every 'exist ranks1/scales.csv' \
  '[ "$(grep "^generated,ess," ranks1/measure.csv | cut -d, -f3 | cut -c1-3)" \> 0.4 ]'
run 1 info ranks1/samples.h5
check "files say their components" says "components *2"
for method in partial hmc; do
  mkdir $method; cp ranks1/ensemble.h5 ranks1/model.h5 ranks1/samples.h5 $method
  run 1 correct vector.yaml -run_dir $method -correct_method $method -correct_configurations 64
  run 1 measure vector.yaml -run_dir $method -correct_method $method -correct_configurations 64
  check "$method" every 'ended 0' 'says "corrected: Schwinger-Dyson .*exact is 2"'
done
mkdir blocks; cp ranks1/ensemble.h5 ranks1/model.h5 ranks1/samples.h5 blocks
run 2 correct vector.yaml -run_dir blocks -correct_method partial -correct_block 3 -correct_configurations 64
check "blocks" every 'ended 0' 'says "acceptance 0.[5-9]"'

refused 65 "is a model of the action on components=2" sample vector.yaml -run_dir three -action_components 3 \
  -sample_model ranks1/model.h5 -sample_bound 0
refused 64 "the network of 2 components turns with them" check vector.yaml -model_symmetry none
refused 64 "2 numbers on each of 48 sites are more than correct.ode_sites" check vector.yaml -correct_method ode \
  -correct_ode_sites 64

finish
