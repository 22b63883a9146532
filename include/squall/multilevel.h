/* SPDX-License-Identifier: BSD-3-Clause */
/* multilevel: fields made from coarse to fine, with their exact density. Level 0 is the lattice, level l + 1 has the
 * sites of level l whose coordinates are all even. The coarsest of them, the box, is drawn site by site; then each
 * level is completed, given the next coarser one.
 *
 * The sites of a level that are 4 apart in every direction are drawn together: they are the same place of all cells of
 * 4^d sites. Each is drawn from a distribution (squall/conditional.h) whose parameters a network makes of the sites
 * that are known within its reach. On level 0 the rest is exact where a theory is one of links between neighbours
 * (sq_action_given): all odd sites are drawn given the even ones, and, of two-valued numbers, the last even ones given
 * the others, with the odd ones summed out. In two dimensions networks draw an eighth of the sites of level 0. The
 * idea: A. Singha, E. Cellini, K. A. Nicoli, K. Jansen, S. Kuehn, S. Nakajima, arXiv:2503.08918; without the exact
 * steps.
 *
 * Networks know nothing of the volume: levels are counted from the finest. Weights are those of level 0, 1, ... and of
 * the box, one step after the other.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_MULTILEVEL_H
#define SQUALL_MULTILEVEL_H

#include "squall/action.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

/* At most: levels beside the box; sites of a box; how far a network sees. */
enum { SQ_MULTILEVEL_MOST = 20, SQ_MULTILEVEL_BOX = 100, SQ_MULTILEVEL_REACH = 8 };

typedef struct {
  sq_action action;
  int channels, blocks; /* of the network of a step: width, a multiple of 16; hidden layers after the first */
  int mixture;          /* parts of a distribution */
  double reach;         /* how far a network sees, in sites of its level */
  int levels;           /* beside the box */
  int64_t box[SQ_DIM];  /* extents of the box, 1 in unused directions */
} sq_multilevel_shape;

/* NULL: the theory can be made so. Else what it lacks, in words that go on after its name. */
const char *sq_multilevel_lacks(const sq_action *action);
/* Parts that a mixture of its distribution can have. */
int sq_multilevel_mixtures(const sq_action *action);
/* The levels of a lattice, and its box: extents are halved while all are multiples of 4 and there are more than 16
 * sites. False if the box has more than SQ_MULTILEVEL_BOX sites. */
bool sq_multilevel_levels(int dim, const int64_t extent[SQ_DIM], int *levels, int64_t box[SQ_DIM]);
int64_t sq_multilevel_parameters(const sq_multilevel_shape *shape);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_multilevel_layout(const sq_multilevel_shape *shape, sq_layout *layout);
/* Fields made together on such a lattice; never depends on the ranks. */
int sq_multilevel_batch(const int64_t extent[SQ_DIM]);
/* Multiplications and additions for one field; bytes of a batch, where the lattice is not cut. */
double sq_multilevel_flops(const sq_multilevel_shape *shape);
double sq_multilevel_bytes(const sq_multilevel_shape *shape, int batch, bool backward);
/* Initial weights, addressed by seed: the couplings of the theory, roughly, and no more. weight[parameters]. */
PetscErrorCode sq_multilevel_init(const sq_multilevel_shape *shape, uint64_t seed, double *weight);
/* What another model has learned, as far as it goes: the levels of both, the last of them for those that only `to` has,
 * and the box if both have the same one. False, and nothing is written, if the networks differ. */
bool sq_multilevel_carry(const sq_multilevel_shape *from, const double *learned, const sq_multilevel_shape *to,
                         double *weight);
/* The model on a lattice of shape->box times 2^levels sites a side, for so many fields at once; without `backward` it
 * has none, and takes less memory. Blocks whose boundaries are multiples of 4 2^l share level l; the rest of the work
 * every rank does. lattice is kept, not owned. Error: SQ_ERR_INPUT where the extents are others. Collective over
 * lattice->comm. */
PetscErrorCode sq_multilevel_create(const sq_lattice *lattice, const sq_multilevel_shape *shape, int batch,
                                    bool backward, sq_tractable *model);

SQ_C_END

#endif
