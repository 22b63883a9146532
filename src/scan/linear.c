/* SPDX-License-Identifier: BSD-3-Clause */
/* Theories whose action is linear in measured columns: what can be reweighted to other couplings. */
#include "src/scan/pool.h"
#include <math.h>
#include <string.h>

static double value_of(const sq_action *action, const char *key)
{
  for (int k = 0; action->type->params[k].key; k++)
    if (!strcmp(action->type->params[k].key, key)) return action->value[k];
  return NAN;
}

static void of_phi4(const sq_action *action, double c[SQ_SCAN_TERMS])
{
  const double lambda = value_of(action, "lambda");
  c[0] = 2 * value_of(action, "kappa");
  c[1] = 2 * lambda - 1;
  c[2] = -lambda;
}

static void of_complex(const sq_action *action, double c[SQ_SCAN_TERMS])
{
  c[0] = 2;
  c[1] = -value_of(action, "eta");
  c[2] = -value_of(action, "lambda");
}

static void of_beta(const sq_action *action, double c[SQ_SCAN_TERMS])
{
  c[0] = -value_of(action, "beta");
}

static const sq_linear_theory theories[] = {{"phi4", {"link", "phi2", "phi4"}, {"kappa", "lambda"}, of_phi4},
                                            {"on", {"link", "phi2", "phi4"}, {"kappa", "lambda"}, of_phi4},
                                            {"complex_field", {"link", "phi2", "phi4"}, {"eta", "lambda"}, of_complex},
                                            {"ising", {"energy"}, {"beta"}, of_beta},
                                            {"xy", {"energy"}, {"beta"}, of_beta},
                                            {0}};

const sq_linear_theory *sq_linear_theory_of(const sq_action_type *type)
{
  for (const sq_linear_theory *t = theories; type && t->theory; t++)
    if (!strcmp(t->theory, type->name)) return t;
  return NULL;
}

bool sq_linear_varies(const sq_linear_theory *linear, const sq_action_type *type, int k)
{
  for (int i = 0; i < SQ_SCAN_TERMS && linear->varies[i]; i++)
    if (!strcmp(linear->varies[i], type->params[k].key)) return true;
  return false;
}

double sq_linear_difference(const sq_linear_theory *linear, const sq_action *action, const sq_ensemble *e)
{
  const double *S = e->column[sq_obs_column(action->type, "action_density")];
  double c[SQ_SCAN_TERMS] = {0}, worst = 0, size = 1;
  linear->coupling(action, c);
  for (int64_t i = 0; i < e->count; i++) {
    double sum = S[i];
    for (int k = 0; k < SQ_SCAN_TERMS && linear->term[k]; k++) {
      const double term = c[k] * e->column[sq_obs_column(action->type, linear->term[k])][i];
      sum += term;
      size = fmax(size, fabs(term));
    }
    if (isnan(sum)) return NAN;
    worst = fmax(worst, fabs(sum));
  }
  return worst / size;
}
