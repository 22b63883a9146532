/* SPDX-License-Identifier: BSD-3-Clause */
/* The four kinds of jobs of the stage likelihood, and what each makes of one field. */
#include "src/bounds/jobs.h"
#include <string.h>

/* ---- the tools of a job ---- */

PetscErrorCode sq_likelihood_begin_job(sq_likelihood_tools *t, sq_likelihood_job *job)
{
  PetscFunctionBeginUser;
  t->job = job;
  bool flow = sq_likelihood_of_flow(job->kind);
  /* a flow has no Gaussian steps to place, but the last, which should be short */
  if (flow) PetscCall(sq_noise_grid_geometric(job->steps, t->model->s_min, t->model->s_max, &t->levels));
  else PetscCall(sq_noise_grid_placed(t->score, job->steps, t->model->s_min, t->model->s_max, &t->levels));
  memcpy(job->s, t->levels.s, (size_t)(job->steps + 1) * sizeof *job->s);
  PetscCall(sq_noise_grid_losses(t->score, &t->levels, job->loss));
  if (flow) {
    PetscCall(sq_flow_create(t->score, &t->levels, &t->set->flow, 1, &t->flow));
    t->exact = t->set->flow.dilution == 0;
    PetscFunctionReturn(0);
  }
  PetscCall(sq_paths_create(t->score, &t->levels, 1, &t->paths));
  if (job->kind == SQ_PATHS_GENERATED) PetscCall(sq_sampler_create(t->score, &t->levels, 1, &t->sampler));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_end_job(sq_likelihood_tools *t)
{
  PetscFunctionBeginUser;
  PetscCall(sq_flow_destroy(&t->flow));
  PetscCall(sq_paths_destroy(&t->paths));
  PetscCall(sq_sampler_destroy(&t->sampler));
  sq_noise_grid_destroy(&t->levels);
  PetscFunctionReturn(0);
}

/* ---- kinds of jobs: the numbers x of field n, which is in t->block if it is held-out, but for x[0] ---- */

static PetscErrorCode flow_of_data(const sq_likelihood_tools *t, int64_t n, double *x)
{
  PetscFunctionBeginUser;
  PetscCall(sq_flow_action(t->flow, t->stream, n, 1, t->block, &x[1]));
  x[2] = sq_flow_error(t->flow, 0);
  PetscFunctionReturn(0);
}

static PetscErrorCode flow_generated(const sq_likelihood_tools *t, int64_t n, double *x)
{
  PetscFunctionBeginUser;
  PetscCall(sq_flow_generate(t->flow, t->stream, n, 1, t->block, &x[1], NULL, NULL));
  x[2] = sq_flow_error(t->flow, 0);
  PetscFunctionReturn(0);
}

static PetscErrorCode paths_of_data(const sq_likelihood_tools *t, int64_t n, double *x)
{
  PetscFunctionBeginUser;
  PetscCall(sq_paths_forward(t->paths, t->stream, n, 1, t->block, x + 1));
  PetscFunctionReturn(0);
}

static PetscErrorCode paths_generated(const sq_likelihood_tools *t, int64_t n, double *x)
{
  PetscFunctionBeginUser;
  double path;
  sq_paths_expect(t->paths, 1, x + 1);
  PetscCall(sq_sampler_generate(t->sampler, t->stream, n, 1, t->block, &path, sq_paths_watch, t->paths));
  PetscFunctionReturn(0);
}

static const struct {
  const char *name;
  PetscErrorCode (*work)(const sq_likelihood_tools *t, int64_t n, double *x);
} kinds[] = {[SQ_FLOW_TESTING] = {"flow, held-out", flow_of_data},
             [SQ_FLOW_GENERATED] = {"flow, generated", flow_generated},
             [SQ_PATHS_TESTING] = {"paths, held-out", paths_of_data},
             [SQ_PATHS_GENERATED] = {"paths, generated", paths_generated}};

PetscErrorCode sq_likelihood_work(const sq_likelihood_tools *t, int64_t n)
{
  PetscFunctionBeginUser;
  double columns[SQ_OBS_MOST], *x = t->job->value + n * t->job->width;
  PetscCall(kinds[t->job->kind].work(t, n, x));
  PetscCall(sq_obs_measure(t->obs, t->block, columns));
  x[0] = sq_obs_action(t->obs, columns);
  t->job->done[n] = 1;
  PetscFunctionReturn(0);
}

const char *sq_likelihood_job_name(const sq_likelihood_job *job)
{
  return kinds[job->kind].name;
}
