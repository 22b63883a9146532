/* SPDX-License-Identifier: BSD-3-Clause */
/* net: a convolutional network on the blocks of a lattice, with its weights in one flat array.
 *
 * How it fits together. The layout (src/net/shape.c) is a list of layers as numbers: a first convolution, runs of
 * residual units at levels of resolution 0, 1, .. n-1, .. 1, 0 with a transition between runs, a last convolution.
 * Forward (forward.c) goes through that list; each convolution exchanges the rim of its input while it works on the
 * interior (layers.c). Backward (backward.c) goes through the list from its end: each convolution adds its weight
 * gradient and is itself a convolution of output gradients, exchanged the same way. Tangents are entries of the batch
 * beside their fields: all layers but activations are linear and treat both alike. The noise level enters as gains and
 * shifts of the activations, from two dense layers. The wide exchange (wide.c) is another way to evaluate: one exchange
 * of the inputs, as wide as the network sees, and then a network on an enlarged block that needs no other rank.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_NET_H
#define SQUALL_NET_H

#include "squall/halo.h"
#include "squall/nn.h"

SQ_C_BEGIN

enum { SQ_NETWORK_CONDITIONS = 4, SQ_NETWORK_POWERS = 1 }; /* conditions at most; degree of their polynomials */

typedef struct {
  int dim, channels, blocks,
    width;             /* blocks: residual units in a row at each level; width: of the noise-level embedding */
  bool odd;            /* F(-phi) = -F(phi) by construction */
  int levels;          /* of resolution; each next one has half the extents and twice the channels */
  int inputs, outputs; /* numbers a site */
  /* Of vectors: every number is one for each component, 0 stands for 1. Layers treat components alike, and only the
   * lengths of vectors enter the activations (squall/nn.h): F(R phi) = R F(phi) for every rotation and reflection R of
   * the components, to rounding; weights are as many as for one component. Needs odd, and not causal. */
  int components;
  /* Further numbers in [0,1] that gains and shifts depend on, beside the noise level; 0: none. Each enters as
   * polynomials up to degree SQ_NETWORK_POWERS, so that F is smooth between those that it was trained at. */
  int conditions;
  /* For autoregressive networks: F at a site depends on the inputs at sites before it alone, in lexicographic order.
   * The first convolution keeps the taps before a site, the others the site's own as well; beyond the first and last
   * sites of a direction there are zeros. Needs levels = 1. */
  bool causal;
} sq_network_shape;

/* Whether a network can have this shape: every number in its range. Not collective. */
bool sq_network_valid(const sq_network_shape *shape);
/* Components of its vectors, 1 at least. Not collective. */
int sq_network_components(const sq_network_shape *shape);
int64_t sq_network_parameters(const sq_network_shape *shape);
/* Blocks of a lattice must be multiples of this: 2^(levels - 1). */
int64_t sq_network_grain(const sq_network_shape *shape);
/* How far a site's output depends on the inputs, in sites, rounded up to whole tiles and cells. */
int64_t sq_network_reach(const sq_network_shape *shape);
/* Fields handled at once by a network on a lattice of this volume; never depends on the ranks. 2048 sites make good use
 * of weights that were read into the caches, and transformed for Winograd's convolutions; deeper networks have more
 * weights, and take more fields. Components count as fields. */
int sq_network_batch(const sq_network_shape *shape, int64_t volume);
/* Multiplications and additions for one site of one evaluation (convolutions), all components. */
double sq_network_flops(const sq_network_shape *shape);
/* Bytes that a network takes on a block of local[SQ_DIM] sites, `batch` fields at once, without its weights; backward:
 * see sq_network_create. */
double sq_network_bytes(const sq_network_shape *shape, const int64_t local[SQ_DIM], int batch, bool backward);
/* Bytes of its weights, in the forms that its kernels want, and their scratch: the same on every rank. */
double sq_network_weight_bytes(const sq_network_shape *shape, bool backward);
/* Initial weights, addressed by seed; the output layer is zero. parameter[count]. Not collective. */
PetscErrorCode sq_network_init(const sq_network_shape *shape, uint64_t seed, double *parameter);
/* Moves the weights as if all fields were transformed by a lattice symmetry (see sq_nn_tap_map); gradients computed
 * with the moved weights are brought back by back = true. `to` is written whole. Augmentation by turning the network
 * instead of the data. Error: PETSC_ERR_SUP for causal networks, whose order of sites has no symmetry. Not
 * collective. */
PetscErrorCode sq_network_turn(const sq_network_shape *shape, const int map[SQ_NN_TAPS], bool back, const float *from,
                               float *to);

/* The network at fixed conditions is one without any: its weights, fixed[sq_network_parameters] of the shape with
 * conditions = 0. condition[conditions] in [0,1]. Not collective. */
