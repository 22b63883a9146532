/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the stage likelihood: one job, field by field. */
#ifndef SQUALL_BOUNDS_JOBS_H
#define SQUALL_BOUNDS_JOBS_H

#include "squall/likelihood.h"
#include "src/bounds/results.h"
#include "src/plan/plan.h"

/* The section likelihood. */
typedef struct {
  int64_t configurations, paths;
  int steps;                 /* of the flow */
  const int64_t *path_steps; /* [numbers] the deck's */
  int numbers;
  sq_flow_settings flow;
} sq_likelihood_settings;
extern const sq_param sq_likelihood_params[];
/* For a lattice of so many sites. Error: SQ_ERR_INPUT where the deck asks for nothing, or too much. Not collective; the
 * same on every rank. */
PetscErrorCode sq_likelihood_settings_from_deck(const sq_deck *deck, double numbers, sq_likelihood_settings *set);
/* How the fields are shared out. Not collective. */
sq_plan sq_likelihood_plan(const sq_run *run, const sq_likelihood_settings *set, const sq_network_shape *shape);

/* What a job works with; it owns what sq_likelihood_begin_job makes. */
typedef struct {
  uint64_t stream; /* of random numbers */
  const sq_likelihood_settings *set;
  const sq_lattice *lattice;
  const sq_diffusion_model *model;
  const sq_score *score;
  sq_obs *obs;
  double *block; /* [local_volume] the field at work */
  sq_likelihood_job *job;
  sq_noise_grid levels;
  sq_flow *flow; /* of jobs with the flow */
  bool exact;    /* its divergences are */
  sq_paths *paths;
  sq_sampler *sampler;
} sq_likelihood_tools;

/* Makes what the job needs, and fills its levels and losses. Collective over the lattice's ranks, as are the next two.
 */
PetscErrorCode sq_likelihood_begin_job(sq_likelihood_tools *tools, sq_likelihood_job *job);
/* The numbers of the job's field n, which is in block if it is held-out; then it is done. */
PetscErrorCode sq_likelihood_work(const sq_likelihood_tools *tools, int64_t n);
PetscErrorCode sq_likelihood_end_job(sq_likelihood_tools *tools);
/* For the progress line. Not collective. */
const char *sq_likelihood_job_name(const sq_likelihood_job *job);

#endif
