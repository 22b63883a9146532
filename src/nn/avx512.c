/* SPDX-License-Identifier: BSD-3-Clause */
/* The tuned kernels for AVX-512. */
#include "src/nn/kernels.h"
#ifdef SQ_NN_X86
#include <immintrin.h>
#ifndef __clang__
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#endif
SQ_TARGET_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#define CLAMP(x, limit) (vec) _mm512_max_ps(_mm512_set1_ps(-(limit)), _mm512_min_ps(_mm512_set1_ps(limit), (__m512)(x)))
#define WIDTH           16
#define TILE            8
#define WTILE           8
#include "src/nn/template.h"
#include "src/nn/template_winograd.h"
#include "src/nn/template_activation.h"
#include "src/nn/template_vector.h"

static bool supported(void)
{
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
}

const sq_nn_kernels sq_nn_avx512 = {.name = "avx512",
                                    .supported = supported,
                                    .conv = conv,
                                    .conv_weights = conv_weights,
                                    .winograd = winograd,
                                    .winograd_weights = winograd_weights,
                                    .activate = activate,
                                    .activate_backward = activate_backward,
                                    .activate_tangent = activate_tangent,
                                    .activate_vector = activate_vector,
                                    .activate_vector_backward = activate_vector_backward,
                                    .activate_vector_tangent = activate_vector_tangent};
SQ_TARGET_END
#endif
