#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 at random moments of a run of all stages; random byte flips and truncations of their files; full disks. Never
# a wrong number accepted, and in the end what an uninterrupted run gives. `make check` runs a few of each, `make
# check-campaign` 50 kills and 1000 damages. KILLS, DAMAGES, SEED change that.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
kills=${KILLS:-6} damages=${DAMAGES:-60} state=${SEED:-1}
trap 'umount "$scratch/disk" 2>/dev/null; rm -rf "$scratch"' EXIT

# random N: sets $random to 0 .. N - 1. A linear congruence, its upper bits.
random() { state=$(((state * 1103515245 + 12345) % 2147483648)); random=$(((state / 256) % $1)); }
contents() { # the contents of all finished files of a directory, and what was measured
  (
    cd "$1" || exit 1
    "$squall" verify ensemble.h5 model.h5 samples.h5 corrected.h5 trajectories.h5 2>&1 </dev/null && cat measure.csv
  )
}
sound() { # whatever is finished in a directory is sound
  for file in "$1"/*.h5; do
    [ -e "$file" ] || continue
    "$squall" verify "$file" >>last.log 2>&1 </dev/null || return 1
  done
}

cat >deck.yaml <<'TEXT'
run:      {dir: straight, seed: 3, checkpoint: 0.01}
lattice:  {extents: [8, 6]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 240, test: 80, chains: 4, separation: 400, reversibility: 5000}
model:    {channels: 16, blocks: 1}
train:    {steps: 250, batch: 64, calibrate: 64}
sample:   {configurations: 400, steps: 40, trajectories: 2}
correct:  {method: metropolis}
report:   {figures: false}
TEXT
began=$(date +%s%N)
run 1 run deck.yaml
lasted=$((($(date +%s%N) - began) / 1000000)) # ms
check "an uninterrupted run" [ "$code" = 0 ]
contents straight >straight.txt

# ---- kills
killed=0 finished=0 wrong=0 starts=0 hmc=0 train=0 sample=0 other=0
while { [ "$killed" -lt "$kills" ] || [ -d killed ]; } && [ $starts -lt $((3 * kills + 20)) ]; do
  starts=$((starts + 1))
  ranks=1
  random 3; [ "$random" = 0 ] && ranks=2
  # started without a function, whose process would be killed in their place
  if [ $ranks = 1 ]; then "$squall" run deck.yaml -run_dir killed >last.log 2>&1 </dev/null &
  else
    "${MPIEXEC:-mpirun}" --oversubscribe --bind-to none --timeout 4800 -n 2 \
      "$squall" run deck.yaml -run_dir killed >last.log 2>&1 </dev/null &
  fi
  victim=$!
  if [ "$killed" -lt "$kills" ]; then
    random "$lasted"; sleep "$((random / 1000)).$(printf %03d $((random % 1000)))"
    target=$victim
    [ $ranks = 2 ] && target=$(pgrep -P "$victim" -x squall | tail -n 1)
    if [ -n "$target" ] && kill -9 "$target" 2>/dev/null; then
      killed=$((killed + 1))
      case $(sed -n 's/.*"stage": "\([a-z]*\)".*/\1/p' killed/status.json 2>/dev/null) in
        hmc) hmc=$((hmc + 1)) ;;
        train) train=$((train + 1)) ;;
        sample) sample=$((sample + 1)) ;;
        *) other=$((other + 1)) ;;
      esac
    fi
  fi
  wait "$victim"; code=$?
  sound killed || wrong=$((wrong + 1))
  [ "$code" = 0 ] || [ "$killed" -lt "$kills" ] || continue
  if [ "$code" = 0 ]; then
    contents killed >killed.txt
    cmp -s straight.txt killed.txt || wrong=$((wrong + 1))
    finished=$((finished + 1))
    rm -rf killed
  fi
done
echo "# $killed kills (status said hmc $hmc, train $train, sample $sample, other $other), $finished runs that ended"
check "kill -9: what was finished is sound, and every run ends as if it had never been killed" every \
  '[ "$wrong" = 0 ]' '[ "$finished" -gt 0 ]' 'absent killed'

