/* SPDX-License-Identifier: BSD-3-Clause */
/* Normalisations of phi^4: squall's kappa and lambda, and fields of S = sum 1/2 (d phi)^2 + m^2/2 phi^2 + g/4! phi^4.
 * Both are S = sum [ -h sum_mu phi phi' + a phi^2 + b phi^4 ]; with phi = s phi_deck, h s^2 = 2 kappa, b s^4 = lambda,
 * a s^2 = 1 - 2 lambda, so that a s^2 + 2 b s^4 = 1. */
#include "src/import/conventions.h"
#include <math.h>
#include <string.h>

static const char theory[] = "phi4", wider[] = "quartic"; /* the wider one: mu = 2 a, lambda = 24 b, kappa = h/2 */

bool sq_convention_general(const sq_action *action, sq_action *general)
{
  if (strcmp(action->type->name, theory)) return false;
  const double value[] = {2 - 4 * action->value[1], 24 * action->value[1], action->value[0]};
  return !sq_action_make(wider, action->dim, value, general);
}

void sq_convention_suggest(const sq_action *action, const sq_estimate coupling[], char text[SQ_CONVENTION_TEXT])
{
  const double a = coupling[0].value / 2, b = coupling[1].value / 24, h = 2 * coupling[2].value, far = 0.03;
  const double root = a * a + 8 * b, s2 = b > 0 ? (sqrt(root) - a) / (4 * b) : 1 / a;
  text[0] = 0;
  if (!(root > 0) || !(s2 > 0) || !isfinite(s2) || fabs(s2 - 1) < far) return;
  const int used = snprintf(text, SQ_CONVENTION_TEXT,
                            "they look like phi4 in another normalisation: ensemble.scale: %.4g with kappa = %.4g, "
                            "lambda "
                            "= %.4g",
                            1 / sqrt(s2), h * s2 / 2, b * s2 * s2);
  if (fabs(h - 1) < 5 * 2 * coupling[2].error || fabs(h - 1) < far)
    snprintf(text + used, SQ_CONVENTION_TEXT - (size_t)used,
             ", which is S = sum 1/2 (d phi)^2 + m^2/2 phi^2 + g/4! phi^4 with m^2 = %.4g, g = %.4g",
             2 * a / h - 2 * action->dim, 24 * b / (h * h));
}
