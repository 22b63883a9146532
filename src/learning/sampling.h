/* SPDX-License-Identifier: BSD-3-Clause */
/* sampling: the way down that a deck asks for, and what is known of it before fields are made. */
#ifndef SQUALL_LEARNING_SAMPLING_H
#define SQUALL_LEARNING_SAMPLING_H

#include "squall/diffusion.h"
#include "src/learning/learning.h"
#include "src/plan/site.h"

/* Whether the deck's levels can be made in some number of steps, as far as is known before there is a model:
 * SQ_ERR_INPUT if not. Not collective; the same on every rank. */
PetscErrorCode sq_sample_levels_check(const sq_run *run, int steps);
/* prior.csv: the prior's variance mode by mode, what it should be, and what G(p) comes out as for it; a warning where
 * they differ. Collective over run->world. */
PetscErrorCode sq_prior_report(const sq_run *run, const sq_sampler *sampler);
/* bound.csv: the variational bound on held-out fields of the run, term by term, where the deck asks for it,
 * with noise of a stream. Collective over run->world. */
PetscErrorCode sq_bound_report(const sq_site *site, uint64_t stream, sq_sampler *sampler);
/* Whether the deck allows it: SQ_ERR_INPUT if not. Collective over run->world. */
PetscErrorCode sq_bound_check(const sq_run *run);
/* The lattice of the section sample with a model's generator, for so many fields. Collective. */
PetscErrorCode sq_sample_site(const sq_run *run, const sq_model *model, int64_t count, sq_site *site);

#endif
