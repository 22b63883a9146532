#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Angles from the deck to the tables: mc by each algorithm, the same bits on any number of ranks; columns, spectra of
# e^{i theta} and their sum rules; what angles cannot have is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

xy() { # xy NAME KEYS-OF-MC: a deck
  cat >"$1.yaml" <<END
run: {seed: 5}
lattice: {extents: [4, 6]}
action: {type: xy, beta: 0.8}
mc: {configurations: 200, test: 60, chains: 2, thermalisation: 20, separation: 2$2}
END
}
xy angles ''
xy relaxed ', over_relaxation: 2, cluster: 1'
xy hmc ', algorithm: hmc, over_relaxation: 1, cluster: 0'

for n in 1 3; do
  run $n mc relaxed.yaml -run_dir relaxed$n
  ended 0 || complain
  run $n mc angles.yaml -run_dir angles$n
  ended 0 || complain
done
check "an ensemble is the same on 1 and 3 ranks" every \
  'same "$(content relaxed1/ensemble.h5)" "$(content relaxed3/ensemble.h5)"' \
  'same "$(content angles1/ensemble.h5)" "$(content angles3/ensemble.h5)"'
run 1 mc hmc.yaml -run_dir hmc
check "hmc with over-relaxation" every 'ended 0' 'exist hmc/ensemble.h5'
check "what was chosen is noted" every 'lines 1 "over_relaxation: auto.*chosen by squall: 2" angles1/deck.yaml'
run 1 measure relaxed.yaml -run_dir relaxed1
names=$(cut -d, -f2 relaxed1/measure.csv | tr '\n' ' ')
check "what is measured" every 'ended 0' 'echo "$names" | grep -q "abs_M .*chi2 .*U_L .*xi "' \
  'echo "$names" | grep -q "helicity .*helicity_1 vortices"' 'test "${names#*helicity_2}" = "$names"' \
  'echo "$names" | grep -q "energy .*specific_heat"'
check "a picture of angles and vortices, whose windings add up to 0" every 'lines 24 "^training," relaxed1/angles.csv' \
  'awk -F, "\$1 == \"training\" { s += \$5; bad += \$4 < -3.1416 || \$4 > 3.1416 } END { exit bad || s }" \
    relaxed1/angles.csv'
run 3 measure relaxed.yaml -run_dir relaxed3
check "the same from 3 ranks" every 'cmp relaxed1/angles.csv relaxed3/angles.csv'
can_draw && run 1 report relaxed.yaml -run_dir relaxed1 && check "drawn" every 'drawn relaxed1 angles'
value() { awk -F, -v name="$1" '$1 == "training" && $2 == name { print $3 }' relaxed1/measure.csv; }
M2=$(value M2)
check "the sum of C(t) is V M2, so is G at p = 0" every 'awk -F, -v m="$M2" "
  \$1 == \"training\" { s += \$3 / (24 * m) } END { exit !(s > 0.999999 && s < 1.000001) }" \
  relaxed1/measure_correlator.csv' 'awk -F, -v m="$M2" "
  \$1 == \"training\" && \$2 == 0 { g = \$4 / (24 * m) } END { exit !(g > 0.999999 && g < 1.000001) }" \
  relaxed1/measure_spectra.csv'

sed 's/type: xy, beta: 0.8/kappa: 0.2, lambda: 0.1/' relaxed.yaml >real.yaml
refused 64 "mc.over_relaxation = 2: there is no over-relaxation of the action phi4; set it to 0" check real.yaml
finish
