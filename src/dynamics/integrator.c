/* SPDX-License-Identifier: BSD-3-Clause */
/* Integrators as flat schedules of coefficients: momenta, field, momenta, ..., momenta, each in units of the step size.
 * A new one is one record here and one line in table.c. */
#include "internal.h"

/* Minimises the leading error of a two-force step: Omelyan, Mryglod, Folk, Comput. Phys. Commun. 151 (2003) 272. */
#define OMELYAN_LAMBDA 0.1931833275037836

const sq_integrator sq_integrator_leapfrog = {
  .name = "leapfrog",
  .summary = "second order, one force a step",
  .order = 2,
  .acceptance = 0.8,
  .count = 3,
  .coefficient = {0.5, 1, 0.5},
};

const sq_integrator sq_integrator_omelyan = {
  .name = "omelyan",
  .summary = "second order with a small error, two forces a step",
  .order = 2,
  .acceptance = 0.9,
  .count = 5,
  .coefficient = {OMELYAN_LAMBDA, 0.5, 1 - 2 * OMELYAN_LAMBDA, 0.5, OMELYAN_LAMBDA},
};

/* Fourth order with five forces a step and the least leading error: the same paper. */
#define OMF4_RHO    0.08398315262876693
#define OMF4_THETA  0.2539785108410595
#define OMF4_LAMBDA 0.6822365335719091
#define OMF4_MU     -0.03230286765269967

const sq_integrator sq_integrator_omf4 = {
  .name = "omf4",
  .summary = "fourth order, five forces a step",
  .order = 4,
  .acceptance = 0.93,
  .count = 11,
  .coefficient = {OMF4_RHO, OMF4_THETA, OMF4_LAMBDA, OMF4_MU, 0.5 - OMF4_LAMBDA - OMF4_RHO,
                  1 - 2 * (OMF4_THETA + OMF4_MU), 0.5 - OMF4_LAMBDA - OMF4_RHO, OMF4_MU, OMF4_LAMBDA, OMF4_THETA,
                  OMF4_RHO},
};

/* Coefficients of a trajectory: count of a step, the last kick of one joined with the first of the next. */
double sq_md_drift_at(const sq_integrator *scheme, int64_t k)
{
  int drifts = scheme->count / 2;
  return scheme->coefficient[2 * (k % drifts) + 1];
}

/* The kick after drift k, not the last. */
double sq_md_kick_after(const sq_integrator *scheme, int64_t k)
{
  int drifts = scheme->count / 2;
  const double *c = scheme->coefficient;
  return k % drifts == drifts - 1 ? c[scheme->count - 1] + c[0] : c[2 * (k % drifts) + 2];
}
