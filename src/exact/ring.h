/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to exact: integers on the sites of a ring that add up to K, and combinations of them that turn and reflect in
 * one way only: what commutes with both falls into a block for each way. */
#ifndef SQUALL_EXACT_RING_H
#define SQUALL_EXACT_RING_H

#include "src/exact/jet.h"

enum { SQ_RING_SITES = 8, SQ_RING_WAYS = 8, SQ_RING_IMAGES = 2 * SQ_RING_SITES };

/* The states that are images of each other. */
typedef struct {
  int images, member[SQ_RING_IMAGES];
} sq_orbit;

/* A combination of the states of an orbit, of length 1. */
typedef struct {
  int orbit;
  double coefficient[SQ_RING_IMAGES]; /* of its members */
} sq_ring_vector;

typedef struct {
  int sites, K, states;
  int (*at)[SQ_RING_SITES]; /* [states], ascending */
  int orbits;
  sq_orbit *orbit;
  int ways;                             /* irreducible representations of the group of turns and reflections */
  int dimension[SQ_RING_WAYS];          /* how often the block of a way is there */
  int vectors[SQ_RING_WAYS];            /* how many rows it has */
  sq_ring_vector *vector[SQ_RING_WAYS]; /* [vectors] */
} sq_ring;

/* How many states have sum_x cost[|k_x|] <= most, |k| < orders, and add up to K; above `enough`, some number above it.
 */
int sq_ring_count(int sites, int K, const double *cost, int orders, double most, int enough);
/* These states; symmetric: with the ways of turns and reflections, or else one block of all. Clear with sq_ring_clear.
 */
PetscErrorCode sq_ring_make(int sites, int K, const double *cost, int orders, double most, bool symmetric,
                            sq_ring *ring);
void sq_ring_clear(sq_ring *ring);

#endif
