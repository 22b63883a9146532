#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Limits of the machine: files, memory, descriptors, full devices; and the job script with a made-up SLURM.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

figures="-report_figures false"
# shellcheck disable=SC2086
run 1 run deck.yaml $figures
check "a run without limits" ended 0
content=$(content whole/corrected.h5)
# limited LIMIT VALUE WORDS...: squall under a limit of the shell
limited() {
  limit=$1 value=$2; shift 2
  # shellcheck disable=SC3045
  (ulimit -S "$limit" "$value"; exec "$squall" "$@" >last.log 2>&1 </dev/null); code=$?
}
for blocks in 8 200 700; do
  # shellcheck disable=SC2086
  limited -f $blocks run deck.yaml -run_dir small $figures
  check "files of at most $blocks blocks: one message" every 'ended 74' 'lines 1 "^squall: .*File too large" last.log' \
    'lines 0 "PETSC\|MPI_A" last.log'
done
# shellcheck disable=SC2086
run 1 run deck.yaml -run_dir small $figures
check "and without the limit the run goes on to the same end" every 'ended 0' \
  'same "$content" "$(content small/corrected.h5)"'
limited -n 16 hmc deck.yaml -run_dir few
check "too few descriptors: one message" every 'ended 74' 'lines 1 "^squall: .*Too many open files" last.log'
for ranks in 1 2; do
  run $ranks hmc deck.yaml -run_dir huge -lattice_extents 1048576,1048576
  check "a lattice larger than memory on $ranks ranks: one message" every 'ended 64' \
    'says "of memory are needed on every rank"' 'lines 0 "PETSC ERROR" last.log'
done
run 1 check deck.yaml -lattice_extents 1048576,1048576
check "of which check warns" every 'ended 0' 'says "of memory are needed on every rank"'
touch file
TMPDIR=$scratch/file "$squall" hmc deck.yaml -run_dir nowhere >last.log 2>&1 </dev/null; code=$?
check "one process needs no temporary directory" ended 0

# ---- run.sbatch, whose launcher ends as it is told, and what it asks scontrol for
scripts=$here/jobscripts
mkdir bin "a b"
cat >bin/mpirun <<'SH'
#!/bin/sh
for word; do printf "[%s]" "$word"; done
[ -z "${STATUS-}" ] || echo "$STATUS" >"$SQUALL_STATUS_FILE"
exit "${LAUNCH:-0}"
SH
cp bin/mpirun bin/srun
printf '#!/bin/sh\n[ "$1 $2" = "show config" ] && { echo "MaxArraySize            = 4"; exit; }\necho "$*" >>"$OUT"\n' \
  >bin/scontrol
