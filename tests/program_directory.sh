#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The directory of a run: locks, commands that are refused and change nothing, files through links, names of any length.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

# state DIRECTORY: everything that is in it, and when files were changed.
state() { (cd "$1" && find . ! -type d -exec ls -l --time-style=full-iso {} + -exec cksum {} +) 2>&1; }
unchanged() { [ "$before" = "$(state "$1")" ] || { state "$1" | sed 's/^/# /' | head -n 5; false; }; }

# ---- commands that are refused
figures="-report_figures false -correct_method partial"
# shellcheck disable=SC2086
run 1 run deck.yaml $figures
check "a run" ended 0
grep -v '^#' whole/deck.yaml >first.yaml
# shellcheck disable=SC2086
run 1 run deck.yaml $figures
grep -v '^#' whole/deck.yaml >again.yaml
check "started again it keeps what was chosen for auto" every 'ended 0' 'cmp first.yaml again.yaml'
before=$(state whole)
for words in "run deck.yaml -action_kappa 0.25" "run deck.yaml -hmc_chains 8" "hmc deck.yaml -run_seed 9" \
  "train deck.yaml -train_steps 70" "sample deck.yaml -sample_steps 5" "run deck.yaml -correct_method mala" \
  "run deck.yaml -hmc_chains 0" "correct deck.yaml -correct_configurations 77"; do
  # shellcheck disable=SC2086
  run 2 $words
  check "refused, with nothing changed: $words" every 'ended 64' 'unchanged whole'
done
for command in train sample correct likelihood; do
  run 1 $command deck.yaml -run_dir fresh/run
  check "$command without what it needs leaves no directory" every 'ended 64' 'absent fresh/run'
done
for command in measure report; do
  run 1 $command deck.yaml -run_dir fresh/run
  check "$command makes no directory" every 'ended 64' 'says "no directory"' 'absent fresh/run'
done

# ---- a directory that is at work
start 1 working ensemble.h5.part hmc deck.yaml -hmc_separation 600
before=$(state working)
for words in "run -action_kappa 0.13" "hmc -run_seed 999" "train -hmc_separation 600"; do
  # shellcheck disable=SC2086
  run 2 ${words%% *} deck.yaml -run_dir working ${words#* }
  check "kept out of a run at work, with nothing changed: $words" every 'ended 64' 'unchanged working' \
    'says "another squall is at work\|there is no working/ensemble.h5"' # train misses that first
done
cp working/deck.yaml working.yaml; cp working/log.txt working.log
run 1 measure deck.yaml -run_dir working -action_kappa 0.13
check "measure beside it leaves its deck and its log alone" every 'cmp working/deck.yaml working.yaml' \
  'cmp working/log.txt working.log'
goes_on
check "and it ends well" ended 0
for n in 1 2 3 4 5 6; do
  (
    "$squall" hmc deck.yaml -run_dir six -run_seed $n -hmc_separation 2000 >six.$n 2>&1 </dev/null
    echo $? >six.code.$n
  ) &
done
wait
seed=$(grep -l '^0' six.code.*)
check "of six that start at once one runs, five are refused" every '[ "$(cat six.code.* | grep -c "^64")" = 5 ]' \
  'grep -q "seed: ${seed##*.} " six/deck.yaml'

# ---- locks, logs and links that cannot be had
mkdir -p locked/lock logged/log.txt
for directory in locked logged; do
  run 2 hmc deck.yaml -run_dir $directory
  check "a directory in the place of a file is told: $directory" every 'ended 74' 'says "cannot be"' \
    'absent $directory/deck.yaml'
done
if setpriv --version >last.log 2>&1 && [ "$(id -u)" = 0 ]; then
  mkdir readonly; chmod 555 readonly; chmod 755 .
  # shellcheck disable=SC2016
  setpriv --reuid=65534 --clear-groups "$squall" hmc deck.yaml -run_dir readonly >last.log 2>&1 </dev/null; code=$?
  check "so is a directory that cannot be written to" every 'ended 74' 'says "Permission denied"'
  cp -r whole secret; chmod 600 secret/ensemble.h5
  setpriv --reuid=65534 --clear-groups "$squall" verify secret/ensemble.h5 >last.log 2>&1 </dev/null; code=$?
  check "and a file that may not be read, which is no damage" every 'ended 74' 'says "Permission denied"'
fi
mkdir -p links/report; echo precious >precious
for file in deck.yaml measure.csv compare.txt status.json status.json.new report/index.html report/magnetisation.dat \
  report/magnetisation.png; do
  ln -s "$scratch/precious" links/$file
done
run 1 run deck.yaml -run_dir links
check "no file is written through a link" every 'ended 0' '[ "$(cat precious)" = precious ]'
ln -sf "$scratch/precious" links/log.txt
run 2 run deck.yaml -run_dir links
check "a log that is a link is refused" every 'ended 74' 'says "symbolic link"' '[ "$(cat precious)" = precious ]'
run 1 hmc deck.yaml -run_dir links2
ln -s "$scratch/precious" links2/lock2; rm links2/lock; mv links2/lock2 links2/lock
run 1 hmc deck.yaml -run_dir links2
check "so is such a lock" every 'ended 74' '[ "$(cat precious)" = precious ]'

# ---- file systems without locks: flock as NFS and Lustre answer
printf '#include <errno.h>\n#include <stdlib.h>
int flock(int f, int o) { errno = atoi(getenv("NO")); return f + o ? -1 : 0; }\n' >no.c
if cc -shared -fPIC -o no.so no.c 2>last.log; then
  for NO in 37 524; do
    export NO
    LD_PRELOAD=$scratch/no.so "$squall" hmc deck.yaml -run_dir nolock$NO >last.log 2>&1 </dev/null; code=$?
    check "a file system without locks (errno $NO) is no obstacle" every 'ended 0' \
      'LD_PRELOAD=$scratch/no.so "$squall" verify nolock$NO/ensemble.h5 >>last.log 2>&1'
  done
else skip "a file system without locks: no compiler"; fi

# ---- long names
content=$(content links/ensemble.h5)
for length in 120 221 228 240 255; do
  name=$(printf "%0${length}d" 0)
  run 2 hmc deck.yaml -run_dir "$name"
  check "a directory of $length characters" every 'ended 0' 'same "$content" "$(content "$name/ensemble.h5")"'
done
part=$(printf %0200d 1)
run 2 hmc deck.yaml -run_dir "$part/$part/$part/$part/$part"
check "one of more than a name may have is refused" every 'ended 64'
run 2 hmc deck.yaml -run_dir "$part/$part/$part/$part"
check "one of 803 is not" every 'ended 0' 'same "$content" "$(content "$part/$part/$part/$part/ensemble.h5")"'
run 2 compare "$part/$part/$part/$part/ensemble.h5"
check "and its files are read" ended 0
finish
