#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Hierarchical models of spins: learned, drawn, corrected whole and in blocks, on lattices of other extents; the same on
# any ranks and after a stop; chains that begin with Monte Carlo fields; what is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [8, 8]}
action:   {type: ising, beta: 0.42, ratio: 1.1}
model:    {type: hierarchical, hidden: 16, exact: 3}
train:    {steps: 30, batch: 64, learning_rate: 3e-3}
sample:   {configurations: 300}
correct:  {method: metropolis}
DECK

run 1 run deck.yaml
check "a run learns without an ensemble, generates, corrects and measures" every 'ended 0' \
  'grep -q ^generated,log_Z whole/measure.csv' 'grep -q ^corrected,energy whole/measure.csv'
run 3 run deck.yaml -run_dir three
check "with the same weights and fields on 3 ranks" every 'ended 0' \
  'same "$(content whole/model.h5)" "$(content three/model.h5)"' \
  'same "$(content whole/samples.h5)" "$(content three/samples.h5)"'
run 1 reference deck.yaml
check "log Z is the exact one within 5 errors" awk '
  $1 == "log_Z" { found = 1; if ($0 !~ /generated/) exit 1; for (i = 1; i < NF; i++) if ($i == "generated")
    { d = $(i + 1) - $2; e = $(i + 3); if (d < 0) d = -d; exit !(d < 5 * e && e > 0) } } END { if (!found) exit 1 }' \
  last.log

# ---- blocks: the model of 8x8 on 20x27 sites
blocks="-sample_extents 20,27 -sample_configurations 8 -correct_method partial -correct_block 3
  -correct_configurations 64 -correct_chains 4 -correct_thermalisation 40"
moved() { mkdir -p "$1"; cp whole/model.h5 "$1"; }
for n in 1 4; do
  moved "blocks$n"
  # shellcheck disable=SC2086 # words on purpose
  run $n run deck.yaml -run_dir "blocks$n" -parallel_replicas 1 $blocks
  check "on $n ranks blocks move on a lattice of other extents" every 'ended 0' 'says "blocks of 3x3 a move"' \
    'says "chains of block moves, exact for any model.*acceptance 1.000"'
done
check "and come to the same fields" every 'same "$(content blocks1/samples.h5)" "$(content blocks4/samples.h5)"' \
  'same "$(content blocks1/corrected.h5)" "$(content blocks4/corrected.h5)"'
moved stopped
# shellcheck disable=SC2086 # words on purpose
run 2 sample deck.yaml -run_dir stopped $blocks
# shellcheck disable=SC2086 # words on purpose
start 2 stopped correct.checkpoint.h5 correct deck.yaml $blocks -correct_separation 60
touch stopped/stop; goes_on
check "a chain stops when that is wished" every 'ended 75' 'absent stopped/corrected.h5'
moved straight; cp stopped/samples.h5 straight
for directory in stopped straight; do
  # shellcheck disable=SC2086 # words on purpose
  run 1 correct deck.yaml -run_dir $directory $blocks -correct_separation 60
done
check "and goes on as if it had not" same "$(content stopped/corrected.h5)" "$(content straight/corrected.h5)"

# ---- chains that begin with the run's ensemble, by the model of a file, on extents that no such model has
cat >wide.yaml <<'DECK'
run:      {dir: wide1, seed: 5}
lattice:  {extents: [12, 27]}
action:   {type: ising, beta: 0.42, ratio: 1.1}
model:    {type: hierarchical}
mc:       {configurations: 40, test: 12, chains: 4}
sample:   {model: whole/model.h5, configurations: 4}
correct:  {method: partial, start: ensemble, block: 3, chains: 6, configurations: 66}
DECK
run 1 check wide.yaml
check "check knows the model of the file, and where chains begin" every 'ended 0' \
  'says "hierarchical: that of whole/model.h5"' 'says "6 chains of block moves, from fields of the ensemble"'
for n in 1 4; do
  run $n run wide.yaml -run_dir wide$n
  check "on $n ranks chains begin with fields of the ensemble, which need not be forgotten" every 'ended 0' \
    'says "begun with stored fields of Monte Carlo"' 'says "0 moves to forget the start"' \
    '! grep -q ^corrected,burn_in wide$n/verdicts.csv'
