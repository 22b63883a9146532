#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fields whose action is not known: imported, learned from on the plain target, generated, measured and compared, the
# same on 1 to 4 ranks; rows that need the action are absent; whatever needs it is refused in one message that says what
# is possible.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc
run 1 export whole/ensemble.h5 --to npz
ended 0 || exit 99
cat >none.yaml <<'DECK'
run:      {dir: own, seed: 4}
lattice:  {extents: [8, 6]}
action:   {type: none, components: 1}
ensemble: {file: whole/ensemble.npz, dataset: training.field, chains: 4, test: 128}
model:    {channels: 16, blocks: 1}
train:    {steps: 40, batch: 168, warm_up: 10}
sample:   {configurations: 1024, steps: 8, trajectories: 0}
report:   {figures: false}
DECK

# ---- what is possible
run 2 check none.yaml
check "the deck passes check" every 'ended 0' 'says "none components=1 on 8x6"' 'says "The deck is valid"'
run 2 run none.yaml
check "import, train, sample, measure, compare, report" every 'ended 0' \
  'exist own/ensemble.h5 own/model.h5 own/samples.h5 own/measure.csv own/compare.txt own/report/index.html' \
  'says "they are taken as they are"' 'says "target is phi_0 alone"' 'says "not phi -> -phi"'
for row in chi2 phi2 phi4 link xi G_pmin abs_M U_L; do
  check "$row of both" every '[ "$(number own training $row)" ]' '[ "$(number own generated $row)" ]'
done
check "rows of the action are absent" every 'lines 0 "action_density\|schwinger_dyson\|log_Z\|ess" own/measure.csv' \
  'lines 0 "action_density\|schwinger_dyson" own/verdicts.csv'
# Imported averages are those of the run that made the fields, by other code for M alone.
within() { # within A B FACTOR: two pairs of value and error agree within 4 errors and so much of the value
  echo "$1 $2 $3" | awk '{ d = $1 - $3; if (d < 0) d = -d; exit !(NF == 5 && d < 4 * ($2 + $4) + $5 * $3) }'
}
for row in phi2 link chi2; do # false alarms: 4 of the sum of errors, less than 1 in 10^6
  check "$row of generated fields is that of the imported ones" \
    within "$(number own generated $row)" "$(number own training $row)" 0.04
done
fields=$(content own/samples.h5)
for n in 1 4; do
  run $n import none.yaml -run_dir on$n
  run $n train none.yaml -run_dir on$n
  run $n sample none.yaml -run_dir on$n
  check "the fields of $n ranks are those of 2" same "$fields" "$(content on$n/samples.h5)"
done
cp own/model.h5 taken.h5
run 3 sample none.yaml -sample_model taken.h5 -run_dir on3
check "and of 3" same "$fields" "$(content on3/samples.h5)"
run 1 train none.yaml -run_dir on1 -model_symmetry odd -train_reflections false
check "another model is not taken for this one" ended 64
run 1 import none.yaml -run_dir odd
run 1 train none.yaml -run_dir odd -model_symmetry odd -train_reflections false -train_steps 5
check "symmetries as the deck states them" every 'ended 0' 'says "assumed are translations, phi -> -phi"'

# ---- what is not
not_possible() { # not_possible WHAT WORDS...: refused by check and by name
  what=$1; shift
  { cat none.yaml; printf '%s\n' "$@"; } >wrong.yaml
  refused 64 "wrong.yaml:3:.*$what.* is not possible without the action (action.type: none)" check wrong.yaml
}
sed -i.all '/^ensemble/d' none.yaml
not_possible hmc "hmc: {}"
not_possible mc "mc: {}"
not_possible langevin "langevin: {eps: [0.1]}"
cp none.yaml.all none.yaml
not_possible correct "correct: {method: metropolis}"
not_possible correct "correct: {method: hmc}"
not_possible likelihood "likelihood: {}"
not_possible fokker-planck "fokker-planck: {}"
sed -i '/^train\|^model\|^sample/d' none.yaml
not_possible families "families: {diffusion: ''}"
not_possible weighing "train: {weigh: 2}"
not_possible "train with model.type: multilevel" "model: {type: multilevel}" "train: {}"
not_possible "train with model.type: latent" "model: {type: latent}" "train: {}"
refused 64 "hmc is not possible without the action" hmc none.yaml
refused 64 "correct is not possible without the action" correct none.yaml
refused 64 "components: 0 is out of range" check none.yaml.all -action_components 0
refused 64 "action.kappa: the action none has no such parameter" check none.yaml.all -action_kappa 0.2
finish
