#!/bin/sh
# The benchmarks print tables; those of scaling fit a model and predict.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

run 2 bench deck.yaml -bench_parts fft
check "bench prints CSV" says '^fft,"8x6 sites'
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

finish
