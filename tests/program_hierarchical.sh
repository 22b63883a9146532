#!/bin/sh
# Hierarchical models of spins: learned, drawn, corrected whole and in blocks, on lattices of other extents; the same on
# any ranks and after a stop; what is refused.
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

# ---- what cannot be
for case in "correct_block 5:2^k - 1 sites a side" "correct_depth 2:without levels of noise" \
  "correct_block 0:correct.method: metropolis" "model_exact 2:1, 3 and 7 are possible" "action_beta 60:at most 20"; do
  words=${case%%:*}
  refused 64 "${case#*:}" check deck.yaml -correct_method partial "-${words% *}" "${words#* }"
done
refused 64 "must be powers of two" check deck.yaml -lattice_extents 8,12
refused 64 "not in two dimensions" check deck.yaml -lattice_extents 8,8,8
refused 64 "not of fewer" check deck.yaml -sample_extents 4,8
sed 's/type: ising, beta: 0.42, ratio: 1.1/type: xy, beta: 1/' deck.yaml >xy.yaml
refused 64 "is no theory of spins" check xy.yaml

finish
