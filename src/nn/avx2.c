/* The tuned kernels for AVX2 with FMA. */
#include "src/nn/kernels.h"
#ifdef SQ_NN_X86
#pragma GCC target("avx2,fma")
#define WIDTH 8
#define TILE  6
#define WTILE 6
#include "src/nn/template.h"
#include "src/nn/template_winograd.h"

static bool supported(void)
{
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const sq_nn_kernels sq_nn_avx2 = {
  "avx2", supported, conv, conv_weights, winograd, winograd_weights, activate, activate_backward, activate_tangent};
#endif
