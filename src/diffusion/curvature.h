/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to diffusion: the measurement of the curvature, level by level. */
#ifndef SQUALL_DIFFUSION_CURVATURE_H
#define SQUALL_DIFFUSION_CURVATURE_H

#include "squall/diffusion.h"

typedef struct sq_curvature sq_curvature;
/* score is kept, not owned. Collective over its lattice's ranks, as all below. */
PetscErrorCode sq_curvature_create(const sq_score *score, sq_curvature **curvature);
PetscErrorCode sq_curvature_destroy(sq_curvature **curvature);
/* Begins a level, where a Gaussian field would leave posterior[orbits] open. */
PetscErrorCode sq_curvature_begin(sq_curvature *curvature, const double *posterior);
/* Adds a field: what the denoiser made of it, less what it was: clean, error[components][local_volume]. */
PetscErrorCode sq_curvature_add(sq_curvature *curvature, const double *clean, const double *error);
/* c of the level from `fields` fields on all ranks: shrunk as far as it is not known, 0 within four errors. Collective
 * over grid->world. */
PetscErrorCode sq_curvature_finish(sq_curvature *curvature, const sq_grid *grid, int64_t fields, double *value);

#endif
