/* stage: making ensembles, models and generated fields. */
#ifndef SQUALL_STAGE_H
#define SQUALL_STAGE_H

#include "src/ensemble/ensemble.h"
#include "src/learning/learning.h"

extern const sq_stage sq_hmc_stage, sq_langevin_stage, sq_train_stage, sq_sample_stage, sq_likelihood_stage,
  sq_toy_stage, sq_fokker_planck_stage;

/* fits and plan of the stage likelihood. Collective over run->world. */
PetscErrorCode sq_likelihood_fits(const sq_run *run);
PetscErrorCode sq_likelihood_plan_show(const sq_run *run, sq_budget *budget);
/* The fingerprint of what a model depends on. Not collective. */
uint64_t sq_train_fingerprint(const sq_run *run);
/* SQ_ERR_INPUT for lattices of more sites than a stage is for. Collective. */
PetscErrorCode sq_stage_sites(const sq_run *run, const char *name, double most);

#endif
