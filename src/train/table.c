/* SPDX-License-Identifier: BSD-3-Clause */
/* The sets of kernels for a step's weights that were compiled, the fastest first. */
#include "src/train/update.h"

const sq_update_kernels *const sq_update_all[] = {
#ifdef SQ_UPDATE_X86
  &sq_update_avx512, &sq_update_avx2,
#endif
  &sq_update_generic, NULL};
