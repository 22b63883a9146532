/* SPDX-License-Identifier: BSD-3-Clause */
/* radial: radii by the Gauss-Legendre rule where e^{-V} is not nothing, angles by the harmonics of e^{x cos gamma}. */
#include "src/exact/radial.h"
#include "src/exact/quadrature.h"
#include <math.h>

static double potential(double m2, double c4, double r)
{
  return (m2 + c4 * r * r) * r * r;
}

/* Where V is at most `above` over its lowest value. */
static void find_range(double m2, double c4, double above, double *low, double *high, double *lowest)
{
  double centre = m2 < 0 ? sqrt(-m2 / (2 * c4)) : 0;
  *lowest = potential(m2, c4, centre);
  *low = 0;
  *high = centre + 1;
  while (potential(m2, c4, *high) - *lowest < above) *high = centre + 2 * (*high - centre);
  for (double inside = centre, step = 0; step < 60; step++) {
    double middle = 0.5 * (inside + *high);
    if (potential(m2, c4, middle) - *lowest < above) inside = middle;
    else *high = middle;
  }
  if (-*lowest <= above) return;
  for (double inside = centre, step = 0; step < 60; step++) {
    double middle = 0.5 * (inside + *low);
    if (potential(m2, c4, middle) - *lowest < above) inside = middle;
    else *low = middle;
  }
}

PetscErrorCode sq_radial_harmonics(const sq_radial *radial, double g, double *out)
{
  PetscFunctionBeginUser;
  const size_t n = (size_t)radial->points;
  long double *f;
  PetscCall(sq_alloc(radial->momenta, &f));
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      sq_exact_bessel(radial->components, g * radial->r[i] * radial->r[j], radial->momenta, f);
      for (size_t l = 0; l < (size_t)radial->momenta; l++)
        out[(l * n + i) * n + j] = out[(l * n + j) * n + i] = (double)f[l];
    }
  sq_free(&f);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_radial_make(int components, double m2, double c4, double hop, double strongest, int points,
                              sq_radial *radial)
{
  PetscFunctionBeginUser;
  double low, high;
  long double *x, *w;
  SqCheck(c4 > 0 || (c4 == 0 && m2 > 0), SQ_EVERY_RANK, SQ_ERR_INPUT, "the action is not bounded from below");
  *radial = (sq_radial){.components = components, .points = points, .hop = hop};
  find_range(m2, c4, 50, &low, &high, &radial->lowest);
  radial->momenta = components == 1 ? 2 : 36 + (int)(10 * sqrt(strongest) * high);
  PetscCall(sq_alloc(points, &x));
  PetscCall(sq_alloc(points, &w));
  PetscCall(sq_alloc(points, &radial->r));
  PetscCall(sq_alloc(points, &radial->weight));
  PetscCall(sq_alloc((size_t)radial->momenta * (size_t)points * (size_t)points, &radial->harmonic));
  sq_legendre(points, x, w);
  double sphere = 2 * pow(acos(-1), 0.5 * components) / tgamma(0.5 * components);
  for (int i = 0; i < points; i++) {
    double r = radial->r[i] = 0.5 * (low + high + (high - low) * (double)x[i]);
    radial->weight[i] = sphere * 0.5 * (high - low) * (double)w[i] * pow(r, components - 1) *
                        exp(radial->lowest - potential(m2, c4, r));
  }
  sq_free(&x);
  sq_free(&w);
  PetscCall(sq_radial_harmonics(radial, hop, radial->harmonic));
  PetscFunctionReturn(0);
}

void sq_radial_clear(sq_radial *radial)
{
  sq_free(&radial->r);
  sq_free(&radial->weight);
  sq_free(&radial->harmonic);
}

double sq_radial_element(const sq_radial *radial, int l, int i, int j)
{
  const size_t n = (size_t)radial->points;
  double apart = radial->r[i] - radial->r[j];
  return sqrt(radial->weight[i] * radial->weight[j]) * exp(-0.5 * fabs(radial->hop) * apart * apart) *
         radial->harmonic[((size_t)l * n + (size_t)i) * n + (size_t)j];
}
