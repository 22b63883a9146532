/* What follows from the coefficients of an action with hopping and a quartic potential (hopping.h), without its fields.
 */
#include "hopping.h"
#include <math.h>

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

static double hop_of(const sq_action *action)
{
  return sq_hopping_of(action).hop;
}

static double site(const sq_action *action, double phi, double *slope)
{
  const sq_hopping h = sq_hopping_of(action);
  double square = phi * phi;
  *slope = 2 * phi * (h.quadratic + 2 * h.quartic * square);
  return square * (h.quadratic + h.quartic * square);
}

const sq_action_transfer sq_hopping_transfer = {.hop = hop_of, .site = site};
