/* SPDX-License-Identifier: BSD-3-Clause */
/* The free field that is like a theory: normal numbers whose A is the mean of V''/2 over them (D. R. Hartree's
 * approximation). In a double well there is a second one about a centre, where V' is 2 hop times the centre in the
 * mean, if wells are deep enough. */
#include "flow.h"
#include <math.h>

enum { HALVINGS = 100, SCAN = 64 };

/* <phi^2> about the centre: 1/N sum_p 1/(2 A - 2 hop cos p) in closed form. */
static double square(double A, double hop, int sites)
{
  const double root = sqrt((A - hop) * (A + hop)), q = hop != 0 ? (A - root) / hop : 0;
  const double power = pow(q, sites);
  return (1 + power) / (1 - power) / (2 * root);
}

/* The means of V' and V'' over normal numbers, by partial integration. */
static void slopes(const sq_action *action, double centre, double variance, double slope[2])
{
  enum { POINTS = 241 };
  double phi[POINTS], V[POINTS], norm = 0;
  const double width = sqrt(variance);
  for (int i = 0; i < POINTS; i++) phi[i] = centre + width * (i - POINTS / 2) * 0.08;
  action->type->given->potential(action, POINTS, phi, V);
  slope[0] = slope[1] = 0;
  for (int i = 0; i < POINTS; i++) {
    const double z = (i - POINTS / 2) * 0.08, weight = exp(-0.5 * z * z);
    slope[0] += weight * (V[i] - V[POINTS / 2]) * z / width;
    slope[1] += weight * (V[i] - V[POINTS / 2]) * (z * z - 1) / variance;
    norm += weight;
  }
  slope[0] /= norm;
  slope[1] /= norm;
}

/* A about a centre; unique, for where A rises the field is narrower. */
static double coefficient(const sq_action *action, double hop, int sites, double centre)
{
  double low = -40, high = 40, slope[2]; /* log((A - |hop|)/unit) */
  slopes(action, centre, 1, slope);
  const double bound = fabs(hop), unit = bound + fabs(slope[1]) + 1e-300;
  for (int i = 0; i < HALVINGS; i++) {
    const double middle = 0.5 * (low + high), A = bound + unit * exp(middle);
    slopes(action, centre, square(A, hop, sites), slope);
    if (A < 0.5 * slope[1]) low = middle;
    else high = middle;
  }
  return bound + unit * exp(high);
}

static double pull_of(const sq_action *action, double hop, int sites, double centre)
{
  double slope[2];
  const double A = coefficient(action, hop, sites, centre);
  slopes(action, centre, square(A, hop, sites), slope);
  return slope[0] - 2 * hop * centre;
}

/* The outermost centre where the mean force vanishes; 0: there is none beside 0. */
static double centre_of(const sq_action *action, double hop, int sites)
{
  const double v = sq_action_ordered_value(action);
  double high = 1.5 * v, low = high;
  if (!(v > 0)) return 0;
  for (int i = SCAN; i > SCAN / 8 && low == high; i--) {
    const double here = 1.5 * v * i / SCAN;
    if (pull_of(action, hop, sites, here) < 0) low = here;
    else high = here;
    if (low > high) low = high;
  }
  if (low == high) return 0;
  for (int i = 0; i < HALVINGS / 2; i++) {
    const double middle = 0.5 * (low + high);
    if (pull_of(action, hop, sites, middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}

sq_fourier_prior sq_fourier_prior_of(const sq_action *action, int sites)
{
  const double hop = action->type->given->hop(action, SQ_DIM - 1);
  sq_fourier_prior prior = {.hop = hop};
  double near[2], far[2];
  slopes(action, 0, 1, near);
  slopes(action, 0, 4, far);
  prior.quadratic = fabs(near[1] - far[1]) <= 1e-9 * fabs(near[1]);
  prior.centre = prior.quadratic ? 0 : centre_of(action, hop, sites);
  prior.A = coefficient(action, hop, sites, prior.centre);
  prior.width = sqrt(square(prior.A, hop, sites) + prior.centre * prior.centre);
  return prior;
}

double sq_fourier_variance(const sq_fourier_prior *prior, int sites, int n)
{
  return 1 / (2 * (prior->A - prior->hop * cos(2 * PETSC_PI * n / sites)));
}

double sq_fourier_widest(const sq_fourier_prior *prior, int sites)
{
  return fmax(sq_fourier_variance(prior, sites, 0), sq_fourier_variance(prior, sites, sites / 2));
}
