/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge: points of a Gaussian path between two others. With cosh w = quadratic/|hop|, D = sqrt(quadratic^2 - hop^2)
 * and the sign c of hop, n steps from x to y have the weight exp(-D/2 (x^2 + y^2) coth(n w) + D c^n x y/sinh(n w)),
 * half of the site terms at the ends counted.
 */
#include "src/bisection/internal.h"
#include <math.h>

static double decay(const sq_bisection_path *p)
{
  return sqrt((p->quadratic - p->hop) * (p->quadratic + p->hop));
}

static double steepness(const sq_bisection_path *p, int64_t n)
{
  return decay(p) / tanh(p->rate * (double)n);
}

static double coupling(const sq_bisection_path *p, int64_t n)
{
  return (p->hop < 0 && n % 2 ? -1 : 1) * decay(p) / sinh(p->rate * (double)n);
}

/* log(q/|hop| + sqrt(q^2/hop^2 - 1)), also where both are close; infinite for hop = 0. */
static double rate_of(double quadratic, double hop)
{
  return log1p((quadratic / fabs(hop) - 1) + sqrt((quadratic / fabs(hop) - 1) * (quadratic / fabs(hop) + 1)));
}

/* The quadratic term q with q = quadratic + 6 quartic <x^2>_q on a long path: the best Gaussian. */
static double hartree(double quadratic, double quartic, double hop)
{
  double low = fabs(hop), high = fabs(hop) + fabs(quadratic) + sqrt(quartic) + quartic + 1;
  for (int i = 0; i < 2000 && high - quadratic < 3 * quartic / sqrt(high * high - hop * hop); i++) high *= 2;
  for (int i = 0; i < 200; i++) {
    const double q = 0.5 * (low + high), root = sqrt((q - hop) * (q + hop));
    if ((q - quadratic) * root < 3 * quartic) low = q;
    else high = q;
  }
  return high;
}

sq_bisection_path sq_bisection_path_of(const sq_action *action)
{
  const sq_action_transfer *t = action->type->transfer;
  double slope, none = t->site(action, 0, &slope), one = t->site(action, 1, &slope) - none,
                two = t->site(action, 2, &slope) - none;
  const double hop = t->hop(action), quadratic = (16 * one - two) / 12, quartic = (two - 4 * one) / 12;
  const bool is_free = sq_action_free_propagator(action, 0) > 0;
  sq_bisection_path p = {.quadratic = quadratic, .hop = hop, .free = is_free};
  if (is_free) p.quadratic = 0.5 / sq_action_free_propagator(action, 0); /* without the rounding of differences */
  else p.quadratic = hartree(quadratic, fmax(quartic, 1e-12 * fabs(hop) + 1e-300), hop);
  p.rate = rate_of(p.quadratic, hop);
  return p;
}

double sq_bisection_ring(const sq_bisection_path *p, int64_t n)
{
  return sqrt(0.5 / (steepness(p, n) - coupling(p, n)));
}

sq_bisection_bridge sq_bisection_bridge_of(const sq_bisection_path *p, int64_t before, int64_t after)
{
  const double all = steepness(p, before) + steepness(p, after);
  return (sq_bisection_bridge){coupling(p, before) / all, coupling(p, after) / all, 1 / sqrt(all)};
}
