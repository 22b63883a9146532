/* SPDX-License-Identifier: BSD-3-Clause */
/* pareto: the generalised Pareto distribution of excesses x >= 0, P(X > x) = (1 + k x/sigma)^(-1/k). */
#ifndef SQUALL_STATS_PARETO_H
#define SQUALL_STATS_PARETO_H

#include "squall/base.h"

typedef struct {
  double k, sigma; /* NaN: the excesses do not determine them */
} sq_pareto;

enum { SQ_PARETO_FEWEST = 5 }; /* excesses that a fit needs */

/* The fit of J. Zhang and M. Stephens, Technometrics 51 (2009) 316, to ascending excesses x[n] > 0; and with k drawn
 * towards 1/2 by a prior that weighs as much as ten of them (A. Vehtari et al., JMLR 25 (2024) 72, appendix G). Not
 * collective. */
sq_pareto sq_pareto_likely(int64_t n, const double *x);
sq_pareto sq_pareto_fit(int64_t n, const double *x);
/* The excess that a share p in [0, 1) of them is below. Not collective. */
double sq_pareto_quantile(const sq_pareto *pareto, double p);

/* The tail of ascending weights, the largest min(n/5, 3 sqrt n): its excesses over the largest weight below it. */
typedef struct {
  int64_t first, count; /* weight[first ..]: those above the cutoff */
  double cutoff;
  bool flat; /* no weight is above the cutoff */
  sq_pareto fit;
} sq_weight_tail;

/* Fits it. weight[n]: ascending, finite, n > 0. Not collective, as the next. */
PetscErrorCode sq_weight_tail_fit(int64_t n, const double *weight, sq_weight_tail *tail);
/* Sorts weight[n]; order[i]: where the i-th smallest stood; equal ones stay in order. order may be NULL. */
PetscErrorCode sq_weights_sort(int64_t n, double *weight, int64_t *order);

#endif
