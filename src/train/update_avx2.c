/* SPDX-License-Identifier: BSD-3-Clause */
/* What a step does with every weight, for AVX2. */
#include "src/train/update.h"
#ifdef SQ_UPDATE_X86
#ifndef __clang__
#pragma GCC target("avx2")
#endif
#include <immintrin.h>
SQ_TARGET_BEGIN("avx2")
#define WIDTH   4
#define ROOT(x) ((real)_mm256_sqrt_pd((__m256d)(x)))
#include "src/train/update_vector.h"

static bool supported(void)
{
  return __builtin_cpu_supports("avx2");
}

const sq_update_kernels sq_update_avx2 = {.name = "avx2", .supported = supported, .add = add, .move = move};
SQ_TARGET_END
#endif
