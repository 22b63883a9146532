/* SPDX-License-Identifier: BSD-3-Clause */
/* gap_data: what the fit of a gap is made to: points of a window, their covariance, their means. Serial. */
#include "gap.h"
#include <math.h>
#include <petscblaslapack.h>

enum {
  BINS = 500,
  BINS_OF_ONE = 10 /* bins a point that a covariance needs for a fit of one state */
};

static double weighted_mean(const sq_series *series, const double *x)
{
  double sum = 0, weight = 0;
  for (int64_t i = 0; i < series->n; i++) {
    double w = series->weight ? series->weight[i] : 1;
    sum += w * x[i];
    weight += w;
  }
  return sum / weight;
}

int64_t sq_gap_decay_time(const sq_series *series, int64_t sites, double *mass)
{
  double start = weighted_mean(series, series->column[0]);
  for (int64_t t = 1; 2 * t <= sites; t++) {
    double here = weighted_mean(series, series->column[t]);
    if (here < start * exp(-1)) {
      *mass = here > 0 ? -log(here / start) / (double)t : 1 / (double)t;
      return t;
    }
  }
  *mass = 2.0 / (double)sites;
  return sites / 2;
}

/* Dense where the correlator changes fastest: distances from the first grow like squares. */
static void place_points(int64_t from, int64_t to, sq_gap_fit *fit)
{
  double span = (double)(to - from);
  fit->points = 0;
  for (int k = 0; k < SQ_GAP_POINTS && k <= to - from; k++)
    fit->t[fit->points++] = (int)(from + PetscMax(k, (int64_t)lround(span * k * k /
                                                                     ((SQ_GAP_POINTS - 1) * (SQ_GAP_POINTS - 1)))));
}

PetscErrorCode sq_gap_bin_length(const sq_series *series, int64_t t, int64_t *length)
{
  PetscFunctionBeginUser;
  int64_t most = PetscMax(1, series->n / 2);
  *length = PetscMax(1, series->n / BINS);
  for (int k = 0; k < 2; k++) {
    sq_estimate C;
    sq_derived derived = {.primaries = 1, .column = (int[]){k * (int)t}};
    PetscCall(sq_gamma(series, &derived, &C));
    double reach = ceil(SQ_TAUS_APART * C.tau_int);
    if (C.tau_int > 0.5 + 3 * C.tau_int_error)
      *length = PetscMax(*length, reach < (double)most ? (int64_t)reach : most); /* 1/2: independent records */
  }
  PetscFunctionReturn(0);
}

/* The inverse, or false where the matrix is not positive. */
static bool invert(int n, double matrix[SQ_GAP_POINTS][SQ_GAP_POINTS])
{
  PetscBLASInt size = n, leading = SQ_GAP_POINTS, info;
  LAPACKpotrf_("U", &size, matrix[0], &leading, &info);
  if (info) return false;
  LAPACKpotri_("U", &size, matrix[0], &leading, &info);
  for (int a = 0; a < n; a++)
    for (int c = 0; c < a; c++) matrix[c][a] = matrix[a][c];
  return info == 0;
}

/* covariance[points][points] scaled to a unit diagonal: its condition then says whether the bins determine it. */
static bool invert_covariance(sq_gap_fit *fit, const double *covariance, bool correlated)
{
  int n = fit->points;
  for (int a = 0; a < n; a++) {
    fit->error[a] = sqrt(covariance[a * n + a]);
    if (!(fit->error[a] > 0) || !isfinite(fit->error[a])) return false;
  }
  for (int a = 0; a < n; a++)
    for (int c = 0; c < n; c++)
      fit->inverse[a][c] = a == c ? 1 : correlated ? covariance[a * n + c] / (fit->error[a] * fit->error[c]) : 0;
  if (!invert(n, fit->inverse)) return false;
  for (int a = 0; a < n; a++)
    for (int c = 0; c < n; c++) fit->inverse[a][c] /= fit->error[a] * fit->error[c];
  return true;
}

PetscErrorCode sq_gap_prepare(const sq_series *series, int64_t from, int64_t to, int64_t length, sq_gap_fit *fit,
                              double *mean, bool *found)
{
  PetscFunctionBeginUser;
  double covariance[SQ_GAP_POINTS * SQ_GAP_POINTS];
  place_points(from, to, fit);
  for (int a = 0; a < fit->points; a++) mean[a] = weighted_mean(series, series->column[fit->t[a]]);
  PetscCall(sq_bin_covariance(series, fit->points, fit->t, length, covariance, &fit->bins));
  fit->correlated = fit->bins >= BINS_OF_ONE * fit->points && invert_covariance(fit, covariance, true);
  *found = fit->points >= 2 && (fit->correlated || invert_covariance(fit, covariance, false));
  PetscFunctionReturn(0);
}
