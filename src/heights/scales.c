/* SPDX-License-Identifier: BSD-3-Clause */
/* What fluxes are like, roughly: widths and sizes of windows, and where the windings are. Only how well a model begins
 * depends on these numbers.
 *
 * Without a condensate: |phi|^2 = rho is the free one of eta' = eta + 4 lambda rho (Hartree), on the lattice at hand.
 * The energy of W particles on N sites has the chemical potential mu(n), n = W/N, as the classical field of eta' has
 * it: n = 2 |phi|^2 sinh mu, |phi|^2 = (2 (d - 1) + 2 cosh mu - eta')/(2 lambda): it begins at the gap. The first
 * particle has the gap, and each one more the potential of those before. */
#include "internal.h"
#include <math.h>

static double free_square(const sq_heights_shape *s, double eta)
{
  double sum = 0;
  for (int64_t p = 0; p < s->extent[0]; p++)
    for (int64_t q = 0; q < s->extent[1]; q++)
      sum += 1 / (eta - 2 * cos(2 * M_PI * (double)p / (double)s->extent[0]) -
                  (s->dim == 2 ? 2 * cos(2 * M_PI * (double)q / (double)s->extent[1]) : 0));
  return sum / (double)(s->extent[0] * s->extent[1]);
}

/* rho of the Hartree equation: the quotient of both sides falls with rho. */
static double hartree(const sq_heights_shape *s)
{
  const double eta = s->coupling.eta, lambda = s->coupling.lambda;
  if (!(lambda > 0)) return free_square(s, eta);
  double low = fmax(0, (2 * s->dim - eta) / (4 * lambda)), high = low + 1 + 1 / sqrt(lambda);
  for (int i = 0; i < 200; i++) {
    const double rho = 0.5 * (low + high), shifted = eta + 4 * lambda * rho;
    if (shifted <= 2 * s->dim || free_square(s, shifted) > rho) low = rho;
    else high = rho;
  }
  return high;
}

/* mu of a density, by bisection. */
static double potential_of(const sq_heights_shape *s, const sq_heights_scales *c, double density)
{
  double low = c->gap, high = c->gap + 1;
  const sq_flux_coupling at = {.eta = c->above, .lambda = s->coupling.lambda};
  for (int i = 0; i < 60; i++) {
    const sq_flux_coupling top = {at.eta, at.lambda, high};
    if (2 * sq_flux_condensate(s->dim, &top) * sinh(high) >= density) break;
    high *= 1.3;
  }
  for (int i = 0; i < 60; i++) {
    const sq_flux_coupling middle = {at.eta, at.lambda, 0.5 * (low + high)};
    if (2 * sq_flux_condensate(s->dim, &middle) * sinh(middle.mu) < density) low = middle.mu;
    else high = middle.mu;
  }
  return 0.5 * (low + high);
}

sq_heights_scales sq_heights_scales_of(const sq_heights_shape *s)
{
  sq_heights_scales c = {.rho = hartree(s)};
  const double mu = fabs(s->coupling.mu);
  c.above = s->coupling.lambda > 0 ? s->coupling.eta + 4 * s->coupling.lambda * c.rho : s->coupling.eta;
  c.gap = acosh(fmax(1, (c.above - 2 * (s->dim - 1)) / 2));
  c.rho = fmax(c.rho, sq_flux_condensate(s->dim, &s->coupling));
  c.density = 2 * sq_flux_condensate(s->dim, &s->coupling) * sinh(mu) * (s->coupling.mu < 0 ? -1 : 1);
  c.sigma = sqrt(1 + 2 * c.rho * cosh(fmin(mu, c.gap + 1)));
  c.k = (int)fmin(400, ceil(4 * c.sigma) + 2);
  c.l = (int)fmin(200, ceil(2 * sqrt(c.rho)) + 3);
  return c;
}

double sq_heights_winding(const sq_heights_shape *s, const sq_heights_scales *c, int64_t winding)
{
  enum { POINTS = 8 };
  const double sites = (double)s->extent[1], size = fabs((double)winding), first = 0.5 / sites, n = (size - 1) / sites;
  double energy = size >= 1 ? c->gap : 0;
  if (size > 1 && s->coupling.lambda > 0)
    for (int i = 0; i < POINTS; i++) energy += sites * n / POINTS * potential_of(s, c, first + (i + 0.5) / POINTS * n);
  else if (size > 1) energy = size * c->gap;
  return (double)s->extent[0] * ((double)winding * s->coupling.mu - energy);
}

int64_t sq_heights_likely(const sq_heights_scales *c, int64_t k)
{
  const double size = fabs((double)k);
  return (int64_t)rint(2 * c->rho * c->rho / (sqrt(size * size + 4 * c->rho * c->rho) + size + 1e-300));
}

/* Windings whose weights are not below e^-36 of the largest. */
void sq_heights_windings(const sq_heights_shape *shape, int64_t *middle, int64_t *windings)
{
  const double few = 36;
  const int64_t sign = shape->coupling.mu < 0 ? -1 : 1;
  const sq_heights_scales c = sq_heights_scales_of(shape);
  int64_t best = 0, high, low;
  double top = 0;
  for (int64_t w = sign, step = sign; llabs(w) < 1 << 22; w += step) {
    const double here = sq_heights_winding(shape, &c, w);
    if (here < top) break;
    best = w, top = here;
  }
  for (high = 1; high < SQ_HEIGHTS_WINDINGS && sq_heights_winding(shape, &c, best + high) > top - few;) high++;
  for (low = 1; low < SQ_HEIGHTS_WINDINGS && sq_heights_winding(shape, &c, best - low) > top - few;) low++;
  *middle = best;
  *windings = high > low ? high : low;
}
