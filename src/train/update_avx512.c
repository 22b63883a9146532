/* SPDX-License-Identifier: BSD-3-Clause */
/* What a step does with every weight, for AVX-512. */
#include "src/train/update.h"
#ifdef SQ_UPDATE_X86
#ifndef __clang__
#pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
#endif
#include <immintrin.h>
SQ_TARGET_BEGIN("avx512f,avx512dq,avx512vl")
#define WIDTH   8
#define ROOT(x) ((real)_mm512_sqrt_pd((__m512d)(x)))
#include "src/train/update_vector.h"

static bool supported(void)
{
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

const sq_update_kernels sq_update_avx512 = {.name = "avx512", .supported = supported, .add = add, .move = move};
SQ_TARGET_END
#endif
