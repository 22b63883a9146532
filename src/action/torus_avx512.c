/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps for AVX-512. */
#include "squall/base.h"
#ifdef __x86_64__
#ifndef __clang__
#pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
#endif
SQ_TARGET_BEGIN("avx512f,avx512dq,avx512vl")
#define WIDTH  8
#define BACK   7, 8, 9, 10, 11, 12, 13, 14
#define AHEAD  1, 2, 3, 4, 5, 6, 7, 8
#define KERNEL sq_torus_avx512
#include "torus_vector.h"
SQ_TARGET_END
#endif
