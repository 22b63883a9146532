/* A particle in a quartic potential at each site, coupled to its neighbours:
 *   S = sum_x [ -2 kappa sum_{mu>0} phi_x phi_{x+mu} + mu/2 phi_x^2 + lambda/4! phi_x^4 ].
 * On one site with kappa = 0 this is the toy model of stochastic quantisation: mu < 0 makes a double well. On one site phi is its own
 * neighbour, so kappa only shifts mu there.
 */
#include "hopping.h"
#include <math.h>
#include <stdio.h>

enum { MU, LAMBDA, KAPPA };

static sq_hopping hopping_of(const sq_action *action)
{
  return (sq_hopping){.hop = 2 * action->value[KAPPA], .quadratic = action->value[MU] / 2, .quartic = action->value[LAMBDA] / 24};
}

static void quartic_energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const sq_hopping hopping = hopping_of(action);
  sq_hopping_energy(&hopping, action->dim, phi, sum);
}

static void quartic_force(const sq_action *action, const sq_field *phi, double *force)
{
  const sq_hopping hopping = hopping_of(action);
  sq_hopping_force(&hopping, action->dim, phi, force);
}

static void quartic_sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first, int64_t count, const sq_field *previous, sq_field *next)
{
  const sq_hopping hopping = hopping_of(action);
  sq_hopping_sweep(&hopping, action->dim, now, ratio, weight, first, count, previous, next);
}

static bool quartic_valid(const sq_action *action, char *reason, size_t size)
{
  const sq_hopping hopping = hopping_of(action);
  double           mu = action->value[MU], lambda = action->value[LAMBDA], kappa = action->value[KAPPA];
  if (!isfinite(mu) || !isfinite(kappa) || !isfinite(lambda) || lambda < 0) {
    snprintf(reason, size, "mu = %g, kappa = %g, lambda = %g: mu and kappa must be finite, lambda finite and not negative", mu, kappa, lambda);
    return false;
  }
  if (!sq_hopping_bounded(&hopping, action->dim)) {
    snprintf(reason, size, "mu = %g, kappa = %g at lambda = 0: the action has no lower bound unless mu > 4 d |kappa| = %g; raise mu or give a lambda > 0", mu, kappa,
             4 * action->dim * fabs(kappa));
    return false;
  }
  return true;
}

static double quartic_ordered_value(const sq_action *action)
{
  const sq_hopping hopping = hopping_of(action);
  return sq_hopping_ordered_value(&hopping, action->dim);
}

static double quartic_free_propagator(const sq_action *action, double cos_sum)
{
  const sq_hopping hopping = hopping_of(action);
  return sq_hopping_free_propagator(&hopping, cos_sum);
}

static double quartic_hopping(const sq_action *action)
{
  return hopping_of(action).hop;
}

static double quartic_site(const sq_action *action, double phi, double *slope)
{
  const sq_hopping hopping = hopping_of(action);
  return sq_hopping_site(&hopping, phi, slope);
}

const sq_action_type sq_action_quartic = {
  .name            = "quartic",
  .summary         = "-2 kappa sum_mu phi_x phi_{x+mu} + mu/2 phi^2 + lambda/4! phi^4",
  .parameters      = 3,
  .parameter       = {"mu", "lambda", "kappa"},
  .z2              = true,
  .valid           = quartic_valid,
  .energy          = quartic_energy,
  .force           = quartic_force,
  .sweep           = quartic_sweep,
  .ordered_value   = quartic_ordered_value,
  .free_propagator = quartic_free_propagator,
  .hopping         = quartic_hopping,
  .site            = quartic_site,
};
