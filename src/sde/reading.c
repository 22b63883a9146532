/* SPDX-License-Identifier: BSD-3-Clause */
/* One network read as a denoiser, as the noise, as the score. */
#include "src/sde/types.h"

static void denoiser_of(double a, double s, double *clean, double *noisy)
{
  (void)a, (void)s;
  *clean = 1, *noisy = 0;
}

static void epsilon_of(double a, double s, double *clean, double *noisy)
{
  *clean = -a / s, *noisy = 1 / s;
}

static void score_of(double a, double s, double *clean, double *noisy)
{
  *clean = a / (s * s), *noisy = -1 / (s * s);
}

const sq_parametrisation sq_parametrisation_denoiser = {"denoiser", "the clean field D", denoiser_of};
const sq_parametrisation sq_parametrisation_epsilon = {"epsilon", "the noise (phi - a D)/s", epsilon_of};
const sq_parametrisation sq_parametrisation_score = {"score", "(a D - phi)/s^2", score_of};

const char *sq_parametrisation_name(int index)
{
  return sq_parametrisations[index] ? sq_parametrisations[index]->name : NULL;
}

const sq_parametrisation *sq_parametrisation_find(const char *name)
{
  return sq_parametrisations[sq_find_name(sq_parametrisation_name, name)];
}

PetscErrorCode sq_score_read(const sq_score *from, const sq_parametrisation *how, double a, double s, int count,
                             const double *noisy, double *value)
{
  PetscFunctionBeginUser;
  double take, keep;
  int64_t sites = count * sq_score_numbers(from);
  how->coefficients(a, s, &take, &keep);
  PetscCall(from->denoise(from->self, a, s, count, noisy, value));
  for (int64_t i = 0; i < sites; i++) value[i] = take * value[i] + keep * noisy[i];
  PetscFunctionReturn(0);
}
