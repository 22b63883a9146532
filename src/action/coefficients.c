/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from the coefficients of an action with hopping and a quartic potential (hopping.h), without its fields.
 */
#include "hopping.h"
#include <math.h>
#include <stdio.h>

sq_hopping sq_hopping_of(const sq_action *action)
{
  const sq_hopping_form *form = action->type->own;
  return form->coefficients(action);
}

sq_hopping_kernel sq_hopping_kernel_of(const sq_action *action, const sq_field *phi)
{
  const sq_hopping h = sq_hopping_of(action);
  sq_hopping_kernel c = {.hop = h.hop, .quadratic = h.quadratic, .quartic = h.quartic};
  for (int k = 0; k < SQ_DIM; k++) c.stride[k] = phi->stride[SQ_DIM - 1 - k];
  return c;
}

bool sq_hopping_bounded(const sq_action *action)
{
  const sq_hopping h = sq_hopping_of(action);
  return h.quartic > 0 || (h.quartic == 0 && action->dim * fabs(h.hop) < h.quadratic);
}

bool sq_hopping_valid(const sq_action *action, double kappa, double lambda, char *reason, size_t size)
{
  if (!isfinite(kappa) || !isfinite(lambda) || lambda < 0) {
    snprintf(reason, size, "kappa = %g, lambda = %g: kappa must be finite, lambda finite and not negative", kappa,
             lambda);
    return false;
  }
  if (!sq_hopping_bounded(action)) {
    snprintf(reason, size,
             "kappa = %g at lambda = 0: the action of the free field has no lower bound unless 2 d |kappa| < 1, "
             "so |kappa| < %g for d = %d; lower kappa or give a lambda > 0",
             kappa, 1.0 / (2 * action->dim), action->dim);
    return false;
  }
  return true;
}

/* The uniform field minimises (quadratic - d hop) phi^2 + quartic phi^4. */
double sq_hopping_ordered_value(const sq_action *action)
{
  const sq_hopping h = sq_hopping_of(action);
  double depth = action->dim * h.hop - h.quadratic;
  return h.quartic > 0 && depth > 0 ? sqrt(depth / (2 * h.quartic)) : 0;
}

double sq_hopping_free_propagator(const sq_action *action, double cos_sum)
{
  const sq_hopping h = sq_hopping_of(action);
  return h.quartic == 0 ? 1 / (2 * h.quadratic - 2 * h.hop * cos_sum) : -1;
}

/* ---- the transfer matrix ---- */

double sq_hopping_hop(const sq_action *action)
{
  return sq_hopping_of(action).hop;
}

double sq_hopping_site(const sq_action *action, double phi, double *slope)
{
  const sq_hopping h = sq_hopping_of(action);
  double square = phi * phi;
  *slope = 2 * phi * (h.quadratic + 2 * h.quartic * square);
  return square * (h.quadratic + h.quartic * square) + h.constant;
}

const sq_action_transfer sq_hopping_transfer = {.hop = sq_hopping_hop, .site = sq_hopping_site};
