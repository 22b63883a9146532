/* SPDX-License-Identifier: BSD-3-Clause */
/* chi-square: whether counts in bins follow given probabilities; the F distribution. Serial. */
#include "squall/stats.h"
#include <math.h>

enum { MOST_TERMS = 10000 };

/* 1 - P(a, x) from the power series of P (DLMF 8.11.4); for x < a + 1. */
static double from_series(double a, double x)
{
  double term = 1 / a, sum = term;
  for (int n = 1; n < MOST_TERMS && term > 1e-17 * sum; n++) sum += term *= x / (a + n);
  return 1 - sum * exp(a * log(x) - x - lgamma(a));
}

/* Q(a, x) from its continued fraction (DLMF 8.9.2) by Lentz's method; for x >= a + 1. */
static double from_fraction(double a, double x)
{
  const double tiny = 1e-300;
  double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
  for (int n = 1; n < MOST_TERMS; n++) {
    double numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    c = b + numerator / c;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    c = fabs(c) < tiny ? tiny : c;
    h *= c * d;
    if (fabs(c * d - 1) < 1e-15) break;
  }
  return h * exp(a * log(x) - x - lgamma(a));
}

double sq_chi_square_tail(double chi2, int freedom)
{
  double a = 0.5 * freedom, x = 0.5 * chi2;
  if (!(chi2 >= 0) || freedom < 1) return NAN;
  if (x == 0) return 1;
  return x < a + 1 ? from_series(a, x) : from_fraction(a, x);
}

/* The continued fraction of the incomplete beta function I_x(a, b) (DLMF 8.17.22) by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
  const double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (fabs(d) < tiny ? tiny : d);
  double h = d;
  for (int m = 1; m < 10000; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), before = h;
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (int part = 0; part < 2; part++) {
      double numerator = part ? odd : even;
      d = 1 + numerator * d, c = 1 + numerator / c;
      d = 1 / (fabs(d) < tiny ? tiny : d);
      c = fabs(c) < tiny ? tiny : c;
      h *= c * d;
    }
    if (fabs(h / before - 1) < 1e-14) break;
  }
  return h;
}

static double beta_share(double a, double b, double x)
{
  double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double sq_f_tail(double F, double above, double below)
{
  if (!(F >= 0) || !(above > 0) || !(below > 0)) return NAN;
  double x = below / (below + above * F);
  if (x <= 0) return 0;
  return x >= 1 ? 1 : beta_share(0.5 * below, 0.5 * above, x);
}

sq_chi_square sq_chi_square_test(int bins, const int64_t *count, const double *probability, int64_t total, double least)
{
  sq_chi_square result = {0};
  double expected = 0, last_expected = 0, last_observed = 0, observed = 0;
  int cells = 0;
  for (int b = 0; b < bins; b++) {
    expected += probability[b] * (double)total;
    observed += (double)count[b];
    if (expected < least) continue;
    if (cells++) result.chi2 += pow(last_observed - last_expected, 2) / last_expected;
    last_expected = expected, last_observed = observed;
    expected = observed = 0;
  }
  last_expected += expected, last_observed += observed; /* what is left joins the last cell */
  result.freedom = cells - 1;
  if (cells) result.chi2 += pow(last_observed - last_expected, 2) / last_expected;
  result.p = sq_chi_square_tail(result.chi2, result.freedom);
  return result;
}
