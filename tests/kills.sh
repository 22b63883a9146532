#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every stage, killed or stopped at random moments on 1 to 4 ranks and started again: never a wrong number, never a file
# that is not sound, no hang, and in the end what an uninterrupted run gives. For each trial a stage is drawn, once or
# twice ended by one of six means, and finished. COUNT trials from SEED on: slices of a long campaign.
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
count_of=${COUNT:-12} state=${SEED:-1} patience=${PATIENCE:-300}
export MALLOC_PERTURB_=165
unset SQUALL_MEMORY
random() { state=$(((state * 1103515245 + 12345) % 2147483648)); random=$(((state / 256) % $1)); }

# the batch is so large that training cuts no lattice: then weights have the same bits on 1 to 4 ranks
cat >field.yaml <<'TEXT'
run:        {dir: made, seed: 3, checkpoint: 0.01}
lattice:    {extents: [4, 4]}
action:     {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:        {configurations: 240, test: 48, chains: 12, separation: 100}
model:      {channels: 16, blocks: 1}
train:      {steps: 100, batch: 144, calibrate: 48}
sample:     {configurations: 240, steps: 12, trajectories: 2}
correct:    {method: metropolis}
likelihood: {configurations: 24, steps: 10, path_steps: [4], paths: 24}
report:     {figures: false}
TEXT
langevin="langevin: {configurations: 96, chains: 4, test: 12, separation: 20}"
sed "s/^hmc: .*/$langevin/; /^likelihood/d" field.yaml >langevin.yaml
# ensembles of other theories, by the section mc
theory() { # theory NAME ACTION
  printf 'run: {dir: made, seed: 3, checkpoint: 0.01}\nlattice: {extents: [4, 4]}\naction: {type: %s}\n' "$2" >"$1.yaml"
  echo 'mc: {configurations: 240, test: 48, chains: 12, separation: 200}' >>"$1.yaml"
}
theory spins 'ising, beta: 0.4'
theory angles 'xy, beta: 0.8'
theory vectors '"on", components: 3, kappa: 0.2, lambda: 0.1'
theory fluxes 'complex, eta: 4.5, lambda: 1, mu: 0.8'
theory links 'u1, beta: 2'
cat >site.yaml <<'TEXT'
run:           {dir: made, seed: 3, checkpoint: 0.01}
lattice:       {extents: [1]}
action:        {type: phi4, kappa: 0.1, lambda: 0.1}
hmc:           {configurations: 240, test: 48, chains: 12}
model:         {channels: 16, blocks: 1}
train:         {steps: 100, batch: 48, calibrate: 48}
sample:        {configurations: 120, steps: 12}
toy:           {levels: 8}
fokker-planck: {}
report:        {figures: false}
TEXT
# NAME DECK STAGE WHAT IT NEEDS = WHAT IT MAKES; options after a colon
cat >cases <<'TEXT'
run field run = ensemble.h5 model.h5 samples.h5 corrected.h5 likelihood.h5 measure.csv :
hmc field hmc = ensemble.h5 :
langevin langevin langevin = langevin-1.h5 langevin.csv :
train field train ensemble.h5 = model.h5 :
sample field sample ensemble.h5 model.h5 = samples.h5 trajectories.h5 :
metropolis field correct ensemble.h5 model.h5 samples.h5 = corrected.h5 : -correct_method metropolis
partial field correct ensemble.h5 model.h5 samples.h5 = corrected.h5 : -correct_method partial
mala field correct ensemble.h5 model.h5 samples.h5 = corrected.h5 : -correct_method mala
moved field correct ensemble.h5 model.h5 samples.h5 = corrected.h5 : -correct_method hmc
ode field correct ensemble.h5 model.h5 samples.h5 = ode.h5 : -correct_method ode -correct_configurations 24
likelihood field likelihood ensemble.h5 model.h5 samples.h5 = likelihood.h5 :
measure field measure ensemble.h5 model.h5 samples.h5 = measure.csv measure_spectra.csv :
report field report ensemble.h5 model.h5 samples.h5 measure.csv measure_spectra.csv = report/index.html :
spins spins mc = ensemble.h5 :
angles angles mc = ensemble.h5 :
vectors vectors mc = ensemble.h5 :
fluxes fluxes mc = ensemble.h5 :
links links mc = ensemble.h5 :
site site run = ensemble.h5 model.h5 samples.h5 toy.csv measure.csv :
fokker site fokker-planck = fokker_planck.csv :
TEXT

# shape CASE: sets deck, stage, needs, makes, options
shape() {
  line=$(sed -n "s/^$1 //p" cases)
  options=${line#*:} line=${line%%:*}
  makes=${line#*= } line=${line%% =*}
  # shellcheck disable=SC2086
  set -- $line
  deck=$1 stage=$2; shift 2
  needs=$*
}
# print DIRECTORY: what the stage made there, as numbers that do not depend on how it came about
print() {
  for file in $makes; do
    case $file in
      *.h5) echo "$file $(content "$1/$file")" ;;
      report/*) sed 's/in [0-9.]* s//g; s/[0-9]* ranks*//g' "$1/$file" | wc -l ;;
      *) echo "$file $(cksum <"$1/$file")" ;;
    esac
  done
}
sound() { # whatever is finished in a directory is sound
  for file in "$1"/*.h5; do
    [ ! -e "$file" ] || "$squall" verify "$file" >>verify.log 2>&1 </dev/null || { tail -n 1 verify.log; return 1; }
  done
}
prepare() { # prepare DIRECTORY: with what the stage needs
  rm -rf "$1"; mkdir -p "$1"
  for file in $needs; do cp "made/$deck/$file" "$1"; done
}
ranks_of() { # the processes of the case, one a line
  for file in $(grep -lszx -e "$scratch/case" /proc/[0-9]*/cmdline); do
    file=${file%/cmdline}
    [ "$(cat "$file/comm" 2>/dev/null)" = squall ] && echo "${file#/proc/}"
  done
}
# launch RANKS: the stage in the background; its process is $launched.
launch() {
  # shellcheck disable=SC2086
  if [ "$1" = 1 ]; then "$squall" "$stage" "$deck.yaml" -run_dir "$scratch/case" $options >last.log 2>&1 </dev/null &
  else
    "${MPIEXEC:-mpirun}" --oversubscribe --bind-to none -n "$1" \
      "$squall" "$stage" "$deck.yaml" -run_dir "$scratch/case" $options >last.log 2>&1 </dev/null &
  fi
  launched=$!
}
# await: waits for the end of what was launched, sets $code. A hang is ended; its code is hang, or launcher where no
# rank is left: mpirun 4.1 sometimes waits for a lock of PMIx for ever when its ranks are killed before they are ready.
await() {
  waited=0 code=
  while kill -0 "$launched" 2>/dev/null && [ $waited -lt $((patience * 10)) ]; do
    sleep 0.1
    waited=$((waited + 1))
  done
  if kill -0 "$launched" 2>/dev/null; then
    code=launcher
    [ -z "$(ranks_of)" ] || code=hang
    for rank in $(ranks_of); do
      echo "# rank $rank: $(cat /proc/"$rank"/wchan 2>/dev/null) $(sed -n 's/^State:\t//p' /proc/"$rank"/status)"
    done
    ranks_of | xargs -r kill -9; kill -9 "$launched"
    wait "$launched"
  else wait "$launched"; code=$?; fi
} 2>/dev/null
# strike MEANS: ends it, by one of the means
strike() {
  case $1 in
    kill-all) ranks_of | xargs -r kill -9 ;;
    kill-one) ranks_of | tail -n 1 | xargs -r kill -9 ;;
    kill-launcher) kill -9 "$launched"; sleep 0.2; ranks_of | xargs -r kill -9 ;;
    term-all) ranks_of | xargs -r kill -TERM ;;
    term-one) ranks_of | tail -n 1 | xargs -r kill -TERM ;;
    stop) : >case/stop ;;
  esac 2>/dev/null
}
allowed() { # allowed MEANS: whether $code can be: done, killed, stopped
  case $code in
    0 | 75) true ;;
    hang) false ;;
    launcher) case $1 in kill-*) true ;; *) false ;; esac ;;
    *) case $1 in
      kill-*) [ "$code" = 137 ] || [ "$code" = 1 ] ;;
      term-*) [ "$code" = 143 ] ;; # before the handler stood, or a stage that has none
      *) false ;;
      esac ;;
  esac
}

