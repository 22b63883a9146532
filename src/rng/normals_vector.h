/* SPDX-License-Identifier: BSD-3-Clause */
/* Normal numbers in vectors; the including file defines WIDTH (doubles in a vector), MULTIPLY (32 x 32 -> 64 bits of
 * the low halves), ROOT and KERNEL. */
#include "src/rng/normals.h"

typedef uint64_t word __attribute__((vector_size(8 * WIDTH)));
typedef double real __attribute__((vector_size(8 * WIDTH)));
typedef double unaligned __attribute__((vector_size(8 * WIDTH), aligned(8)));
#define INLINE static inline __attribute__((always_inline))
enum { CHAINS = 2 }; /* vectors at once: Philox is a chain of dependent steps */

INLINE real as_real(word x)
{
  return (real)x;
}
INLINE word as_word(real x)
{
  return (word)x;
}

/* x < 2^52, exactly. */
INLINE real real_of(word x)
{
  return as_real(x | 0x4330000000000000u) - 0x1p52;
}

INLINE real unit_of(word low, word high)
{
  return (real_of(high & 0xffffffffu) * 0x1p21 + real_of((low & 0xffffffffu) >> 11) + 0.5) * 0x1p-53;
}

INLINE real log_of(real u)
{
  word bits = as_word(u), shifted = bits - SQRT_HALF_BITS + ((uint64_t)1024 << 52), k = shifted >> 52;
  real z = as_real(bits - ((k - 1024) << 52)), e = real_of(k) - 1024., f = z - 1., s = f / (2. + f), w = s * s;
  return e * LN2_HIGH + (2. * s + (s * w * LOG_SERIES(w) + e * LN2_LOW));
}

INLINE void sincos_of(real turns, real *sine, real *cosine)
{
  real t = 4. * turns, shifted = t + ROUNDING, f = t - (shifted - ROUNDING), y = f * 0x1.921fb54442d18p+0, w = y * y;
  real s = y + y * (w * SIN_SERIES(w)), c = 1. - 0.5 * w + w * w * COS_SERIES(w);
  word q = as_word(shifted), odd = -(q & 1u), swap = (as_word(s) ^ as_word(c)) & odd;
  *sine = as_real((as_word(s) ^ swap) ^ ((q & 2u) << 62));
  *cosine = as_real((as_word(c) ^ swap) ^ (((q + 1u) & 2u) << 62));
}

int64_t KERNEL(sq_stream stream, uint64_t first, int64_t pairs, uint64_t step, uint16_t draw, double *normal)
{
  word lane;
  int64_t done = 0;
  for (int l = 0; l < WIDTH; l++) lane[l] = (uint64_t)l;
  for (; done + CHAINS * WIDTH <= pairs; done += CHAINS * WIDTH) {
    word c0[CHAINS], c1[CHAINS], c2[CHAINS], c3[CHAINS];
    uint32_t k0 = stream.key[0], k1 = stream.key[1];
#pragma GCC unroll 2
    for (int v = 0; v < CHAINS; v++) {
      word pair = lane + (first + (uint64_t)(done + v * WIDTH));
      c0[v] = pair & 0xffffffffu;
      c1[v] = pair >> 32 | (uint64_t)draw << 16;
      c2[v] = (word){0} + (step & 0xffffffffu);
      c3[v] = (word){0} + (step >> 32);
    }
#pragma GCC unroll 10
    for (int round = 0; round < PHILOX_ROUNDS; round++, k0 += PHILOX_W0, k1 += PHILOX_W1) {
#pragma GCC unroll 2
      for (int v = 0; v < CHAINS; v++) { /* upper halves hold what nobody reads */
        word p0 = MULTIPLY(c0[v], PHILOX_M0), p1 = MULTIPLY(c2[v], PHILOX_M1);
        c0[v] = p1 >> 32 ^ c1[v] ^ (uint64_t)k0;
        c2[v] = p0 >> 32 ^ c3[v] ^ (uint64_t)k1;
        c1[v] = p1;
        c3[v] = p0;
      }
    }
#pragma GCC unroll 2
    for (int v = 0; v < CHAINS; v++) {
      real sine, cosine, radius = ROOT(-2. * log_of(unit_of(c0[v], c1[v])));
      sincos_of(unit_of(c2[v], c3[v]), &sine, &cosine);
      real a = radius * cosine, b = radius * sine;
      double *out = normal + 2 * (done + v * WIDTH);
#ifdef __clang__ /* has no shuffle by a vector, but makes one of this */
      for (int l = 0; l < WIDTH; l++) out[2 * l] = a[l], out[2 * l + 1] = b[l];
#else
      word low, high;
      for (int l = 0; l < WIDTH; l++) {
        low[l] = (uint64_t)(l / 2 + (l % 2) * WIDTH);
        high[l] = low[l] + WIDTH / 2;
      }
      *(unaligned *)out = __builtin_shuffle(a, b, low);
      *(unaligned *)(out + WIDTH) = __builtin_shuffle(a, b, high);
#endif
    }
  }
  return done;
}
