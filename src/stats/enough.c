/* SPDX-License-Identifier: BSD-3-Clause */
/* enough: whether a series is long enough, which observable is the slowest, what agrees. Serial. */
#include "squall/stats.h"
#include <math.h>

const double sq_sigmas_settled = 2.5, sq_sigmas_agree = 3.5, sq_sigmas_exact = 4, sq_sigmas_starts = 4;
const double sq_sigmas_symmetric = 5, sq_weights_heavy = 0.7, sq_p_contradict = 0.001;

void sq_estimate_unknown_error(sq_estimate *estimate)
{
  estimate->error = estimate->error_of_error = NAN;
}

/* A tau_int below 1/2 is mostly noise of a short series: it makes no series longer. */
static bool has_length(const sq_estimate *e, double taus)
{
  return e->window_found && (double)e->n >= taus * fmax(0.5, e->tau_int);
}

bool sq_estimate_long_enough(const sq_estimate *estimate)
{
  return has_length(estimate, SQ_TAUS_TRUSTED);
}

double sq_estimate_known_error(const sq_estimate *estimate)
{
  return has_length(estimate, 2 * SQ_INDEPENDENT_LEAST) ? estimate->error : NAN;
}

void sq_estimate_at_least(sq_estimate *estimate, double tau_int)
{
  if (!(estimate->tau_int < tau_int)) return;
  double longer = sqrt(tau_int / estimate->tau_int);
  estimate->error *= longer;
  estimate->error_of_error *= longer;
  estimate->tau_int = isfinite(tau_int) ? tau_int : NAN;
  estimate->tau_int_error = NAN;
  if ((double)estimate->n >= 2 * SQ_INDEPENDENT_LEAST * tau_int) return;
  estimate->window_found = false;
  sq_estimate_unknown_error(estimate);
}

int sq_slowest(int count, const sq_estimate *const estimate[], int *unknown)
{
  int slowest = -1, first = -1;
  for (int i = 0; i < count; i++) {
    const sq_estimate *e = estimate[i];
    if (first < 0 && !(e->window_found && isfinite(e->tau_int))) first = i;
    if (isfinite(e->tau_int) && (slowest < 0 || e->tau_int > estimate[slowest]->tau_int)) slowest = i;
  }
  if (unknown) *unknown = first;
  return slowest;
}

bool sq_start_forgotten(double thrown_away, double tau_int, double tau_int_error)
{
  double surely = tau_int - (isnan(tau_int_error) ? 0 : 2 * tau_int_error); /* it is at least this */
  return thrown_away >= SQ_TAUS_TO_FORGET * surely;
}
