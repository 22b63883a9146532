/* SPDX-License-Identifier: BSD-3-Clause */
/* gamma: errors from the autocorrelation function (U. Wolff, hep-lat/0306017).
 *
 * The autocovariance of the projected fluctuations is summed directly up to a window W that grows until the automatic
 * criterion stops it: n W operations, no transform. Chains are averaged pair by pair, so they may have any lengths.
 * Serial.
 */
#include "series.h"
#include <math.h>

static const double window_factor = 1.5; /* S of Wolff: tau in units of tau_int */

/* Gamma(t): the mean of delta_i delta_{i+t} over the pairs within chains; 0 if there are none. */
double sq_autocovariance(const sq_series *series, const double *delta, int64_t t)
{
  double sum = 0;
  int64_t pairs = 0, first = 0;
  for (int c = 0; c < series->chains; c++) {
    int64_t length = sq_series_length(series, c);
    for (int64_t i = first; i < first + length - t; i++) sum += delta[i] * delta[i + t];
    if (length > t) pairs += length - t;
    first += length;
  }
  return pairs ? sum / (double)pairs : 0.0;
}

/* The window is never longer than half the longest chain. */
static int64_t longest_window(const sq_series *series)
{
  int64_t longest = 0;
  for (int c = 0; c < series->chains; c++) {
    int64_t length = sq_series_length(series, c);
    if (length > longest) longest = length;
  }
  return longest / 2;
}

/* Grows W until truncation and statistical error balance; excess[0] = sum_{t=1}^{W} rho(t). */
int64_t sq_choose_window(const sq_series *series, const double *delta, double variance, double *excess, bool *found)
{
  int64_t longest = longest_window(series), window = 0;
  *excess = 0;
  *found = false;
  while (!*found && window < longest) {
    window++;
    *excess += sq_autocovariance(series, delta, window) / variance;
    double w = (double)window;
    double tau = *excess > 0 ? window_factor / log1p(1.0 / *excess) : 0.0;
    *found = tau <= 0 || exp(-w / tau) < tau / sqrt(w * (double)series->n);
  }
  return window;
}

/* Error, tau_int and their errors from Gamma(0) and the window. */
static void fill_errors(sq_estimate *estimate, double variance, double excess)
{
  double n = (double)estimate->n, tau = 0.5 + excess;
  if (!(tau > 0)) { /* a negative variance of the mean is noise: take the records as independent */
    tau = 0.5;
    estimate->window = 0;
  }
  double w = (double)estimate->window, naive = 2 * tau * variance;
  double sum = naive * (1 + (2 * w + 1) / n); /* the mean subtracted is the measured one: eq. 49 */
  double reach = fmax(w, 1.0) + 0.5;
  estimate->tau_int = sum / (2 * (variance + naive / n));
  estimate->tau_int_error = estimate->tau_int * 2 * sqrt(fmax(reach - estimate->tau_int, 0.0) / n); /* eq. 42 */
  estimate->error = sqrt(sum / n);
  estimate->error_of_error = estimate->error * sqrt(reach / n);
  if (!estimate->window_found) estimate->tau_int_error = NAN; /* tau_int is at least this: nothing bounds it */
}

/* (R F(all) - mean over chains of F(chain)) / (R - 1), chains weighted by length: free of the bias of order 1/N.
 * Left alone when a chain alone has no value. */
static double unbiased_value(const sq_projection *projection)
{
  const sq_series *series = projection->series;
  double part = 0;
  int64_t first = 0;
  int used = 0;
  for (int c = 0; c < series->chains; c++) {
    int64_t length = sq_series_length(series, c);
    if (length) part += (double)length / (double)series->n * sq_projection_part(projection, first, length);
    used += length > 0;
    first += length;
  }
  if (!projection->derived.function || used < 2 || !isfinite(part)) return projection->value;
  return (used * projection->value - part) / (used - 1);
}

/* Whether some chain has two records that differ by more than rounding; chains of one record each say nothing. */
static bool some_chain_moves(const sq_series *series, const double *delta, double rounding)
{
  bool lengthy = false;
  int64_t first = 0;
  for (int c = 0; c < series->chains; c++) {
    int64_t length = sq_series_length(series, c);
    lengthy = lengthy || length > 1;
    for (int64_t i = first + 1; i < first + length; i++)
      if (fabs(delta[i] - delta[first]) > rounding) return true;
    first += length;
  }
  return !lengthy;
}

static void fill_known(sq_estimate *estimate)
{
  estimate->error = estimate->error_of_error = estimate->tau_int_error = 0;
  estimate->tau_int = 0.5;
  estimate->window_found = true;
}

