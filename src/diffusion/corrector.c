/* SPDX-License-Identifier: BSD-3-Clause */
/* Predictor-corrector: a step of Euler-Maruyama, then Langevin steps at the level that was reached. */
#include "src/diffusion/sampler.h"
#include <math.h>

/* e = 2 snr^2 V/E|score|^2 of a Gaussian field. */
static double step_size(const sq_sampler *s, double a, double sd)
{
  const sq_orbits *orbits = &s->score.fft->orbits;
  double sum = 0;
  for (int64_t o = 0; o < orbits->count; o++)
    sum += (double)orbits->multiplicity[o] / (a * a * s->score.propagator[o] + sd * sd);
  return 2 * s->snr * s->snr * (double)s->score.fft->lattice->volume / sum;
}

/* phi += e score + sqrt(2 e) z at level k > 0. */
static PetscErrorCode correct(sq_sampler *s, int k, int number, const sq_sampler_paths *paths, double *blocks)
{
  PetscFunctionBeginUser;
  int64_t volume = sq_score_numbers(&s->score);
  double a = s->grid.a[k], s2 = s->grid.s[k] * s->grid.s[k], e = step_size(s, a, s->grid.s[k]), kick = sqrt(2 * e);
  PetscCall(s->score.denoise(s->score.self, a, s->grid.s[k], paths->count, blocks, s->clean));
  for (int b = 0; b < paths->count; b++) {
    double *phi = blocks + b * volume, *clean = s->clean + b * volume;
    s->source(s->source_context, &s->score, sq_stream_make(paths->seed, SQ_RNG_CORRECTOR, (uint64_t)(paths->first + b)),
              (uint64_t)k, (uint16_t)number, s->noise);
    for (int64_t i = 0; i < volume; i++) phi[i] += e * (a * clean[i] - phi[i]) / s2 + kick * s->noise[i];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode step(sq_sampler *s, int k, sq_sampler_paths *paths, double *blocks)
{
  PetscFunctionBeginUser;
  PetscCall(sq_kernel_step(s, k, paths, blocks));
  for (int i = 0; k > 1 && i < s->corrections; i++) PetscCall(correct(s, k - 1, i, paths, blocks));
  PetscFunctionReturn(0);
}

static int64_t evaluations(const sq_sampler *s)
{
  return s->grid.steps + (int64_t)(s->grid.steps - 1) * s->corrections;
}

const sq_sampler_type sq_sampler_predictor_corrector = {.name = "predictor-corrector",
                                                        .summary = "Euler-Maruyama with Langevin steps at every level",
                                                        .order = 1,
                                                        .kernel = sq_euler_kernel,
                                                        .step = step,
                                                        .evaluations = evaluations};
