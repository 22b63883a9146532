/* SPDX-License-Identifier: BSD-3-Clause */
/* trial: what the stages of a deck cost on this machine. */
#ifndef SQUALL_TRIAL_TRIAL_H
#define SQUALL_TRIAL_TRIAL_H

#include "src/plan/plan.h"

/* The rates of a budget, measured in a fifth of a second. learned: that of the deck's model too. Collective over
 * run->world. */
PetscErrorCode sq_trial_rates(const sq_run *run, bool learned, sq_budget *budget);

/* A new directory below TMPDIR, for files of a trial; takes it away with all that is in it. Errors: SQ_ERR_IO.
 * Collective over world. */
PetscErrorCode sq_trial_scratch(MPI_Comm world, char dir[SQ_PATH]);
void sq_trial_sweep(MPI_Comm world, const char *dir);

/* squall bench --save: what the deck's stages cost here, by a trial of them, into the file of costs. Errors: those of
 * the stages; SQ_ERR_INPUT, SQ_ERR_IO. Collective over run->world. */
PetscErrorCode sq_trial_save(sq_run *run);

#endif
