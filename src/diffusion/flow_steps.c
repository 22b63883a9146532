/* SPDX-License-Identifier: BSD-3-Clause */
/* Samplers without noise: the probability flow dx/dq = (x - D)/q in x = phi/a, q = s/a, on the levels of a grid. */
#include "src/diffusion/sampler.h"
#include <math.h>
#include <string.h>

static double ratio(const sq_sampler *s, int k)
{
  return s->grid.s[k] / s->grid.a[k];
}

static int64_t one_each(const sq_sampler *s)
{
  return s->grid.steps;
}

/* ---- Heun ---- */

/* slope[i] = (x - D)/q at level k. */
static PetscErrorCode slopes(sq_sampler *s, int k, int count, const double *blocks, double *slope)
{
  PetscFunctionBeginUser;
  double a = s->grid.a[k], q = ratio(s, k);
  PetscCall(s->score.denoise(s->score.self, a, s->grid.s[k], count, blocks, slope));
  for (int64_t i = 0; i < count * sq_score_numbers(&s->score); i++) slope[i] = (blocks[i] / a - slope[i]) / q;
  PetscFunctionReturn(0);
}

static PetscErrorCode heun_step(sq_sampler *s, int k, sq_sampler_paths *paths, double *blocks)
{
  PetscFunctionBeginUser;
  int64_t sites = paths->count * sq_score_numbers(&s->score);
  double h = ratio(s, k - 1) - ratio(s, k), above = s->grid.a[k], below = s->grid.a[k - 1], *slope = s->kept;
  PetscCall(slopes(s, k, paths->count, blocks, slope));
  for (int64_t i = 0; i < sites; i++) blocks[i] = below * (blocks[i] / above + h * slope[i]);
  if (k == 1) PetscFunctionReturn(0); /* no slope at level 0 */
  PetscCall(slopes(s, k - 1, paths->count, blocks, s->clean));
  for (int64_t i = 0; i < sites; i++) blocks[i] += below * h * 0.5 * (s->clean[i] - slope[i]);
  PetscFunctionReturn(0);
}

static int64_t heun_evaluations(const sq_sampler *s)
{
  return 2 * (int64_t)s->grid.steps - 1;
}

/* ---- DPM-Solver++(2M) ---- */

/* How much of D - (D one level up) is added to D: half the ratio of the steps in log q. */
static double extrapolation(const sq_sampler *s, int k)
{
  if (k == s->grid.steps || k == 1) return 0;
  return 0.5 * log(ratio(s, k) / ratio(s, k - 1)) / log(ratio(s, k + 1) / ratio(s, k));
}

static PetscErrorCode dpm_solver_step(sq_sampler *s, int k, sq_sampler_paths *paths, double *blocks)
{
  PetscFunctionBeginUser;
  int64_t sites = paths->count * sq_score_numbers(&s->score);
  double shrink = ratio(s, k - 1) / ratio(s, k), more = extrapolation(s, k), above = s->grid.a[k],
         below = s->grid.a[k - 1], *before = s->kept;
  PetscCall(s->score.denoise(s->score.self, above, s->grid.s[k], paths->count, blocks, s->clean));
  for (int64_t i = 0; i < sites; i++) {
    double clean = more > 0 ? s->clean[i] + more * (s->clean[i] - before[i]) : s->clean[i];
    blocks[i] = below * (shrink * blocks[i] / above + (1 - shrink) * clean);
  }
  memcpy(before, s->clean, (size_t)sites * sizeof *before);
  PetscFunctionReturn(0);
}

const sq_sampler_type sq_sampler_heun = {.name = "heun",
                                         .summary = "the probability flow by Heun's method",
                                         .order = 2,
                                         .buffers = 1,
                                         .step = heun_step,
                                         .evaluations = heun_evaluations};
const sq_sampler_type sq_sampler_dpm_solver = {.name = "dpm-solver",
                                               .summary = "DPM-Solver++(2M)",
                                               .order = 2,
                                               .buffers = 1,
                                               .step = dpm_solver_step,
                                               .evaluations = one_each};
