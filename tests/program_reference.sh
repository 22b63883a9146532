#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# squall reference: exact numbers of a deck's theory and lattice, and beside them what a run has measured; squall keys.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

deck() { # deck EXTENTS ACTION
  printf 'run: {dir: nowhere}\nlattice: {extents: [%s]}\naction: {%s}\n' "$1" "$2" >asked.yaml
}
# is NAME VALUE TOLERANCE: a line of last.log has that name and that value.
is() {
  awk -v name="$1" -v value="$2" -v most="$3" '
    $1 == name { n++; d = $2 - value; good = d <= most && -d <= most; if (!good) print "# " $0 ", not " value }
    END { exit !(n == 1 && good) }' last.log
}

run 2 keys
check "keys lists what a deck may say" every 'ended 0' 'says "^| .lambda"' 'says "S = sum"'
refused 64 "needs a deck: squall reference DECK.yaml" reference

deck "8, 6" "type: phi4, kappa: 0.22, lambda: 0"
run 2 reference asked.yaml
check "a free field: everything that is measured" every 'ended 0' 'is chi2 4.1666666666667 1e-10' 'is U_L 0 1e-12' \
  'is action_density 0.5 1e-12' 'is xi 1.3540064007727 1e-10' 'absent nowhere'
deck "12" "type: phi4, kappa: 0.4, lambda: 0.05"
run 1 transfer-matrix asked.yaml
log_Z=$(sed -n 's/^  log Z *//p' last.log) phi4=$(sed -n 's/^  <phi^4> *//p' last.log)
run 1 reference asked.yaml
check "one dimension: what the transfer matrix has" every 'is log_Z "$log_Z" 1e-9' 'is phi4 "$phi4" 1e-9' \
  'says "^chi2 "'
deck "1" "type: quartic, mu: 1, lambda: 0, kappa: 0"
run 1 reference asked.yaml
check "one site: sqrt(2 pi)" every 'is log_Z 0.918938533204673 1e-12' 'is phi2 1 1e-12'
deck "1" "type: quartic, mu: -1, lambda: 0.4, kappa: 0"
run 1 reference asked.yaml
check "a double well" every 'ended 0' 'says "^phi2 "' 'says "^log_Z "'
deck "4, 4" "type: xy, beta: 0.5"
run 1 reference asked.yaml
check "angles" every 'is log_Z 2.197240206 1e-9' 'is helicity 0.1074260 1e-7' 'is helicity_1 0.1074260 1e-7' \
  'is energy -0.60740894 1e-8' 'says "^specific_heat "'
deck "8, 8" "type: ising, beta: 0.44"
run 2 reference asked.yaml
check "spins: Kaufman" every 'ended 0' 'is log_Z 60.076307527215 1e-10' 'is energy -1.48752554339 1e-10' \
  'says "^specific_heat "' 'says "^entropy "' 'says "^chi2 "'
deck "5, 4" "type: ising, beta: -0.3, ratio: 2"
run 1 reference asked.yaml
check "all states of a frustrated box" every 'says "^U_L "' 'says "by B. Kaufman"' 'says "by all states"'
deck "3, 3, 40" "type: ising, beta: 0.22"
run 1 reference asked.yaml
check "slices of nine spins" every 'says "^M2 "' 'says "^log_Z "' 'lines 0 "^abs_M" last.log'
deck "8, 8" "type: u1, beta: 3"
run 1 reference asked.yaml
check "links" every 'is log_Z 101.459690573 1e-8' 'is plaquette 0.809985547412 1e-11' 'is Q2 0.7078430083 1e-9' \
  'is wilson_1x1 0.809985547412 1e-11' 'says "^wilson_2x3 "'
deck "8, 2" "type: complex, eta: 4.01, lambda: 1, mu: 0.5"
run 1 reference asked.yaml
check "particles" every 'is log_Z -32.1035565 1e-7' 'is density 0.0107285 1e-7' 'is phi2 0.2948851 1e-7' \
  'is gap 0.97990 1e-5' 'says "^P_winding_1 "'
deck "2, 1" "type: on, components: 3, kappa: 0.1, lambda: 0"
run 1 reference asked.yaml
check "three components, two ways" every 'ended 0' 'is schwinger_dyson 3 1e-12' 'is action_density 1.5 1e-12'

deck "8, 6" "type: phi4, kappa: 0.22, lambda: 0.022"
run 2 reference asked.yaml
check "where nothing is known it says what would be" every 'ended 64' 'says "nothing exact is known of phi4"' \
  'says "lambda = 0, any lattice"' 'lines 0 "PETSC ERROR" last.log'
deck "16, 16" "type: xy, beta: 0.8"
refused 64 "at most one more, of up to 4 sites" reference asked.yaml

cat >measured.yaml <<'DECK'
run:      {dir: measured, seed: 5}
lattice:  {extents: [8, 6]}
action:   {type: phi4, kappa: 0.2, lambda: 0}
hmc:      {configurations: 256, test: 64, chains: 4}
report:   {figures: false}
DECK
run 2 run measured.yaml
check "a run to compare with" ended 0
run 2 reference measured.yaml
within() {
  sed 's/sigma)/&\n/g' last.log | sed -n 's/.*(\(.*\) sigma)/\1/p' |
    awk '{ n++; if ($1 > 4.5 || $1 < -4.5) bad = 1 } END { exit bad || n < 10 }'
}
# 2 ensembles of 10 numbers or so, many of them together: false alarm below 1e-3
check "what was measured stands beside what is exact, within errors" every 'ended 0' \
  'says "^phi2 .* training .* +- .*sigma.* testing "' 'says "^chi2 .* training "' \
  within
run 2 reference measured.yaml -action_kappa 0.21
check "what another deck has measured does not" every 'ended 64' 'says "kappa"'

finish
