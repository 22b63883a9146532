/* stage: making ensembles, models and generated fields. */
#ifndef SQUALL_STAGE_H
#define SQUALL_STAGE_H

#include "src/ensemble/ensemble.h"

/* ---- stages: each skips what is finished and resumes what was interrupted; collective over run->world ---- */
PetscErrorCode sq_stage_hmc(sq_run *run);
PetscErrorCode sq_stage_langevin(sq_run *run);
PetscErrorCode sq_stage_train(sq_run *run);
PetscErrorCode sq_stage_sample(sq_run *run);
PetscErrorCode sq_stage_likelihood(sq_run *run);
PetscErrorCode sq_stage_toy(sq_run *run);
PetscErrorCode sq_stage_fokker_planck(sq_run *run);

#endif
