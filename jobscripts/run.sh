# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What all batch systems do alike, sourced by run.sbatch, run.pbs and run.lsf, or by itself where there is none of them:
#
#   bash jobscripts/run.sh [options] [COMMAND] DECK.yaml [-section_key value ...]
#
# COMMAND: run (all stages; the default), hmc, mc, train, sample, correct, measure, ...
#   --launcher srun|mpirun   how ranks are started; site.sh has both
#   --scan KEY=V1:V2:...     for array jobs: task n takes the n-th combination of all --scan (the last one fastest)
#   --offset N               the array begins with task N of the scan
#   --dir DIRECTORY          with --scan: the runs are DIRECTORY/KEY-VALUE_...
#
# USR2 and TERM make squall write a checkpoint and stop, with status 75; the same command goes on. A job script may set,
# before it sources this: directory (of these scripts), task (its number in an array), restarts (how often it has been
# put back), and the function `requeue`, which puts it back into the queue. That is done where a start made progress.
set -u
wrong() { echo "${0##*/}: $*" >&2; exit 64; }
directory=${directory:-$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)}
# shellcheck source=jobscripts/scan.sh
. "$directory/scan.sh" || wrong "no scan.sh in $directory"
load_site "$directory" || wrong "no site.sh in $directory: set SQUALL_SITE to your own"
scans=() base='' overrides=() offset=0
while [ $# -gt 0 ]; do
  case $1 in
    --launcher) launcher=${2-}; shift 2 ;;
    --scan) scans+=("${2-}"); shift 2 ;;
    --offset) offset=${2-}; shift 2 ;;
    --dir) base=${2-}; shift 2 ;;
    *) break ;;
  esac
done
launch "$launcher" || wrong "--launcher $launcher: srun and mpirun are allowed"
command=run
case ${1-} in
  *.yaml | *.yml | */*) ;;
  *) case ${2--} in
    -*) [ -f "${1-}" ] || { command=${1-}; [ $# = 0 ] || shift; } ;; # alone, and a file: a deck, whatever its name
    *) command=$1; shift ;;
  esac ;;
esac
[ $# -ge 1 ] || wrong "no deck given: ${0##*/} --help"
if [ ${#scans[@]} -gt 0 ]; then
  [ -n "$base" ] || wrong "--scan needs --dir"
  [ -n "${task-}" ] || wrong "--scan: an array job is needed"
  scan_task "$((task + offset))" "${scans[@]}"
  overrides+=(-run_dir "$base/$task_name")
elif [ -n "$base" ]; then overrides=(-run_dir "$base"); fi
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
SQUALL_STATUS_FILE=$PWD/.squall-status.${HOSTNAME:-here}.$$ # squall writes the path of its status.json into it
export SQUALL_STATUS_FILE
trap 'rm -f "$SQUALL_STATUS_FILE"' EXIT

"${start[@]}" "$squall" "$command" "$@" "${overrides[@]}" </dev/null &
job=$! stopping=
trap 'stopping=yes; kill -USR2 "$job"' USR2 TERM
wait "$job"
code=$?
if [ -n "$stopping" ] && [ $code -gt 128 ]; then # it was the signal that ended wait
  wait "$job"
  code=$?
fi
can_requeue=
[ "$(type -t requeue)" != function ] || can_requeue=yes
case $code in
  75) ;;
  138 | 140 | 143) # USR1, USR2 or TERM came before squall could take it: nothing is lost
    if [ "${restarts:-0}" -lt 3 ]; then
      echo "${0##*/}: status $code, the signal came before the program had begun: as if it had stopped" >&2
      [ -z "$can_requeue" ] || requeue
      exit 75
    fi
    echo "${0##*/}: status $code again after $restarts starts: not requeued; raise the time limit" >&2
    exit $code ;;
  *) exit $code ;;
esac

# Back into the queue, unless a start made nothing: then the next one would not either.
[ -n "$can_requeue" ] || exit 75
status=$(cat "$SQUALL_STATUS_FILE" 2>/dev/null)
[ -n "$status" ] || { echo "${0##*/}: squall has not said where its status.json is: not requeued" >&2; exit 74; }
now=$(sed -n 's/.*\("stage".*"total": [0-9]*\).*/\1/p' "$status")
mark=${status%/*}/requeued
if [ -n "$now" ] && [ "$(cat "$mark" 2>/dev/null)" = "$now" ]; then
  echo "${0##*/}: no progress since the last start ($now): not requeued; raise the time limit" >&2
  exit 74
fi
echo "$now" >"$mark"
requeue
exit 75
