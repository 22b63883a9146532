/* SPDX-License-Identifier: BSD-3-Clause */
/* Stopping early: signals, a stop file, the clock. The decision is collective; a stage that stops leaves
 * a checkpoint. */
#include "src/run/run.h"
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static volatile sig_atomic_t checkpoint_wanted, stop_wanted, asked; /* asked: the second of the first TERM or INT */

/* Why a stage stops, the same on all ranks. */
enum { BY_NOTHING, BY_TIME, BY_FILE, BY_SIGNAL };
static int stopped_by;

/* A second TERM or INT ends the program at once. The same one may come twice: timeout and some schedulers send it to
 * the process and to its group. So it counts two seconds later. */
static void on_signal(int number)
{
  struct timespec now;
  checkpoint_wanted = 1;
  if (number == SIGUSR1) return;
  stop_wanted = 1;
  if (number == SIGUSR2) return;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int second = (int)(now.tv_sec & 0x3fffffff) + 1;
  if (!asked) asked = second;
  if (second - asked < 2) return;
  signal(number, SIG_DFL);
  raise(number);
}

void sq_stop_install(void)
{
  static const int number[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) sigaddset(&action.sa_mask, number[i]);
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
    if (sigaction(number[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN && number[i] == SIGINT)
      continue; /* a shell's background job: Ctrl-C is meant for another */
    sigaction(number[i], &action, NULL);
  }
}

static bool stop_file(const sq_run *run)
{
  char path[SQ_PATH];
  struct stat status;
  sq_run_path(run, "stop", path);
  return stat(path, &status) == 0 || (run->part_of && stop_file(run->part_of));
}

PetscErrorCode sq_run_wish(const sq_run *run, double reserve, double last_checkpoint, bool *flag, sq_wish *wish)
{
  PetscFunctionBeginUser;
  double now = sq_now();
  int mine[3] = {SQ_GO_ON, flag && *flag, BY_NOTHING}, all[3], rank;
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  if (checkpoint_wanted || now - last_checkpoint > run->checkpoint) mine[0] = SQ_CHECKPOINT;
  if (now + reserve > run->deadline) mine[2] = BY_TIME;
  if (rank == 0 && stop_file(run)) mine[2] = BY_FILE;
  if (stop_wanted) mine[2] = BY_SIGNAL;
  if (mine[2] != BY_NOTHING) mine[0] = SQ_STOP;
  PetscCallMPI(MPI_Allreduce(mine, all, 3, MPI_INT, MPI_MAX, run->world));
  if (all[0] != SQ_GO_ON) checkpoint_wanted = 0;
  *wish = (sq_wish)all[0];
  if (flag) *flag = all[1];
  stopped_by = all[2];
  PetscFunctionReturn(0);
}

/* The files have done their work: the next start goes on. Collective. */
static PetscErrorCode remove_stop_files(const sq_run *run)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  for (; run; run = run->part_of) {
    sq_run_path(run, "stop", path);
    PetscCall(sq_file_remove(run->world, path));
  }
  PetscFunctionReturn(0);
}

/* kept: what becomes of the work. */
static PetscErrorCode leave(const sq_run *run, const char *stage, int64_t done, int64_t total, const char *kept)
{
  PetscFunctionBeginUser;
  static const char *const why[] = {"a signal", "the time limit", "the stop file", "a signal"};
  char of[32] = "";
  PetscCall(sq_run_accept(run));
  sq_run_status(run, stage, "stopped", done, total, "");
  PetscCall(remove_stop_files(run));
  if (total > 0) snprintf(of, sizeof of, " of %lld", (long long)total);
  SqFail(run->world, SQ_ERR_STOPPED, "%s stopped by %s at %lld%s; %s", stage, why[stopped_by], (long long)done, of,
         kept);
}

PetscErrorCode sq_run_stopped(const sq_run *run, const char *stage, int64_t done, int64_t total)
{
  PetscFunctionBeginUser;
  char kept[SQ_PATH + 96];
  snprintf(kept, sizeof kept, "everything so far is kept in %s: the same command goes on from there", run->directory);
  PetscCall(leave(run, stage, done, total, kept));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_obey(const sq_run *run, const char *stage, int64_t total)
{
  PetscFunctionBeginUser;
  sq_wish wish;
  PetscCall(sq_run_wish(run, 2, INFINITY, NULL, &wish));
  if (wish == SQ_STOP)
    PetscCall(leave(run, stage, 0, total, "nothing of it was made yet: the same command begins it anew"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_interrupted(const sq_run *run, const char *stage)
{
  PetscFunctionBeginUser;
  bool stop;
  PetscCall(sq_any_true(run->world, stop_wanted, &stop));
  if (!stop) PetscFunctionReturn(0);
  stopped_by = BY_SIGNAL;
  PetscCall(sq_run_stopped(run, stage, 0, 1));
  PetscFunctionReturn(0);
}
