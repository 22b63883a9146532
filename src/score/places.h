/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to score: what a model of many couplings knows at each, in its file. */
#ifndef SQUALL_SCORE_PLACES_H
#define SQUALL_SCORE_PLACES_H

#include "squall/score.h"

/* NULL is allowed. */
void sq_diffusion_model_clear_places(sq_diffusion_model *model);
PetscErrorCode sq_diffusion_model_put_places(const sq_diffusion_model *model, sq_store *store);
/* The scan, for a model that has its action, and the conditions of its network; none in files of one coupling. Then
 * the places, for one that has all else. Errors: SQ_ERR_DATA. Collective over comm. */
PetscErrorCode sq_diffusion_model_get_scan(MPI_Comm comm, const sq_store *store, const char *path,
                                           sq_diffusion_model *model);
PetscErrorCode sq_diffusion_model_get_places(MPI_Comm comm, const sq_store *store, const char *path,
                                             sq_diffusion_model *model);
/* An array of positive numbers, the caller's. Error: SQ_ERR_DATA. Collective over comm. */
PetscErrorCode sq_model_get_positive(MPI_Comm comm, const sq_store *store, const char *path, const char *name,
                                     int64_t count, double **out);

#endif
