/* SPDX-License-Identifier: BSD-3-Clause */
/* The independence chain: proposals that know nothing of where the chain is. */
#include "squall/correct.h"
#include <math.h>

int64_t sq_independence_chain(uint64_t seed, uint64_t member, const double *log_weight, int64_t first, int64_t count,
                              int64_t *from, sq_metropolis *counts)
{
  sq_stream stream = sq_stream_make(seed, SQ_RNG_CORRECT, member);
  int64_t at = first, begin = first;
  while (begin < first + count - 1 && !isfinite(log_weight[begin])) begin++;
  if (isfinite(log_weight[begin])) at = begin;
  for (int64_t n = first; n < first + count; n++) {
    if (n > at &&
        sq_metropolis_decide(counts, log_weight[n] - log_weight[at], sq_rng_uniform(stream, 0, (uint64_t)n, 0)))
      at = n;
    if (from) from[n - first] = at;
  }
  return at;
}

double sq_independence_tau(double acceptance)
{
  return acceptance >= 0 && acceptance <= 1 ? (2 - acceptance) / (2 * acceptance) : NAN;
}
