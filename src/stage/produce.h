/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to stage: ensembles made by Markov chains, whatever their dynamics. */
#ifndef SQUALL_STAGE_PRODUCE_H
#define SQUALL_STAGE_PRODUCE_H

#include "squall/hmc.h"
#include "src/plan/plan.h"
#include "src/stage/stage.h"

typedef struct {
  const char *name;              /* of the stage, in messages */
  const char *file, *checkpoint; /* FILE.h5, CHECKPOINT.checkpoint.h5 in the run's directory */
  const char *group[2];          /* of training and held-out configurations */
  uint64_t fingerprint, stream;
  sq_hmc_settings set;
  /* Notes in the deck what was tuned; NULL: nothing was. */
  PetscErrorCode (*resolve)(const sq_hmc_settings *set, const sq_hmc_tuning *tuning, sq_deck *deck);
} sq_production;

/* ---- what belongs to no record (histories.c) ---- */
/* All of a history, the last `probes` chains being probes; values[chains rows][SQ_PRODUCTION_WIDE], the caller's. Not
 * collective. */
PetscErrorCode sq_history_widen(const sq_history *history, int64_t probes, double **values);
/* Such rows as a series beside the records. Collective. */
PetscErrorCode sq_history_put_wide(sq_records *records, const char *name, int64_t rows, const double *values);
/* From a finished file, what a checkpoint would have: the tuning, how far starts disagreed, what monitors counted; the
 * rows of thermalisation, and the history of production, empty where it is not one of so many chains. Collective over
 * run->world. */
PetscErrorCode sq_production_recall(const sq_run *run, const char *path, double *tuning, double *disagreement,
                                    sq_monitor *monitor);
PetscErrorCode sq_histories_recall(const sq_run *run, const char *path, int chains, int64_t *rows, double **warmup,
                                   sq_history *production);

/* What `squall check` says of chains of hybrid Monte Carlo or of the section mc, which make ensemble.h5. Collective
 * over run->world. */
PetscErrorCode sq_production_show(const sq_run *run, const sq_hmc_settings *set, sq_budget *budget);
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
