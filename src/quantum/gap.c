/* gap: the energy of the first excitation from the correlator of a periodic lattice, with errors from the jackknife. Serial.
 *
 * The points of a correlator are strongly correlated with each other, so the fit uses their covariance, taken once from all bins and kept
 * fixed in the jackknife. The amplitude is linear and eliminated; what is left is a minimum in one variable, m.
 */
#include "squall/quantum.h"
#include <math.h>
#include <petscblaslapack.h>

enum { BINS = 500 };

/* cosh(m (L/2 - t)) / cosh(m L/2), which cannot overflow. */
static double falling(double m, double sites, double t)
{
  return (exp(-m * t) + exp(-m * (sites - t))) / (1 + exp(-m * sites));
}

double sq_effective_mass(int64_t sites, int64_t t, double near, double far)
{
  double ratio = far / near, low = 0, high = 50;
  if (!(ratio > 0 && ratio < 1) || 2 * t + 1 >= sites) return NAN;
  for (int i = 0; i < 60; i++) {
    double m = 0.5 * (low + high);
    if (falling(m, (double)sites, (double)t + 1) > ratio * falling(m, (double)sites, (double)t)) low = m;
    else high = m;
  }
  return 0.5 * (low + high);
}

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

/* The time in which C falls by e; at most half the lattice. */
static int64_t decay_time(const sq_series *series, int64_t sites, double *mass)
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

static void place_points(int64_t from, int64_t to, sq_gap_fit *fit)
{
  int64_t stride = (to - from + SQ_GAP_POINTS) / SQ_GAP_POINTS;
  fit->points    = 0;
  for (int64_t t = from; t <= to; t += stride) fit->t[fit->points++] = (int)t;
}

static int64_t bin_length(const sq_series *series)
{
  return PetscMax(1, series->n / BINS);
}

