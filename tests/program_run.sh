#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A run of every stage: its files, tables and figures; what is finished is skipped; its deck repeats it.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

run 2 run deck.yaml
check "a run of every stage ends well" ended 0
tuned=$(sed -n 's/.*\(hmc: thermalised for .*\)/\1/p' last.log)
check "it leaves its files" exist whole/ensemble.h5 whole/model.h5 whole/samples.h5 whole/corrected.h5 \
  whole/trajectories.h5 whole/measure.csv whole/measure_spectra.csv whole/compare.txt whole/log.txt whole/deck.yaml \
  whole/report/index.html
header=ensemble,observable,value,error,tau_int,tau_int_error,n
check "measure.csv has its columns" [ "$(head -n 1 whole/measure.csv)" = $header ]
rows() {
  for e in training testing generated corrected; do
    for o in M abs_M M2 phi2 phi4 link action_density chi2 chi_abs U_L schwinger_dyson; do
      grep -q "^$e,$o," whole/measure.csv || { echo "# no row $e,$o"; return 1; }
    done
  done
}
check "and the rows of every ensemble" rows
check "and those of the weights and the chain" every 'grep -q ^generated,ess, whole/measure.csv' \
  'grep -q ^generated,log_Z, whole/measure.csv' 'grep -q ^corrected,acceptance, whole/measure.csv'
check "compare gives a verdict" grep -q '^verdict: generated agrees with training' whole/compare.txt
check "and one on the corrected chain" grep -q '^verdict: corrected agrees with training' whole/compare.txt
if can_draw; then
  check "the report has its figures, without complaints" drawn whole trajectories magnetisation action propagator loss \
    history autocorrelation weights
fi
ensemble=$(content whole/ensemble.h5) samples=$(content whole/samples.h5)
run 3 run deck.yaml
check "run again, every stage is skipped" every 'ended 0' 'says "hmc: finished before"' \
  'says "train: finished before"' 'says "sample: finished before"' 'says "correct: finished before"'
check "and nothing changes" every 'same "$ensemble" "$(content whole/ensemble.h5)"' \
  'same "$samples" "$(content whole/samples.h5)"'

chosen='grep -q "^  $key: auto .*chosen by squall: [0-9.]*$" whole/deck.yaml'
written() { for key in length steps thermalisation separation cluster; do eval "$chosen" || return 1; done; }
check "what was tuned is in the echo of its deck, also of a run that skips it" written

run 1 measure deck.yaml -train_steps 60
run 2 report deck.yaml -sample_configurations 299
check "and stays there, whatever is done next" every 'ended 0' written
run 1 hmc deck.yaml

run 1 hmc whole/deck.yaml -run_dir again
check "the effective deck in the directory repeats the run" same "$ensemble" "$(content again/ensemble.h5)"
check "with the choices that were made before" same "$tuned" "$(sed -n 's/.*\(hmc: thermalised for .*\)/\1/p' last.log)"

run 2 measure deck.yaml -correct_method reweight
check "good weights are exact within errors" every 'says "corrected: .* exact within errors"' \
  '! says "errors are not known"' '! grep -q "^corrected,phi2,[^,]*,nan," whole/measure.csv'
check "reweighting takes the place of the chain" every 'ended 0' 'lines 1 ^corrected,phi4, whole/measure.csv'
check "whose spectra are not among the others" every '! grep -q ^corrected, whole/measure_spectra.csv' \
  'grep -q ^generated, whole/measure_spectra.csv'

finish
