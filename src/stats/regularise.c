/* SPDX-License-Identifier: BSD-3-Clause */
/* regularise: weights made less unequal. Averages with them have less noise and a bias, both of which vanish for many
 * weights. Serial. */
#include "pareto.h"
#include "squall/stats.h"
#include <math.h>

static PetscErrorCode keep(int64_t n, const double *log_weight, double *changed)
{
  for (int64_t i = 0; i < n; i++) changed[i] = log_weight[i];
  return 0;
}

const sq_weight_rule sq_weights_plain = {.name = "plain", .apply = keep};

/* Weights above sqrt(n) times their mean are put there (E. L. Ionides, J. Comput. Graph. Stat. 17 (2008) 295). */
static PetscErrorCode truncate_weights(int64_t n, const double *log_weight, double *changed)
{
  PetscFunctionBeginUser;
  sq_weights w;
  PetscCall(sq_weights_summary(n, log_weight, &w));
  double most = w.log_mean + 0.5 * log((double)n);
  for (int64_t i = 0; i < n; i++) changed[i] = log_weight[i] > most ? most : log_weight[i];
  PetscFunctionReturn(0);
}

const sq_weight_rule sq_weights_truncated = {.name = "truncated", .biased = true, .apply = truncate_weights};

/* Those of the tail become the quantiles (j - 1/2)/m of the distribution that fits it, in their order, and none larger
 * than the largest was (A. Vehtari et al., JMLR 25 (2024) 72, section 2.4). A tail without a fit is left. */
static PetscErrorCode smooth_weights(int64_t n, const double *log_weight, double *changed)
{
  PetscFunctionBeginUser;
  double *weight, largest = -INFINITY;
  int64_t *order;
  sq_weight_tail tail;
  PetscCall(keep(n, log_weight, changed));
  if (n < 1) PetscFunctionReturn(0);
  PetscCall(sq_alloc(n, &weight));
  PetscCall(sq_alloc(n, &order));
  sq_weights_relative(n, log_weight, weight);
  PetscCall(sq_weights_sort(n, weight, order));
  PetscCall(sq_weight_tail_fit(n, weight, &tail));
  for (int64_t i = 0; i < n; i++) largest = fmax(largest, log_weight[i]);
  for (int64_t j = 0; isfinite(tail.fit.k) && j < tail.count; j++) {
    double w = tail.cutoff + sq_pareto_quantile(&tail.fit, ((double)j + 0.5) / (double)tail.count);
    changed[order[tail.first + j]] = largest + log(fmin(w, 1));
  }
  sq_free(&order);
  sq_free(&weight);
  PetscFunctionReturn(0);
}

const sq_weight_rule sq_weights_smoothed = {.name = "pareto", .biased = true, .apply = smooth_weights};

const char *sq_weight_rule_name(int index)
{
  return sq_weight_rules[index] ? sq_weight_rules[index]->name : NULL;
}
