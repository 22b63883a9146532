/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to multilevel: what a free field that is like a theory says of its levels: the start of networks for real
 * numbers. Not collective; the same on every rank.
 */
#ifndef SQUALL_MULTILEVEL_PROPAGATOR_H
#define SQUALL_MULTILEVEL_PROPAGATOR_H

#include "squall/action.h"
#include "squall/multilevel.h"

/* <phi_0 phi_x> on the sites of a level: x_mu = 0 .. most_mu, of all signs. */
typedef struct {
  int64_t extent[SQ_DIM];
  int most[SQ_DIM];
  double *value; /* owned */
} sq_multi_propagator_level;

typedef struct {
  int levels;   /* beside the box, which is number `levels` */
  double width; /* sqrt <phi^2>, of a component */
  sq_multi_propagator_level level[SQ_MULTILEVEL_MOST + 1];
} sq_multi_propagator;

/* Of S = scale sum_x [A phi^2 - sum_mu hop_mu phi_x phi_{x+mu}] on the lattice of box times 2^levels sites a side. A is
 * that of the theory where that is quadratic, else the mean of V''/2 over the numbers that this field has itself; of
 * vectors of length 1 what gives them that length in the mean. reach: no two sites are farther apart in a direction
 * than twice that, but in the box. action: with `given`. */
PetscErrorCode sq_multi_propagator_create(const sq_action *action, double scale, const int64_t box[SQ_DIM], int levels,
                                          double reach, sq_multi_propagator **propagator);
void sq_multi_propagator_free(sq_multi_propagator **propagator);
/* A site given n others of its level, away[n][SQ_DIM] sites away: its mean is the sum of coefficient[n] times their
 * numbers, its width the rest. Of many others the nearest are taken, of one that comes twice one. */
void sq_multi_propagator_given(const sq_multi_propagator *propagator, int level, int n, const int (*away)[SQ_DIM],
                               double *coefficient, double *width);

#endif
