/* SPDX-License-Identifier: BSD-3-Clause */
/* bisection: paths, fields of one dimension, made by midpoints with their exact density. x_0 comes first; then the site
 * half way round the circle, given x_0 on both sides; then the sites in the middle of what is left, and so on. A site
 * depends on the two that bound its interval and on nothing else: paths of a theory with links between neighbours are a
 * Markov chain, so nothing is left out. An interval of n steps is split into n/2, rounded down, and the rest. Where one
 * site is left between two, it is drawn exactly (sq_action_given).
 *
 * With x_l and x_r at the ends, the midpoint is a mixture of Gaussians of means m + s o_k, widths s e^{t_k} and weights
 * proportional to e^{w_k}; m and s are those of a Gaussian path, and (o, t, w) outputs of a small network of (x_l,
 * x_r), one for each length of intervals, the same for all of that length. Every part has a mirror image, whose outputs
 * are those at (-x_l, -x_r) and whose mean is m - s o_k: changing all signs leaves the density as it is. The Gaussian
 * path is that of the theory where it is free, and then nothing has to be learned; else it has <x^2> of its own
 * (Hartree).
 *
 * The idea: D. M. Ceperley, Rev. Mod. Phys. 67 (1995) 279, section V (bisection; Levy's construction of paths).
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_BISECTION_H
#define SQUALL_BISECTION_H

#include "squall/action.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

enum { SQ_BISECTION_MIXTURE = 8, SQ_BISECTION_CHANNELS = 128, SQ_BISECTION_DEPTH = 4 }; /* at most */

typedef struct {
  sq_action action;
  int64_t sites;
  int channels, depth; /* of the networks: width, a multiple of 4; hidden layers after the first */
  int mixture;         /* parts, each of which has a mirror image */
} sq_bisection_shape;

/* NULL: the theory can be made so. Else what it lacks, in words that go on after its name. */
const char *sq_bisection_lacks(const sq_action *action);
bool sq_bisection_valid(const sq_bisection_shape *shape);
int64_t sq_bisection_parameters(const sq_bisection_shape *shape);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_bisection_layout(const sq_bisection_shape *shape, sq_layout *layout);
/* How many networks there are, one for each length of intervals. */
int sq_bisection_networks(const sq_bisection_shape *shape);
/* Multiplications and additions for one field that is drawn; bytes of a batch. */
double sq_bisection_flops(const sq_bisection_shape *shape);
double sq_bisection_bytes(const sq_bisection_shape *shape, int batch);
/* Initial weights, addressed by seed: the Gaussian path; of theories that are not free its parts are apart.
 * weight[parameters]. */
PetscErrorCode sq_bisection_init(const sq_bisection_shape *shape, uint64_t seed, double *weight);
/* The model on a lattice that is not cut, for so many fields at once. lattice is kept, not owned. Error: SQ_ERR_INPUT
 * where the lattice has other extents or is cut. Collective over lattice->comm. */
PetscErrorCode sq_bisection_create(const sq_lattice *lattice, const sq_bisection_shape *shape, int batch,
                                   sq_tractable *model);

SQ_C_END

#endif
