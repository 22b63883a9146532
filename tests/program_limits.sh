#!/bin/sh
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
printf '#!/bin/sh\nfor word; do printf "[%%s]" "$word"; done; exit "${LAUNCH:-0}"\n' >bin/mpirun
printf '#!/bin/sh\necho "$*" >>"$OUT"\n' >bin/scontrol
chmod +x bin/*
job() { # job STATUS WORDS...: run.sbatch, whose program ends with that status
  LAUNCH=$1; shift
  : >asked.log
  LAUNCH=$LAUNCH OUT=$scratch/asked.log PATH=$scratch/bin:$PATH SLURM_JOB_ID=7 SLURM_SUBMIT_DIR=$scratch \
    SQUALL_JOBSCRIPTS=$scripts bash "$scripts/run.sbatch" --launcher mpirun "$@" >last.log 2>&1 </dev/null
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
finish
