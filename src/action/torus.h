/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: sweeps of one component on a lattice that is not cut (torus.c), by a kernel for each set of
 * instructions. */
#ifndef SQUALL_ACTION_TORUS_H
#define SQUALL_ACTION_TORUS_H

#include <stdbool.h>
#include <stdint.h>

/* The sites of the last two directions, of which either closes on itself. */
typedef struct {
  double hop, linear, cubic, ratio; /* next = now (linear - cubic now^2) + (hop around - ratio previous) */
  int64_t length, rows;             /* at least SQ_TORUS_ROW sites of a row */
  int64_t pitch[3];                 /* from row to row of now, previous and next */
  int64_t shift[4];                 /* from a site of now to its neighbours in the directions before, d = 3, 4 */
  const double *now, *previous;     /* the first site; next may be previous */
  double *next;
} sq_torus_sheet;

/* Rows first .. first + count - 1. */
typedef void sq_torus_kernel(int dim, const sq_torus_sheet *sheet, int64_t first, int64_t count);
sq_torus_kernel sq_torus_avx512, sq_torus_avx2, sq_torus_generic;

/* Takes the set of instructions of that name (avx512, avx2, generic) from now on; false where the processor lacks it.
 * For tests: the best one is taken anyway. */
bool sq_torus_choose(const char *name);

#endif
