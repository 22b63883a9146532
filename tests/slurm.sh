#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# jobscripts/run.sbatch under a real slurmctld and slurmd on this machine: submit, time out, requeue, resume, finish;
# srun and mpirun. Run by `make check-slurm`, as root (SLURM starts jobs for others). Debian: slurmctld slurmd slurm-
# client munge. Prints TAP; skips where that is not there.
set -u
here=$(CDPATH='' cd -- "${srcdir:-.}" && pwd)
# shellcheck source=tests/environment
. "$here/tests/environment"
squall=${builddir:-.}/squall
skip() { echo "1..0 # SKIP $*"; exit 0; }
for program in munged slurmctld slurmd sbatch srun scontrol; do
  command -v $program >/dev/null || skip "there is no $program (Debian: slurmctld slurmd slurm-client munge)"
done
[ "$(id -u)" = 0 ] || skip "SLURM's daemons need root"
pgrep -x slurmctld >/dev/null && skip "a slurmctld runs already"

scratch=$(mktemp -d)
chmod 755 "$scratch"
host=$(hostname -s)
export SLURM_CONF="$scratch/slurm.conf"
complain() { tail -n 20 "$scratch"/squall-*.log 2>/dev/null | sed 's/^/# /'; }
stop_all() {
  for daemon in slurmd slurmctld; do
    [ -s "$scratch/$daemon.pid" ] && kill "$(cat "$scratch/$daemon.pid")" 2>/dev/null
  done
  [ -n "${own_munge-}" ] && kill "$(cat /run/munge/munged.pid)" 2>/dev/null
  sleep 1
  rm -rf "$scratch"
}
trap stop_all EXIT

cat >"$SLURM_CONF" <<TEXT
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=pmix
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
ReturnToService=2
SlurmdParameters=config_overrides
JobRequeue=1
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
SlurmctldLogFile=$scratch/slurmctld.log
SlurmdLogFile=$scratch/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
TEXT
mkdir "$scratch/state" "$scratch/spool"
if ! pgrep -x munged >/dev/null; then
  mkdir -p /run/munge
  chown munge: /run/munge
  [ -s /etc/munge/munge.key ] || mungekey -c
  runuser -u munge -- munged || skip "munged does not start"
  own_munge=yes
