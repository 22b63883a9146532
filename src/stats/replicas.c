/* SPDX-License-Identifier: BSD-3-Clause */
/* replicas: whether chains of the same theory agree with each other.
 *
 * The means F_r of the chains are compared with their mean F: chi^2 = sum_r N_r (F_r - F)^2 / (2 tau_int variance),
 * with R - 1 degrees of freedom (U. Wolff, hep-lat/0306017, section 2.3: the quality Q of the replica distribution).
 * Here variance and tau_int are those inside chains, deviations taken from each chain's own mean, so that a
 * contradiction does not hide itself in the autocorrelation; the bias that this brings, (2W + 1) R/N, is removed.
 * tau_int is known badly in short chains: the variance of the mean has the relative variance 2 (2W + 1)/N (W eq. 42),
 * that of a chi^2 with N/(2W + 1) - R degrees, so that chi^2/(R - 1) follows an F distribution.
 *
 * The second opinion is the split R-hat of Vehtari, Gelman, Simpson, Carpenter, Buerkner, Bayesian Analysis 16 (2021)
 * 667: chains are cut into halves, records take the normal scores of their ranks (which heavy tails cannot spoil), and
 * of |x - median|, too, which notices chains of other widths. Its p comes from the same F distribution: the limit
 * 1.01 of the paper is one for chains much longer than 100 tau_int. Serial.
 */
#include "series.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The x below which a normal number lies with probability 0 < p < 1, to seven digits (M. J. Wichura, algorithm AS 241,
 * Applied Statistics 37 (1988) 477). */
static double normal_quantile(double p)
{
  double q = p - 0.5, r = 0.180625 - q * q, x;
  if (fabs(q) <= 0.425)
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
           (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
  r = sqrt(-log(q < 0 ? p : 1 - p));
  if (r <= 5) {
    r -= 1.6;
    x = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) /
        ((0.12021132975 * r + 0.73700164250) * r + 1);
  } else {
    r -= 5;
    x = (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150) /
        ((0.012258202635 * r + 0.24197894225) * r + 1);
  }
  return q < 0 ? -x : x;
}

/* ---- between and inside chains ---- */

/* Takes each chain's mean from its x; between = sum_r N_r (F_r - F)^2. */
static double take_means(const sq_series *series, double *x)
{
  double all = 0, between = 0;
  int64_t first = 0;
  for (int64_t i = 0; i < series->n; i++) all += x[i] / (double)series->n;
  for (int c = 0; c < series->chains; c++) {
    int64_t length = sq_series_length(series, c);
    double mean = 0;
    for (int64_t i = first; i < first + length; i++) mean += (x[i] - all) / (double)length;
    for (int64_t i = first; i < first + length; i++) x[i] -= all + mean;
    between += (double)length * mean * mean;
    first += length;
  }
  return between;
}

/* 2 tau_int variance with a window; freedom: the degrees that it is known with, below 1 where it is not. */
static double spread(const sq_series *series, double variance, int64_t window, double excess, double *freedom)
{
  double n = (double)series->n, R = series->chains, reach = excess > 0 ? 2 * (double)window + 1 : 1;
  *freedom = n / reach - R;
  return variance * (1 + 2 * fmax(excess, 0)) / (1 - reach * R / n);
}

/* With the automatic window; or, where that gives more, with one three times as long, or of `least`, as far as the
 * result stays known to a fifth: the automatic one misses slow modes of small weight. */
static double larger_spread(const sq_series *series, const double *x, double variance, int64_t least, double *freedom)
{
  const double known = 50;
  double excess, most = ((double)series->n / (known + series->chains) - 1) / 2, degrees;
  bool found;
  int64_t window = sq_choose_window(series, x, variance, &excess, &found);
  int64_t last = (int64_t)fmin(fmax(3 * (double)window, (double)least), most);
  double first = spread(series, variance, window, excess, freedom);
  if (!found) *freedom = 0;
  if (!found || window >= last) return first;
  while (window < last) excess += sq_autocovariance(series, x, ++window) / variance;
  double second = spread(series, variance, window, excess, &degrees);
  if (!(second > first)) return first;
  *freedom = degrees;
  return second;
}

/* What chains with the numbers x say of each other: p, chi^2, and the mean square between them over that inside them. x
 * is spoiled. */
static double compare(const sq_series *series, double *x, int64_t least, double *chi2, double *ratio)
{
  double between = take_means(series, x), variance = sq_autocovariance(series, x, 0), R = series->chains, freedom;
  *chi2 = *ratio = NAN;
  if (!(variance > 1e-30 * between)) return NAN;
  double inside = larger_spread(series, x, variance, least, &freedom);
  if (freedom < 1) return NAN;
  *chi2 = between / inside;
  *ratio = between / (R - 1) / variance;
  return sq_f_tail(*chi2 / (R - 1), R - 1, freedom);
}

