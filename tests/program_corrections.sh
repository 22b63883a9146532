#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Generated fields made exact: every method of correct, its words, ranks, restart and refusals.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc train sample
# corrected DIRECTORY RANKS OPTIONS...: corrects the samples of the whole run there
copied() { mkdir -p "$1"; cp whole/samples.h5 whole/model.h5 "$1"; }
corrected() {
  directory=$1 ranks=$2; shift 2
  copied "$directory"
  run "$ranks" correct deck.yaml -run_dir "$directory" -correct_configurations 60 "$@"
}

# ---- partial paths, of whole fields and of blocks
corrected partial 2 -correct_method partial
check "partial paths correct" every 'ended 0' 'says "correct: the whole field, depth"'
chosen=$(sed -n 's/.*\(correct: the whole field, depth [0-9]* of [0-9]*; .*\)/\1/p' last.log)
corrected partial4 4 -correct_method partial -parallel_replicas 1
check "with the same fields on 4 ranks that share them" same "$(content partial/corrected.h5)" \
  "$(content partial4/corrected.h5)"
options=$(sed -n '/^correct:/,/^[^ ]/s/^  \([a-z_]*\): auto .*chosen by squall: \([0-9]*\)$/-correct_\1 \2/p' \
  partial/deck.yaml)
check "what was chosen is in the deck's echo" every 'echo $options | grep -q -e "-correct_steps [0-9]"' \
  'echo $options | grep -q -e "-correct_depth [0-9]"' 'echo $options | grep -q -e "-correct_block [0-9]"' \
  'echo $options | grep -q -e "-correct_separation [0-9]"' 'echo $options | grep -q -e "-correct_thermalisation [0-9]"'
# shellcheck disable=SC2086 # words on purpose
corrected repeated 1 -correct_method partial $options
check "given so, it is done" same "$chosen" \
  "$(sed -n 's/.*\(correct: the whole field, depth [0-9]* of [0-9]*; .*\)/\1/p' last.log)"
differ() { [ -n "$1" ] && [ "$1" != "$2" ]; }
check "with random numbers of its own: a value is not auto" differ "$(content partial/corrected.h5)" \
  "$(content repeated/corrected.h5)"
made=$(content partial/corrected.h5)
run 1 correct partial/deck.yaml
check "the echo is of the same run" every 'ended 0' 'says "correct: finished before"' \
  'same "$made" "$(content partial/corrected.h5)"'
run 2 measure deck.yaml -run_dir partial -correct_method partial
check "its chains have a verdict in words" \
  says 'chains of partial-path moves, exact for any model.* independent ones'
check "and their worth in measure.csv" grep -q ^corrected,ess, partial/measure.csv
run 1 correct deck.yaml -run_dir partial -correct_configurations 60 -correct_method partial -sample_steps 5
check "moves on other levels are not those of the file" every 'ended 64' \
  'says "samples.h5: sample.steps: 4 in the file, 5 in the deck"'
corrected begun 2 -correct_method partial -correct_thermalisation 0
run 2 measure deck.yaml -run_dir begun -correct_method partial -correct_thermalisation 0
check "a chain of moves that threw nothing away is told how many moves it needs" \
  says 'NOT FORGOTTEN.*: raise correct.thermalisation, to [1-9][0-9]* moves or more'
for n in 1 3; do
  mkdir stored$n; cp whole/ensemble.h5 whole/model.h5 stored$n
  run $n correct deck.yaml -run_dir stored$n -correct_method partial -correct_start ensemble
  check "on $n ranks chains begin with fields of the ensemble, and need no samples" every 'ended 0' \
    'says "0 moves to forget the start"' 'absent stored$n/samples.h5'
done
check "and come to the same fields" same "$(content stored1/corrected.h5)" "$(content stored3/corrected.h5)"
sed 's/^hmc:.*/langevin: {configurations: 512, eps: [0.1]}/' deck.yaml >langevin.yaml
refused 64 "fields of a Langevin equation are wrong by its step size" \
  check langevin.yaml -correct_method partial -correct_start ensemble
corrected deep 1 -correct_method partial -correct_depth 9
check "more depth than levels is refused" every 'ended 64' 'says "correct.depth: 9"'

