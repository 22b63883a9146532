/* SPDX-License-Identifier: BSD-3-Clause */
/* Distributions of integers: a window with weights, and geometric tails. */
#include "internal.h"
#include <math.h>

/* sum_{j=1}^{n} e^-j; n < 0: without end. */
static double tail_of(int64_t n)
{
  return (n < 0 ? 1 : -expm1(-(double)n)) / (M_E - 1);
}

static double left_tail(const sq_heights_integers *x)
{
  return x->least == INT64_MIN ? tail_of(-1) : tail_of(x->first - x->least);
}

double sq_heights_normalise(const sq_heights_integers *x)
{
  double top = -INFINITY, sum = 0;
  for (int i = 0; i < x->count; i++) top = fmax(top, x->log_weight[i]);
  for (int i = 0; i < x->count; i++) x->share[i] = exp(x->log_weight[i] - top);
  const double left = x->share[0] * left_tail(x), right = x->share[x->count - 1] * tail_of(-1);
  x->share[0] += left;
  x->share[x->count - 1] += right;
  for (int i = 0; i < x->count; i++) sum += x->share[i];
  for (int i = 0; i < x->count; i++) x->share[i] /= sum;
  return top + log(sum);
}

/* How far beyond an end, u in (0, 1) being uniform there: 0 with the weight 1, j with e^-j, up to n. */
static int64_t beyond(double u, int64_t n)
{
  const double all = 1 + tail_of(n), v = u * all;
  if (v < 1) return 0;
  const int64_t j = 1 + (int64_t)floor(-log1p(-fmin((v - 1) * (M_E - 1), 1 - 0x1p-53)));
  return n < 0 || j < n ? j : n;
}

int64_t sq_heights_pick(const sq_heights_integers *x, double u)
{
  int i = 0;
  while (i < x->count - 1 && u >= x->share[i]) u -= x->share[i++];
  const double rest = fmin(fmax(u / x->share[i], 0), 1 - 0x1p-53);
  if (i == x->count - 1 && x->count > 1) return x->first + i + beyond(rest, -1);
  if (i == 0) return x->first - beyond(rest, x->least == INT64_MIN ? -1 : x->first - x->least);
  return x->first + i;
}

double sq_heights_log_share(const sq_heights_integers *x, double log_sum, int64_t number, int *at)
{
  const int64_t last = x->first + x->count - 1, outside = number < x->first ? x->first - number :
                                                          number > last     ? number - last :
                                                                              0;
  *at = number < x->first ? 0 : number > last ? x->count - 1 : (int)(number - x->first);
  return x->log_weight[*at] - (double)outside - log_sum;
}
