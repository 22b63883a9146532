/* SPDX-License-Identifier: BSD-3-Clause */
/* The tuned kernels for AVX2 with FMA. */
#include "src/nn/kernels.h"
#ifdef SQ_NN_X86
#include <immintrin.h>
#ifndef __clang__
#pragma GCC target("avx2,fma")
#endif
SQ_TARGET_BEGIN("avx2,fma")
#define CLAMP(x, limit) (vec) _mm256_max_ps(_mm256_set1_ps(-(limit)), _mm256_min_ps(_mm256_set1_ps(limit), (__m256)(x)))
#define WIDTH           8
#define TILE            6
#define WTILE           6
#include "src/nn/template.h"
#include "src/nn/template_winograd.h"
#include "src/nn/template_activation.h"
#include "src/nn/template_vector.h"

static bool supported(void)
{
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const sq_nn_kernels sq_nn_avx2 = {.name = "avx2",
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
