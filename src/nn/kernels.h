/* Private to nn: the kernel sets made from template.h. */
#ifndef SQUALL_NN_KERNELS_H
#define SQUALL_NN_KERNELS_H

#include "squall/nn.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define SQ_NN_X86
extern const sq_nn_kernels sq_nn_avx512, sq_nn_avx2;
#endif
extern const sq_nn_kernels sq_nn_generic;

/* Functions from here on for a set of instructions, where `#pragma GCC target` is not known; and its end. */
#ifdef __clang__
#include <string.h> /* not between them */
#define SQ_PRAGMA(words)       _Pragma(#words)
#define SQ_TARGET_BEGIN(words) SQ_PRAGMA(clang attribute push(__attribute__((target(words))), apply_to = function))
#define SQ_TARGET_END          SQ_PRAGMA(clang attribute pop)
#else
#define SQ_TARGET_BEGIN(words)
#define SQ_TARGET_END
#endif

#endif
