/* SPDX-License-Identifier: BSD-3-Clause */
/* metropolis: accept or reject from a log-ratio, and count. Knows nothing of fields. */
#ifndef SQUALL_METROPOLIS_H
#define SQUALL_METROPOLIS_H

#include "squall/base.h"

SQ_C_BEGIN

/* exp(log_ratio) enters the sums capped at this, so that one runaway proposal leaves them finite. */
#define SQ_METROPOLIS_HUGE 1e100

/* Start from {0}. The numbers are plain: store them and put them back to go on. */
typedef struct {
  int64_t proposed, accepted, invalid; /* invalid: log-ratios that were not a number; always rejected */
  double sum_exp, sum_exp2;            /* of min(exp(log_ratio), huge), 0 for a NaN: <exp(-dH)> and its error */
} sq_metropolis;

/* Accepts with probability min(1, exp(log_ratio)), u uniform in (0,1). A NaN is rejected and counted, -inf rejected,
 * +inf accepted. Not collective: all ranks of a domain must pass the same values. */
bool sq_metropolis_decide(sq_metropolis *counts, double log_ratio, double u);
/* The counters as plain numbers, integers below 2^53, and back: to be stored as columns of these names. Not collective.
 */
enum { SQ_METROPOLIS_NUMBERS = 5 };
#define SQ_METROPOLIS_NAMES "proposed_count", "accepted_count", "invalid_count", "sum_exp", "sum_exp2"
void sq_metropolis_save(const sq_metropolis *counts, double number[SQ_METROPOLIS_NUMBERS]);
void sq_metropolis_restore(sq_metropolis *counts, const double number[SQ_METROPOLIS_NUMBERS]);
/* Accepted over proposed; 0 before the first proposal. Not collective. */
double sq_metropolis_acceptance(const sq_metropolis *counts);
/* The mean of exp(log_ratio), 1 for an exact reversible proposal (Creutz, Phys. Rev. D 38 (1988) 1228), and its error
 * for independent proposals (may be NULL). Not a number before the second proposal. Not collective. */
double sq_metropolis_exp_mean(const sq_metropolis *counts, double *error);

SQ_C_END

#endif
