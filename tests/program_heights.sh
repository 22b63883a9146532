#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The autoregressive model of dual fluxes from the deck to the report: a small box is learned without an ensemble and
# from worms, weights give the exact log Z, density and phi2, any number of ranks makes the same fields; what cannot be
# is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >fluxes.yaml <<'DECK'
run:      {dir: fluxes, seed: 5}
lattice:  {extents: [4, 2]}
action:   {type: complex, eta: 4.01, lambda: 1, mu: 0.9}
model:    {type: heights, hidden: 32}
train:    {steps: 200, batch: 128, learning_rate: 0.005}
sample:   {configurations: 2000}
correct:  {method: reweight}
DECK

learned_alone fluxes.yaml fluxes
run 1 reference fluxes.yaml
exact=$(exact_log_Z)
check "its weights give the exact log Z" log_Z_is fluxes "$exact" 0.02
near() { # near ROW EXACT: weighed, within 5 errors
  echo "$2 $(number fluxes corrected "$1")" | awk '{ d = $2 - $1; exit !(NF == 3 && $3 > 0 && d < 5*$3 && d > -5*$3) }'
}
check "and density and phi2, weighed" every 'near density 0.443511' 'near phi2 0.420143'

sed 's/^model/mc:       {configurations: 200, test: 40, chains: 4}\nmodel/' fluxes.yaml >worms.yaml
run 1 run worms.yaml -run_dir worms -train_loss forward -train_steps 60 -sample_configurations 200
forward() { number worms generated ess_forward | awk '{ exit !($1 > 0 && $1 <= 1) }'; }
check "it learns from worms, and knows their density" every 'ended 0' forward

sed -e '/^model/d;/^train/d' -e 's/^sample.*/sample:   {configurations: 100, model: fluxes\/model.h5}/' fluxes.yaml \
  >given.yaml
run 1 check given.yaml
check "a deck that names a file of a model need not say of which type it is" every 'ended 0' 'says "heights: that of"'
run 2 run given.yaml -run_dir given
check "its fields have weights" every 'ended 0' \
  'number given generated log_Z >/dev/null' 'number given corrected density >/dev/null'
refused 64 "the action complex has no force" check given.yaml -sample_model nowhere.h5

# ---- what cannot be
refused 64 "multiple of 16" check fluxes.yaml -model_hidden 24
refused 64 "where fluxes are heights and windings" check fluxes.yaml -lattice_extents 4,2,2
refused 64 "too large for the tables" check fluxes.yaml -action_lambda 0.001 -action_mu 1.5
refused 64 "have no density: set it to 0" check fluxes.yaml -train_anneal 0.5
sed 's/type: complex, eta: 4.01, lambda: 1, mu: 0.9/type: phi4, kappa: 0.2, lambda: 0.02/' fluxes.yaml >reals.yaml
refused 64 "has no dual fluxes" check reals.yaml
run 1 sample fluxes.yaml -sample_extents 6,2
check "fields of another lattice are refused" every 'ended 64' 'says "4x2 in the file, 6x2 in the deck"'

finish
