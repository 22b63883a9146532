#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# One dimension as quantum mechanics: energies, log Z and densities against the transfer matrix.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >path.yaml <<'DECK'
run:      {dir: path, seed: 3}
lattice:  {extents: [12]}
action:   {type: phi4, kappa: 0.4, lambda: 0.05}
hmc:      {configurations: 1024, test: 256, chains: 4}
model:    {channels: 16, blocks: 1}
train:    {steps: 60, batch: 16}
sample:   {configurations: 512, steps: 6, trajectories: 0}
correct:  {method: reweight}
quantum:  {spacing: 0.5}
DECK
run 2 transfer-matrix path.yaml
check "the transfer matrix of a deck needs no run" every 'ended 0' 'absent path' 'says "  log Z  "'
log_Z=$(sed -n 's/^  log Z *//p' last.log)
run 2 run path.yaml -report_figures false
check "a run of one dimension" ended 0
check "agrees with its transfer matrix" lines 4 "transfer matrix.*: within" last.log
rows() {
  for e in training testing generated corrected; do
    for o in energy_0 gap; do
      for table in measure quantum; do
        grep -q "^$e,$o," "path/$table.csv" || { echo "# no row $e,$o in $table.csv"; return 1; }
      done
    done
  done
  grep -q ^generated,energy_0_log_Z, path/quantum.csv
}
check "its energies are in the tables" rows
check "log Z of the path weights is that of the transfer matrix" awk -F, -v exact="$log_Z" '
  $1 == "generated" && $2 == "log_Z" { d = $3 - exact; n++; good = exact != "" && d * d < 16 * $4 * $4 }
  END { exit !(n == 1 && good) }' path/measure.csv
check "the report has a section on them" grep -q '<h2>Quantum mechanics</h2>' path/report/index.html
cp path/quantum.csv quantum.csv
run 3 measure path.yaml
check "measured on 3 ranks they are the same to the last digit" cmp quantum.csv path/quantum.csv
check "so is where the particle is" every 'grep -q ^exact, path/quantum_density.csv' \
  'lines 8 ^level path/quantum_density.csv'
check "which adds up to 1" awk -F, '
  $1 == "generated" { sum += $3; if (n++) h = $2 - last; last = $2 }
  END { exit !(sum * h > 0.99 && sum * h < 1.01) }' path/quantum_density.csv

cp -r path flow; rm -f flow/samples.h5 flow/trajectories.h5
run 2 sample path.yaml -run_dir flow -sample_sampler heun
run 2 measure path.yaml -run_dir flow -sample_sampler heun
check "fields without path weights have energies" every 'ended 0' 'grep -q ^generated,energy_0, flow/quantum.csv' \
  'says "generated: E_0 = "'
check "but no log Z and no corrected ensemble" every '! grep -q -e log_Z -e ^corrected flow/quantum.csv'
# L (E_1 - E_0): 0.6 and 8 of the double well, 0.7 of phi^4. An estimate that other states shift has no error.
short() { # deck, run directory, extent, more keys
  d=$1 r=$2 L=$3; shift 3
  run 1 hmc "$d" -run_dir "$r" -lattice_extents "$L" -hmc_configurations 2048 -hmc_test 0 "$@"
  run 1 measure "$d" -run_dir "$r" -lattice_extents "$L" -hmc_configurations 2048 -hmc_test 0 "$@"
}
sed -e '/^model:/d;/^train:/d;/^sample:/d;/^correct:/d;/^quantum:/d' path.yaml >fields.yaml
sed -e 's/^action:.*/action: {type: particle, spacing: 0.1, lambda: 1, f2: 1}/' fields.yaml >particle.yaml
unknown() { grep -qE "^training,$2,[^,]*,nan," "$1/quantum.csv"; }
short particle.yaml brief 8
check "of a short path the gap is not told" every 'unknown brief gap' 'says "too short for .*E_1 - E_0"'
check "nor judged" every 'says "training: .*cannot be judged"' '! grep -q ^training,gap,.*,[-0-9.]*$ brief/quantum.csv'
short particle.yaml long 100
check "of a long one it is" every \
  '! unknown long gap' '! unknown long energy_0' '! says "too short"' '! says "NOT within"'
short fields.yaml brief_phi4 4
check "so it is with phi^4" every 'unknown brief_phi4 energy_0' 'says "paths of 4 steps are too short"'

run 1 transfer-matrix deck.yaml
check "two dimensions have no transfer matrix here" every 'ended 64' 'says "only a lattice of one dimension"'

finish
