/* SPDX-License-Identifier: BSD-3-Clause */
/* series: means of the columns of a series, a function of them, and what each record contributes to its fluctuation.
 *
 * Layout: column[k][i], chains one after the other. Serial; no state.
 * The projected fluctuation of record i is delta_i = (w_i / mean w) sum_k f_k (a_ki - mean a_k), f the gradient: the
 * variance of the function is that of the mean of delta (Wolff, hep-lat/0306017, section 3).
 */
#include "series.h"
#include <float.h>
#include <math.h>

/* Two passes: the second removes the rounding of the first, so a constant column has its value as mean. */
static double part_mean(const sq_series *series, const double *x, int64_t first, int64_t count)
{
  double weight = 0, mean = 0;
  for (int pass = 0; pass < 2; pass++) {
    double sum = 0;
    weight = 0;
    for (int64_t i = first; i < first + count; i++) {
      double w = sq_series_weight(series, i);
      weight += w;
      sum += w * (x[i] - mean);
    }
    mean += sum / weight;
  }
  return mean;
}

static double evaluate(const sq_derived *derived, const double *mean)
{
  return derived->function ? derived->function(mean, derived->context) : mean[0];
}

double sq_projection_part(const sq_projection *projection, int64_t first, int64_t count)
{
  for (int k = 0; k < projection->derived.primaries; k++)
    projection->scratch[k] = part_mean(projection->series, sq_projection_column(projection, k), first, count);
  return evaluate(&projection->derived, projection->scratch);
}

/* NaN unless every value and weight that enters is finite and no weight negative. */
static double checked_value(const sq_projection *projection)
{
  const sq_series *series = projection->series;
  for (int64_t i = 0; series->weight && i < series->n; i++)
    if (!(series->weight[i] >= 0)) return NAN;
  for (int k = 0; k < projection->derived.primaries; k++)
    if (!isfinite(projection->mean[k])) return NAN;
  double value = evaluate(&projection->derived, projection->mean);
  return isfinite(value) ? value : NAN;
}

PetscErrorCode sq_projection_create(const sq_series *series, const sq_derived *derived, sq_projection *projection)
{
  PetscFunctionBeginUser;
  *projection = (sq_projection){.series = series, .derived = derived ? *derived : (sq_derived){.primaries = 1}};
  int64_t sum = 0;
  for (int c = 0; series->length && c < series->chains; c++) sum += series->length[c];
  PetscCheck(!series->length || sum == series->n, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "The lengths of the chains add up to %lld, not to the %lld records", (long long)sum, (long long)series->n);
  size_t primaries = (size_t)projection->derived.primaries;
  PetscCall(sq_alloc(3 * primaries, &projection->mean));
  projection->gradient = projection->mean + primaries;
  projection->scratch = projection->gradient + primaries;
  for (size_t k = 0; k < primaries; k++)
    projection->mean[k] = part_mean(series, sq_projection_column(projection, (int)k), 0, series->n);
  for (int64_t i = 0; i < series->n; i++) projection->weight += sq_series_weight(series, i);
  projection->value = checked_value(projection);
  PetscFunctionReturn(0);
}

void sq_projection_destroy(sq_projection *projection)
{
  sq_free(&projection->mean);
}

/* The error of a mean if the records were independent: the natural step for differences. */
static double naive_error(const sq_projection *projection, int k)
{
  const sq_series *series = projection->series;
  const double *x = sq_projection_column(projection, k);
  double sum = 0;
  for (int64_t i = 0; i < series->n; i++) {
    double d = sq_series_weight(series, i) * (x[i] - projection->mean[k]);
    sum += d * d;
  }
  return sqrt(sum) / projection->weight;
}

static void difference_gradient(sq_projection *projection)
{
  int primaries = projection->derived.primaries;
  double *at = projection->scratch;
  for (int k = 0; k < primaries; k++) at[k] = projection->mean[k];
  for (int k = 0; k < primaries; k++) {
    double low = at[k] - naive_error(projection, k), high = at[k] + (at[k] - low);
    at[k] = high;
    double up = evaluate(&projection->derived, at);
    at[k] = low;
    double down = evaluate(&projection->derived, at);
    at[k] = projection->mean[k];
    projection->gradient[k] = high > low ? (up - down) / (high - low) : 0.0;
  }
}

bool sq_projection_fluctuations(sq_projection *projection, double *delta)
{
  const sq_series *series = projection->series;
  const sq_derived *derived = &projection->derived;
  if (!derived->function) projection->gradient[0] = 1.0;
  else if (derived->gradient) derived->gradient(projection->mean, derived->context, projection->gradient);
  else difference_gradient(projection);
  double scale = (double)series->n / projection->weight, square = 0;
  for (int64_t i = 0; i < series->n; i++) delta[i] = 0;
  for (int k = 0; k < derived->primaries; k++) {
    const double *x = sq_projection_column(projection, k);
    for (int64_t i = 0; i < series->n; i++)
      delta[i] += scale * sq_series_weight(series, i) * projection->gradient[k] * (x[i] - projection->mean[k]);
  }
  for (int64_t i = 0; i < series->n; i++) square += delta[i] * delta[i];
  return isfinite(square);
}

double sq_projection_rounding(const sq_projection *projection)
{
  double sum = 0;
  for (int k = 0; k < projection->derived.primaries; k++) {
    const double *x = sq_projection_column(projection, k);
    double largest = 0;
    for (int64_t i = 0; i < projection->series->n; i++) largest = fmax(largest, fabs(x[i]));
    sum += fabs(projection->gradient[k]) * largest;
  }
  return 4 * DBL_EPSILON * sum;
}
