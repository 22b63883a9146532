/* SPDX-License-Identifier: BSD-3-Clause */
/* latent: a generator of real fields made exact. A network makes a field of hidden numbers; a decoder draws the field
 * given them, and an encoder says which hidden numbers a field may have been made of. Both have normal densities,
 *   w = exp(-S(phi)) r(z | phi) / (p(z) p(phi | z)),   E[w] = Z:
 * the path weight of a way of one level (E. Nijkamp, B. Pang, T. Han, S.-C. Zhu, Y. N. Wu use it in the other
 * direction; D. P. Kingma, M. Welling, arXiv:1312.6114, is its logarithm's mean). A round is a decoder and an encoder;
 * several, one after the other, are the same with more of them (C.-W. Huang, L. Dinh, A. Courville, arXiv:2002.07101).
 *
 * With f_0 = phi and f_1 = z normal with the propagators G_0 and G_1,
 *   f_{j+2} = alpha_j e^{a_j} f_j + beta_j f_{j+1} + b_j,   j = 0 .. 2 rounds - 1,
 * a_j and b_j being what network j makes of f_{j+1}: even j draw the field given the hidden numbers, odd j draw the
 * hidden numbers given the field. The field is f_{2 rounds}, and f_{2 rounds + 1} has the density of a normal field
 * with propagator G under the encoder. alpha and beta turn fields and hidden numbers into each other by 45 degrees, so
 * that both are normal with propagator G where networks add nothing. G is that of a free field which is like the
 * theory: free theories are exact with nothing learned.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_LATENT_H
#define SQUALL_LATENT_H

#include "squall/action.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

enum { SQ_LATENT_ROUNDS = 16 }; /* at most */

typedef struct {
  sq_action action;
  int channels, blocks; /* of a network: width, a multiple of 16; residual blocks of two convolutions */
  int rounds;           /* a decoder and an encoder each */
} sq_latent_shape;

/* NULL: the theory can be made so. Else what it lacks, in words that go on after its name. */
const char *sq_latent_lacks(const sq_action *action);
/* The network of a step. */
sq_network_shape sq_latent_network(const sq_latent_shape *shape);
int64_t sq_latent_parameters(const sq_latent_shape *shape);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_latent_layout(const sq_latent_shape *shape, sq_layout *layout);
/* Fields made together on such a lattice, extent as in sq_lattice; never depends on the ranks. */
int sq_latent_batch(const sq_latent_shape *shape, const int64_t extent[SQ_DIM]);
/* Multiplications and additions for one field; bytes of a batch, where the lattice is not cut. */
double sq_latent_flops(const sq_latent_shape *shape, const int64_t extent[SQ_DIM]);
double sq_latent_bytes(const sq_latent_shape *shape, const int64_t extent[SQ_DIM], int batch, bool backward);
/* Initial weights, addressed by seed: networks that add nothing. weight[parameters]. */
PetscErrorCode sq_latent_init(const sq_latent_shape *shape, uint64_t seed, double *weight);

/* The model on a lattice for so many fields at once; without `backward` it has none, and takes less memory. What it
 * calls log q is that of the way of a field, log[p(z) p(phi | z)/r(z | phi)]: exp(-S - log q) averages to Z over what
 * it draws. `density` draws hidden numbers of given fields from the encoder, by addresses that the bits of a field are:
 * ways of exp(-S)/Z, if the fields are; another way than that of `draw`. lattice is kept, not owned. Collective over
 * lattice->comm. */
PetscErrorCode sq_latent_create(const sq_lattice *lattice, const sq_latent_shape *shape, int batch, bool backward,
                                sq_tractable *model);

SQ_C_END

#endif
