/* SPDX-License-Identifier: BSD-3-Clause */
/* crosses: Ising spins in two dimensions by a frame and the crosses of ever smaller boxes (hierarchical autoregressive
 * networks: Bialas, Korcyl, Stebel, arXiv:2203.10989).
 *
 * First come the spins of a frame: of row 0 and column 0 of an L x L torus, of the rows and columns at multiples of m =
 * min(L_0, L_1) where the sides differ. They leave boxes of m - 1 sites a side. A box of side 2^k - 1 whose boundary is
 * known is cut by its cross, its middle row and column, into four boxes of side 2^(k-1) - 1, which do not depend on
 * each other: links join nearest neighbours. Frame and crosses are drawn spin after spin by networks, one network for
 * all boxes of a size. Boxes of at most `exact` sites a side are drawn as the theory has them, with a transfer matrix
 * of 2^side states. exact = 1 is the heat bath of single spins, as published; 7 leaves less to learn, and costs less
 * than a network of the same box.
 *
 * Spin i is drawn with p(s) = 1/(1 + exp(-2 s (h + o))): h = sum J s' over the neighbours that are known, o the output
 * of a network of its own, odd in all spins known so far and 0 to begin with: two hidden layers, y = x/sqrt(1 + x^2),
 * and a linear way beside them. Flipping all spins leaves q as it is.
 *
 * A box depends on its boundary, its weights and the addresses of its random numbers alone: kernels work on panels of a
 * fixed width, so the bits do not depend on what is computed with it. Random numbers are addressed by site.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_CROSSES_H
#define SQUALL_CROSSES_H

#include "squall/rng.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

/* What a model has learned, or shall learn. */
typedef struct {
  int64_t extent[2]; /* of its torus: powers of two, 2 .. SQ_CROSS_EXTENT */
  int hidden;        /* units of a hidden layer */
  int exact;         /* side of the largest boxes that need no network: 1, 3, 7 */
} sq_cross_shape;

/* At most: the extent of a torus, the side of boxes that need no network, the fields of a batch. */
enum { SQ_CROSS_EXTENT = 256, SQ_CROSS_EXACT = 7, SQ_CROSS_FIELDS = 64 };

/* Whether there is such a model: SQ_ERR_INPUT if not. */
PetscErrorCode sq_cross_check(const sq_cross_shape *shape);
/* How many weights it has, and multiplications and additions for a field of its torus. */
int64_t sq_cross_parameters(const sq_cross_shape *shape);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_cross_layout(const sq_cross_shape *shape, sq_layout *layout);
double sq_cross_flops(const sq_cross_shape *shape);
/* Bytes of work for batches of so many fields of its torus, kept for a gradient where it learns. */
double sq_cross_bytes(const sq_cross_shape *shape, int batch, bool learning);
/* The weights that learning begins with, q being the one without networks. */
void sq_cross_start(const sq_cross_shape *shape, uint64_t seed, double *weight);
/* The side of the boxes within its frame, and whether it knows boxes of a side: 2^k - 1, at most that. */
int sq_cross_side(const sq_cross_shape *shape);
bool sq_cross_knows(const sq_cross_shape *shape, int64_t side);

/* ---- boxes ---- */

typedef struct sq_crosses sq_crosses;

/* A box, with the field that it is a part of. */
typedef struct {
  int8_t *spin;             /* site (r, c) of the torus at spin[r pitch + c] */
  int64_t extent[2], pitch; /* the torus */
  int64_t first[2];         /* the first site inside; 0 <= first < extent */
  uint64_t site;            /* number of its site (0, 0); the random numbers of (r, c) are at site + r pitch + c */
  sq_stream stream;
  uint64_t step;
  int64_t number; /* log q is added to the sum of that number; negative: to none */
} sq_cross_box;

/* coupling: of links along rows of sites that differ in direction 0, then 1: S = -sum J s s'. batch: the fields of its
 * torus whose gradient is kept, 0: of none. */
PetscErrorCode sq_crosses_create(const sq_cross_shape *shape, const double coupling[2], int batch,
                                 sq_crosses **crosses);
PetscErrorCode sq_crosses_destroy(sq_crosses **crosses);
/* The weights used from now on, copied; the couplings, scaled. */
void sq_crosses_load(sq_crosses *crosses, const float *weight);
void sq_crosses_scale(sq_crosses *crosses, double scale);
/* All spins inside boxes of a side that it knows, whose boundaries are set: drawn into their fields, or, where draw is
 * false, as the fields have them. log_q[box.number] += log q. */
PetscErrorCode sq_crosses_fill(sq_crosses *crosses, int side, int64_t count, const sq_cross_box *box, bool draw,
                               sq_sum *log_q);
/* -S of the links that have an end inside a box. */
double sq_crosses_weight(const sq_crosses *crosses, int side, const sq_cross_box *box);

/* ---- whole fields ---- */

/* Blocks of all ranks as one field, one byte a site. */
typedef struct {
  const sq_lattice *lattice; /* kept, not owned */
  int8_t *packed;            /* [volume] blocks, rank after rank */
  int *counts, *starts;      /* [ranks] of blocks */
  int64_t *box;              /* [ranks][2][SQ_DIM] start and local */
} sq_cross_whole;

/* For a lattice of two dimensions, of less than 2^31 sites. Collective over lattice->comm. */
PetscErrorCode sq_cross_whole_create(const sq_lattice *lattice, sq_cross_whole *whole);
void sq_cross_whole_destroy(sq_cross_whole *whole);
/* field[volume] on every rank, of block[local_volume]. Collective over the lattice's ranks. */
PetscErrorCode sq_cross_whole_gather(sq_cross_whole *whole, const double *block, int8_t *field);
/* This rank's block of a field. */
void sq_cross_whole_give(const sq_cross_whole *whole, const int8_t *field, double *block);

/* ---- the model ---- */

/* For batches of fields on a lattice at least as long as its torus. Longer ones are covered by toruses that do not know
 * of each other, and what these leave over are free spins: where chains of block moves may begin, with an exact
 * density, but no fields of the theory. coupling as above; learning: backward is possible. shape is copied; the lattice
 * is kept, not owned. Error: SQ_ERR_INPUT for another lattice. Collective over lattice->comm. */
PetscErrorCode sq_crosses_tractable(const sq_lattice *lattice, const sq_cross_shape *shape, const double coupling[2],
                                    int batch, bool learning, sq_tractable *model);
/* Whether there are fields on a lattice, extent as in sq_lattice: SQ_ERR_INPUT if not. */
PetscErrorCode sq_cross_fits(int dim, const int64_t extent[SQ_DIM], const sq_cross_shape *shape);
/* Fields of a batch that pay on a lattice. */
int sq_cross_batch(double volume);

SQ_C_END

#endif
