/* SPDX-License-Identifier: BSD-3-Clause */
/* pareto: the tail of a distribution as a generalised Pareto distribution, fitted to its largest numbers. Serial.
 *
 * With theta = k/sigma > -1/x_max the profile log likelihood is n (log(theta/k) - k - 1), k = mean of log(1 + theta x).
 * The estimate of theta is its mean over a grid, weighted by the likelihood: no iteration that could fail.
 */
#include "pareto.h"
#include <math.h>

/* k that belongs to theta. */
static double shape_at(double theta, int64_t n, const double *x)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += log1p(theta * x[i]);
  return sum / (double)n;
}

/* Point j of the grid of theta (Zhang and Stephens, section 3, where theta has the other sign). */
static double grid_point(int j, int points, int64_t n, const double *x)
{
  const double prior = 3;
  double quartile = x[(int64_t)((double)n / 4 + 0.5) - 1];
  return -1 / x[n - 1] - (1 - sqrt(points / (j + 0.5))) / (prior * quartile);
}

static double log_likelihood(double theta, int64_t n, const double *x)
{
  double k = shape_at(theta, n, x);
  return (double)n * (log(theta / k) - k - 1);
}

sq_pareto sq_pareto_likely(int64_t n, const double *x)
{
  if (n < SQ_PARETO_FEWEST || !(x[0] > 0) || !isfinite(x[n - 1])) return (sq_pareto){NAN, NAN};
  int points = 30 + (int)sqrt((double)n);
  double best = -INFINITY, weight = 0, mean = 0;
  for (int j = 0; j < points; j++) best = fmax(best, log_likelihood(grid_point(j, points, n, x), n, x));
  for (int j = 0; j < points; j++) {
    double theta = grid_point(j, points, n, x), w = exp(log_likelihood(theta, n, x) - best);
    if (!(w > 0)) continue; /* a point without a likelihood counts for nothing */
    weight += w;
    mean += w * theta;
  }
  double theta = mean / weight, k = shape_at(theta, n, x), sigma = k / theta;
  return isfinite(k) && isfinite(sigma) ? (sq_pareto){k, sigma} : (sq_pareto){NAN, NAN};
}

sq_pareto sq_pareto_fit(int64_t n, const double *x)
{
  const double prior_k = 0.5, prior_weight = 10;
  sq_pareto fit = sq_pareto_likely(n, x);
  fit.k = ((double)n * fit.k + prior_weight * prior_k) / ((double)n + prior_weight);
  return fit;
}

double sq_pareto_quantile(const sq_pareto *pareto, double p)
{
  double t = -log1p(-p); /* (1 - p)^(-k) = exp(k t) */
  return pareto->sigma * (fabs(pareto->k) > 1e-12 ? expm1(pareto->k * t) / pareto->k : t);
}
