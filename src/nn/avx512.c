/* The tuned kernels for AVX-512. */
#include "src/nn/kernels.h"
#ifdef SQ_NN_X86
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#define WIDTH 16
#define TILE  8
#define WTILE 8
#include "src/nn/template.h"
#include "src/nn/template_winograd.h"

static bool supported(void)
{
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
}

const sq_nn_kernels sq_nn_avx512 = {
  "avx512", supported, conv, conv_weights, winograd, winograd_weights, activate, activate_backward, activate_tangent};
#endif
