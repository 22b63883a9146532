/* SPDX-License-Identifier: BSD-3-Clause */
/* fourierflow: paths of one dimension as the image of a Gaussian field, mode by mode, with their exact density: a
 * normalising flow on the Matsubara modes (S. Chen, O. Savchuk, S. Zheng, B. Chen, H. Stoecker, L. Wang, K. Zhou, Phys.
 * Rev. D 107 (2023) 056001; A. M. Alaa, A. J. Chan, M. van der Schaar, "Generative time-series modeling with Fourier
 * flows", ICLR 2021).
 *
 * A field of N sites is N real modes, those of the orthonormal real Fourier transform in half-complex order: cosines of
 * n = 0 .. N/2, then sines of n = (N - 1)/2 .. 1. What the flow moves are the modes in units of their widths in a free
 * field that is like the theory: a free theory needs no learning. The zero mode has a mixture of normal
 * distributions, symmetric under the sign; all other modes begin as normal numbers. In deep wells modes begin as a gas
 * of kinks instead (src/fourierflow/base.c).
 *
 * A coupling moves the modes B of some n, given those of the others, A:
 *
 *   B' = e^s (M B + e shift),   M = 1 + D P (g - 1) P D,
 *
 * with g > 0 and shift functions of time that a network of periodic convolutions makes of the path of the modes A: g is
 * even and shift odd under the sign of the path. P projects on B; D <= 1, the widths of the modes over that of the zero
 * mode, makes M positive; s and e are numbers of each n. Multiplying by g in time and projecting commutes with
 * translations, and log det M is that of a small matrix, for the modes above some n are only shifted and scaled. All is
 * in double.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_FOURIERFLOW_H
#define SQUALL_FOURIERFLOW_H

#include "squall/action.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

/* At most: sites; modes that couplings mix; parts of the mixture of the zero mode; couplings; sites between taps. */
enum {
  SQ_FOURIER_SITES = 16384,
  SQ_FOURIER_MODES = 64,
  SQ_FOURIER_PEAKS = 8,
  SQ_FOURIER_LAYERS = 64,
  SQ_FOURIER_SPACING = 256
};

typedef struct {
  sq_action action;
  int sites;
  int layers;          /* couplings, without the last one, which moves the modes above `modes` */
  int channels, depth; /* of the networks; layers of a network after the first */
  int spacing;         /* sites between the taps of a convolution */
  int modes;           /* couplings mix n = 0 .. modes - 1 */
  int peaks;           /* of the zero mode's distribution */
  int kinks;           /* 1: in deep wells modes begin as a gas of kinks; 0: they do not */
} sq_fourierflow_shape;

/* NULL: paths of the theory can be made so. Else what it lacks, in words that go on after its name. */
const char *sq_fourierflow_lacks(const sq_action *action);
/* Fills in what is not positive: spacing, modes and peaks, from the widths of the theory's modes; kinks stay where
 * wells are deep. */
void sq_fourierflow_complete(sq_fourierflow_shape *shape);
int64_t sq_fourierflow_parameters(const sq_fourierflow_shape *shape);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_fourierflow_layout(const sq_fourierflow_shape *shape, sq_layout *layout);
/* Fields made together; never depends on the ranks. */
int sq_fourierflow_batch(const sq_fourierflow_shape *shape);
/* Multiplications and additions for one field; bytes of a batch. */
double sq_fourierflow_flops(const sq_fourierflow_shape *shape);
double sq_fourierflow_bytes(const sq_fourierflow_shape *shape, int batch);
/* weight[parameters] to begin with, addressed by seed: the free field that is like the theory. */
PetscErrorCode sq_fourierflow_init(const sq_fourierflow_shape *shape, uint64_t seed, double *weight);
/* The model on a lattice of one direction that is not cut, for so many fields at once. lattice is kept, not owned.
 * Error: SQ_ERR_INPUT for another lattice. Collective over lattice->comm. */
PetscErrorCode sq_fourierflow_create(const sq_lattice *lattice, const sq_fourierflow_shape *shape, int batch,
                                     sq_tractable *model);

SQ_C_END

#endif
