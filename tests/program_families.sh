#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The section families: types of models trained and measured side by side, each in a run of its own; on any ranks, after
# an interruption, with a family more; what a deck cannot have is refused before anything is made.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [8, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 256, test: 128, chains: 4, separation: 2}
report:   {figures: false}
families:
  configurations: 300
  diffusion: {model: {channels: 16, blocks: 1}, train: {steps: 20, batch: 128}, sample: {steps: 4}}
  multilevel: {train: {steps: 20, batch: 512}}
  gan: -train_steps 15
DECK

# ---- before anything is made
run 2 check deck.yaml
check "check says what each family takes, in which directory" every 'ended 0' 'absent whole' \
  'says "families: diffusion, in whole/diffusion"' 'says "families: multilevel, in whole/multilevel"' \
  'lines 3 "^  train " last.log' 'lines 3 "samples.h5" last.log' 'lines 1 "^  hmc *in all about" last.log'
refused 64 "families.pixelcnn: the action phi4 .*; possible with it: diffusion, .*multilevel" \
  run deck.yaml -families_pixelcnn=
refused 64 "-families_multilevel: families.multilevel: -hmc_steps is not an option of a family" run deck.yaml \
  "-families_multilevel=-hmc_steps 3"
refused 64 "families.multilevel: it cannot have these options" run deck.yaml "-families_multilevel=-model_blocks 1"
check "a key of another type is named" says "model.blocks is for models of type"
# wrong VALUE MESSAGE: a deck with that value of multilevel is refused, with the place.
wrong() {
  { sed '/^  multilevel/,$d' deck.yaml; echo "  multilevel: $1"; } >wrong.yaml
  run 1 run wrong.yaml
  check "refused: multilevel: $1" every 'ended 64' "says 'wrong.yaml:9:.*$2'" 'lines 0 "PETSC ERROR" last.log'
}
wrong "{train: {bach: 16}}" "families.multilevel: it cannot have these options"
check "and the key is named, with the nearest" says "-train_bach: unknown option.*-train_batch"
wrong "{train: 16}" "a section must be a map of keys"
wrong "{train: {steps: {a: 1}}}" "has one word, one number or a list"
wrong "{train: {steps: a b}}" "has one word, one number or a list"
wrong "{train: {steps: }}" "has one word, one number or a list"
wrong "{train: {steps: *a}}" "anchors"
wrong "[1, 2]" "a list stands where one value is due"
wrong "{sample: {extents: [16, 16]}}" "-sample_extents is not an option of a family"
wrong "{model: {type: gan}}" "-model_type is not an option of a family"
wrong "train_steps 3" "families.multilevel: it cannot have these options: train_steps 3"
refused 64 "sections families and train" run deck.yaml -train_steps 3
sed '/^families/,$d' deck.yaml >none.yaml; echo 'families:' >>none.yaml
refused 64 "no type of model takes part.*possible with phi4: diffusion, .*multilevel" run none.yaml
sed '/^hmc/d' deck.yaml >without.yaml
refused 64 "none that makes the ensemble" run without.yaml
check "nothing was made" absent whole
refused 64 "there is no whole/ensemble.h5 for the families.*run .squall hmc. first" families deck.yaml

# ---- the table
run 2 run deck.yaml
check "families are trained and measured beside Monte Carlo" every 'ended 0' \
  'exist whole/families.md whole/diffusion/report/index.html whole/multilevel/model.h5' \
  'lines 7 "^" whole/families.csv' 'lines 1 "^Monte Carlo,training,1,1,256," whole/families.csv' \
  'lines 1 "^diffusion,generated,0,.*,300," whole/families.csv' \
  'lines 1 "^multilevel,corrected,1," whole/families.csv' \
  'says "multilevel, made exact"' 'says "^| gan, not exact "' 'lines 1 "^gan," whole/families.csv' \
  'grep -q "<td>multilevel, not exact</td>" whole/report/index.html'
check "on the same ensemble, which is there once" every '[ -h whole/multilevel/ensemble.h5 ]' \
  'same "$(content whole/ensemble.h5)" "$(content whole/diffusion/ensemble.h5)"'