fi
slurmctld && slurmd -N "$host" || skip "SLURM does not start: see its logs"
wait_for() { # wait_for SECONDS COMMAND...
  seconds=$1; shift
  while [ "$seconds" -gt 0 ]; do "$@" && return 0; sleep 1; seconds=$((seconds - 1)); done
  return 1
}
idle() { [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; }
wait_for 30 idle || { tail -n 5 "$scratch"/slurm*.log; skip "SLURM's node does not come up"; }

cd "$scratch" || exit 99
cp -r "$here/jobscripts" .
cat >deck.yaml <<'TEXT'
run:      {dir: run, seed: 3}
lattice:  {extents: [32, 32]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 256, test: 64, chains: 4, separation: 500}
TEXT
site() { # site LAUNCHER: the settings of this machine
  sed "s|^squall=.*|squall=$squall|; s|^launcher=.*|launcher=$1|; s|^mpirun=.*|mpirun=(mpirun --bind-to none)|" \
    "$here/jobscripts/site.sh" >jobscripts/site.sh
}
state() { scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p'; }
ended() { case $(state "$1") in COMPLETED | FAILED | TIMEOUT | CANCELLED | NODE_FAIL) return 0 ;; *) return 1 ;; esac; }
content() { "$squall" verify "$1" </dev/null 2>&1 | sed -n 's/.*content \([0-9a-f]\{16\}\)$/\1/p'; }
same() { [ -n "$1" ] && [ "$1" = "$2" ]; }
restarts() { scontrol show job "$1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p'; }

# an uninterrupted run, without SLURM
"$squall" hmc deck.yaml -run_dir straight </dev/null >straight.log 2>&1
straight=$(content straight/ensemble.h5)

site srun
for launcher in srun mpirun; do
  dir=$launcher
  job=$(sbatch --parsable --ntasks-per-node=2 jobscripts/run.sbatch --launcher $launcher deck.yaml -run_dir "$dir")
  wait_for 180 ended "$job"
  check "a job with $launcher ends well" [ "$(state "$job")" = COMPLETED ]
  check "and makes the ensemble of a run without SLURM" same "$straight" "$(content "$dir/ensemble.h5")"
done

# a limit that is too short: a checkpoint, back into the queue, on from there (SLURM waits two minutes before it starts
# a job again)
job=$(sbatch --parsable --ntasks-per-node=2 --time=1 --signal=B:USR2@50 jobscripts/run.sbatch deck.yaml \
  -run_dir short -hmc_separation 6000)
hurry() { # while it is put back it has ended too; a node refuses a job that it has just killed
  [ "$(state "$job")" = PENDING ] && sleep 10 && scontrol update JobId="$job" StartTime=now 2>/dev/null
  [ -e short/ensemble.h5 ] && ended "$job"
}
wait_for 600 hurry
check "a job that meets its time limit is requeued and finishes" [ "$(state "$job")" = COMPLETED ]
check "after at least one restart" [ "$(restarts "$job")" -ge 1 ]
"$squall" hmc deck.yaml -run_dir whole -hmc_separation 6000 </dev/null >>straight.log 2>&1
check "with the ensemble of an uninterrupted run" same "$(content whole/ensemble.h5)" "$(content short/ensemble.h5)"

# a chain of stages, as arrays over kappa: every task waits for its own
cat >chain.yaml <<'TEXT'
run:      {dir: chain, seed: 3}
lattice:  {extents: [8, 6]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 256, test: 64, chains: 4}
model:    {channels: 16, blocks: 1}
train:    {steps: 40, batch: 16}
sample:   {configurations: 64, steps: 4}
report:   {figures: false}
TEXT
jobscripts/campaign --help | grep -q 'jobscripts/campaign \[options\] DECK' || failed=1
jobscripts/campaign --scan action_kappa=0.20:0.22 --dir chain --sbatch "--ntasks-per-node=1 --time=10" chain.yaml \
  >jobs.txt 2>>straight.log
check "a campaign of four stages over two kappas is submitted" [ "$(wc -l <jobs.txt)" = 4 ]
last=$(sed -n 's/^measure //p' jobs.txt)
all_ended() { [ -z "$(squeue -h -j "$1" 2>/dev/null)" ]; }
wait_for 240 all_ended "$last"
for kappa in 0.20 0.22; do
  check "its stages are all there at kappa = $kappa" [ -s chain/action_kappa-$kappa/measure.csv ]
  "$squall" run chain.yaml -action_kappa $kappa -run_dir here-$kappa </dev/null >>straight.log 2>&1
  for file in ensemble samples; do
    check "$file at kappa = $kappa is that of a run without SLURM" \
      same "$(content here-$kappa/$file.h5)" "$(content chain/action_kappa-$kappa/$file.h5)"
  done
done
# when a stage fails, what waits for it is cancelled
jobscripts/campaign --stages "train sample" --dir nothing --sbatch "--ntasks-per-node=1 --time=10" chain.yaml \
  >jobs.txt 2>>straight.log
last=$(sed -n 's/^sample //p' jobs.txt)
wait_for 60 ended "$last"
check "the stages after one that failed are cancelled" [ "$(state "$last")" = CANCELLED ]
log=squall-"$(sed -n 's/^train //p' jobs.txt)".log
check "and the reason is in the log of the first" grep -q 'run `squall hmc` first' "$log"
jobscripts/campaign --sbatch "--time=10" chain.yaml -action_kapa 3 >>straight.log 2>&1; code=$?
check "a wrong deck is refused before anything is submitted" [ "$code" = 64 ]
echo "1..$count"
exit $failed
