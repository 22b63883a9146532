/* SPDX-License-Identifier: BSD-3-Clause */
/* plan: what the files of fft share. The transform itself is described in plan.c, the redistribution in slabs.c. */
#ifndef SQUALL_FFT_PLAN_H
#define SQUALL_FFT_PLAN_H

#include "squall/fft.h"
#include <fftw3-mpi.h>

enum { SQ_LANES = 4 }; /* columns transformed together: one cache line of complex numbers */

/* length numbers that lie together in the slab at `to`. */
typedef struct {
  int64_t to, length;
} sq_run;

/* Block <-> slab: who sends what, made once. Sites of one slab are contiguous in every block, since the slabs cut
 * the slowest direction: blocks are sent from where they lie, and only the slab side is packed. */
typedef struct {
  MPI_Comm comm;                 /* of the lattice, not owned */
  int *block_count, *block_from; /* [ranks] this block's sites in each rank's slab */
  int *slab_count, *slab_from;   /* [ranks] this slab's sites in each rank's block */
  int64_t runs;
  sq_run *run;    /* [runs] of the slab, in the order of the packed buffer */
  double *packed; /* the slab, ordered by rank */
} sq_slabs;

/* split: the direction that is cut; first, count: this rank's coordinates along it; a slab has count * (sites of one
 * coordinate) sites, in planes of plane_sites at a distance of pitch. Collective. */
PetscErrorCode sq_slabs_create(const sq_lattice *lattice, int split, int64_t first, int64_t count, int64_t plane_sites,
                               int64_t pitch, sq_slabs **slabs);
PetscErrorCode sq_slabs_destroy(sq_slabs **slabs);
/* Collective. */
PetscErrorCode sq_slabs_from_block(sq_slabs *slabs, const double *block, double *slab);
/* block = factor * slab. Collective. */
PetscErrorCode sq_slabs_to_block(sq_slabs *slabs, const double *slab, double factor, double *block);

struct sq_fft_plan {
  int directions;        /* of extent > 1 */
  int direction[SQ_DIM]; /* which ones; if two or more, [0] counts the planes, the others span one */
  int64_t planes, plane_sites, columns,
    groups; /* of the lattice: real plane_sites -> complex columns = groups of SQ_LANES */
  int64_t first_plane, my_planes, first_group, my_groups; /* of this rank */
  int64_t pitch;                                          /* distance of planes in `real` */
  int64_t group_pitch;                                    /* distance of groups in `group` */
  double inverse_volume;
  fftw_plan plane_forward, plane_inverse, group_forward, group_inverse;
  fftw_plan to_groups, to_planes; /* exchanges between ranks; NULL on one rank */
  sq_slabs *slabs;                /* NULL on one rank */
  double *real;                   /* [planes here][pitch] */
  double complex *plane;          /* [planes here][groups * SQ_LANES]; one plane on one rank */
  double complex *group;          /* [my_groups][planes][SQ_LANES] */
  double complex *edge;           /* [planes][SQ_LANES]: a group that cannot be transformed in the caller's array */
};

PetscErrorCode sq_fft_plan_create(const sq_lattice *lattice, sq_fft_plan **plan);
PetscErrorCode sq_fft_plan_destroy(sq_fft_plan **plan);
/* Columns of a group of this rank: SQ_LANES, less in the last of all. Not collective. */
int64_t sq_fft_plan_lanes(const sq_fft_plan *plan, int64_t group);

#endif
