/* SPDX-License-Identifier: BSD-3-Clause */
/* phi^4 in the hopping form,
 *   S = sum_x [ -2 kappa sum_{mu>0} phi_x phi_{x+mu} + (1 - 2 lambda) phi_x^2 + lambda phi_x^4 ].
 */
#include "hopping.h"

enum { KAPPA, LAMBDA };

static sq_hopping coefficients(const sq_action *action)
{
  double kappa = action->value[KAPPA], lambda = action->value[LAMBDA];
  return (sq_hopping){.hop = 2 * kappa, .quadratic = 1 - 2 * lambda, .quartic = lambda};
}

static bool phi4_valid(const sq_action *action, char *reason, size_t size)
{
  return sq_hopping_valid(action, action->value[KAPPA], action->value[LAMBDA], reason, size);
}

static const sq_param params[] = {{"action", "kappa", SQ_PARAM_REAL, NULL, 0, 0, NULL, "",
                                   "phi4, S = sum -2 kappa phi phi' + (1 - 2 lambda) phi^2 + lambda phi^4: hopping "
                                   "parameter"},
                                  {"action", "lambda", SQ_PARAM_REAL, NULL, 0, 1e12, NULL, "",
                                   "phi4: quartic coupling; 0 is the free field and needs 2 d |kappa| < 1"},
                                  {0}};

const sq_action_type sq_action_phi4 = {
  .name = "phi4",
  .summary = "-2 kappa sum_mu phi_x phi_{x+mu} + (1 - 2 lambda) phi^2 + lambda phi^4",
  .params = params,
  .space = &sq_space_real,
  .columns = sq_hopping_columns,
  .symmetric = true,
  .valid = phi4_valid,
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