# ---- what uninterrupted runs give, and how long they take
for name in $(cut -d ' ' -f 1 cases); do
  shape "$name"
  mkdir -p "made/$deck"
  prepare case
  began=$(date +%s%N)
  launch 1; await
  echo $((($(date +%s%N) - began) / 1000000)) >"$name.ms"
  check "$name: an uninterrupted run" [ "$code" = 0 ]
  print case >"$name.txt"
  cp case/*.h5 case/*.csv "made/$deck" 2>/dev/null
done

# ---- trials
trial=0 wrong=0 hangs=0 struck=0 launchers=0
while [ $trial -lt "$count_of" ]; do
  trial=$((trial + 1))
  first=$state
  random "$(wc -l <cases)"; name=$(sed -n "$((random + 1))s/ .*//p" cases)
  shape "$name"
  prepare case
  told="" bad=""
  random 2; strikes=$((random + 1))
  while [ $strikes -ge 0 ]; do
    random 4; ranks=$((random + 1))
    [ "$name" != site ] || ranks=1 # one site cannot be shared
    launch $ranks
    if [ $strikes -gt 0 ]; then
      random 6; means=$(echo kill-all kill-one kill-launcher term-all term-one stop | cut -d ' ' -f $((random + 1)))
      random $(($(cat "$name.ms") * (1 + ranks / 2) + 300))
      sleep "$((random / 1000)).$(printf %03d $((random % 1000)))"
      strike "$means"
      struck=$((struck + 1))
    else means=none; fi
    await
    rm -f case/stop
    told="$told $means/$ranks/$code"
    [ "$code" = hang ] && hangs=$((hangs + 1))
    [ "$code" = launcher ] && launchers=$((launchers + 1))
    allowed "$means" || bad="$bad status $code after $means: $(grep squall: last.log | tail -n 1);"
    sound case || bad="$bad a file that is not sound;"
    strikes=$((strikes - 1))
  done
  print case >now.txt 2>&1
  [ "$code" = 0 ] && { cmp -s "$name.txt" now.txt || bad="$bad $(diff "$name.txt" now.txt | tr '\n' ' ')"; }
  [ "$code" = 0 ] || bad="$bad did not end well;"
  [ -z "$bad" ] || { wrong=$((wrong + 1)); cp -r case "wrong.$trial"; echo "# SEED=$first $name$told:$bad"; }
  echo "$name" >>tried
done
sort tried | uniq -c | sed 's/^/#/'
echo "# $trial trials, $struck times ended by force, $hangs hangs, $launchers of the launcher"
echo "# the next slice: SEED=$state"
check "every run ends as if it had never been ended by force" [ $wrong = 0 ]
check "none of them hangs" [ $hangs = 0 ]
finish
