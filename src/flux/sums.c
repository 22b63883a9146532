/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums over the sites of a field of fluxes whose rim is filled: the action, which is minus the logarithm of the weight,
 * the estimator of |phi|^2, and the sites where k has a divergence. */
#include "squall/flux.h"
#include <math.h>

enum { MEMO = 256 };

/* A function of W at small arguments, computed when it is first needed. */
typedef struct {
  double eta, lambda;
  double (*function)(double eta, double lambda, int64_t at);
  double value[MEMO];
} memo;

static memo memo_of(const sq_flux_coupling *c, double (*function)(double, double, int64_t))
{
  memo w = {.eta = c->eta, .lambda = c->lambda, .function = function};
  for (int i = 0; i < MEMO; i++) w.value[i] = NAN;
  return w;
}

static double look_up(memo *w, int64_t at)
{
  if (at >= MEMO) return w->function(w->eta, w->lambda, at);
  if (isnan(w->value[at])) w->value[at] = w->function(w->eta, w->lambda, at);
  return w->value[at];
}

static bool is_flux(double x)
{
  return fabs(x) < 2 * SQ_FLUX_MOST && x == floor(x);
}

/* f of the site at `at`, and what leaves it more than enters it; -1 where k or l are none. */
static int64_t sum_at(const sq_field *field, int64_t at, double *divergence)
{
  const int d = field->lattice->dim;
  double f = 0;
  *divergence = 0;
  for (int nu = 0; nu < d; nu++) {
    const double *k = field->data + nu * field->sites + at, *l = k + d * field->sites;
    const int64_t back = -field->stride[SQ_DIM - d + nu];
    if (!is_flux(k[0]) || !is_flux(k[back]) || !is_flux(l[0]) || !is_flux(l[back]) || l[0] < 0 || l[back] < 0)
      return -1;
    f += fabs(k[0]) + fabs(k[back]) + 2 * (l[0] + l[back]);
    *divergence += k[0] - k[back];
  }
  return (int64_t)f;
}

/* m of the site at `at`; -1 where k or l are none, or k has a divergence. */
static int64_t half_of(const sq_field *field, int64_t at)
{
  double divergence;
  const int64_t f = sum_at(field, at, &divergence);
  return f >= 0 && divergence == 0 ? f / 2 : -1;
}

/* log prod 1/((|k|+l)! l!) of the links that leave a site. */
static double links_of(const sq_field *field, int64_t at)
{
  const int d = field->lattice->dim;
  double sum = 0;
  for (int nu = 0; nu < d; nu++) {
    const double *k = field->data + nu * field->sites + at, l = k[d * field->sites];
    sum -= lgamma(fabs(*k) + l + 1) + lgamma(l + 1);
  }
  return sum;
}

void sq_flux_add_action(const sq_field *field, const sq_flux_coupling *c, sq_sum *sum)
{
  const int64_t n = field->lattice->local[SQ_DIM - 1];
  memo w = memo_of(c, sq_flux_log_weight);
  for (int64_t row = 0; row < field->lattice->local_volume / n; row++)
    for (int64_t at = sq_field_row(field, row), end = at + n; at < end; at++) {
      const int64_t m = half_of(field, at);
      sq_sum_add(sum, m < 0 ? INFINITY : -(c->mu * field->data[at] + links_of(field, at) + look_up(&w, m)));
    }
}

void sq_flux_add_squares(const sq_field *field, const sq_flux_coupling *c, sq_sum *sum)
{
  const int64_t n = field->lattice->local[SQ_DIM - 1];
  memo w = memo_of(c, sq_flux_step);
  double divergence;
  for (int64_t row = 0; row < field->lattice->local_volume / n; row++)
    for (int64_t at = sq_field_row(field, row), end = at + n; at < end; at++) {
      const int64_t f = sum_at(field, at, &divergence);
      sq_sum_add(sum, f < 0 ? NAN : look_up(&w, f));
    }
}

void sq_flux_add_violations(const sq_field *field, sq_sum *sum)
{
  const int64_t n = field->lattice->local[SQ_DIM - 1];
  double divergence;
  for (int64_t row = 0; row < field->lattice->local_volume / n; row++)
    for (int64_t at = sq_field_row(field, row), end = at + n; at < end; at++) {
      const int64_t f = sum_at(field, at, &divergence);
      sq_sum_add(sum, f < 0 ? NAN : divergence != 0);
    }
}

/* ---- uniform fluxes ---- */

/* |phi|^2 = (2 (d - 1) + 2 cosh mu - eta)/(2 lambda) where that is positive, and of a link k = 2 |phi|^2 sinh(mu) along
 * direction 0, |k| + 2 l = 2 |phi|^2 cosh(mu), or 2 |phi|^2. */
double sq_flux_condensate(int dim, const sq_flux_coupling *c)
{
  const double depth = 2 * (dim - 1) + 2 * cosh(c->mu) - c->eta;
  return c->lambda > 0 && depth > 0 ? depth / (2 * c->lambda) : 0;
}

void sq_flux_uniform(int dim, const sq_flux_coupling *c, double *number)
{
  const double square = sq_flux_condensate(dim, c), k = rint(2 * square * sinh(c->mu));
  for (int nu = 0; nu < dim; nu++) {
    number[nu] = nu ? 0 : k != 0 ? k : c->mu < 0 ? -1 : 1;
    number[dim + nu] = rint(square * (nu ? 1 : exp(-fabs(c->mu))));
  }
}