/* ---- the second opinion ---- */

typedef struct {
  double x;
  int64_t place;
} ranked;

static int by_size(const void *left, const void *right)
{
  const ranked *a = left, *b = right;
  return (a->x > b->x) - (a->x < b->x);
}

/* Normal scores of the ranks of x[n], equal numbers sharing theirs; the median. */
static PetscErrorCode scores(int64_t n, const double *x, double *score, double *median)
{
  PetscFunctionBeginUser;
  ranked *order;
  PetscCall(sq_alloc(n, &order));
  for (int64_t i = 0; i < n; i++) order[i] = (ranked){x[i], i};
  qsort(order, (size_t)n, sizeof *order, by_size);
  *median = 0.5 * (order[(n - 1) / 2].x + order[n / 2].x);
  for (int64_t i = 0, end; i < n; i = end) {
    for (end = i + 1; end < n && order[end].x == order[i].x;) end++;
    double rank = 0.5 * (double)(i + 1 + end), z = normal_quantile((rank - 0.375) / ((double)n + 0.25));
    for (int64_t k = i; k < end; k++) score[order[k].place] = z;
  }
  sq_free(&order);
  PetscFunctionReturn(0);
}

/* The chains in halves. length[2 chains]. */
static sq_series halves(const sq_series *series, int64_t *length)
{
  for (int c = 0; c < series->chains; c++) {
    int64_t whole = sq_series_length(series, c);
    length[2 * c] = whole / 2;
    length[2 * c + 1] = whole - whole / 2;
  }
  return (sq_series){.n = series->n, .chains = 2 * series->chains, .length = length};
}

/* R-hat of the scores of x; the larger one stays, the smaller p. */
static PetscErrorCode look(const sq_series *series, const double *x, int64_t least, double *median, double *score,
                           sq_agreement *a)
{
  PetscFunctionBeginUser;
  double chi2, ratio;
  PetscCall(scores(series->n, x, score, median));
  double p = compare(series, score, least, &chi2, &ratio), n = (double)series->n / series->chains;
  double r_hat = sqrt((1 - 1 / n) * (1 + ratio / n)); /* the variance inside chains has n below it, not n - 1 */
  if (!(r_hat <= a->r_hat)) a->r_hat = r_hat;
  if (!(p >= a->r_hat_p)) a->r_hat_p = p;
  PetscFunctionReturn(0);
}

static PetscErrorCode second_opinion(const sq_series *series, double *x, int64_t least, sq_agreement *a)
{
  PetscFunctionBeginUser;
  int64_t *length;
  double *score, median;
  PetscCall(sq_alloc(2 * series->chains, &length));
  PetscCall(sq_alloc(series->n, &score));
  const sq_series split = halves(series, length);
  PetscCall(look(&split, x, least, &median, score, a));
  for (int64_t i = 0; i < series->n; i++) x[i] = fabs(x[i] - median);
  PetscCall(look(&split, x, least, &median, score, a));
  if (a->r_hat_p <= 1) a->r_hat_p = fmin(1, 2 * a->r_hat_p);
  sq_free(&score);
  sq_free(&length);
  PetscFunctionReturn(0);
}

/* ---- both ---- */

static bool long_enough(const sq_series *series)
{
  for (int c = 0; c < series->chains; c++)
    if (sq_series_length(series, c) < 4) return false;
  return series->n >= 4;
}

PetscErrorCode sq_chains_agree(const sq_series *series, const sq_derived *derived, int64_t window, sq_agreement *a)
{
  PetscFunctionBeginUser;
  sq_projection projection;
  double *x, *copy, ratio;
  *a = (sq_agreement){.chi2 = NAN, .p = NAN, .r_hat = NAN, .r_hat_p = NAN, .freedom = series->chains - 1};
  if (!long_enough(series) || series->weight) PetscFunctionReturn(0);
  PetscCall(sq_projection_create(series, derived, &projection));
  PetscCall(sq_alloc(2 * series->n, &x));
  copy = x + series->n;
  if (isfinite(projection.value) && sq_projection_fluctuations(&projection, x)) {
    memcpy(copy, x, (size_t)series->n * sizeof *x);
    if (series->chains > 1) a->p = compare(series, x, window, &a->chi2, &ratio);
    if (!projection.derived.function) PetscCall(second_opinion(series, copy, window, a));
  }
  sq_free(&x);
  sq_projection_destroy(&projection);
  PetscFunctionReturn(0);
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double sq_p_of_many(int count, double *p)
{
  int known = 0;
  double least = NAN;
  for (int i = 0; i < count; i++)
    if (!isnan(p[i])) p[known++] = p[i];
  qsort(p, (size_t)known, sizeof *p, ascending);
  for (int k = 0; k < known; k++) least = fmin(least, p[k] * known / (k + 1)); /* of NaN and a number: the number */
  return least;
}
