/* metropolis: accept or reject from a log-ratio, and count. Knows nothing of fields. */
#ifndef SQUALL_METROPOLIS_H
#define SQUALL_METROPOLIS_H

#include "squall/base.h"

typedef struct {
  int64_t proposed, accepted, invalid; /* invalid: log-ratios that were not a number; always rejected */
  double  sum_exp, sum_exp2;           /* of min(exp(log_ratio), huge): <exp(-dH)> and its error */
} sq_metropolis;

/* Accepts with probability min(1, exp(log_ratio)), u uniform in (0,1). A NaN is rejected and counted. Not collective: all ranks of a
 * domain must pass the same values. */
bool sq_metropolis_decide(sq_metropolis *counts, double log_ratio, double u);
double sq_metropolis_acceptance(const sq_metropolis *counts);

#endif
