/* SPDX-License-Identifier: BSD-3-Clause */
/* The report of a run that goes on: drawn again when a stage has saved what it has, or is over, as long as drawing
 * takes less than a hundredth of the time. A report that cannot be drawn ends no run. */
#include "squall/comm.h"
#include "src/run/run.h"

/* By the clock of one rank. */
static PetscErrorCode is_due(const sq_run *run, bool *due)
{
  PetscFunctionBeginUser;
  const double share = 0.01;
  int is = share * (sq_now() - run->redraw->last) >= run->redraw->cost;
  PetscCallMPI(MPI_Bcast(&is, 1, MPI_INT, 0, run->world));
  *due = is;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_redraw(const sq_run *run, const char *stage, int64_t done, int64_t total)
{
  PetscFunctionBeginUser;
  sq_redraw *redraw = run->redraw;
  const double begin = sq_now();
  char where[96];
  bool due = false;
  PetscErrorCode code, worst = 0;
  if (!redraw || !redraw->draw) PetscFunctionReturn(0);
  PetscCall(is_due(run, &due));
  if (!due) PetscFunctionReturn(0);
  snprintf(where, sizeof where, "%.40s, %lld of %lld", stage, (long long)done, (long long)total);
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = redraw->draw(redraw, where);
  PetscCall(PetscPopErrorHandler());
  PetscCall(sq_worst_status(run->world, code, &worst));
  redraw->last = sq_now();
  redraw->cost = redraw->last - begin;
  if (worst)
    sq_warn("report: it cannot be drawn while the run goes on (error %d), and is left for its end", (int)worst);
  if (worst) redraw->draw = NULL;
  PetscFunctionReturn(0);
}