/* covariance[points][points] of the means, from the fluctuations of bins. */
static void bin_covariance(const sq_series *series, const sq_gap_fit *fit, const double mean[], double covariance[SQ_GAP_POINTS][SQ_GAP_POINTS])
{
  double  weight = 0;
  int64_t bins   = series->n / bin_length(series);
  for (int64_t b = 0; b < bins; b++) {
    double sum[SQ_GAP_POINTS] = {0};
    for (int64_t i = b * series->n / bins; i < (b + 1) * series->n / bins; i++)
      for (int a = 0; a < fit->points; a++) sum[a] += (series->weight ? series->weight[i] : 1) * (series->column[fit->t[a]][i] - mean[a]);
    for (int a = 0; a < fit->points; a++)
      for (int c = 0; c < fit->points; c++) covariance[a][c] += sum[a] * sum[c];
  }
  for (int64_t i = 0; i < series->n; i++) weight += series->weight ? series->weight[i] : 1;
  for (int a = 0; a < fit->points; a++)
    for (int c = 0; c < fit->points; c++) covariance[a][c] /= weight * weight;
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

/* The covariance scaled to a unit diagonal has a condition that says whether the bins determine it. */
static bool invert_covariance(sq_gap_fit *fit, double covariance[SQ_GAP_POINTS][SQ_GAP_POINTS], bool correlated)
{
  double scale[SQ_GAP_POINTS];
  for (int a = 0; a < fit->points; a++) {
    scale[a] = sqrt(covariance[a][a]);
    if (!(scale[a] > 0) || !isfinite(scale[a])) return false;
  }
  for (int a = 0; a < fit->points; a++)
    for (int c = 0; c < fit->points; c++) fit->inverse[a][c] = a == c ? 1 : correlated ? covariance[a][c] / (scale[a] * scale[c]) : 0;
  if (!invert(fit->points, fit->inverse)) return false;
  for (int a = 0; a < fit->points; a++)
    for (int c = 0; c < fit->points; c++) fit->inverse[a][c] /= scale[a] * scale[c];
  return true;
}

/* chi^2(m) with the best amplitude, but for what does not depend on m. */
static double misfit(const sq_gap_fit *fit, const double *correlator, double m)
{
  double shape[SQ_GAP_POINTS], data = 0, norm = 0;
  for (int a = 0; a < fit->points; a++) shape[a] = falling(m, (double)fit->sites, fit->t[a]);
  for (int a = 0; a < fit->points; a++)
    for (int c = 0; c < fit->points; c++) {
      data += shape[a] * fit->inverse[a][c] * correlator[c];
      norm += shape[a] * fit->inverse[a][c] * shape[c];
    }
  return -data * data / norm;
}

double sq_gap_fit_mass(const double *correlator, const void *context)
{
  const sq_gap_fit *fit = context;
  const double      golden = 0.5 * (sqrt(5) - 1);
  double            low = log(fit->guess / 4), high = log(4 * fit->guess);
  double            left = high - golden * (high - low), right = low + golden * (high - low);
  double            at_left = misfit(fit, correlator, exp(left)), at_right = misfit(fit, correlator, exp(right));
  while (high - low > 1e-9) {
    if (at_left < at_right) {
      high     = right;
      right    = left;
      at_right = at_left;
      left     = high - golden * (high - low);
      at_left  = misfit(fit, correlator, exp(left));
    } else {
      low     = left;
      left    = right;
      at_left = at_right;
      right   = low + golden * (high - low);
      at_right = misfit(fit, correlator, exp(right));
    }
  }
  return exp(0.5 * (low + high));
}

/* The fit in one window. */
static bool fit_window(const sq_series *series, int64_t from, int64_t to, sq_gap_fit *fit)
{
  double covariance[SQ_GAP_POINTS][SQ_GAP_POINTS] = {{0}}, mean[SQ_GAP_POINTS], constant = 0;
  place_points(from, to, fit);
  for (int a = 0; a < fit->points; a++) mean[a] = weighted_mean(series, series->column[fit->t[a]]);
  bin_covariance(series, fit, mean, covariance);
  fit->correlated = series->n / bin_length(series) >= 10 * fit->points && invert_covariance(fit, covariance, true);
  if (fit->points < 2 || !(fit->correlated || invert_covariance(fit, covariance, false))) return false;
  for (int a = 0; a < fit->points; a++)
    for (int c = 0; c < fit->points; c++) constant += mean[a] * fit->inverse[a][c] * mean[c];
  fit->chi2 = constant + misfit(fit, mean, sq_gap_fit_mass(mean, fit));
  return true;
}

PetscErrorCode sq_gap_fit_create(const sq_series *series, int64_t sites, int64_t first, int64_t last, sq_gap_fit *fit, bool *found)
{
  PetscFunctionBeginUser;
  *fit   = (sq_gap_fit){.sites = sites};
  *found = false;
  if (series->n < 2 || sites < 4) PetscFunctionReturn(0);
  int64_t decay = decay_time(series, sites, &fit->guess), latest = PetscMax(1, decay / 2);
  int64_t to = PetscMin(sites / 2, last >= 0 ? last : 3 * decay), from = first >= 0 ? first : 0;
  for (; from < to; from++) {
    *found = fit_window(series, from, to, fit);
    double freedom = fit->points - 2;
    if (first >= 0 || from >= latest || (*found && fit->correlated && fit->chi2 < freedom + sqrt(2 * freedom))) break;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_gap_estimate(const sq_series *series, int64_t sites, int64_t first, int64_t last, sq_gap_fit *fit, sq_estimate *gap)
{
  PetscFunctionBeginUser;
  bool found;
  *gap = (sq_estimate){.value = NAN, .error = NAN, .error_of_error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = series->n};
  PetscCall(sq_gap_fit_create(series, sites, first, last, fit, &found));
  if (!found) PetscFunctionReturn(0);
  sq_derived derived = {.primaries = fit->points, .column = fit->t, .function = sq_gap_fit_mass, .context = fit};
  PetscCall(sq_jackknife(series, &derived, bin_length(series), &gap->value, &gap->error));
  PetscFunctionReturn(0);
}

/* ---- effective masses ------------------------------------------------------------------------------------ */
typedef struct {
  int64_t sites, t;
} pair;

static double mass_of_pair(const double *mean, const void *context)
{
  const pair *p = context;
  return sq_effective_mass(p->sites, p->t, mean[0], mean[1]);
}

PetscErrorCode sq_effective_masses(const sq_series *series, int64_t sites, double *mass, double *error)
{
  PetscFunctionBeginUser;
  for (int64_t t = 0; t < (sites - 1) / 2; t++) {
    const pair p       = {sites, t};
    sq_derived derived = {.primaries = 2, .column = (int[]){(int)t, (int)t + 1}, .function = mass_of_pair, .context = &p};
    PetscCall(sq_jackknife(series, &derived, bin_length(series), &mass[t], &error[t]));
  }
  PetscFunctionReturn(0);
}