corrected blocks 3 -correct_method partial -correct_block 2
check "so do blocks" every 'ended 0' 'says "correct: blocks, depth"'
copied trials; touch trials/stop
run 1 correct deck.yaml -run_dir trials -correct_method partial
check "trial moves stop when that is wished, and say that nothing of them is kept" every 'ended 75' \
  'says "the same command begins it anew"' '! says "correct: the whole field, depth"' 'absent trials/stop'
long="-correct_method partial -correct_block 2 -correct_separation 2000"
copied stopped
# shellcheck disable=SC2086
start 2 stopped corrected.h5.part correct deck.yaml -correct_configurations 60 $long
touch stopped/stop; goes_on
check "a stop file ends them with status 75" ended 75
# shellcheck disable=SC2086
corrected stopped 1 $long
check "and they go on" ended 0
# shellcheck disable=SC2086
corrected straight 1 $long
check "resumed, the chains are the same" same "$(content stopped/corrected.h5)" "$(content straight/corrected.h5)"

# ---- polishing
corrected mala 3 -correct_method mala
check "Langevin steps with a decision correct, too" every 'ended 0' 'says "correct: step size"'
corrected polished 1 -correct_method hmc -correct_trajectories 20
check "so does hybrid Monte Carlo" ended 0
run 1 correct polished/deck.yaml
check "whose echo is of the same run" every 'ended 0' 'says "correct: finished before"'
run 2 measure deck.yaml -run_dir polished -correct_method hmc -correct_trajectories 20
check "with a verdict in words" \
  says '20 trajectories of hybrid Monte Carlo of step size .* after each generated field'

# Steps that are far too long are always refused: no field moves, and none drifts.
for trajectories in 7 200; do
  rm -rf long
  corrected long 2 -correct_method mala -correct_step_size 9 -correct_trajectories $trajectories
  run 1 measure deck.yaml -run_dir long -correct_method mala -correct_step_size 9 \
    -correct_trajectories $trajectories
  check "fields that $trajectories such steps leave where they were are named" every \
    'grep -q "^corrected,far_fields,60,0,FAILED" long/verdicts.csv' \
    '! grep -q "^corrected,drift,.*,passed" long/verdicts.csv' 'says "of 60 fields were never moved"'
done
check "finer steps among them move fields" says " 0 of 60 fields were never moved; 60 take no full step"

# ---- the probability flow
corrected ode 3 -correct_method ode
check "so do fields of the probability flow" every 'ended 0' \
  'says "with exact divergences (48 tangents an evaluation)"' 'says "a Metropolis chain of 42 fields"'
corrected ode4 4 -correct_method ode -parallel_replicas 1
corrected ode1 1 -correct_method ode
check "on one rank or several, each with its own fields, to the last bit" same "$(content ode/ode.h5)" \
  "$(content ode1/ode.h5)"
weights() { # weights DIRECTORY: what was measured with the densities of the flow
  run 1 measure deck.yaml -run_dir "$1" -correct_method ode -correct_configurations 60
  grep '^ode\|^corrected\|^reweighted' "$1/measure.csv" | grep -v acceptance | cut -d, -f3
}
weights ode >values1; weights ode4 >values4
check "on ranks that share a field, to rounding" alike values1 values4
check "their averages, too, are in measure.csv" every 'grep -q ^ode,ess, ode/measure.csv' \
  'grep -q ^reweighted,phi2, ode/measure.csv' 'grep -q ^corrected,ess, ode/measure.csv'
check "and a verdict" says 'fields that the probability flow made.*but for the error of integration'
corrected large 1 -correct_method ode -correct_ode_sites 40
check "lattices too large for exact weights are refused, with the cost" every 'ended 64' \
  'says "48 sites are more than correct.ode_sites.*Tflop for each field"'

run 1 check deck.yaml -correct_method partial -likelihood_paths 10
check "check says what corrections and likelihoods take" every 'ended 0' \
  'says "correct 8 chains of partial-path moves"' 'says "every 4 moves to level 2"' \
  'says "likely .*fields and paths"' 'says "tangents an evaluation"'

finish
