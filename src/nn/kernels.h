/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to nn: the kernel sets made from template.h. */
#ifndef SQUALL_NN_KERNELS_H
#define SQUALL_NN_KERNELS_H

#include "squall/nn.h"
#include <string.h> /* of template.h: outside of SQ_TARGET_BEGIN and _END */

#if defined(__x86_64__) && defined(__GNUC__)
#define SQ_NN_X86
extern const sq_nn_kernels sq_nn_avx512, sq_nn_avx2;
#endif
extern const sq_nn_kernels sq_nn_generic;

#endif
