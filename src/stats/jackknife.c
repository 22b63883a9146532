/* SPDX-License-Identifier: BSD-3-Clause */
/* jackknife: binned, delete one bin at a time, with bins that need not be equal; the covariance of means from the same
 * bins.
 *
 * Bins never cross chains; a chain of length N_c is cut into max(1, N_c / bin_length) bins that differ by one record at
 * most. Serial.
 */
#include "series.h"
#include <math.h>

typedef struct {
  int64_t first, count;
} bin_range;

/* Cuts the chains; bins NULL: only counts. */
static int64_t cut_bins(const sq_series *series, int64_t bin_length, bin_range *bins)
{
  int64_t total = 0, first = 0;
  for (int c = 0; c < series->chains; c++) {
    int64_t length = sq_series_length(series, c), here = length ? PetscMax(1, length / PetscMax(1, bin_length)) : 0;
    for (int64_t b = 0; bins && b < here; b++)
      bins[total + b] = (bin_range){first + b * length / here, (b + 1) * length / here - b * length / here};
    total += here;
    first += length;
  }
  return total;
}

/* The function at the means of all records but those of the bin. */
static double value_without(const sq_projection *projection, bin_range bin)
{
  const sq_series *series = projection->series;
  double weight = projection->weight;
  for (int64_t i = bin.first; i < bin.first + bin.count; i++) weight -= sq_series_weight(series, i);
  for (int k = 0; k < projection->derived.primaries; k++) {
    const double *x = sq_projection_column(projection, k);
    double sum = 0;
    for (int64_t i = bin.first; i < bin.first + bin.count; i++)
      sum += sq_series_weight(series, i) * (x[i] - projection->mean[k]);
    projection->scratch[k] = projection->mean[k] - sum / weight;
  }
  return projection->derived.function ? projection->derived.function(projection->scratch, projection->derived.context) :
                                        projection->scratch[0];
}

/* Busing et al.: h = n / bin size, pseudo-values h theta - (h - 1) theta_without. */
static void combine(const sq_projection *projection, int64_t count, const bin_range *bins, const double *without,
                    double *value, double *error)
{
  double n = (double)projection->series->n, mean = 0, sum = 0;
  for (int64_t b = 0; b < count; b++) {
    double share = (double)bins[b].count / n;
    mean += projection->value - (1 - share) * without[b];
  }
  for (int64_t b = 0; b < count; b++) {
    double h = n / (double)bins[b].count, pseudo = h * projection->value - (h - 1) * without[b];
    sum += (pseudo - mean) * (pseudo - mean) / (h - 1);
  }
  *value = projection->derived.function ? mean : projection->value;
  *error = sqrt(sum / (double)count);
}

PetscErrorCode sq_jackknife(const sq_series *series, const sq_derived *derived, int64_t bin_length, double *value,
                            double *error)
{
  PetscFunctionBeginUser;
  sq_projection projection;
  bin_range *bins;
  double *without;
  int64_t count = cut_bins(series, bin_length, NULL);
  PetscCall(sq_projection_create(series, derived, &projection));
  PetscCall(sq_alloc(count, &bins));
  PetscCall(sq_alloc(count, &without));
  cut_bins(series, bin_length, bins);
  *value = projection.value;
  *error = NAN;
  if (count > 1 && isfinite(projection.value)) {
    for (int64_t b = 0; b < count; b++) without[b] = value_without(&projection, bins[b]);
    combine(&projection, count, bins, without, value, error);
  }
  sq_free(&without);
  sq_free(&bins);
  sq_projection_destroy(&projection);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bin_covariance(const sq_series *series, int columns, const int *column, int64_t bin_length,
                                 double *covariance, int64_t *bins)
{
  PetscFunctionBeginUser;
  sq_projection projection;
  bin_range *range;
  double *sum;
  sq_derived derived = {.primaries = columns, .column = column};
  *bins = cut_bins(series, bin_length, NULL);
  PetscCall(sq_projection_create(series, &derived, &projection));
  PetscCall(sq_alloc(*bins, &range));
  PetscCall(sq_alloc(columns, &sum));
  cut_bins(series, bin_length, range);
  for (int k = 0; k < columns * columns; k++) covariance[k] = 0;
  for (int64_t b = 0; b < *bins; b++) {
    for (int k = 0; k < columns; k++) {
      const double *x = sq_projection_column(&projection, k);
      sum[k] = 0;
      for (int64_t i = range[b].first; i < range[b].first + range[b].count; i++)
        sum[k] += sq_series_weight(series, i) / projection.weight * (x[i] - projection.mean[k]);
    }
    for (int k = 0; k < columns; k++)
      for (int l = 0; l < columns; l++) covariance[k * columns + l] += sum[k] * sum[l];
  }
  sq_free(&sum);
  sq_free(&range);
  sq_projection_destroy(&projection);
  PetscFunctionReturn(0);
}
