/* SPDX-License-Identifier: BSD-3-Clause */
/* A particle in one dimension, as the path integral writes it (M. Creutz, B. Freedman, Ann. Phys. 132 (1981) 427):
 *   S = sum_t [ m (x_{t+1} - x_t)^2/(2a) + a V(x_t) + 1/2 log(2 pi a/m) ],
 *   V(x) = m omega2/2 x^2 + lambda (x^2 - f2)^2,
 * with time steps a and hbar = 1. The constant is the measure: int prod dx e^{-S} is the trace of the transfer matrix,
 * Tr e^{-H N a} for small steps. All of it is hopping, a quartic potential and a constant a site.
 */
#include "hopping.h"
#include <math.h>
#include <stdio.h>

enum { SPACING, LAMBDA, F2, OMEGA2, MASS };

static sq_hopping coefficients(const sq_action *action)
{
  const double *v = action->value, a = v[SPACING], hop = v[MASS] / a;
  return (sq_hopping){.hop = hop,
                      .quadratic = hop + a * (0.5 * v[MASS] * v[OMEGA2] - 2 * v[LAMBDA] * v[F2]),
                      .quartic = a * v[LAMBDA],
                      .constant = a * v[LAMBDA] * v[F2] * v[F2] + 0.5 * log(2 * PETSC_PI / hop)};
}

static bool particle_valid(const sq_action *action, char *reason, size_t size)
{
  const double *v = action->value;
  bool finite = true;
  for (int i = 0; i <= MASS; i++) finite = finite && isfinite(v[i]);
  if (action->dim != 1) {
    snprintf(reason, size, "a particle's paths are lattices of one direction, time; this one has %d", action->dim);
    return false;
  }
  if (!finite || !(v[MASS] > 0) || !(v[SPACING] > 0) || v[LAMBDA] < 0) {
    snprintf(reason, size,
             "mass = %g, spacing = %g, lambda = %g, omega2 = %g, f2 = %g: all must be finite, mass and spacing "
             "positive, lambda not negative",
             v[MASS], v[SPACING], v[LAMBDA], v[OMEGA2], v[F2]);
    return false;
  }
  if (!sq_hopping_bounded(action)) {
    snprintf(reason, size, "omega2 = %g at lambda = 0: nothing holds the particle; give an omega2 > 0 or a lambda > 0",
             v[OMEGA2]);
    return false;
  }
  return true;
}

/* The constant of every site, as the exact sum of its products with rounding. */
static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const double sites = (double)phi->lattice->local_volume, each = sq_hopping_of(action).constant, all = sites * each;
  sq_hopping_energy(action, phi, sum);
  sq_sum_add(sum, all);
  sq_sum_add(sum, fma(sites, each, -all));
}

static void units(const sq_action *action, double *spacing, double *mass)
{
  *spacing = action->value[SPACING];
  *mass = action->value[MASS];
}

static const char *const columns[] = {"M",      "phi2",  "phi4", "link", "action_density", "schwinger_dyson",
                                      "G_pmin", "kinks", NULL};

static const sq_param params[] = {
  {"action", "spacing", SQ_PARAM_REAL, NULL, 1e-9, 1e9, NULL, "",
   "particle, S = sum m/(2a) (x' - x)^2 + a V(x) + log(2 pi a/m)/2, V = m omega2/2 x^2 + lambda (x^2 - f2)^2: the time "
   "step a"},
  {"action", "lambda", SQ_PARAM_REAL, NULL, 0, 1e12, NULL, "",
   "particle: quartic coupling; 0 is the harmonic oscillator and needs omega2 > 0"},
  {"action", "f2", SQ_PARAM_REAL, "0", 0, 0, NULL, "",
   "particle: square of the position of the wells of lambda (x^2 - f2)^2; not positive: a single well", .later = true},
  {"action", "omega2", SQ_PARAM_REAL, "0", 0, 0, NULL, "",
   "particle: the square of the frequency of the harmonic part; may be negative where lambda > 0", .later = true},
  {"action", "mass", SQ_PARAM_REAL, "1", 1e-9, 1e9, NULL, "", "particle: its mass m", .later = true},
  {0}};

const sq_action_type sq_action_particle = {
  .name = "particle",
  .summary = "m/(2a) (x_{t+1} - x_t)^2 + a V(x_t) + log(2 pi a/m)/2, V = m omega2/2 x^2 + lambda (x^2 - f2)^2, d = 1",
  .params = params,
  .space = &sq_space_real,
  .columns = columns,
  .symmetric = true,
  .valid = particle_valid,
  .energy = energy,
  .smooth = &sq_hopping_smooth,
  .bond = &sq_hopping_bond,
  .given = &sq_hopping_given,
  .transfer = &(const sq_action_transfer){.hop = sq_hopping_hop, .site = sq_hopping_site, .units = units},
  .ordered_value = sq_hopping_ordered_value,
  .free_propagator = sq_hopping_free_propagator,
  .own = &(const sq_hopping_form){coefficients},
};
