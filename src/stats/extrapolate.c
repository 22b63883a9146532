/* SPDX-License-Identifier: BSD-3-Clause */
/* Extrapolation of numbers with errors to x = 0, by linear least squares in given powers of x. */
#include "squall/stats.h"
#include <math.h>

enum { POINTS = SQ_CURVE_POINTS };

double sq_extrapolation_at(const sq_extrapolation *fit, int power, int terms, double x)
{
  double sum = fit->coefficient[0];
  for (int k = 1; k < terms; k++) sum += fit->coefficient[k] * pow(x, power + k - 1);
  return sum;
}

/* The value is linear in y: its error follows from what each y alone would make of it. */
static bool propagate(int points, int terms, const double *powers, const double *weight, double *error)
{
  double alone[POINTS] = {0}, coefficient[SQ_FIT_TERMS], sum = 0;
  for (int i = 0; i < points; i++) {
    alone[i] = 1;
    if (!sq_fit_linear(points, terms, powers, alone, weight, coefficient)) return false;
    sum += coefficient[0] * coefficient[0] / weight[i];
    alone[i] = 0;
  }
  *error = sqrt(sum);
  return isfinite(*error);
}

bool sq_extrapolate(int points, const double *x, const double *y, const double *error, int power, int terms,
                    sq_extrapolation *result)
{
  double powers[POINTS * SQ_FIT_TERMS] = {0}, weight[POINTS] = {0};
  *result = (sq_extrapolation){.freedom = points - terms, .p = NAN};
  if (points > POINTS || points < terms || terms < 1 || terms > SQ_FIT_TERMS) return false;
  for (int i = 0; i < points; i++) {
    if (!(error[i] > 0) || !isfinite(error[i]) || !isfinite(y[i])) return false;
    weight[i] = 1 / (error[i] * error[i]);
    for (int k = 0; k < terms; k++) powers[i * terms + k] = k ? pow(x[i], power + k - 1) : 1;
  }
  if (!sq_fit_linear(points, terms, powers, y, weight, result->coefficient) ||
      !propagate(points, terms, powers, weight, &result->error))
    return false;
  result->value = result->coefficient[0];
  for (int i = 0; i < points; i++)
    result->chi2 += weight[i] * pow(y[i] - sq_extrapolation_at(result, power, terms, x[i]), 2);
  if (result->freedom > 0) result->p = sq_chi_square_tail(result->chi2, result->freedom);
  return true;
}
