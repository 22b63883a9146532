/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps for any machine. */
#define WIDTH  2
#define BACK   1, 2
#define AHEAD  1, 2
#define KERNEL sq_torus_generic
#include "torus_vector.h"
