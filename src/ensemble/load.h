/* SPDX-License-Identifier: BSD-3-Clause */
/* load: what earlier stages made, read into memory: fields and models, held against the deck (src/run/input.h). */
#ifndef SQUALL_ENSEMBLE_LOAD_H
#define SQUALL_ENSEMBLE_LOAD_H

#include "src/run/run.h"

/* ---- fields ---- */

/* Reads all fields of one group of a records file (none if there is no such group), this rank's part of each, on every
 * replica. blocks is the caller's (sq_free). Collective. */
PetscErrorCode sq_load_fields(const sq_grid *grid, const sq_lattice *lattice, const char *path, int group, int64_t most,
                              int64_t *count, double **blocks);
/* The groups training and testing of an ensemble, at most so many fields of the second, as sq_load_fields reads them,
 * held against the deck (sq_input_check) and seen by a witness. count[2], blocks[2], the caller's. Collective.
 */
PetscErrorCode sq_load_ensemble(const sq_run *run, const sq_grid *grid, const sq_lattice *lattice, const char *path,
                                int64_t most, int64_t count[], double *blocks[]);
/* The path of trajectories.h5, and whether it is there and of the same deck as samples.h5 (a warning if not).
 * Collective. */
PetscErrorCode sq_find_trajectories(const sq_run *run, char path[SQ_PATH], bool *there);
/* Opens a records file for reading its fields, with a grid of this run that fits it; the caller closes all three.
 * Collective. */
PetscErrorCode sq_open_fields(const sq_run *run, const char *path, sq_grid **grid, sq_lattice **lattice,
                              sq_records **records);
/* Reads all fields of a records file before a witness (witness.h). Error: SQ_ERR_DATA with the first record that cannot
 * be what the file says. Collective. */
PetscErrorCode sq_look_at_fields(const sq_run *run, const char *path);

/* ---- models ---- */

/* What made a model: its fingerprint, and the key of the ensemble that it learned from, 0 where that is not known. */
typedef struct {
  uint64_t fingerprint, training;
} sq_model_origin;
/* Reads model.h5 or the like, and what made it (may be NULL). Error: SQ_ERR_DATA if it is for another action or
 * dimension. Collective. */
PetscErrorCode sq_load_model(const sq_run *run, const char *path, sq_model *model, sq_model_origin *origin);
/* Fails where it will be missing, as sq_run_need. Collective. */
PetscErrorCode sq_run_need_model(const sq_run *run);
/* Reads it. Errors: SQ_ERR_INPUT if there is none, and as above. Collective. */
PetscErrorCode sq_load_chosen_model(const sq_run *run, sq_model *model, sq_model_origin *origin);
/* Fails with SQ_ERR_INPUT where the model of the deck, or of the file sample.model, is of another type than diffusion,
 * which what asks for it needs. Collective. */
PetscErrorCode sq_need_diffusion(const sq_run *run, const char *what);

/* ---- what a stage begins with ---- */

/* Fails with SQ_ERR_INPUT where a stage has nothing to begin with: the file is not there, and no stage of that section
 * (NULL: none makes it) runs before. For the message: what the file is for, and what to do. Collective. */
PetscErrorCode sq_run_need(const sq_run *run, const char *section, const char *path, const char *purpose,
                           const char *hint);
/* The same of the ensemble that a run learns from. Collective. */
PetscErrorCode sq_run_need_ensemble(const sq_run *run, const char *purpose);

#endif
