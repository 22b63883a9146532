#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The benchmarks print tables; those of scaling fit a model and predict.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

run 2 bench deck.yaml -bench_parts fft
check "bench prints CSV" says '^fft,"8x6 sites'
run 2 bench deck.yaml -bench_parts hmc
check "peaks of sets of instructions, sgemm and triad stand first" every \
  'says "^machine,.multiply-adds in registers, plain"' \
  'says "^machine,.sgemm of the BLAS library.,2,[^,]*,[^,]*,Gflop/s,[0-9.]*,[0-9.]*,$"' 'says "^machine,.triad"'
check "a stored field of HMC, with the shares of its time" says \
  '^hmc,"a stored field after 5 trajectories of 4 steps: dynamics .*writing .*fields/s,[0-9]'
run 2 bench deck.yaml -bench_parts scaling -bench_scales 1 -bench_cores 1,2,1000 -bench_dir how
swept() {
  for sweep in hmc,strong hmc,weak hmc,chains training,strong training,weak training,cut sampling,strong sampling,weak \
    sampling,cut; do
    lines 2 "^$sweep,2,.*,[12],[12],[0-9]" how/scaling.csv || { echo "# not two rows of $sweep"; return 1; }
  done
}
check "bench scaling sweeps over ranks" every 'ended 0' swept '! grep -q nan how/scaling.csv'
check "and predicts times for other numbers of them" every 'lines 2 "^hmc,2,8x6,[12],1,[0-9]" how/prediction.csv' \
  '! grep -q "^hmc.*,1000," how/prediction.csv'
model=$(sed -n 's/^hmc,2,8x6,1,1,\([^,]*\),.*/\1/p' how/prediction.csv)
modelled() { [ -n "$model" ] && awk -F, '$1 == "hmc" && $6 == 1 { print $10 }' how/scaling.csv | grep -q -e "$model"; }
check "with the model at one rank for one rank" modelled
cat >spins.yaml <<'EOF'
lattice: {extents: [8, 6]}
action:  {type: ising, beta: 0.4}
EOF
run 1 bench spins.yaml -bench_parts network
check "no network is timed for a theory that it cannot learn" every 'ended 0' '! says ^network,'
run 2 bench spins.yaml -bench_parts model -model_type pixelcnn -train_batch 16
check "a model with an exact density is timed" every 'ended 0' 'lines 3 "^model,.*Gflop/s" last.log'
run 1 bench deck.yaml -bench_parts speed
check "a benchmark that does not exist is refused" ended 64

# ---- what stages cost here
export XDG_CONFIG_HOME="$scratch/config" TMPDIR="$scratch"
small="-hmc_configurations 128 -hmc_test 64 -train_steps 12 -train_calibrate 16 -sample_configurations 128"
# shellcheck disable=SC2086
run 1 check deck.yaml $small
check "check says that its rates were measured now" every 'ended 0' 'says "measured now"' \
  'says "  measure .*in all about"'
# shellcheck disable=SC2086
run 1 bench deck.yaml --save $small
row() { grep -Eq "^\"[^\"]+\" [0-9a-f]{16} $1 diffusion,phi4( -?[0-9.e+-]+){5}$" config/squall/costs; }
check "bench --save keeps what each stage costs" every 'ended 0' 'row hmc' 'row train' 'row sample' 'row correct' \
  'row measure' 'row memory' 'grep -q "^squall-costs 1$" config/squall/costs'
check "and leaves nothing else" every 'absent whole' '[ -z "$(ls -d squall-trial-* 2>/dev/null)" ]'
run 1 check deck.yaml
check "check of a longer deck goes by it" every 'ended 0' 'says "  train .*as it has cost here"' \
  'says "bench --save. has found"'
run 1 check deck.yaml -action_kappa 0.21 -model_blocks 2
check "decks like it are told what it has cost" every 'ended 0' 'says "as decks like it have cost here"' \
  'says "measured now"'
rows=$(wc -l <config/squall/costs)
# shellcheck disable=SC2086
run 1 bench deck.yaml --save $small
check "saved again the rows are in the place of those before" same "$rows" "$(wc -l <config/squall/costs)"
printf 'no row\n"x" 1 2\n' >>config/squall/costs
run 1 check deck.yaml
check "lines that are none are passed over" every 'ended 0' 'says "as it has cost here"'
run 1 bench deck.yaml --save -lattice_extents 1048576,1048576
check "what is too large is refused, and nothing is left" every '[ "$code" != 0 ]' \
  '[ -z "$(ls -d squall-trial-* 2>/dev/null)" ]'

finish
