/* SPDX-License-Identifier: BSD-3-Clause */
/* effective_mass: the energy of an excitation from two neighbouring points of a periodic correlator. Serial. */
#include "gap.h"
#include <math.h>

double sq_cosh_falling(double m, double sites, double t)
{
  return (exp(-m * t) + exp(-m * (sites - t))) / (1 + exp(-m * sites));
}

double sq_effective_mass(int64_t sites, int64_t t, double near, double far)
{
  double ratio = far / near, low = 0, high = 50;
  if (!(ratio > 0 && ratio < 1) || 2 * t + 1 >= sites) return NAN;
  for (int i = 0; i < 60; i++) {
    double m = 0.5 * (low + high);
    if (sq_cosh_falling(m, (double)sites, (double)t + 1) > ratio * sq_cosh_falling(m, (double)sites, (double)t))
      low = m;
    else high = m;
  }
  return 0.5 * (low + high);
}

/* ---- with errors ---- */

typedef struct {
  int64_t sites, t;
} pair;

static double mass_of_pair(const double *mean, const void *context)
{
  const pair *p = context;
  return sq_effective_mass(p->sites, p->t, mean[0], mean[1]);
}

/* -d log(sq_cosh_falling)/dm at t, but for what does not depend on t. */
static double slope(double m, double sites, double t)
{
  double there = exp(-m * t), back = exp(-m * (sites - t));
  return (t * there + (sites - t) * back) / (there + back);
}

/* From far/near = sq_cosh_falling(m, t + 1)/sq_cosh_falling(m, t). */
static void gradient_of_pair(const double *mean, const void *context, double *gradient)
{
  const pair *p = context;
  double m = mass_of_pair(mean, p),
         change = slope(m, (double)p->sites, (double)p->t) - slope(m, (double)p->sites, (double)p->t + 1);
  gradient[0] = -1 / (change * mean[0]);
  gradient[1] = 1 / (change * mean[1]);
}

PetscErrorCode sq_effective_masses(const sq_series *series, int64_t sites, double *mass, double *error)
{
  PetscFunctionBeginUser;
  for (int64_t t = 0; t < (sites - 1) / 2; t++) {
    const pair p = {sites, t};
    sq_estimate m;
    sq_derived derived = {.primaries = 2,
                          .column = (int[]){(int)t, (int)t + 1},
                          .function = mass_of_pair,
                          .gradient = gradient_of_pair,
                          .context = &p};
    PetscCall(sq_gamma(series, &derived, &m));
    mass[t] = m.value;
    error[t] = sq_estimate_known_error(&m);
  }
  PetscFunctionReturn(0);
}
