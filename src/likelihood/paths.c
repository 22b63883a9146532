/* SPDX-License-Identifier: BSD-3-Clause */
/* What each step of an ancestral path costs; the formulae are in the header. */
#include "squall/likelihood.h"
#include <math.h>
#include <string.h>

struct sq_paths {
  sq_score score;                /* not owned */
  sq_noise_grid grid;            /* not owned */
  int batch, count;              /* capacity; fields of the paths that are expected */
  int64_t numbers, orbits;       /* of a field on this rank */
  double *term;                  /* [count][steps + 1] the caller's */
  double *above, *below, *clean; /* [batch][numbers] */
  double *smooth, *white;        /* [numbers] */
  double *gain, *C,
    *C_G;          /* [orbits] W; variances of the kernel and of that of the Gaussian field, then to the power -1/2 */
  sq_shape *shape; /* what the score knows of kernels; NULL: nothing */
  double *posterior, *deviation; /* [orbits] R and the kernel's standard deviations */
};

PetscErrorCode sq_paths_create(const sq_score *score, const sq_noise_grid *grid, int batch, sq_paths **paths)
{
  PetscFunctionBeginUser;
  sq_paths *p;
  PetscCall(sq_alloc(1, &p));
  p->score = *score;
  p->grid = *grid;
  p->batch = batch;
  p->numbers = sq_score_numbers(score);
  p->orbits = score->fft->orbits.count;
  double **field[] = {&p->above, &p->below, &p->clean}, **one[] = {&p->smooth, &p->white},
         **table[] = {&p->gain, &p->C, &p->C_G, &p->posterior, &p->deviation};
  for (int i = 0; i < 3; i++) PetscCall(sq_alloc(batch * p->numbers, field[i]));
  for (int i = 0; i < 2; i++) PetscCall(sq_alloc(p->numbers, one[i]));
  for (int i = 0; i < 5; i++) PetscCall(sq_alloc(p->orbits, table[i]));
  if (sq_shape_is_known(score)) PetscCall(sq_shape_create(score, &p->shape));
  *paths = p;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_paths_destroy(sq_paths **paths)
{
  PetscFunctionBeginUser;
  sq_paths *p = *paths;
  if (!p) PetscFunctionReturn(0);
  double **array[] = {&p->above, &p->below, &p->clean, &p->smooth,    &p->white,
                      &p->gain,  &p->C,     &p->C_G,   &p->posterior, &p->deviation};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  PetscCall(sq_shape_destroy(&p->shape));
  sq_free(paths);
  PetscFunctionReturn(0);
}

/* Adds sign/2 |filter x|^2, summed over this rank's numbers. Collective. */
static PetscErrorCode add_square(sq_paths *p, double sign, const double *filter, const double *x, sq_sum *sum)
{
  PetscFunctionBeginUser;
  PetscCall(sq_score_filter(&p->score, filter, 1, x, p->white));
  for (int64_t i = 0; i < p->numbers; i++) sq_sum_add(sum, 0.5 * sign * p->white[i] * p->white[i]);
  PetscFunctionReturn(0);
}

/* Term 0: -log g_0 of the fields. */
static PetscErrorCode weigh_data(sq_paths *p, const double *blocks)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &p->score.fft->orbits;
  double volumes = 0;
  sq_sum sum[p->count];
  memset(sum, 0, sizeof sum);
  for (int64_t o = 0; o < p->orbits; o++) {
    p->gain[o] = 1 / sqrt(p->score.propagator[o]);
    volumes += 0.5 * (double)orbits->multiplicity[o] * log(2 * M_PI * p->score.propagator[o]);
  }
  volumes *= sq_score_components(&p->score);
  for (int b = 0; b < p->count; b++) PetscCall(add_square(p, 1, p->gain, blocks + b * p->numbers, &sum[b]));
  PetscCall(sq_sum_reduce(p->score.fft->lattice->comm, p->count, sum));
  for (int b = 0; b < p->count; b++) p->term[b * (p->grid.steps + 1)] = sq_sum_value(&sum[b]) + volumes;
  PetscFunctionReturn(0);
}

/* W and both variances at step k, to the power -1/2; volumes: half the sum over modes of log C/C_G. */
static PetscErrorCode set_kernels(sq_paths *p, int k, sq_reverse_step step, double *volume)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &p->score.fft->orbits;
  double a = p->grid.a[k], s = p->grid.s[k], volumes = 0;
  p->score.posterior(p->score.self, a, s, p->C);
  sq_gaussian_posterior(p->orbits, p->score.propagator, a, s, p->C_G);
  for (int64_t o = 0; o < p->orbits; o++) {
    double learned = step.rest + step.take * step.take * p->C[o],
           gaussian = step.rest + step.take * step.take * p->C_G[o];
    volumes += 0.5 * (double)orbits->multiplicity[o] * log(learned / gaussian);
    p->gain[o] = a * p->C_G[o] / (s * s);
    p->posterior[o] = p->C[o];
    p->deviation[o] = sqrt(learned);
    p->C[o] = 1 / sqrt(learned);
    p->C_G[o] = 1 / sqrt(gaussian);
  }
  *volume = volumes * sq_score_components(&p->score);
  if (p->shape) PetscCall(sq_shape_set(p->shape, a, s, &step, p->posterior, p->deviation));
  PetscFunctionReturn(0);
}

