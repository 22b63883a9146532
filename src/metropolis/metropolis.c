/* SPDX-License-Identifier: BSD-3-Clause */
/* The accept/reject decision and its counters: plain numbers, owned by the caller. Every rank of a domain calls with
 * the same values and so comes to the same decision. */
#include "squall/metropolis.h"
#include <math.h>

static void count_ratio(sq_metropolis *counts, double ratio)
{
  ratio = fmin(ratio, SQ_METROPOLIS_HUGE);
  counts->sum_exp += ratio;
  counts->sum_exp2 += ratio * ratio;
}

bool sq_metropolis_decide(sq_metropolis *counts, double log_ratio, double u)
{
  counts->proposed++;
  if (isnan(log_ratio)) {
    counts->invalid++;
    return false;
  }
  double ratio = exp(log_ratio);
  bool accept = u < ratio;
  count_ratio(counts, ratio);
  counts->accepted += accept;
  return accept;
}

void sq_metropolis_save(const sq_metropolis *counts, double number[SQ_METROPOLIS_NUMBERS])
{
  number[0] = (double)counts->proposed;
  number[1] = (double)counts->accepted;
  number[2] = (double)counts->invalid;
  number[3] = counts->sum_exp;
  number[4] = counts->sum_exp2;
}

void sq_metropolis_restore(sq_metropolis *counts, const double number[SQ_METROPOLIS_NUMBERS])
{
  *counts = (sq_metropolis){(int64_t)number[0], (int64_t)number[1], (int64_t)number[2], number[3], number[4]};
}

double sq_metropolis_acceptance(const sq_metropolis *counts)
{
  return counts->proposed > 0 ? (double)counts->accepted / (double)counts->proposed : 0;
}

double sq_metropolis_exp_mean(const sq_metropolis *counts, double *error)
{
  double n = (double)counts->proposed;
  double mean = n > 1 ? counts->sum_exp / n : NAN;
  double variance = n > 1 ? fmax(counts->sum_exp2 / n - mean * mean, 0) / (n - 1) : NAN;
  if (error) *error = sqrt(variance);
  return mean;
}
