/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs of single couplings, one after the other. What is finished is kept, so that the same command goes on after an
 * interruption, or with a coupling more. */
#include "src/course/course.h"
#include "src/sweep/sweep.h"

PetscErrorCode sq_sweep_each(const sq_run *run, const sq_scan *scan,
                             PetscErrorCode (*work)(sq_run *part, void *context), void *context)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < sq_scan_places(scan); k++) {
    sq_action action;
    sq_run *part;
    sq_scan_action(scan, &run->action, k, &action);
    PetscCall(sq_coupling_run(run, &action, &part));
    PetscCall(work(part, context));
    PetscCall(sq_run_destroy(&part));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode leave(const sq_run *part)
{
  PetscFunctionBeginUser;
  char log[SQ_PATH];
  PetscErrorCode worst;
  sq_run_path(part->part_of, "log.txt", log);
  PetscCall(sq_worst_status(part->world, sq_log_open(log), &worst));
  PetscCall(worst);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sweep_make_ensemble(sq_run *part)
{
  PetscFunctionBeginUser;
  PetscCall(sq_run_enter(part, true));
  PetscCall(sq_coupling_ensemble(part)->command.make(part));
  PetscCall(sq_run_accept(part));
  PetscCall(leave(part));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sweep_make_all(sq_run *part)
{
  PetscFunctionBeginUser;
  part->whole = true;
  PetscCall(sq_run_enter(part, true));
  PetscCall(sq_stages_fit(part, NULL));
  PetscCall(sq_stages_make(part, NULL));
  PetscCall(sq_run_accept(part));
  PetscCall(leave(part));
  PetscFunctionReturn(0);
}
