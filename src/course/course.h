/* SPDX-License-Identifier: BSD-3-Clause */
/* course: all stages of a run that its deck wants, in the order of a run. */
#ifndef SQUALL_COURSE_H
#define SQUALL_COURSE_H

#include "src/run/stage.h"

/* Of the stages from `first` on; NULL: of all. */
/* Whether the theory can have them and the parts of the deck fit each other: SQ_ERR_INPUT if not. Collective. */
PetscErrorCode sq_stages_fit(const sq_run *run, const sq_stage *first);
/* Their plans (sq_stage.plan); quiet: of those that are not finished. Collective. */
PetscErrorCode sq_stages_plan(const sq_run *run, const sq_stage *first, sq_budget *budget);
/* Makes what is not finished. Errors: those of the stages; SQ_ERR_STOPPED between them too. Collective. */
PetscErrorCode sq_stages_make(sq_run *run, const sq_stage *first);

#endif
