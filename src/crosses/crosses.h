/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the object that fills boxes. */
#ifndef SQUALL_CROSSES_CROSSES_H
#define SQUALL_CROSSES_CROSSES_H

#include "internal.h"

struct sq_crosses {
  sq_cross_shape shape;
  int batch; /* of fields whose gradient is kept; 0: there is one tape for all */
  const sq_nn_kernels *kernels;
  double full[2], coupling[2]; /* those of the action, and scaled */
  sq_cross_net net[SQ_CROSS_NETS];
  int nets;
  sq_cross_tape *tape[SQ_CROSS_NETS];                /* [tapes] */
  int64_t tapes[SQ_CROSS_NETS], used[SQ_CROSS_NETS]; /* used: in the last call */
  float *weight, *scratch;
  sq_cross_strip *strip;
};

/* What a rank has of a lattice, whose row r begins with site r pitch. */
typedef struct {
  int64_t start[2], local[2], pitch;
} sq_cross_region;

/* Whether a box of a model's torus, or, side 0, its frame, has sites in a region. Its sum is that of the region that
 * has its first site, the frame's being the torus's: number < 0, ~number, in others. */
bool sq_cross_wanted(const sq_cross_region *region, int side, sq_cross_box *box);
/* Fills boxes of one size by their network; side 0: frames. */
void sq_cross_net_fill(sq_crosses *crosses, int side, int64_t count, const sq_cross_box *box, bool draw, sq_sum *log_q);
/* Fills boxes of a side, which are replaced by those within them that are wanted in a region; NULL: everywhere. */
PetscErrorCode sq_cross_descend(sq_crosses *crosses, const sq_cross_region *region, int side, int64_t count,
                                sq_cross_box **box, bool draw, sq_sum *log_q);
/* gradient += sum over panels of factor[number] d log q/d weight, of what was filled last. */
void sq_cross_gradient(const sq_crosses *crosses, const double *factor, float *gradient);

#endif
