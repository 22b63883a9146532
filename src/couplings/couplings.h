/* SPDX-License-Identifier: BSD-3-Clause */
/* couplings: one model for many couplings: at which it learns and generates, as the deck says, and the runs of single
 * couplings below that of the deck. */
#ifndef SQUALL_COUPLINGS_H
#define SQUALL_COUPLINGS_H

#include "src/run/run.h"
#include "src/run/stage.h"

/* ---- the keys train.scan and sample.scan (settings.c) ---- */

/* Whether the deck has the first; the second. Not collective. */
bool sq_couplings_learned(const sq_run *run);
bool sq_couplings_sampled(const sq_run *run);
/* The couplings of each, {0} where the deck has none. Errors: SQ_ERR_INPUT for what is no list of values of parameters
 * of the action, or not in the range that is learned. Not collective, the same on every rank. */
PetscErrorCode sq_couplings_to_learn(const sq_run *run, sq_scan *scan);
PetscErrorCode sq_couplings_to_sample(const sq_run *run, sq_scan *scan);
/* Whether an action is at one of the places. Not collective. */
bool sq_couplings_has(const sq_scan *scan, const sq_action *action);
/* The stage that makes the ensembles; NULL where the deck has none. Not collective. */
const sq_stage *sq_coupling_ensemble(const sq_run *run);
/* Whether the rest of the deck goes with train.scan: SQ_ERR_INPUT if not. Collective over run->world. */
PetscErrorCode sq_couplings_check(const sq_run *run);

/* ---- the run of one coupling (part.c) ---- */

/* In couplings/KEY-VALUE_... below the run's directory, with the section that makes ensembles if the model learns
 * there, those that generate with the run's model if the deck wants that there. The caller destroys it; it keeps `run`.
 * Errors: SQ_ERR_INPUT, naming the coupling. Collective. */
PetscErrorCode sq_coupling_run(const sq_run *run, const sq_action *action, sq_run **part);

/* ---- fields (fields.c) ---- */

/* Fields of all places, as a model of many couplings learns them: training and held-out ones, of these at most so many
 * of each; the blocks are the caller's (sq_free). Errors: SQ_ERR_INPUT where an ensemble is missing or of another deck.
 * Collective. */
PetscErrorCode sq_couplings_load(const sq_run *run, const sq_scan *scan, const sq_grid *grid, const sq_lattice *lattice,
                                 int64_t most, sq_dataset *training, sq_dataset *testing);

#endif
