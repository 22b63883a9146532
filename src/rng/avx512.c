/* SPDX-License-Identifier: BSD-3-Clause */
/* Random words and normal numbers for AVX-512. */
#include "src/rng/normals.h"
#ifdef SQ_RNG_X86
#ifndef __clang__
#pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
#endif
#include <immintrin.h>
SQ_TARGET_BEGIN("avx512f,avx512dq,avx512vl")
#define WIDTH          8
#define MULTIPLY(a, m) ((word)_mm512_mul_epu32((__m512i)(a), _mm512_set1_epi64(m)))
#define ROOT(x)        ((real)_mm512_sqrt_pd((__m512d)(x)))
#define KERNEL         sq_normals_avx512
#define WORDS          sq_words_avx512
#include "src/rng/normals_vector.h"
#include "src/rng/words_vector.h"
SQ_TARGET_END
#endif