void sq_network_fix(const sq_network_shape *shape, const double *condition, const double *parameter, double *fixed);

/* What a stretch of a network's weights is: a convolution, matrix[rows][columns] with a row for each tap and input and
 * a column for each output; that of an output of the network; the factors of an activation's channels, a row; what
 * makes gains and shifts depend on the noise level. */
typedef enum { SQ_LAYER_CONVOLUTION, SQ_LAYER_OUTPUT, SQ_LAYER_GAINS, SQ_LAYER_LEVEL } sq_layer_kind;
typedef struct {
  sq_layer_kind kind;
  int64_t at, rows, columns; /* at: of the first weight */
} sq_network_layer;
/* Stretch i of them; false past the last. Shifts of activations are in none. Not collective. */
bool sq_network_layer_of(const sq_network_shape *shape, int i, sq_network_layer *layer);

/* The weights as tensors with names, for files that other programs read: a stretch of the flat array each, row-major.
 * Together they are all of it. doc/export.md says how a network is made of them. */
enum { SQ_TENSOR_NAME = 64, SQ_TENSOR_RANK = SQ_DIM + 2 };
typedef struct {
  char name[SQ_TENSOR_NAME];
  int rank;
  int64_t at, shape[SQ_TENSOR_RANK];
} sq_network_tensor;
/* Tensor i of them; false past the last. Not collective. */
bool sq_network_tensor_of(const sq_network_shape *shape, int i, sq_network_tensor *tensor);

/* The weights of a model as tensors, in their order; at: how many there are so far. Start from {0}; the caller's, also
 * after an error (sq_layout_clear). Not collective, as the next. */
typedef struct {
  int count, room;
  int64_t at;
  sq_network_tensor *tensor; /* [count] */
} sq_layout;
/* Adds the next one, with a name like printf's; nothing where it has no numbers. Error: PETSC_ERR_MEM. */
PetscErrorCode sq_layout_add(sq_layout *layout, int rank, const int64_t shape[], const char *name, ...)
  __attribute__((format(printf, 4, 5)));
/* Adds those of a network, their names behind the prefix. Error: PETSC_ERR_MEM. */
PetscErrorCode sq_layout_add_network(sq_layout *layout, const sq_network_shape *shape, const char *prefix);
void sq_layout_clear(sq_layout *layout);

typedef struct sq_network sq_network;

/* A network on the blocks of a lattice, for up to batch fields at once; without `backward` it takes less memory and
 * only evaluates. The lattice is kept, not owned. Error: SQ_ERR_INPUT for a shape that is not valid. Collective over
 * lattice->comm. */
PetscErrorCode sq_network_create(const sq_lattice *lattice, const sq_network_shape *shape, int batch, bool backward,
                                 sq_network **network);
/* One that only evaluates, with one exchange of its inputs as wide as sq_network_reach instead of one for each layer,
 * and redundant work on that rim: the same results to rounding; layer by layer on one rank, and for causal networks.
 * Error: SQ_ERR_INPUT when a block is narrower than the exchange. Collective over lattice->comm. */
PetscErrorCode sq_network_create_wide(const sq_lattice *lattice, const sq_network_shape *shape, int batch,
                                      sq_network **network);
PetscErrorCode sq_network_destroy(sq_network **network);
/* The weights used from now on; parameter[sq_network_parameters] is copied. Not collective. */
void sq_network_load(sq_network *network, const float *parameter);
/* out = F. in[inputs], out[outputs]: an array [count][components][local_volume] for each channel. scale[inputs]:
 * [count] factors of each input. level[count][1 + conditions]: positions of the noise level and of the conditions in
 * [0,1]. count <= batch. Collective over
 * the lattice. */
PetscErrorCode sq_network_forward(sq_network *network, int count, const double *const in[], const double *const scale[],
                                  const double *level, double *const out[]);
/* The same with directions among the entries: where base[b] != b, the inputs of entry b are a direction at entry
 * base[b] (with base[base[b]] = base[b]), and out of b is the derivative of F along it (forward mode), factors of b
 * included; level[b] is not used. Collective over the lattice. */
PetscErrorCode sq_network_tangent(sq_network *network, int count, const int *base, const double *const in[],
                                  const double *const scale[], const double *level, double *const out[]);
/* For the last forward call and L = sum dout F, dout[outputs] as out there: gradient[parameters] += dL/d(parameter), of
 * this rank's block (to be summed over the domain); din[inputs] = dL/d(in), factors included. din or one of its arrays
 * may be NULL, gradient too: that work is then not done. Collective over the lattice. */
PetscErrorCode sq_network_backward(sq_network *network, const double *const dout[], double *const din[],
                                   float *gradient);

SQ_C_END

#endif
