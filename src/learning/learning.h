/* SPDX-License-Identifier: BSD-3-Clause */
/* learning: what training and generating ask of a deck, and what they take, before they begin. */
#ifndef SQUALL_LEARNING_H
#define SQUALL_LEARNING_H

#include "src/run/stage.h"
#include "src/plan/plan.h"

/* fits and plan of sq_stage. Collective. */
PetscErrorCode sq_train_fits(const sq_run *run);
PetscErrorCode sq_sample_fits(const sq_run *run);
/* places: couplings at which one model learns, each with an ensemble and a calibration of its own; 1: one. */
PetscErrorCode sq_train_plan_show(const sq_run *run, int places, sq_budget *budget);
PetscErrorCode sq_sample_plan_show(const sq_run *run, sq_budget *budget);
/* What drawing takes on a lattice, extent as in sq_lattice, with the model that the deck generates with: that of the
 * file sample.model, if it has an exact density, else the deck's. SQ_ERR_INPUT where that is impossible. Collective. */
PetscErrorCode sq_sample_needed(const sq_run *run, const int64_t extent[SQ_DIM], sq_generator_needs *needs);
/* SQ_ERR_INPUT where the deck wants halves and something that does not go with them. Collective. */
PetscErrorCode sq_halves_fit(const sq_run *run);
/* The fingerprint of what a model depends on. Not collective. */
uint64_t sq_train_fingerprint(const sq_run *run);
/* How the stages train and sample share out their fields, in batches that the model needs. Not collective. */
sq_plan sq_train_plan(const sq_run *run, const sq_generator_needs *needs);
sq_plan sq_sample_plan(const sq_run *run, const sq_generator_needs *needs);

#endif
