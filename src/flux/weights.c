/* SPDX-License-Identifier: BSD-3-Clause */
/* W(n) = int_0^inf r^{n+1} e^{-eta r^2 - lambda r^4} dr for n = 2 m, m any half of an integer: with r^2 = e^x,
 *   W(2 m) = 1/2 int e^{g(x)} dx,    g = (m+1) x - eta e^x - lambda e^{2x},
 * an integrand with one maximum that falls exponentially to the left and faster to the right. The trapezoidal rule with
 * step h is wrong by exp(-2 pi a/h), a the half-width of the strip in which the integrand falls (pi/4), and by
 * exp(-2 pi^2 sigma^2/h^2) for a maximum of width sigma.
 */
#include "squall/flux.h"
#include <math.h>

typedef struct {
  double m, eta, lambda;
  double u, top, h; /* r^2 and g at the maximum; the step */
} integrand;

/* The maximum solves m + 1 = eta u + 2 lambda u^2. */
static integrand integrand_of(double eta, double lambda, double m)
{
  integrand f = {.m = m + 1, .eta = eta, .lambda = lambda};
  const double root = sqrt(eta * eta + 8 * lambda * f.m);
  f.u = eta > 0 ? 2 * f.m / (eta + root) : (root - eta) / (4 * lambda);
  f.top = f.m * log(f.u) - eta * f.u - lambda * f.u * f.u;
  const double curvature = eta > 0 ? eta * f.u + 4 * lambda * f.u * f.u : 2 * f.m - eta * f.u;
  f.h = fmin(0.1, 1 / (3 * sqrt(curvature)));
  return f;
}

/* e^{g - top} at a distance of step h from the maximum, and u there in units of the one at the maximum. */
static double value_at(const integrand *f, double step, double *u)
{
  const double x = step * f->h, rise = expm1(x);
  *u = 1 + rise;
  return exp(f->m * x - f->eta * f->u * rise - f->lambda * f->u * f->u * rise * (rise + 2));
}

/* sum of e^{g - top}, and with a factor u. */
static void sums_of(const integrand *f, double *plain, double *with_u)
{
  double u;
  *plain = *with_u = 1;
  for (int side = -1; side <= 1; side += 2)
    for (double step = side, value = 1; value > 1e-19; step += side) {
      value = value_at(f, step, &u);
      *plain += value;
      *with_u += value * u;
    }
}

double sq_flux_log_weight(double eta, double lambda, int64_t m)
{
  const integrand f = integrand_of(eta, lambda, (double)m);
  double plain, with_u;
  sums_of(&f, &plain, &with_u);
  return f.top + log(0.5 * f.h * plain);
}

double sq_flux_step(double eta, double lambda, int64_t n)
{
  const integrand f = integrand_of(eta, lambda, 0.5 * (double)n);
  double plain, with_u;
  sums_of(&f, &plain, &with_u);
  return f.u * (with_u / plain);
}

double sq_flux_ratio(double eta, double lambda, int64_t m)
{
  return sq_flux_step(eta, lambda, 2 * m);
}
