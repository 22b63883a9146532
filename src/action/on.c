/* SPDX-License-Identifier: BSD-3-Clause */
/* O(N): phi^4 of vectors phi of N components, in the hopping form,
 *   S = sum_x [ -2 kappa sum_{mu>0} phi_x phi_{x+mu} + (1 - 2 lambda) |phi_x|^2 + lambda |phi_x|^4 ].
 * Of one component it is phi4, bit for bit. For lambda -> infinity |phi| = 1: the O(N) sigma model with beta = 2 kappa.
 */
#include "hopping.h"
#include <math.h>
#include <stdio.h>

enum { COMPONENTS, KAPPA, LAMBDA };

static int components(const sq_action *action)
{
  return (int)action->value[COMPONENTS];
}

static sq_hopping coefficients(const sq_action *action)
{
  double kappa = action->value[KAPPA], lambda = action->value[LAMBDA];
  return (sq_hopping){.hop = 2 * kappa, .quadratic = 1 - 2 * lambda, .quartic = lambda};
}

static bool valid(const sq_action *action, char *reason, size_t size)
{
  const double n = action->value[COMPONENTS];
  if (!(n >= 1 && n <= SQ_COMPONENTS && n == floor(n))) {
    snprintf(reason, size, "components = %g: must be a whole number from 1 to %d", n, SQ_COMPONENTS);
    return false;
  }
  return sq_hopping_valid(action, action->value[KAPPA], action->value[LAMBDA], reason, size);
}

static const sq_param params[] = {{"action", "components", SQ_PARAM_INT, NULL, 1, SQ_COMPONENTS, NULL, "",
                                   "on, S = sum -2 kappa phi phi' + (1 - 2 lambda) |phi|^2 + lambda |phi|^4 of vectors "
                                   "phi: N, how many components they have"},
                                  {"action", "kappa", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "on: hopping parameter"},
                                  {"action", "lambda", SQ_PARAM_REAL, NULL, 0, 1e12, NULL, "",
                                   "on: quartic coupling; 0 is the free field and needs 2 d |kappa| < 1"},
                                  {0}};

const sq_action_type sq_action_on = {
  .name = "on",
  .summary = "-2 kappa sum_mu phi_x phi_{x+mu} + (1 - 2 lambda) |phi|^2 + lambda |phi|^4 of vectors phi",
  .params = params,
  .space = &sq_space_real,
  .components = components,
  .columns = sq_hopping_vector_columns,
  .symmetric = true,
  .valid = valid,
  .energy = sq_hopping_energy,
  .both = sq_hopping_both,
  .smooth = &sq_hopping_smooth,
  .bond = &sq_hopping_vector_bond,
  .ordered_value = sq_hopping_ordered_value,
  .free_propagator = sq_hopping_free_propagator,
  .own = &(const sq_hopping_form){coefficients},
};