# ---- damage
damage() { # damage FILE: turns over some bits of one byte somewhere, or cuts the file off
  size=$(wc -c <"$1")
  random "$size"; at=$random
  random 4
  if [ "$random" = 0 ]; then how="cut to $at bytes"; truncate -s "$at" "$1"; return; fi
  random 255; bits=$((random + 1))
  how="byte $at with bits $bits"
  byte=$(dd if="$1" bs=1 skip="$at" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
  # shellcheck disable=SC2059 # an octal escape
  printf "\\$(printf %o $((byte ^ bits)))" | dd of="$1" bs=1 seek="$at" conv=notrunc 2>/dev/null
}
pick() { random $#; shift "$random"; picked=$1; } # pick WORDS...: sets $picked to one of them
accepted=0 refused=0 wrong=0
judge() { # judge WHAT SAME...: 65, or 0 with the same content, and nothing else
  what=$1; shift
  if [ "$code" = 65 ]; then refused=$((refused + 1))
  elif [ "$code" = 0 ] && "$@"; then accepted=$((accepted + 1))
  else wrong=$((wrong + 1)); echo "# $what, $how: status $code"; fi
}
same_content() { # same_content FILE: the last words of verify are those on the file, but for its name
  [ "$(sed 's/^[^:]*: //' last.log)" = "$("$squall" verify "$1" 2>&1 </dev/null | sed 's/^[^:]*: //')" ]
}

# two starts of each stage, each stopped after its first piece of work: two generations of checkpoints, and files in
# the making
mkdir hmc train sample
cp straight/ensemble.h5 train; cp straight/ensemble.h5 straight/model.h5 sample
for stage in hmc train sample; do
  if [ $stage = hmc ]; then # nothing is kept of thermalisation
    start 1 hmc ensemble.h5.part hmc deck.yaml
    touch hmc/stop; goes_on
  else
    touch $stage/stop; run 1 $stage deck.yaml -run_dir $stage
  fi
  check "$stage is stopped" ended 75
  touch $stage/stop; run 1 $stage deck.yaml -run_dir $stage
  check "and once more, after some work" ended 75
done

done=0
while [ "$done" -lt "$damages" ]; do
  pick straight/ensemble.h5 straight/model.h5 straight/samples.h5 straight/corrected.h5 straight/trajectories.h5 \
    hmc/hmc.checkpoint.h5 train/train.checkpoint.h5
  cp $picked damaged.h5
  damage damaged.h5
  run 1 verify damaged.h5
  judge "verify of $picked" same_content $picked
  done=$((done + 1))
done
echo "# $done damaged files: $refused refused, $accepted with the same content"
check "verify refuses every damaged file that is not what it was" [ "$wrong" = 0 ]

same_files() { a=$1 b=$2; shift 2; for file in "$@"; do cmp -s "$a/$file" "$b/$file" || return 1; done; }
verified() { "$squall" verify "$1" >last.log 2>&1 </dev/null && same_content "$2"; }
accepted=0 refused=0 wrong=0 done=0
while [ "$done" -lt $((damages / 20)) ]; do
  rm -rf case
  pick hmc train sample correct measure
  stage=$picked
  case $stage in
    hmc) cp -r hmc case; pick ensemble.h5.part hmc.checkpoint.h5 hmc.checkpoint.h5.1; result=ensemble.h5 ;;
    train) cp -r train case; pick ensemble.h5 train.checkpoint.h5 train.checkpoint.h5.1; result=model.h5 ;;
    sample) cp -r sample case; pick samples.h5.part model.h5; result=samples.h5 ;;
    correct) mkdir case; cp straight/*.h5 case; rm case/corrected.h5; pick samples.h5; result=corrected.h5 ;;
    measure) mkdir case; cp straight/*.h5 case; pick ensemble.h5 samples.h5 corrected.h5; result= ;;
  esac
  damage case/$picked
  run 1 "$stage" deck.yaml -run_dir case
  if [ $stage = measure ]; then
    judge "measure with $picked" same_files straight case measure.csv measure_spectra.csv measure_correlator.csv
  else judge "$stage with $picked" verified case/$result straight/$result; fi
  done=$((done + 1))
done
echo "# $done stages on damaged files: $refused refused, $accepted ended with the same content"
check "no stage takes a damaged file for a sound one" [ "$wrong" = 0 ]

# ---- a disk that is full before, and one that becomes full in the middle
full_message() { says 'needs [0-9.]* MB.*, [0-9.]* MB free in' || says 'No space left on device'; }
mkdir disk
if mount -t tmpfs -o size=300k squall-test disk 2>/dev/null; then
  run 1 run deck.yaml -run_dir roomy -hmc_separation 10
  contents roomy >roomy.txt
  size=300 full=0 wrong=0 code=74
  while [ "$code" = 74 ] && [ $size -lt 20000 ]; do
    run 1 run deck.yaml -run_dir disk/run -hmc_separation 10
    if [ "$code" = 74 ]; then
      full=$((full + 1))
      full_message || { wrong=$((wrong + 1)); sed 's/^/# /' last.log; }
      size=$((size * 3 / 2))
      mount -o remount,size=${size}k disk
    fi
    sound disk/run || wrong=$((wrong + 1))
  done
  contents disk/run >disk.txt
  echo "# the disk was full $full times before the run ended with $size kB"
  check "a full disk is told clearly and leaves nothing wrong" [ "$wrong" = 0 ]
  check "and with more room the run goes on to the same end" cmp -s roomy.txt disk.txt
  rm -rf disk/run
  mount -o remount,size=40000k disk
  "$squall" run deck.yaml -run_dir disk/run >last.log 2>&1 </dev/null &
  victim=$!
  while [ ! -e disk/run/ensemble.h5.part ] && kill -0 $victim 2>/dev/null; do sleep 0.01; done
  dd if=/dev/zero of=disk/filler bs=64k 2>/dev/null
  wait $victim; code=$?
  check "a disk that fills up ends a run with status 74" every 'ended 74' full_message 'sound disk/run'
  rm disk/filler
  run 1 run deck.yaml -run_dir disk/run
  contents disk/run >disk.txt
  check "and when there is room again it goes on to the same end" cmp -s straight.txt disk.txt
  umount disk
else
  skip "a full disk: cannot mount one here"
fi
finish