/* gain: log of the density of the step from phi, above, down less that of the Gaussian kernel; at the highest level
 * with that of phi itself. */
static PetscErrorCode gain_of_shape(sq_paths *p, int k, sq_reverse_step step, const double *phi, const double *clean,
                                    const double *below, double *gain)
{
  PetscFunctionBeginUser;
  double prior = 0;
  const double a = p->grid.a[k], s = p->grid.s[k];
  for (int64_t i = 0; i < p->numbers; i++) p->white[i] = below[i] - step.keep * phi[i] - step.take * clean[i];
  PetscCall(sq_score_filter(&p->score, p->C, 1, p->white, p->white));
  PetscCall(sq_shape_gain(p->shape, phi, clean, below, p->white, gain));
  if (k == p->grid.steps)
    PetscCall(sq_shape_prior_gain(p->shape, a, s, sqrt(a * a * p->score.propagator[0] + s * s), phi, &prior));
  *gain += prior;
  PetscFunctionReturn(0);
}

/* Term k, from the fields at levels k (above) and k - 1. */
static PetscErrorCode weigh_step(sq_paths *p, int k, const double *below)
{
  PetscFunctionBeginUser;
  sq_reverse_step step = sq_reverse_step_at(&p->grid, k);
  double volumes, gain[p->count];
  sq_sum sum[p->count];
  memset(sum, 0, sizeof sum);
  memset(gain, 0, sizeof gain);
  PetscCall(set_kernels(p, k, step, &volumes));
  PetscCall(p->score.denoise(p->score.self, p->grid.a[k], p->grid.s[k], p->count, p->above, p->clean));
  for (int b = 0; b < p->count; b++) {
    const double *phi = p->above + b * p->numbers, *next = below + b * p->numbers;
    double *clean = p->clean + b * p->numbers;
    if (p->shape) PetscCall(gain_of_shape(p, k, step, phi, clean, next, &gain[b]));
    PetscCall(sq_score_filter(&p->score, p->gain, 1, phi, p->smooth));
    for (int64_t i = 0; i < p->numbers; i++) {
      clean[i] = next[i] - step.keep * phi[i] - step.take * clean[i];
      p->smooth[i] = next[i] - step.keep * phi[i] - step.take * p->smooth[i];
    }
    PetscCall(add_square(p, 1, p->C, clean, &sum[b]));
    PetscCall(add_square(p, -1, p->C_G, p->smooth, &sum[b]));
  }
  PetscCall(sq_sum_reduce(p->score.fft->lattice->comm, p->count, sum));
  for (int b = 0; b < p->count; b++) p->term[b * (p->grid.steps + 1) + k] = sq_sum_value(&sum[b]) + volumes - gain[b];
  PetscFunctionReturn(0);
}

PetscErrorCode sq_paths_forward(sq_paths *p, uint64_t seed, int64_t first, int count, const double *blocks,
                                double *term)
{
  PetscFunctionBeginUser;
  size_t bytes = (size_t)(count * p->numbers) * sizeof *blocks;
  sq_paths_expect(p, count, term);
  PetscCall(weigh_data(p, blocks));
  memcpy(p->below, blocks, bytes);
  for (int k = 1; k <= p->grid.steps; k++) {
    sq_reverse_step step = sq_reverse_step_at(&p->grid, k);
    for (int b = 0; b < count; b++) {
      double *above = p->above + b * p->numbers, *below = p->below + b * p->numbers;
      sq_score_normals(&p->score, sq_stream_make(seed, SQ_RNG_FORWARD, (uint64_t)(first + b)), (uint64_t)k, 0, above);
      sq_forward_step(&step, p->numbers, below, above, above);
    }
    PetscCall(weigh_step(p, k, p->below));
    memcpy(p->below, p->above, bytes);
  }
  PetscFunctionReturn(0);
}

void sq_paths_expect(sq_paths *p, int count, double *term)
{
  p->count = count;
  p->term = term;
}

PetscErrorCode sq_paths_watch(void *paths, int level, const double *blocks)
{
  PetscFunctionBeginUser;
  sq_paths *p = paths;
  if (level < p->grid.steps) PetscCall(weigh_step(p, level + 1, blocks));
  if (level == 0) PetscCall(weigh_data(p, blocks));
  memcpy(p->above, blocks, (size_t)(p->count * p->numbers) * sizeof *blocks);
  PetscFunctionReturn(0);
}
