/* SPDX-License-Identifier: BSD-3-Clause */
/* The sets of kernels that were compiled, the fastest first. */
#include "src/nn/kernels.h"

const sq_nn_kernels *const sq_nn_all[] = {
#ifdef SQ_NN_X86
  &sq_nn_avx512, &sq_nn_avx2,
#endif
  &sq_nn_generic, &sq_nn_reference, NULL};
