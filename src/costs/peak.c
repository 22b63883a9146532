/* SPDX-License-Identifier: BSD-3-Clause */
/* The most that a core multiplies and adds in single precision: a loop whose numbers stay in registers, for each set of
 * instructions of this processor. It needs no library, so it bounds all kernels on any machine alike.
 *
 * The chains of a loop do not wait for each other: twelve of them hide two units with latencies of up to six cycles,
 * and leave registers for two constants where there are sixteen.
 */
#include "src/costs/peak.h"

enum { CHAINS = 12 };
static const float shrink = 0.5f, shift = 0.5f; /* x -> shrink x + shift goes to 1: no overflow, no denormal numbers */

#if defined(__x86_64__) && defined(__GNUC__)
#define X86
#include <immintrin.h>

/* n times CHAINS fused multiply-adds of vectors; a number that depends on all of them. */
#define FUSED(NAME, TARGET, VECTOR, SET, FUSE)                                                                         \
  __attribute__((target(TARGET), noinline)) static float NAME(int64_t n)                                               \
  {                                                                                                                    \
    VECTOR x[CHAINS];                                                                                                  \
    const VECTOR a = SET(shrink), b = SET(shift);                                                                      \
    for (int c = 0; c < CHAINS; c++) x[c] = SET((float)c);                                                             \
    for (int64_t i = 0; i < n; i++)                                                                                    \
      for (int c = 0; c < CHAINS; c++) x[c] = FUSE(x[c], a, b);                                                        \
    for (int c = 1; c < CHAINS; c++) x[0] = x[0] + x[c];                                                               \
    return x[0][0];                                                                                                    \
  }

FUSED(fused_avx512, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps)
FUSED(fused_avx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps)
#endif

/* The compiler's own instructions, fused where it has them. */
typedef float vector __attribute__((vector_size(16)));
#if defined(__GNUC__) && !defined(__clang__)
__attribute__((optimize("O3,fp-contract=fast"), noinline))
#endif
static float
plain(int64_t n)
{
  vector x[CHAINS];
  for (int c = 0; c < CHAINS; c++) x[c] = (vector){0} + (float)c;
  for (int64_t i = 0; i < n; i++)
    for (int c = 0; c < CHAINS; c++) x[c] = x[c] * shrink + shift;
  for (int c = 1; c < CHAINS; c++) x[0] = x[0] + x[c];
  return x[0][0];
}

int sq_peak_sets(sq_peak_set set[SQ_PEAK_SETS])
{
  int count = 0;
  set[count++] = (sq_peak_set){"plain", 4, plain};
#ifdef X86
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    set[count++] = (sq_peak_set){"AVX2", 8, fused_avx2};
  if (__builtin_cpu_supports("avx512f")) set[count++] = (sq_peak_set){"AVX-512", 16, fused_avx512};
#endif
  return count;
}

double sq_peak_flops(const sq_peak_set *set, int64_t n)
{
  return 2. * CHAINS * set->lanes * (double)n;
}
