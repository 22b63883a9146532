/* SPDX-License-Identifier: BSD-3-Clause */
/* likelihood: what the stage likelihood finds, in memory and in likelihood.h5, and what follows from it. */
#ifndef SQUALL_BOUNDS_RESULTS_H
#define SQUALL_BOUNDS_RESULTS_H

#include "src/ensemble/ensemble.h"

/* Four kinds of work on fields, in this order: the flow from held-out fields and to generated ones; for each number of
 * steps, ancestral paths forward from held-out fields and generated ones. */
typedef enum { SQ_FLOW_TESTING, SQ_FLOW_GENERATED, SQ_PATHS_TESTING, SQ_PATHS_GENERATED } sq_likelihood_kind;
enum { SQ_LIKELIHOOD_JOBS = 18, SQ_LIKELIHOOD_STEPS = (SQ_LIKELIHOOD_JOBS - 2) / 2 };

typedef struct {
  sq_likelihood_kind kind;
  int steps;
  int64_t count,
    width;          /* fields; numbers of each: S, S_eff and its error for a flow; S and steps + 1 terms for paths */
  double *value;    /* [count][width] */
  int64_t *done;    /* [count] 1: its numbers are there, 0: not yet */
  double *s, *loss; /* [steps + 1] noise levels; what their steps should lose (sq_noise_grid_losses) */
} sq_likelihood_job;

typedef struct {
  int jobs;
  sq_likelihood_job job[SQ_LIKELIHOOD_JOBS];
  bool exact;       /* divergences are */
  int64_t tangents; /* of one of them */
} sq_likelihood;

/* A job with room for its numbers, all 0. clear: frees all jobs. Not collective. */
PetscErrorCode sq_likelihood_add(sq_likelihood *likelihood, sq_likelihood_kind kind, int steps, int64_t count);
void sq_likelihood_clear(sq_likelihood *likelihood);
/* Whether a kind works on held-out fields; with the flow. Not collective. */
bool sq_likelihood_of_data(sq_likelihood_kind kind);
bool sq_likelihood_of_flow(sq_likelihood_kind kind);
/* To and from a store; path is for messages. Error: SQ_ERR_DATA where it is none of these. Collective over comm. */
PetscErrorCode sq_likelihood_put(const sq_likelihood *likelihood, sq_store *store);
PetscErrorCode sq_likelihood_get(MPI_Comm comm, const sq_store *store, const char *path, sq_likelihood *likelihood);
/* likelihood.h5 of a run; found says whether there is one. Collective. */
PetscErrorCode sq_likelihood_read(const sq_run *run, sq_likelihood *likelihood, bool *found);

/* ---- what follows (rows.c); serial ---- */
/* The effective action against the true one. */
sq_line sq_likelihood_line(const sq_likelihood_job *flow);
/* Warns of weights that are not trusted. */
PetscErrorCode sq_likelihood_warn(const sq_likelihood *likelihood);
/* The mean over fields of term k of their paths; term 0 includes -S. */
PetscErrorCode sq_likelihood_term(const sq_likelihood_job *paths, int k, sq_estimate *mean);

enum { SQ_LIKELIHOOD_ROWS = 15 + 6 * SQ_LIKELIHOOD_STEPS };
typedef struct {
  char ensemble[SQ_IO_NAME], observable[SQ_IO_NAME];
  sq_estimate estimate;
} sq_likelihood_row;
/* Rows for measure.csv, row[SQ_LIKELIHOOD_ROWS]; count says how many. */
PetscErrorCode sq_likelihood_rows(const sq_likelihood *likelihood, sq_likelihood_row *row, int *count);
/* One sentence for each pair of jobs. */
PetscErrorCode sq_likelihood_words(const sq_likelihood *likelihood, sq_text *out);
/* effective_action.csv and bounds.csv. */
PetscErrorCode sq_likelihood_actions(const sq_likelihood *likelihood, sq_text *out);
PetscErrorCode sq_likelihood_bounds(const sq_likelihood *likelihood, sq_text *out);

#endif
