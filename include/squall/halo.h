/* SPDX-License-Identifier: BSD-3-Clause */
/* halo: fills the rim of padded arrays from the neighbouring blocks, periodically.
 *
 * One object serves arrays of one shape: a batch of padded blocks with any number of bytes a site (a scalar
 * field, or all channels of a network layer). Every neighbour is reached in one message; directions that are not cut
 * over ranks are plain copies. Backward passes need no transposed exchange: they gather, exchanging the
 * output gradient before it is convolved with the flipped weights.
 *
 * Collective over the ranks of the lattice, but for sq_halo_cost.
 */
#ifndef SQUALL_HALO_H
#define SQUALL_HALO_H

#include "squall/field.h"

SQ_C_BEGIN

typedef enum {
  SQ_HALO_FACES, /* 2d neighbours: nearest-neighbour actions */
  SQ_HALO_FULL,  /* 3^d - 1 neighbours, edges and corners too: convolutions */
  SQ_HALO_CUT,   /* faces without the last direction where that is not cut: for kernels that fill its rim themselves */
  SQ_HALO_RANKS  /* full, with a rim only in directions that are cut over ranks: for wide exchanges. Not for fields */
} sq_halo_reach;

typedef struct sq_halo sq_halo;

/* For arrays [batch][padded sites][site_bytes], width sites of rim. Collective over lattice->comm (which must
 * outlive it). Error: SQ_ERR_INPUT when a block is narrower than width. */
PetscErrorCode sq_halo_create(const sq_lattice *lattice, int width, sq_halo_reach reach, size_t site_bytes, int batch,
                              sq_halo **halo);
/* For fields of the same lattice, halo and components as shape. Collective over its lattice->comm. */
PetscErrorCode sq_halo_create_field(const sq_field *shape, sq_halo_reach reach, sq_halo **halo);
PetscErrorCode sq_halo_destroy(sq_halo **halo);
/* begin sends the strips next to the faces; between begin and end the interior may be read, the rim not touched.
 * Collective. */
PetscErrorCode sq_halo_begin(sq_halo *halo, void *array);
PetscErrorCode sq_halo_end(sq_halo *halo, void *array);
/* begin and end. */
PetscErrorCode sq_halo_exchange(sq_halo *halo, void *array);
/* Bytes this rank sends to other ranks in one exchange, and in how many messages. */
void sq_halo_cost(const sq_halo *halo, int64_t *bytes, int *messages);

/* Whether the blocks of a lattice are at least as wide as such a rim: SQ_ERR_INPUT if not. Collective over
 * lattice->comm. */
PetscErrorCode sq_halo_check(const sq_lattice *lattice, const int64_t rim[SQ_DIM]);

SQ_C_END

#endif
