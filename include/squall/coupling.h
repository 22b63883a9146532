/* SPDX-License-Identifier: BSD-3-Clause */
/* coupling: a normalizing flow of coupling layers for one real number a site, with its exact density.
 *
 * White noise, in momentum space, becomes a field of the theory's Gaussian approximation about a constant background
 * (src/coupling/background.h); then each layer maps the sites of one colour of the checkerboard, one by one and
 * monotonically, by parameters that a convolutional network (squall/net.h) makes of the other colour. log q is that of
 * the noise minus the logarithms of all slopes. For a free field q is exact with nothing learned. The couplings: L.
 * Dinh, J. Sohl-Dickstein, S. Bengio, arXiv:1605.08803; on lattices: M. S. Albergo, G. Kanwar, P. E. Shanahan, Phys.
 * Rev. D 100 (2019) 034515, arXiv:1904.12072.
 *
 * Where all extents are even, networks work on cells of 2^d sites, whose sites are their channels. Maps are odd in the
 * field: q(-phi) = q(phi). Weights are those of the prior, then of the layers in the order of drawing; they know
 * nothing of the volume.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_COUPLING_H
#define SQUALL_COUPLING_H

#include "squall/action.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

enum { SQ_COUPLING_LAYERS = 64 }; /* at most */

typedef struct {
  sq_action action;
  int layers;           /* couplings, of alternating colours */
  int channels, blocks; /* of the network of a layer: width, a multiple of 16; residual units */
  int cell;             /* sites of a cell in each direction: 1, or 2 on lattices of even extents */
} sq_coupling_shape;

/* NULL: the theory can be made so. Else what it lacks, in words that go on after its name. */
const char *sq_coupling_lacks(const sq_action *action);
/* The cell that suits such a lattice, extent as in sq_lattice. */
int sq_coupling_cell(int dim, const int64_t extent[SQ_DIM]);
int64_t sq_coupling_parameters(const sq_coupling_shape *shape);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_coupling_layout(const sq_coupling_shape *shape, sq_layout *layout);
/* Fields made together on such a lattice; never depends on the ranks. */
int sq_coupling_batch(const sq_coupling_shape *shape, const int64_t extent[SQ_DIM]);
/* Multiplications and additions of drawing one field; bytes of a batch, where the lattice is not cut, and of the
 * weights, which every rank has. */
double sq_coupling_flops(const sq_coupling_shape *shape, const int64_t extent[SQ_DIM]);
double sq_coupling_bytes(const sq_coupling_shape *shape, const int64_t extent[SQ_DIM], int batch, bool backward);
double sq_coupling_tables(const sq_coupling_shape *shape, bool backward);
/* Initial weights, addressed by seed: the Gaussian approximation, and no coupling. weight[parameters]. */
PetscErrorCode sq_coupling_init(const sq_coupling_shape *shape, uint64_t seed, double *weight);
/* The model on a lattice whose blocks have boundaries at multiples of the cell, for so many fields at once; without
 * `backward` it has none, nor pull, and takes less memory. lattice is kept, not owned. Error: SQ_ERR_INPUT where the
 * extents are no multiples of the cell. Collective over lattice->comm. */
PetscErrorCode sq_coupling_create(const sq_lattice *lattice, const sq_coupling_shape *shape, int batch, bool backward,
                                  sq_tractable *model);

SQ_C_END

#endif
