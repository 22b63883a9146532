/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: what follows from a shape, and how much is worked on at once. */
#ifndef SQUALL_BISECTION_SHAPE_H
#define SQUALL_BISECTION_SHAPE_H

#include "src/bisection/internal.h"

enum { RUNS = 16 }; /* whose activations are kept at once */

/* The networks of a shape: all are alike (shape.c). */
sq_bisection_net sq_bisection_net_of(const sq_bisection_shape *shape);

#endif
