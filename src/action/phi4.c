/* phi^4 in the hopping form,
 *   S = sum_x [ -2 kappa sum_{mu>0} phi_x phi_{x+mu} + (1 - 2 lambda) phi_x^2 + lambda phi_x^4 ].
 */
#include "hopping.h"
#include <math.h>
#include <stdio.h>

enum { KAPPA, LAMBDA };

static sq_hopping hopping_of(const sq_action *action)
{
  double kappa = action->value[KAPPA], lambda = action->value[LAMBDA];
  return (sq_hopping){.hop = 2 * kappa, .quadratic = 1 - 2 * lambda, .quartic = lambda};
}

static void phi4_energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const sq_hopping hopping = hopping_of(action);
  sq_hopping_energy(&hopping, action->dim, phi, sum);
}

static void phi4_force(const sq_action *action, const sq_field *phi, double *force)
{
  const sq_hopping hopping = hopping_of(action);
  sq_hopping_force(&hopping, action->dim, phi, force);
}

static void phi4_sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first, int64_t count, const sq_field *previous, sq_field *next)
{
  const sq_hopping hopping = hopping_of(action);
  sq_hopping_sweep(&hopping, action->dim, now, ratio, weight, first, count, previous, next);
}

/* Only -2 kappa phi phi' is odd in the sign of one site. */
SQ_VECTORS static void phi4_bond(const sq_action *action, const sq_field *phi, int64_t at, int64_t n, double *strength)
{
  const double  factor = 4 * action->value[KAPPA];
  const double *x      = phi->data + at;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++, strength += n)
    for (int64_t i = 0; i < n; i++) strength[i] = factor * (x[i] * x[i + phi->stride[mu]]);
}

static bool phi4_valid(const sq_action *action, char *reason, size_t size)
{
  const sq_hopping hopping = hopping_of(action);
  double           kappa = action->value[KAPPA], lambda = action->value[LAMBDA];
  if (!isfinite(kappa) || !isfinite(lambda) || lambda < 0) {
    snprintf(reason, size, "kappa = %g, lambda = %g: kappa must be finite, lambda finite and not negative", kappa, lambda);
    return false;
  }
  if (!sq_hopping_bounded(&hopping, action->dim)) {
    snprintf(reason, size, "kappa = %g at lambda = 0: the action of the free field has no lower bound unless 2 d |kappa| < 1, "
             "so |kappa| < %g for d = %d; lower kappa or give a lambda > 0", kappa, 1.0 / (2 * action->dim), action->dim);
    return false;
  }
  return true;
}

static double phi4_ordered_value(const sq_action *action)
{
  const sq_hopping hopping = hopping_of(action);
  return sq_hopping_ordered_value(&hopping, action->dim);
}

static double phi4_free_propagator(const sq_action *action, double cos_sum)
{
  const sq_hopping hopping = hopping_of(action);
  return sq_hopping_free_propagator(&hopping, cos_sum);
}

static double phi4_hopping(const sq_action *action)
{
  return hopping_of(action).hop;
}

static double phi4_site(const sq_action *action, double phi, double *slope)
{
  const sq_hopping hopping = hopping_of(action);
  return sq_hopping_site(&hopping, phi, slope);
}

const sq_action_type sq_action_phi4 = {
  .name            = "phi4",
  .summary         = "-2 kappa sum_mu phi_x phi_{x+mu} + (1 - 2 lambda) phi^2 + lambda phi^4",
  .parameters      = 2,
  .parameter       = {"kappa", "lambda"},
  .z2              = true,
  .valid           = phi4_valid,
  .energy          = phi4_energy,
  .force           = phi4_force,
  .sweep           = phi4_sweep,
  .bond            = phi4_bond,
  .ordered_value   = phi4_ordered_value,
  .free_propagator = phi4_free_propagator,
  .hopping         = phi4_hopping,
  .site            = phi4_site,
};
