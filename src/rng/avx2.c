/* SPDX-License-Identifier: BSD-3-Clause */
/* Random words and normal numbers for AVX2. */
#include "src/rng/normals.h"
#ifdef SQ_RNG_X86
#ifndef __clang__
#pragma GCC target("avx2")
#endif
#include <immintrin.h>
SQ_TARGET_BEGIN("avx2")
#define WIDTH          4
#define MULTIPLY(a, m) ((word)_mm256_mul_epu32((__m256i)(a), _mm256_set1_epi64x(m)))
#define ROOT(x)        ((real)_mm256_sqrt_pd((__m256d)(x)))
#define KERNEL         sq_normals_avx2
#define WORDS          sq_words_avx2
#include "src/rng/normals_vector.h"
#include "src/rng/words_vector.h"
SQ_TARGET_END
#endif
