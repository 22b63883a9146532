/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps for AVX2. */
#include "squall/base.h"
#ifdef __x86_64__
#ifndef __clang__
#pragma GCC target("avx2")
#endif
SQ_TARGET_BEGIN("avx2")
#define WIDTH  4
#define BACK   3, 4, 5, 6
#define AHEAD  1, 2, 3, 4
#define KERNEL sq_torus_avx2
#include "torus_vector.h"
SQ_TARGET_END
#endif
