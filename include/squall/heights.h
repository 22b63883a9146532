/* SPDX-License-Identifier: BSD-3-Clause */
/* heights: dual fluxes (squall/flux.h) in one or two directions with an exact density: an autoregressive model of the
 * winding, of k and of l, whose k has no divergence by construction.
 *
 * First comes the winding W = sum k_0 of a time slice, from a table. Then come the time links that the last row sends
 * to the first, whose sum is W; then row after row the space link from its last site to its first, and site after site
 * the space link and the time link that leave it. A k that the divergence leaves no choice for is none: as many numbers
 * are drawn as there are heights and windings, and each k has one way to come about. (Down a row k_1 is the difference
 * of the heights of this row and the one before: k is drawn as heights in raster order.) The l of a link follows its k.
 *
 * A number is drawn from a window of integers around the likely ones, beyond which probabilities fall by e from one to
 * the next: every flux has a density. Within it weights are e^{b + theta T}: b is what the theory says of the links
 * known so far, with sums over unknown ones in the Bethe approximation (a site knows the rest of the lattice through
 * each of its open links alone; H. A. Bethe, Proc. R. Soc. A 150 (1935) 552), T are a few functions of the number, and
 * theta is the output of a network of two hidden layers, which sees the open links, the first row, the position and W.
 * It is 0 to begin with.
 *
 * Fields are worked on in panels of a fixed width: the bits of one do not depend on the others.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_HEIGHTS_H
#define SQUALL_HEIGHTS_H

#include "squall/flux.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

typedef struct {
  int dim;           /* 1 or 2 */
  int64_t extent[2]; /* rows, which are time slices, and columns; 1 column where dim = 1 */
  sq_flux_coupling coupling;
  int hidden;               /* units of a layer, a multiple of SQ_HEIGHTS_STEP */
  int radius;               /* the network sees the open links within so many columns on either side */
  int64_t middle, windings; /* the table of windings: middle - windings .. middle + windings */
  int beginning;            /* SQ_HEIGHTS_BEGINNING; 0: what models of before begin with, whose weights go with it */
} sq_heights_shape;

enum { SQ_HEIGHTS_STEP = 16, SQ_HEIGHTS_WINDINGS = 4096, SQ_HEIGHTS_BEGINNING = 1 };

/* Which windings are likely, from the classical energies; the shape's other members are known. */
void sq_heights_windings(const sq_heights_shape *shape, int64_t *middle, int64_t *windings);
/* Whether there is such a model: SQ_ERR_INPUT if not. The same on every rank. */
PetscErrorCode sq_heights_check(const sq_heights_shape *shape);
/* How many weights it has; multiplications and additions for a field; bytes of work for batches of so many fields, kept
 * for a gradient where it learns. */
int64_t sq_heights_parameters(const sq_heights_shape *shape);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_heights_layout(const sq_heights_shape *shape, sq_layout *layout);
double sq_heights_flops(const sq_heights_shape *shape);
double sq_heights_bytes(const sq_heights_shape *shape, int batch, bool learning);
/* Fields at once that make good use of memory. */
int sq_heights_batch(const sq_heights_shape *shape, bool learning);
/* The weights that learning begins with. */
void sq_heights_start(const sq_heights_shape *shape, uint64_t seed, double *weight);
/* The model on a lattice that one rank has, the extents being those of the shape; copied, the lattice is not owned.
 * Errors: SQ_ERR_INPUT as above, PETSC_ERR_ARG_WRONG for a lattice that does not fit. Collective over lattice->comm. */
PetscErrorCode sq_heights_tractable(const sq_heights_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                                    sq_tractable *tractable);

SQ_C_END

#endif
