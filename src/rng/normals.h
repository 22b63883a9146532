/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to rng: normal numbers by Philox and Box-Muller, scalar and in vectors.
 *
 * log, sine and cosine are our own: plain additions, multiplications, one division and one square root in a fixed
 * order, without contraction. So every number has the same bits from the scalar code and from vectors of any width, on
 * any machine with IEEE arithmetic. Errors are below 2e-16 of the largest factor.
 */
#ifndef SQUALL_RNG_NORMALS_H
#define SQUALL_RNG_NORMALS_H

#include "squall/base.h"
#include "squall/rng.h"

/* The normals of the sites 2 pair and 2 pair + 1. */
void sq_normal_pair(sq_stream stream, uint64_t pair, uint64_t step, uint16_t draw, double normal[2]);

/* Pairs first .. first + n - 1 for the largest n <= pairs that fills whole vectors; returns n. normal[2 n]. */
typedef int64_t sq_normals_kernel(sq_stream stream, uint64_t first, int64_t pairs, uint64_t step, uint16_t draw,
                                  double *normal);

/* sq_rng_words. */
typedef void sq_words_kernel(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw,
                             uint32_t *word);

#if defined(__x86_64__) && defined(__GNUC__)
#define SQ_RNG_X86
sq_normals_kernel sq_normals_avx512, sq_normals_avx2;
sq_words_kernel sq_words_avx512, sq_words_avx2;
#endif
sq_normals_kernel sq_normals_generic;
sq_words_kernel sq_words_generic;

/* ---- constants of both ---- */

#define PHILOX_ROUNDS 10
#define PHILOX_M0     0xD2511F53u
#define PHILOX_M1     0xCD9E8D57u
#define PHILOX_W0     0x9E3779B9u
#define PHILOX_W1     0xBB67AE85u

#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdu
#define LN2_HIGH       0x1.62e42feep-1 /* 32 bits: times an exponent it is exact */
#define LN2_LOW        0x1.a39ef35793c76p-33
#define ROUNDING       0x1.8p52

/* log((1 + s)/(1 - s)) = 2 s + s^3 (2/3 + 2/5 s^2 + ...), |s| < 0.172; Horner in w = s^2. */
#define LOG_SERIES(w)                                                                                                  \
  (2. / 3 +                                                                                                            \
   (w) * (2. / 5 +                                                                                                     \
          (w) * (2. / 7 +                                                                                              \
                 (w) * (2. / 9 +                                                                                       \
                        (w) * (2. / 11 + (w) * (2. / 13 + (w) * (2. / 15 + (w) * (2. / 17 + (w) * (2. / 19)))))))))
/* Taylor to y^17 and y^16, |y| <= pi/4: sin y = y + y^3 (...), cos y = 1 - y^2/2 + y^4 (...). */
#define SIN_SERIES(w)                                                                                                  \
  (-1. / 6 +                                                                                                           \
   (w) * (1. / 120 + (w) * (-1. / 5040 + (w) * (1. / 362880 + (w) * (-1. / 39916800 +                                  \
                                                                     (w) * (1. / 6227020800 +                          \
                                                                            (w) * (-1. / 1307674368000 +               \
                                                                                   (w) * (1. / 355687428096000))))))))
#define COS_SERIES(w)                                                                                                  \
  (1. / 24 +                                                                                                           \
   (w) * (-1. / 720 +                                                                                                  \
          (w) * (1. / 40320 + (w) * (-1. / 3628800 + (w) * (1. / 479001600 + (w) * (-1. / 87178291200 +                \
                                                                                    (w) * (1. / 20922789888000)))))))

#endif
