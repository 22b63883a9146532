/* SPDX-License-Identifier: BSD-3-Clause */
/* bounds: the stage likelihood: effective actions of fields and bounds on log Z, made, kept and told. */
#ifndef SQUALL_BOUNDS_H
#define SQUALL_BOUNDS_H

#include "src/run/stage.h"

extern const sq_stage sq_likelihood_stage;

/* fits and plan of the stage likelihood. Collective over run->world. */
PetscErrorCode sq_likelihood_fits(const sq_run *run);
PetscErrorCode sq_likelihood_plan_show(const sq_run *run, sq_budget *budget);

#endif
