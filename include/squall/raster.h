/* SPDX-License-Identifier: BSD-3-Clause */
/* raster: autoregressive networks on a whole lattice, which one rank has: sites one after the other in lexicographic
 * order, many fields at once.
 *
 * How it fits together. A layer at a site is one matrix product: its inputs are the features of sites that come before
 * (and, beyond the first layer, of the site itself), its rows the fields. Features of earlier sites are kept, so
 * drawing a field, site after site, takes one forward pass, and so does the density of a given field, which is the same
 * calls with given numbers: the same bits. The gradient goes through the sites from the last to the first with what the
 * forward pass left.
 *
 *   h = first(inputs before);  for each block: h += conv_2(act(conv_1(act(h))));  out = heads(act(h))
 *
 * The window of a layer is the list of sites that it sees from a site; which ones, and which of them share weights, is
 * what kinds of networks differ in (sq_raster_networks). Windows are periodic: a site sees the images of sites that are
 * known already, and only those. Activations are those of squall/nn.h, with gains and shifts that may differ from site
 * to site.
 *
 * Not collective, as all of it.
 */
#ifndef SQUALL_RASTER_H
#define SQUALL_RASTER_H

#include "squall/action.h"
#include "squall/conditional.h"
#include "squall/net.h"
#include "squall/tractable.h"

SQ_C_BEGIN

/* Sites that a layer sees: all within `radius` in each direction; the frontier, which is the sites with a neighbour
 * that is not known yet, this site for one: given those, no theory of nearest neighbours depends on the others (I.
 * Biazzo, Commun. Phys. 6 (2023) 296; P. Bialas, P. Korcyl, T. Stebel, arXiv:2308.13294); none but itself. */
typedef enum { SQ_RASTER_BOX, SQ_RASTER_FRONTIER, SQ_RASTER_ITSELF } sq_raster_view;

/* A kind of network, a row of the table. */
typedef struct {
  const char *name;
  sq_raster_view first, deep; /* windows of the first layer and of the blocks */
  bool apart;                 /* every pair of sites has weights of its own; else those at the same distance share */
} sq_raster_network;
extern const sq_raster_network *const sq_raster_networks[]; /* NULL-terminated; the first is the default */
/* The name of a row, NULL past the last. */
const char *sq_raster_network_name(int index);

typedef struct {
  int64_t extent[SQ_DIM]; /* as in sq_lattice */
  int dim;
  const sq_raster_network *network;
  int radius; /* of boxes */
  int channels, blocks;
  int inputs;           /* vectors that are known of a site */
  int components;       /* of vectors; layers treat them alike, and only their lengths enter activations */
  int vectors, scalars; /* outputs at a site */
  bool odd;             /* turning (of one component: changing the sign of) all inputs turns the vectors that come out,
                           and leaves the scalars, which are made of lengths; else there are biases */
  bool positions;       /* gains, shifts and biases differ from site to site */
} sq_raster_shape;

/* Whether a network can have this shape: channels a multiple of SQ_NN_CHANNEL_STEP, all numbers in their ranges,
 * several components only where it is odd, windows and weights that memory has room for. */
bool sq_raster_valid(const sq_raster_shape *shape);

/* Multiplications and additions of a forward pass of one field; bytes of a network for so many fields, without its
 * weights; bytes of its windows and weights; fields at once that make good use of the caches, at least 32 where memory
 * lets them. All of a valid shape. */
typedef struct {
  int64_t parameters;
  double flops, bytes, tables;
  int batch;
} sq_raster_cost;
/* Error: PETSC_ERR_MEM. */
PetscErrorCode sq_raster_price(const sq_raster_shape *shape, bool backward, sq_raster_cost *cost);
/* Initial weights, addressed by seed; the last layer is 0. parameter[parameters]. */
PetscErrorCode sq_raster_init(const sq_raster_shape *shape, uint64_t seed, double *parameter);
/* Its weights as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_raster_list(const sq_raster_shape *shape, sq_layout *layout);

typedef struct sq_raster sq_raster;
/* For up to `batch` fields at once; without `backward` it only evaluates. Error: SQ_ERR_INPUT for a shape that is not
 * valid. */
PetscErrorCode sq_raster_create(const sq_raster_shape *shape, int batch, bool backward, sq_raster **raster);
PetscErrorCode sq_raster_destroy(sq_raster **raster);
/* The weights used from now on; parameter[parameters] is copied. */
void sq_raster_load(sq_raster *raster, const float *parameter);
/* Begins with `count` new fields. Numbers of outputs of a site. */
void sq_raster_begin(sq_raster *raster, int count);
int64_t sq_raster_outputs(const sq_raster *raster);
/* output of a site: [vectors][components][count], then [scalars][count]. All sites before it must have been evaluated
 * and given. */
void sq_raster_evaluate(sq_raster *raster, int64_t site, float *output);
/* Gives the vectors of a site, value[inputs][components][count]. */
void sq_raster_give(sq_raster *raster, int64_t site, const float *value);
/* gradient[parameters] += that of the sum of outputs times doutput[volume][..as output..], for the fields that were
 * given last. */
void sq_raster_backward(sq_raster *raster, const float *doutput, float *gradient);

/* ---- as a model with an exact density ---- */

/* The numbers of sites are distributed by a row of squall/conditional.h, whose parameters are what the network makes of
 * the vectors of the order parameter (sq_action_order) at the sites before. */
typedef struct {
  sq_action action;      /* of one number a site; with its neighbours in the field of the row where it has one */
  sq_raster_shape shape; /* inputs, components and outputs: sq_raster_fit */
  const sq_conditional *law;
  int mixture;   /* its parts */
  bool averaged; /* q is the mean of the network's densities of phi and -phi: fields have a random sign */
} sq_raster_model;

/* Sets inputs, components, outputs of the shape. Whether that is possible: the row's vectors have the components of the
 * order parameter, or the network is not odd. */
bool sq_raster_fit(sq_raster_model *model);
/* Fields at once, and what a field costs; see above. A mean of two densities costs two of everything. */
PetscErrorCode sq_raster_model_price(const sq_raster_model *model, bool backward, sq_raster_cost *cost);
/* The model on a lattice that one rank has, the extents being those of the shape; copied, the lattice is not owned.
 * Errors: SQ_ERR_INPUT for shapes that are not valid, PETSC_ERR_ARG_WRONG for a lattice that does not fit. */
PetscErrorCode sq_raster_tractable(const sq_raster_model *model, const sq_lattice *lattice, int batch, bool backward,
                                   sq_tractable *tractable);

SQ_C_END

#endif
