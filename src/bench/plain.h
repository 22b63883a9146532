/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to bench: Ising spins as a textbook has them, one after the other, for comparison. */
#ifndef SQUALL_BENCH_PLAIN_H
#define SQUALL_BENCH_PLAIN_H

#include "squall/base.h"

typedef struct {
  int dim;
  int64_t sites;
  int32_t *next;     /* [sites][2 dim] neighbours, forward and backward */
  signed char *spin; /* [sites] */
  int32_t *parent;   /* [sites] of clusters */
  double beta, up[17];
  uint64_t state;
} sq_plain_spins;

/* A hot start on a torus of extent[dim], at most 2^31 sites. Owned by the caller. Not collective, as all of these. */
PetscErrorCode sq_plain_create(int dim, const int64_t extent[], double beta, sq_plain_spins *spins);
void sq_plain_destroy(sq_plain_spins *spins);
/* A sweep of heat baths in the order of the sites; an update of Swendsen and Wang. */
void sq_plain_sweep(sq_plain_spins *spins);
void sq_plain_clusters(sq_plain_spins *spins);

#endif
