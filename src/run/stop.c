/* Stopping early: signals, a stop file, the clock. The decision is collective; a stage that stops leaves a checkpoint.
 */
#include "src/run/run.h"
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

static volatile sig_atomic_t checkpoint_wanted, stop_wanted;

static void on_signal(int number)
{
  checkpoint_wanted = 1;
  if (number == SIGUSR2) stop_wanted = 1;
}

void sq_stop_install(void)
{
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
}

static bool stop_file(const sq_run *run)
{
  char path[SQ_PATH];
  struct stat status;
  sq_run_path(run, "stop", path);
  return stat(path, &status) == 0;
}

PetscErrorCode sq_run_wish(const sq_run *run, double reserve, double last_checkpoint, bool *flag, sq_wish *wish)
{
  PetscFunctionBeginUser;
  double now = sq_now();
  int mine[2] = {SQ_GO_ON, flag && *flag}, all[2], rank;
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  if (checkpoint_wanted || now - last_checkpoint > run->checkpoint) mine[0] = SQ_CHECKPOINT;
  if (stop_wanted || now + reserve > run->deadline || (rank == 0 && stop_file(run))) mine[0] = SQ_STOP;
  PetscCallMPI(MPI_Allreduce(mine, all, 2, MPI_INT, MPI_MAX, run->world));
  if (all[0] != SQ_GO_ON) checkpoint_wanted = 0;
  *wish = (sq_wish)all[0];
  if (flag) *flag = all[1];
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_stopped(const sq_run *run, const char *stage, int64_t done, int64_t total)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  const char *why = stop_wanted             ? "a signal" :
                    stop_file(run)          ? "the stop file" :
                    isfinite(run->deadline) ? "the time limit" :
                                              "a signal"; /* on another rank */
  sq_run_status(run, stage, "stopped", done, total, "");
  sq_run_path(run, "stop", path);
  PetscCall(sq_file_remove(run->world, path)); /* it has done its work: the next start goes on */
  SqFail(run->world, SQ_ERR_STOPPED,
         "%s stopped by %s at %lld of %lld; everything so far is kept in %s: the same command goes on from there",
         stage, why, (long long)done, (long long)total, run->directory);
}

PetscErrorCode sq_run_obey(const sq_run *run, const char *stage, int64_t total)
{
  PetscFunctionBeginUser;
  sq_wish wish;
  PetscCall(sq_run_wish(run, 2, INFINITY, NULL, &wish));
  if (wish == SQ_STOP) PetscCall(sq_run_stopped(run, stage, 0, total));
  PetscFunctionReturn(0);
}
