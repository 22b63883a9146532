/* SPDX-License-Identifier: BSD-3-Clause */
/* The spaces in which the numbers of a field live: hot starts, symmetry moves, identities. */
#include "squall/action.h"
#include "squall/circle.h"
#include <math.h>

bool sq_space_holds(const sq_space *space, int64_t n, const double *x)
{
  if (space->holds) return space->holds(n, x);
  bool finite = true;
  for (int64_t i = 0; i < n; i++) finite = finite && isfinite(x[i]);
  return finite;
}

/* ---- the real line ---- */

static sq_symmetry turn_sign(double u)
{
  return (sq_symmetry){.factor = u < 0.5 ? 1 : -1};
}

const sq_space sq_space_real = {.name = "real", .random = sq_rng_normals, .symmetry = turn_sign, .identity = 1};

/* Half of them are imaginary parts, and Schwinger-Dyson is the real part of the complex one, of half as many numbers.
 */
const sq_space sq_space_complex = {.name = "complex", .random = sq_rng_normals, .symmetry = turn_sign, .identity = 0.5};

/* ---- the circle ---- */

static void random_angles(sq_stream stream, uint64_t first, int64_t n, uint64_t step, uint16_t draw, double *x)
{
  for (int64_t i = 0; i < n; i++)
    x[i] = 2 * PETSC_PI * sq_rng_uniform(stream, first + (uint64_t)i, step, draw) - PETSC_PI;
}

static sq_symmetry rotate(double u)
{
  return (sq_symmetry){.factor = 1, .shift = 2 * PETSC_PI * u};
}

/* Rounding may make one of -pi. */
static bool are_angles(int64_t n, const double *x)
{
  bool all = true;
  for (int64_t i = 0; i < n; i++) all = all && fabs(x[i]) <= PETSC_PI;
  return all;
}

const sq_space sq_space_circle = {.name = "circle",
                                  .random = random_angles,
                                  .symmetry = rotate,
                                  .order = {sq_circle_cosines, sq_circle_sines},
                                  .wrap = sq_circle_wrap,
                                  .holds = are_angles,
                                  .identity = NAN,
                                  .reflected = true};

/* ---- signs ---- */

static void random_signs(sq_stream stream, uint64_t first, int64_t n, uint64_t step, uint16_t draw, double *x)
{
  for (int64_t i = 0; i < n; i++) x[i] = sq_rng_uniform(stream, first + (uint64_t)i, step, draw) < 0.5 ? -1 : 1;
}

static bool are_signs(int64_t n, const double *x)
{
  bool all = true;
  for (int64_t i = 0; i < n; i++) all = all && (x[i] == 1 || x[i] == -1);
  return all;
}

const sq_space sq_space_sign = {.name = "sign",
                                .random = random_signs,
                                .symmetry = turn_sign,
                                .holds = are_signs,
                                .identity = NAN,
                                .reflected = true};

/* ---- fluxes ---- */

static void no_flux(sq_stream stream, uint64_t first, int64_t n, uint64_t step, uint16_t draw, double *x)
{
  (void)stream, (void)first, (void)step, (void)draw;
  for (int64_t i = 0; i < n; i++) x[i] = 0;
}

const sq_space sq_space_flux = {.name = "flux", .random = no_flux, .identity = NAN};