done
check "and come to the same fields" same "$(content wide1/corrected.h5)" "$(content wide4/corrected.h5)"
run 2 run wide.yaml -run_dir wide1
check "what is there is kept" every 'ended 0' 'says "correct: finished before"'
begun() { mkdir "$1"; cp wide1/ensemble.h5 "$1"; } # no samples: chains need none
begun halted; begun onwards
start 2 halted correct.checkpoint.h5 correct wide.yaml -correct_separation 200
touch halted/stop; goes_on
check "such chains stop when that is wished" every 'ended 75' 'absent halted/corrected.h5'
for directory in halted onwards; do run 1 correct wide.yaml -run_dir $directory -correct_separation 200; done
check "and go on as if they had not" same "$(content halted/corrected.h5)" "$(content onwards/corrected.h5)"
run 3 correct wide.yaml -run_dir onwards -correct_separation 200 -correct_chains 20 -correct_configurations 20
check "other chains are not those of the file" every 'ended 64' 'says "correct.chains: 6 in the file, 20 in the deck"'
begun many
run 3 correct wide.yaml -run_dir many -correct_chains 20
check "more chains than held-out fields begin with all" ended 0
refused 64 "correct.start: ensemble in the file, samples in the deck" \
  measure wide.yaml -run_dir wide1 -correct_start samples
rm wide1/ensemble.h5 wide1/samples.h5 wide1/forward.h5
refused 64 "corrected.h5: mc.separation: auto in the file, 7 in the deck" \
  measure wide.yaml -run_dir wide1 -mc_separation 7
refused 64 "chains need at least one field each" check wide.yaml -correct_chains 60
refused 64 "(sample.extents): they must be the same" check wide.yaml -sample_extents 24,27
refused 64 "is for correct.method: partial, not for metropolis" check wide.yaml -correct_method metropolis
refused 64 "ensemble.h5 to begin with, which correct.start asks for: run .squall mc. first" \
  correct wide.yaml -run_dir empty
refused 64 "ensemble.h5: lattice.extents: 12x27 in the file, 16x16 in the deck" \
  correct wide.yaml -run_dir many -lattice_extents 16,16
refused 64 "2^k - 1 sites a side, 1 to 7" check wide.yaml -correct_block 5
refused 64 "not of fewer" check wide.yaml -lattice_extents 4,27
refused 64 "there is no nowhere.h5 to generate with" check wide.yaml -sample_model nowhere.h5

# ---- what cannot be
for case in "correct_block 5:2^k - 1 sites a side" "correct_depth 2:without levels of noise" \
  "correct_block 0:correct.method: metropolis" "model_exact 2:1, 3 and 7 are possible" "action_beta 60:at most 20"; do
  words=${case%%:*}
  refused 64 "${case#*:}" check deck.yaml -correct_method partial "-${words% *}" "${words#* }"
done
refused 64 "must be powers of two" check deck.yaml -lattice_extents 8,12
refused 64 "not in two dimensions" check deck.yaml -lattice_extents 8,8,8
refused 64 "not of fewer" check deck.yaml -sample_extents 4,8
# a run of another type that names this model's file
cat >other.yaml <<DECK
run:      {dir: never}
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.2, lambda: 0.02}
sample:   {configurations: 20, model: made/model.h5}
correct:  {method: ode}
DECK
sed -e 's/{type: ising.*/{type: phi4, kappa: 0.2, lambda: 0.02}/' -e 's/type: hier.*/type: multilevel}/' \
  -e 's/steps: 30/steps: 1/' -e 's/8, 8/4, 4/' deck.yaml >made.yaml
run 1 train made.yaml -run_dir made
refused 64 "ode needs a model of type diffusion, made/model.h5 is of type multilevel" check other.yaml
refused 64 "ode needs a model of type diffusion, made/model.h5 is of type multilevel" run other.yaml
check "before anything is made" absent never
sed 's/type: ising, beta: 0.42, ratio: 1.1/type: xy, beta: 1/' deck.yaml >xy.yaml
refused 64 "is no theory of spins" check xy.yaml

finish
