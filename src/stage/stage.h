/* SPDX-License-Identifier: BSD-3-Clause */
/* stage: making ensembles, models and generated fields. */
#ifndef SQUALL_STAGE_H
#define SQUALL_STAGE_H

#include "src/ensemble/ensemble.h"
#include "src/learning/learning.h"
#include "src/plan/site.h"

extern const sq_stage sq_hmc_stage, sq_mc_stage, sq_import_stage, sq_langevin_stage, sq_train_stage, sq_sample_stage;

/* ---- models of half the configurations (halves.c); half: 1 or 2, 0: of all ---- */
/* NAME.h5, NAME-half-1.h5, ... in the run's directory; and the fingerprint of what is made by halves. Not collective.
 */
void sq_half_path(const sq_run *run, const char *name, int half, char path[SQ_PATH]);
uint64_t sq_half_fingerprint(uint64_t fingerprint, int half);
/* Leaves that half of the fields, which are on the site. Not collective. */
void sq_half_of(int half, const sq_site *site, sq_dataset *fields);
/* The fields of both halves, where the deck wants them, and the model's own errors; none elsewhere. fingerprint and
 * stream: of the samples. Collective over run->world. */
PetscErrorCode sq_halves_make(const sq_run *run, uint64_t fingerprint, uint64_t stream, sq_model_errors *errors);
/* Warns where finished samples do not have them. Collective. */
PetscErrorCode sq_halves_missing(const sq_run *run, const char *path);

/* ---- weights of Monte Carlo fields (forward.c) ---- */
/* forward.h5, where the site's generator knows the density of any field, samples.h5 is finished, and there is an
 * ensemble on its lattice; nothing where it is there already. Error: SQ_ERR_STOPPED. Collective over run->world. */
PetscErrorCode sq_forward_make(const sq_site *site);
/* Whether samples that were finished before lack it. Collective over run->world. */
PetscErrorCode sq_forward_missing(const sq_run *run, bool *missing);

#endif
