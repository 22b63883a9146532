/* The independence chain: proposals that know nothing of where the chain is. */
#include "squall/correct.h"

int64_t sq_independence_chain(uint64_t seed, uint64_t member, const double *log_weight, int64_t first, int64_t count,
                              int64_t *from, sq_metropolis *counts)
{
  sq_stream stream = sq_stream_make(seed, SQ_RNG_CORRECT, member);
  int64_t at = first;
  for (int64_t n = first; n < first + count; n++) {
    if (n > first &&
        sq_metropolis_decide(counts, log_weight[n] - log_weight[at], sq_rng_uniform(stream, 0, (uint64_t)n, 0)))
      at = n;
    if (from) from[n - first] = at;
  }
  return at;
}