static void estimate_from(const sq_projection *projection, const double *delta, sq_estimate *estimate)
{
  double variance = sq_autocovariance(projection->series, delta, 0), rounding = sq_projection_rounding(projection),
         excess;
  estimate->value = unbiased_value(projection);
  if (variance <= rounding * rounding) {
    if (projection->series->constant_is_known) fill_known(estimate);
    return;
  }
  if (!some_chain_moves(projection->series, delta, rounding)) return;
  estimate->window = sq_choose_window(projection->series, delta, variance, &excess, &estimate->window_found);
  fill_errors(estimate, variance, excess);
}

static sq_estimate unknown_estimate(int64_t n)
{
  return (sq_estimate){.value = NAN, .error = NAN, .error_of_error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = n};
}

PetscErrorCode sq_gamma(const sq_series *series, const sq_derived *derived, sq_estimate *estimate)
{
  PetscFunctionBeginUser;
  *estimate = unknown_estimate(series->n);
  sq_projection projection;
  double *delta = NULL;
  PetscCall(sq_projection_create(series, derived, &projection));
  PetscCall(sq_alloc(series->n, &delta));
  if (series->n == 1) estimate->value = projection.value;
  else if (isfinite(projection.value) && sq_projection_fluctuations(&projection, delta))
    estimate_from(&projection, delta, estimate);
  sq_free(&delta);
  sq_projection_destroy(&projection);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_gamma_mean(int64_t n, const double *x, sq_estimate *estimate)
{
  PetscFunctionBeginUser;
  sq_series series = {.n = n, .column = &x, .chains = 1, .constant_is_known = true};
  PetscCall(sq_gamma(&series, NULL, estimate));
  PetscFunctionReturn(0);
}

/* rho(|t|), 0 beyond what is known. */
static double rho_at(const double *rho, int64_t known, int64_t t)
{
  int64_t distance = t < 0 ? -t : t;
  return distance < known ? rho[distance] : 0.0;
}

static double rho_error(const double *rho, int64_t known, int64_t t, int64_t window, int64_t n)
{
  double sum = 0;
  for (int64_t k = 1; k <= t + window; k++) {
    double term = rho_at(rho, known, k + t) + rho_at(rho, known, k - t) -
                  2 * rho_at(rho, known, k) * rho_at(rho, known, t);
    sum += term * term;
  }
  return sqrt(sum / (double)n);
}

/* rho with its errors from the normalised autocovariance, which reaches as far as the error formula asks. */
static PetscErrorCode fill_rho(const sq_projection *projection, const double *delta, int64_t count, double *rho,
                               double *error)
{
  PetscFunctionBeginUser;
  const sq_series *series = projection->series;
  double variance = sq_autocovariance(series, delta, 0), rounding = sq_projection_rounding(projection), excess, *all;
  int64_t longest = longest_window(series);
  bool found;
  for (int64_t t = 0; t < count; t++) rho[t] = t == 0;
  if (variance <= rounding * rounding) PetscFunctionReturn(0);
  int64_t window = sq_choose_window(series, delta, variance, &excess, &found);
  int64_t known = PetscMin(error ? 2 * count + window : count, longest + 1);
  PetscCall(sq_alloc(known, &all));
  for (int64_t t = 0; t < known; t++) all[t] = sq_autocovariance(series, delta, t) / variance;
  for (int64_t t = 1; t < PetscMin(count, known); t++) {
    rho[t] = all[t];
    if (error) error[t] = rho_error(all, known, t, window, series->n);
  }
  sq_free(&all);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_autocorrelation(const sq_series *series, const sq_derived *derived, int64_t count, double *rho,
                                  double *error)
{
  PetscFunctionBeginUser;
  sq_projection projection;
  double *delta;
  PetscCall(sq_projection_create(series, derived, &projection));
  PetscCall(sq_alloc(series->n, &delta));
  bool known = isfinite(projection.value) && sq_projection_fluctuations(&projection, delta);
  for (int64_t t = 0; t < count; t++) rho[t] = known ? 0 : NAN;
  for (int64_t t = 0; error && t < count; t++) error[t] = rho[t];
  if (known) PetscCall(fill_rho(&projection, delta, count, rho, error));
  sq_free(&delta);
  sq_projection_destroy(&projection);
  PetscFunctionReturn(0);
}

sq_estimate sq_independent_share(const sq_estimate *slowest)
{
  sq_estimate share = *slowest;
  share.value = 1 / (2 * slowest->tau_int);
  share.error = share.value * slowest->tau_int_error / slowest->tau_int;
  return share;
}

double sq_sigmas(const sq_estimate *a, const sq_estimate *b)
{
  double difference = a->value - b->value, error = hypot(a->error, b->error);
  if (isnan(error)) return NAN;
  return difference == 0 ? 0.0 : difference / error;
}