check "the log of the whole has the table, that of a part its training" every \
  'grep -q "multilevel, not exact" whole/log.txt' 'grep -q "multilevel: train 20/20" whole/multilevel/log.txt' \
  'lines 0 "train 20/20" whole/log.txt'
# What is measured is that of the part: a column of the table is a row of its measure.csv.
column() { # column DIRECTORY FAMILY ENSEMBLE NAME
  awk -F, -v f="$2" -v e="$3" -v name="$4" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) k = i }
    $1 == f && $2 == e { print $k }' "$1/families.csv"
}
value() { number "$1" "$2" "$3" | cut -d' ' -f1; }
for name in chi2 U_L phi2; do
  check "$name of the table is what was measured" every \
    'same "$(column whole "Monte Carlo" training $name)" "$(value whole training $name)"' \
    'same "$(column whole multilevel corrected $name)" "$(value whole/multilevel corrected $name)"' \
    'same "$(column whole diffusion generated $name)" "$(value whole/diffusion generated $name)"'
done
check "so are weights" every \
  '[ "$(value whole/multilevel generated ess | cut -c1-6)" = "$(column whole multilevel generated ess | cut -c1-6)" ]' \
  '[ "$(value whole/multilevel generated log_Z)" = "$(column whole multilevel generated log_Z)" ]' \
  '[ -n "$(column whole multilevel generated ess_forward)" ]' \
  '[ "$(column whole diffusion generated evaluations)" = 4 ]'
check "prices are known, with and without training" every \
  'awk -F, "NR > 2 { n += \$26 > 0 && \$27 > 0 && \$28 > \$27 * 0.99 && \$29 > 9999 * \$28 } END { exit n != 5 }" \
     whole/families.csv'

# ---- ranks, interruptions, a family more
measured() { cut -d, -f1-25 "$1/families.csv"; }
run 3 run deck.yaml -run_dir ranks
check "the table is the same on 3 ranks" every 'ended 0' 'same "$(measured whole)" "$(measured ranks)"'
start 1 killed multilevel/model.h5 run deck.yaml
signal_all TERM; goes_on
check "a signal stops it in the family at work" every 'ended 75' 'says "stopped by a signal"'
rm -f killed/multilevel/samples.h5 killed/multilevel/corrected.h5 killed/multilevel/forward.h5
touch killed/stop
run 1 run deck.yaml -run_dir killed
check "so does a file named stop in the directory of the whole" every 'ended 75' 'says "stopped by the stop file"' \
  'absent killed/stop' 'grep -q "multilevel sample.*stopped" killed/status.json'
run 2 run deck.yaml -run_dir killed
check "the same command goes on from there, to the same table" every 'ended 0' \
  'same "$(measured whole)" "$(measured killed)"' 'says "train: finished before, killed/diffusion/model.h5 is kept"'
run 2 run whole/deck.yaml
check "the effective deck repeats it" every 'ended 0' 'says "sample: finished before, whole/multilevel/samples.h5"'
run 1 run whole/multilevel/deck.yaml
check "a part is a run like any other" every 'ended 0' 'says "hmc: finished before"' 'says "train: finished before"'
mv whole moved
run 1 run deck.yaml -run_dir moved
check "the directory can be moved" every 'ended 0' 'says "train: finished before, moved/diffusion/model.h5 is kept"'

# ---- spins
cat >spins.yaml <<'DECK'
run:      {dir: spins, seed: 3}
lattice:  {extents: [4, 4]}
action:   {type: ising, beta: 0.3}
mc:       {configurations: 256, test: 64, chains: 4}
report:   {figures: false}
families:
  minutes: 0.01
  configurations: 256
  multilevel:
  pixelcnn: -train_steps 30 -train_batch 256
DECK
run 2 run spins.yaml
check "families of spins, one of them for some time" every 'ended 0' 'lines 6 "^" spins/families.csv' \
  'says "train: 0.01 minutes are"' 'lines 1 "^pixelcnn,generated,0" spins/families.csv'

finish