printf '#!/bin/sh\necho "$*" >>"$OUT"\nwc -l <"$OUT"\n' >bin/sbatch
cp bin/sbatch bin/qsub
chmod +x bin/*
export HOME="$scratch" XDG_CONFIG_HOME="$scratch/config"
job() { # job STATUS WORDS...: run.sbatch, whose program ends with that status
  LAUNCH=$1; shift
  : >asked.log
  LAUNCH=$LAUNCH OUT=$scratch/asked.log PATH=$scratch/bin:$PATH SLURM_JOB_ID=7 SLURM_SUBMIT_DIR=$scratch \
    SQUALL_JOBSCRIPTS=$scripts \
    bash "$scripts/run.sbatch" --launcher "${LAUNCHER:-mpirun}" "$@" >last.log 2>&1 </dev/null
  code=$?
}
for deck in deck.yaml deck.yml ./deck "a b/deck.yml"; do
  job 0 "$deck" -run_dir "x y"
  check "run.sbatch takes $deck for a deck" every 'ended 0' 'grep -qF "[run][$deck][-run_dir][x y]" last.log'
done
touch plain
for words in plain "plain -run_dir x"; do
  # shellcheck disable=SC2086 # words on purpose
  job 0 $words
  check "and a file alone, whatever its name: $words" every 'ended 0' 'says "\[run\]\[plain\]"'
done
job 0 train deck.yml
check "and train for a command" every 'ended 0' 'says "\[train\]\[deck.yml\]"'
job 0
check "without a deck it says so" every 'ended 64' 'says "no deck given"'
for status in 138 140 143; do
  job $status deck.yaml
  check "what a signal ended before it had begun ($status) is requeued" every 'ended 75' 'grep -q "requeue 7" asked.log'
done
SLURM_RESTART_COUNT=3; export SLURM_RESTART_COUNT
job 140 deck.yaml
check "but not for ever" every 'ended 140' '[ ! -s asked.log ]'
for status in 64 137; do
  job $status deck.yaml
  check "status $status is not" every 'ended $status' '[ ! -s asked.log ]'
done

# ---- the file by which a job script finds the run, and whether a start has made progress
SQUALL_STATUS_FILE=$scratch/where \
  "$squall" hmc deck.yaml -run_dir told -hmc_configurations 8 -hmc_test 0 >last.log 2>&1 </dev/null
check "squall says where its status.json is" same "$(cd told && pwd -P)/status.json" "$(cat where)"
unset SLURM_RESTART_COUNT
export STATUS="$scratch/told/status.json"
job 75 deck.yaml
check "what was stopped is requeued" every 'ended 75' 'grep -q "requeue 7" asked.log'
job 75 deck.yaml
check "but not when the next start makes nothing" every 'ended 74' '[ ! -s asked.log ]' 'says "no progress"'
rm told/requeued
pbs() { # pbs STATUS: run.pbs, whose program ends with that status
  : >asked.log
  LAUNCH=$1 OUT=$scratch/asked.log PATH=$scratch/bin:$PATH PBS_O_WORKDIR=$scratch SQUALL_JOBSCRIPTS=$scripts \
    SQUALL="train deck.yaml" SQUALL_MINUTES=9 bash "$scripts/run.pbs" >last.log 2>&1 </dev/null
  code=$?
}
pbs 0
check "PBS: words and the limit of time" every 'ended 0' 'says "\[train\]\[deck.yaml\]\[-run_time_limit\]\[9\]"' \
  '[ ! -s asked.log ]'
pbs 75
check "PBS: what was stopped submits itself again" every 'ended 75' \
  'grep -q "SQUALL=train deck.yaml,SQUALL_MINUTES=9,SQUALL_RESTARTS=1 $scripts/run.pbs" asked.log'
rm told/requeued
LAUNCH=75 PATH=$scratch/bin:$PATH SQUALL_JOBSCRIPTS=$scripts SQUALL="train deck.yaml" LS_SUBCWD=$scratch \
  LSB_JOBINDEX=0 bash "$scripts/run.lsf" >last.log 2>&1 </dev/null; code=$?
check "LSF: the status says that it is to go on" every 'ended 75' 'says "\[train\]\[deck.yaml\]"'
STATUS='' PATH=$scratch/bin:$PATH bash "$scripts/run.sh" --launcher mpirun deck.yaml >last.log 2>&1 </dev/null; code=$?
check "without a batch system" every 'ended 0' 'says "\[run\]\[deck.yaml\]"' \
  '[ -z "$(ls .squall-status.* 2>/dev/null)" ]'

# ---- the site
LAUNCHER=srun SLURM_CPUS_PER_TASK=2 SQUALL_SRUN_MPI=pmi9 job 0 deck.yaml
check "srun is told the MPI and the cores of a task" says '^\[--mpi=pmi9\]\[--cpus-per-task=2\]\[squall\]'
mkdir -p config/squall
printf 'squall=mine\nsrun=(srun --mpi=own)\nmpirun=(mpirun -x)\nlauncher=srun\n' >config/squall/site.sh
job 0 deck.yaml
check "the user's own site.sh comes first" says '^\[-x\]\[mine\]\[run\]'
LAUNCHER=srun SQUALL_SRUN_MPI=pmi9 job 0 deck.yaml
check "and its --mpi stays" says '^\[--mpi=own\]\[mine\]'
rm config/squall/site.sh

# ---- arrays
: >asked.log
OUT=$scratch/asked.log PATH=$scratch/bin:$PATH SQUALL_SITE='' bash "$scripts/campaign" --stages "hmc train" --dir scan \
  --throttle 6 --scan action_kappa=1:2:3:4:5:6:7:8:9:10 deck.yaml >last.log 2>&1 </dev/null
asked() { [ "$(grep -c -e "$1" asked.log)" = "$2" ]; }
check "ten tasks where an array may have four: three arrays a stage, each after its own" every \
  'lines 6 "^[a-z]* [1-6]$" last.log' 'asked "--array=0-3%2 " 4' 'asked "--array=0-1%2 " 2' \
  'asked "--offset 4 " 2' 'asked "--offset 8 " 2' \
  'asked "aftercorr:1 .* train" 1' 'asked "aftercorr:3 .*--offset 8 train" 1'
SLURM_ARRAY_TASK_ID=1 job 0 --scan action_kappa=1:2:3:4:5:6:7:8:9:10 --dir scan --offset 8 train deck.yaml
check "and the task counts from there" says '\[-run_dir\]\[scan/action_kappa-10\]'
finish
