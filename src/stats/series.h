/* SPDX-License-Identifier: BSD-3-Clause */
/* series: means and projected fluctuations of a series, shared by the Gamma method and the jackknife. */
#ifndef SQUALL_STATS_SERIES_H
#define SQUALL_STATS_SERIES_H

#include "squall/stats.h"

/* What sq_gamma, sq_autocorrelation and sq_jackknife work on. */
typedef struct {
  const sq_series *series;
  sq_derived derived;
  double *mean;     /* [primaries] over all records */
  double *gradient; /* [primaries] of the function at mean */
  double *scratch;  /* [primaries] */
  double weight;    /* sum of the weights */
  double value;     /* the function at mean; NaN when anything is not finite */
} sq_projection;

/* Means and value. derived NULL: the mean of column 0. */
PetscErrorCode sq_projection_create(const sq_series *series, const sq_derived *derived, sq_projection *projection);
void sq_projection_destroy(sq_projection *projection);
/* The function at the means of records first .. first + count - 1; NaN when there is no weight. */
double sq_projection_part(const sq_projection *projection, int64_t first, int64_t count);
/* Fills gradient and delta[n], the fluctuation of the function due to each record, with mean 0. False when it
 * is not finite. */
bool sq_projection_fluctuations(sq_projection *projection, double *delta);
/* Numbers below this are rounding errors of delta. */
double sq_projection_rounding(const sq_projection *projection);

/* Gamma(t) of delta[n]: the mean of delta_i delta_{i+t} over the pairs within chains; 0 if there are none (gamma.c). */
double sq_autocovariance(const sq_series *series, const double *delta, int64_t t);
/* Grows W until truncation and statistical error balance; excess[0] = sum_{t=1}^{W} rho(t) (gamma.c). */
int64_t sq_choose_window(const sq_series *series, const double *delta, double variance, double *excess, bool *found);

static inline const double *sq_projection_column(const sq_projection *projection, int k)
{
  return projection->series->column[projection->derived.column ? projection->derived.column[k] : k];
}
static inline double sq_series_weight(const sq_series *series, int64_t i)
{
  return series->weight ? series->weight[i] : 1.0;
}
static inline int64_t sq_series_length(const sq_series *series, int chain)
{
  return series->length ? series->length[chain] : series->n;
}

#endif
