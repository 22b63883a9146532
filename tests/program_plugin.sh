#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A theory of one's own from a shared library: the example of doc/own-theory.md against its transfer matrix, and
# libraries that are refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

build=${squall%/squall}
of() { sed -n "s/^$1 = //p" "$build/Makefile"; } # OF VARIABLE: what configure found
compile() { # compile SOURCE LIBRARY
  # shellcheck disable=SC2046 # words
  $(of CC) $(of CFLAGS) -shared -fPIC -I"$here/include" $(of SQUALL_CPPFLAGS) "$1" -o "$2" >compile.log 2>&1
}
cp "$here/doc/examples/phi6.c" phi6.c
compile phi6.c phi6.so
check "the example compiles" [ -s phi6.so ]
cat >phi6.yaml <<'DECK'
run:     {dir: phi6, seed: 3}
lattice: {extents: [8]}
action:  {type: plugin, library: phi6.so, kappa: 0.3, lambda4: -0.7, lambda6: 0.2}
hmc:     {configurations: 6000, test: 0, chains: 4}
DECK
run 1 transfer-matrix phi6.yaml
check "the transfer matrix knows it" every 'ended 0' 'says "^phi6 kappa=0.3 lambda4=-0.7 lambda6=0.2"'
exact=$(sed -n 's/^  <phi^2> *//p' last.log)
run 1 hmc phi6.yaml
check "hybrid Monte Carlo runs on it" ended 0
run 2 measure phi6.yaml
check "and agrees: <phi^2> within 4 errors of 2 %" awk -F, -v exact="$exact" '
  $2 == "phi2" { d = $3 - exact; n++; good = exact > 0 && d * d < 16 * $4 * $4 && $4 < 0.02 * exact }
  END { exit !(n == 1 && good) }' phi6/measure.csv
made_on() { # made_on RANKS
  run "$1" hmc phi6.yaml -run_dir "on$1" -lattice_extents '[6, 5]' -hmc_configurations 64
  ended 0 && content "on$1/ensemble.h5"
}
one=$(made_on 1)
for ranks in 2 3; do check "the same bits on $ranks ranks" same "$one" "$(made_on "$ranks")"; done
run 1 info on1/ensemble.h5
check "files say which theory they are of" says "phi6 kappa=0.3"
run 2 check phi6.yaml -action_lambda6 -1
check "its own limits hold" every 'ended 64' 'says "lambda6 positive"'
run 2 check phi6.yaml -action_lambda 1
check "it has no parameters but its own" every 'ended 64' 'says "the action phi6 has no such parameter"'

wrong() { # wrong NAME SED-COMMAND: a library from a changed source
  sed "$2" "$here/doc/examples/phi6.c" >"$1.c"
  compile "$1.c" "$1.so"
}
wrong force 's/2 \* lambda4 + 3/2 * lambda4 + 2/'
refused 64 "the force on component 0 of site 0 is" check phi6.yaml -action_library ./force.so
wrong sweep 's/- ratio \* previous/- previous/'
refused 64 "the sweep takes" check phi6.yaml -action_library ./sweep.so
odd='s/return square \* (1 + square/return square * phi + square * (1 + square/'
wrong symmetry "$odd; s/\*slope = 2/*slope = 3 * square + 2/"
refused 64 "it says that it is symmetric" check phi6.yaml -action_library ./symmetry.so
wrong older 's/^SQ_THEORY =/const size_t squall_theory_layout[4] = {0};\nconst sq_action_type squall_theory =/'
refused 64 "compile it again" check phi6.yaml -action_library ./older.so
wrong clash 's/"lambda4"/"lambda"/'
refused 64 "its parameter lambda is one of phi4 too" check phi6.yaml -action_library ./clash.so
wrong taken 's/\.name = "phi6"/.name = "phi4"/'
refused 64 "a theory of its name is there already" check phi6.yaml -action_library ./taken.so
wrong spaced 's/\.name = "phi6"/.name = "phi 6"/'
refused 64 "one word of at most" check phi6.yaml -action_library ./spaced.so
wrong long "s/\\.name = \"phi6\"/.name = \"$(printf '%0300d' 0)\"/"
refused 64 "one word of at most" check phi6.yaml -action_library ./long.so
wrong type 's/"lambda4"/"type"/'
refused 64 "its parameter type: every theory has" check phi6.yaml -action_library ./type.so
wrong section 's/"action", .key = "lambda4"/"hmc", .key = "lambda4"/'
refused 64 "its section must be action" check phi6.yaml -action_library ./section.so
wrong half 's/, \.sweep = sweep//'
refused 64 "its smooth lacks force or sweep" check phi6.yaml -action_library ./half.so
echo text >text.so
refused 64 "library: ./text.so: [a-z]" check phi6.yaml -action_library ./text.so
echo 'int nothing;' >empty.c
compile empty.c empty.so
refused 64 "it has no theory" check phi6.yaml -action_library ./empty.so
refused 64 "missing.so: cannot open" check phi6.yaml -action_library ./missing.so
refused 64 "needs action.library" check deck.yaml -action_type plugin
refused 64 "only the action plugin is from a library" check deck.yaml -action_library ./phi6.so
finish
