/* SPDX-License-Identifier: BSD-3-Clause */
/* lattice: a periodic hypercubic lattice, d = 1..4 at run time, cut into blocks, one per rank.
 *
 * Inside squall every lattice has SQ_DIM = 4 directions; the unused leading ones have extent 1, so the
 * used ones are first_dir .. 3 and loops need no cases. Sites are numbered row-major, last direction
 * fastest, globally (site index) and in the block (block index).
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_LATTICE_H
#define SQUALL_LATTICE_H

#include "squall/comm.h"

SQ_C_BEGIN

enum { SQ_DIM = 4 };

typedef struct {
  int dim;                /* d */
  int first_dir;          /* 4 - d: the first used direction */
  int64_t extent[SQ_DIM]; /* 1 for unused directions */
  int64_t volume;
  MPI_Comm comm; /* the ranks that share it (own duplicate, without topology) */
  int size, rank;
  int ranks[SQ_DIM]; /* the rank grid; rank = row-major index of coord */
  int coord[SQ_DIM];
  int64_t start[SQ_DIM], local[SQ_DIM]; /* this rank's block */
  int64_t local_volume;
} sq_lattice;

/* Sites of a lattice of these extents. Not collective. */
static inline double sq_volume(const int64_t extent[SQ_DIM])
{
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)extent[mu];
  return volume;
}
/* Extents as a lattice has them, those that lack being 1 and first; returns the number of sites. Not collective. */
double sq_extents_pad(int dim, const int64_t extents[], int64_t padded[SQ_DIM]);
/* The shortest side of more than one site, infinite for a single site. Not collective. */
double sq_shortest_side(const int64_t extent[SQ_DIM]);

/* Cuts the lattice over comm. extent has dim entries. ranks (dim entries) fixes the rank grid; NULL chooses
 * the one with the least surface. Blocks may be uneven. Errors: SQ_ERR_INPUT for a dimension, extent or rank count
 * that cannot be used, naming the counts that can. Collective. */
PetscErrorCode sq_lattice_create(MPI_Comm comm, int dim, const int64_t extent[], const int ranks[],
                                 sq_lattice **lattice);
PetscErrorCode sq_lattice_destroy(sq_lattice **lattice);
/* The same with all block boundaries at multiples of grain, which must divide the extents (SQ_ERR_INPUT). Collective.
 */
PetscErrorCode sq_lattice_create_aligned(MPI_Comm comm, int dim, const int64_t extent[], int64_t grain,
                                         const int ranks[], sq_lattice **lattice);
/* The lattice with half the extents, each block over the block it comes from; boundaries must be even. Destroy it like
 * any other. Collective. */
PetscErrorCode sq_lattice_coarsen(const sq_lattice *fine, sq_lattice **coarse);
/* Whether size ranks can share the lattice: each rank gets at least one site. Chooses the rank grid (SQ_DIM entries,
 * leading ones 1) when it returns true. Not collective. */
bool sq_lattice_can_share(int dim, const int64_t extent[], int size, int ranks[SQ_DIM]);

/* Work on independent pieces, each a lattice: how ranks are to share it. */
typedef struct {
  int dim;
  const int64_t *extent; /* [dim]; not owned */
  int64_t independent;   /* pieces */
  double bytes;          /* of a piece, where its lattice is not cut */
  int64_t grain, tile;   /* boundaries of blocks are multiples of grain, or, where they can be, of tile; 0: any, none */
  int replicas;          /* groups of ranks with a lattice each; 0: to be chosen */
  bool whole;            /* no lattice may be cut: every rank is a replica, those beyond the pieces idle */
} sq_sharing;
/* The number of replicas for so many ranks, and the multiple that boundaries keep to: as many replicas as there are
 * pieces for, since they need no messages, but no fewer ranks a lattice than have room for it. False if these ranks
 * cannot share it. Not collective. */
bool sq_sharing_choose(const sq_sharing *sharing, int size, int *replicas, int64_t *step);
/* The rank that holds the block at coord, taken modulo the rank grid. Not collective. */
int sq_lattice_rank_at(const sq_lattice *lattice, const int coord[SQ_DIM]);
/* Global site index of the first site of row r of this block; a row is a run along the last direction,
 * r = 0 .. local_volume / local[3] - 1. Not collective. */
int64_t sq_lattice_row_site(const sq_lattice *lattice, int64_t row);
/* "32x32 sites over 4 ranks (2x2), blocks of 16x16". text has at least 160 bytes. */
void sq_lattice_describe(const sq_lattice *lattice, char *text, size_t size);
/* "32x32" */
void sq_extents_text(int dim, const int64_t extent[], char *text, size_t size);

SQ_C_END

#endif
