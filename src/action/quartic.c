/* SPDX-License-Identifier: BSD-3-Clause */
/* A particle in a quartic potential at each site, coupled to its neighbours:
 *   S = sum_x [ -2 kappa sum_{mu>0} phi_x phi_{x+mu} + mu/2 phi_x^2 + lambda/4! phi_x^4 ].
 * On one site with kappa = 0 this is the toy model of stochastic quantisation: mu < 0 makes a double well. On one site
 * phi is its own neighbour, so kappa only shifts mu there.
 */
#include "hopping.h"
#include <math.h>
#include <stdio.h>

enum { MU, LAMBDA, KAPPA };

static sq_hopping coefficients(const sq_action *action)
{
  return (sq_hopping){
    .hop = 2 * action->value[KAPPA], .quadratic = action->value[MU] / 2, .quartic = action->value[LAMBDA] / 24};
}

static bool quartic_valid(const sq_action *action, char *reason, size_t size)
{
  double mu = action->value[MU], lambda = action->value[LAMBDA], kappa = action->value[KAPPA];
  if (!isfinite(mu) || !isfinite(kappa) || !isfinite(lambda) || lambda < 0) {
    snprintf(reason, size,
             "mu = %g, kappa = %g, lambda = %g: mu and kappa must be finite, lambda finite and not negative", mu, kappa,
             lambda);
    return false;
  }
  if (!sq_hopping_bounded(action)) {
    snprintf(reason, size,
             "mu = %g, kappa = %g at lambda = 0: the action has no lower bound unless mu > 4 d |kappa| = %g; raise mu "
             "or give a lambda > 0",
             mu, kappa, 4 * action->dim * fabs(kappa));
    return false;
  }
  return true;
}

static const sq_param params[] = {
  {"action", "mu", SQ_PARAM_REAL, "0", 0, 0, NULL, "",
   "quartic, S = sum -2 kappa phi phi' + mu/2 phi^2 + lambda/4! phi^4: mass squared; negative for a double well"},
  {"action", "lambda", SQ_PARAM_REAL, NULL, 0, 1e12, NULL, "",
   "quartic: coupling; 0 is the free field and needs 4 d |kappa| < mu"},
  {"action", "kappa", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "quartic: hopping parameter"},
  {0}};

const sq_action_type sq_action_quartic = {
  .name = "quartic",
  .summary = "-2 kappa sum_mu phi_x phi_{x+mu} + mu/2 phi^2 + lambda/4! phi^4",
  .params = params,
  .space = &sq_space_real,
  .columns = sq_hopping_columns,
  .symmetric = true,
  .valid = quartic_valid,
  .energy = sq_hopping_energy,
  .both = sq_hopping_both,
  .smooth = &sq_hopping_smooth,
  .bond = &sq_hopping_bond,
  .given = &sq_hopping_given,
  .transfer = &sq_hopping_transfer,
  .ordered_value = sq_hopping_ordered_value,
  .free_propagator = sq_hopping_free_propagator,
  .own = &(const sq_hopping_form){coefficients},
};
