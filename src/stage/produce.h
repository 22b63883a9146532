/* Private to app: ensembles made by Markov chains, whatever their dynamics. */
#ifndef SQUALL_APP_PRODUCE_H
#define SQUALL_APP_PRODUCE_H

#include "squall/hmc.h"
#include "src/stage/stage.h"

typedef struct {
  const char *name;              /* of the stage, in messages */
  const char *file, *checkpoint; /* FILE.h5, CHECKPOINT.checkpoint.h5 in the run's directory */
  const char *group[2];          /* of training and held-out configurations */
  uint64_t fingerprint, stream;
  sq_hmc_settings set;
} sq_production;

/* How the chains are shared out. Not collective. */
sq_plan sq_production_plan(const sq_run *run, const char *name, const sq_hmc_settings *set);
/* Makes the ensemble, goes on with it, or leaves it as it is when it is finished (produce.c). Collective over
 * run->world. */
PetscErrorCode sq_produce(sq_run *run, const sq_production *what);

#endif
