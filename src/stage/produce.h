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

/* A row of a history: the chain, whether it is a probe, the numbers. */
enum { SQ_PRODUCTION_WIDE = SQ_HISTORY_COLUMNS + 2 };
/* Numbers of the histories of chains with so many trajectories each. Not collective. */
double sq_production_history(const sq_hmc_settings *set, double trajectories);
/* Numbers of a field. Not collective. */
double sq_production_numbers(const sq_run *run);

#endif
