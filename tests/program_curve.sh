#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# squall curve: rows of measure.csv of many runs against the parameter in which they differ, beside what is exact.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

cat >deck.yaml <<'DECK'
run:      {dir: whole, seed: 3}
lattice:  {extents: [4, 6]}
action:   {type: ising, beta: 0.3}
mc:       {configurations: 400, test: 40, chains: 4}
DECK

for beta in 0.2 0.3 0.4; do
  run 1 run deck.yaml -run_dir b$beta -action_beta $beta
  run 1 measure deck.yaml -run_dir b$beta -action_beta $beta
  ended 0 || complain
done
run 1 run deck.yaml -run_dir larger -action_beta 0.35 -lattice_extents 6,6
run 1 measure deck.yaml -run_dir larger -action_beta 0.35 -lattice_extents 6,6

run 2 curve energy b0.3 larger b0.2 b0.4
near() { # every point within 4 errors of a value that is exact
  awk -F, 'NR > 1 { d = ($4 - $6)/$5; n += $5 > 0 && d < 4 && d > -4 } END { exit n != NR - 1 }' "$1"
}
check "the energy of runs on two lattices against beta, with what is exact" every 'ended 0' 'says "4 points"' \
  'lines 1 "^beta,extents,ensemble,value,error,exact,sigmas,trusted$" curve/energy.csv' \
  'lines 3 ",4x6,training,.*,1$" curve/energy.csv' 'lines 1 "^0.35,6x6,training," curve/energy.csv' \
  'near curve/energy.csv' 'exist curve/energy.png' 'lines 4 "^#" curve/energy.dat' 'absent_or_empty curve/gnuplot.log'
run 1 curve G_pmin b0.2 b0.3
check "where nothing is known there is no exact curve" every 'ended 0' 'lines 1 "^# training" curve/G_pmin.dat' \
  'lines 1 "^#" curve/G_pmin.dat' 'lines 2 ",nan,nan,1" curve/G_pmin.csv'
sed 's/^training,energy/tr'"'"'; system "x",energy/' b0.2/measure.csv >cells && cp cells b0.2/measure.csv
run 1 curve energy b0.2 b0.3
check "words of a table are no commands" every 'ended 0' 'lines 1 "tr__ system _x_" curve/energy.csv'

refused 64 "usage: squall curve ROW" curve energy b0.2
refused 64 "must differ in one of its parameters" curve energy b0.2 b0.2
refused 64 "no run has a row log_Z" curve log_Z b0.2 b0.3
run 1 run deck.yaml -run_dir ratio -action_beta 0.25 -action_ratio 2
refused 64 "the runs differ in beta and in ratio" curve energy b0.2 b0.3 ratio
refused 64 "usage" curve ../x b0.2 b0.3

finish
