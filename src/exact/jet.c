/* SPDX-License-Identifier: BSD-3-Clause */
/* jet: arithmetic of numbers with two derivatives. */
#include "src/exact/jet.h"
#include <math.h>

sq_jet sq_jet_constant(long double a)
{
  return (sq_jet){a, 0, 0};
}

sq_jet sq_jet_add(sq_jet a, sq_jet b)
{
  return (sq_jet){a.at + b.at, a.first + b.first, a.second + b.second};
}

sq_jet sq_jet_subtract(sq_jet a, sq_jet b)
{
  return (sq_jet){a.at - b.at, a.first - b.first, a.second - b.second};
}

sq_jet sq_jet_times(sq_jet a, sq_jet b)
{
  return (sq_jet){a.at * b.at, a.first * b.at + a.at * b.first,
                  a.second * b.at + 2 * a.first * b.first + a.at * b.second};
}

sq_jet sq_jet_scale(long double factor, sq_jet a)
{
  return (sq_jet){factor * a.at, factor * a.first, factor * a.second};
}

/* f(a), given f and its derivatives there. */
static sq_jet chain(sq_jet a, long double f, long double slope, long double curvature)
{
  return (sq_jet){f, slope * a.first, slope * a.second + curvature * a.first * a.first};
}

sq_jet sq_jet_divide(sq_jet a, sq_jet b)
{
  long double r = 1 / b.at;
  return sq_jet_times(a, chain(b, r, -r * r, 2 * r * r * r));
}

sq_jet sq_jet_exp(sq_jet a)
{
  long double e = expl(a.at);
  return chain(a, e, e, e);
}

sq_jet sq_jet_expm1(sq_jet a)
{
  long double e = expl(a.at);
  return chain(a, expm1l(a.at), e, e);
}

sq_jet sq_jet_log(sq_jet a)
{
  long double slope = a.first / a.at; /* not by 1/a^2, which overflows where a is e^-10000 */
  return (sq_jet){logl(a.at), slope, a.second / a.at - slope * slope};
}

sq_jet sq_jet_log1p(sq_jet a)
{
  long double r = 1 / (1 + a.at);
  return chain(a, log1pl(a.at), r, -r * r);
}

sq_jet sq_jet_sqrt(sq_jet a)
{
  long double root = sqrtl(a.at);
  return chain(a, root, 0.5L / root, -0.25L / (root * a.at));
}

sq_jet sq_jet_power(sq_jet a, int64_t n)
{
  long double slope = n < 1 ? 0 : (long double)n * powl(a.at, (long double)(n - 1));
  long double curvature = n < 2 ? 0 : (long double)n * (long double)(n - 1) * powl(a.at, (long double)(n - 2));
  return chain(a, powl(a.at, (long double)n), slope, curvature);
}

sq_exact_thermal sq_jet_thermal(sq_jet log_Z, double beta, double sites)
{
  return (sq_exact_thermal){(double)log_Z.at, (double)-log_Z.first / sites,
                            (double)(beta * beta * log_Z.second) / sites,
                            (double)(log_Z.at - beta * log_Z.first) / sites};
}
