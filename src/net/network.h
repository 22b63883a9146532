/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to net: the network on the blocks of a lattice, and its layers.
 *
 * Activations are [batch][padded sites][channels], one geometry for each level of resolution; an entry of the batch is
 * one component of a field. The rim of what a
 * convolution reads is exchanged while the interior is computed; backward exchanges output gradients the same way, so
 * the same code trains and samples on one rank or many, with the same bits where blocks are whole tiles on all of them
 * or extents are no multiples of a tile. With `backward` every tensor that it needs stays; without, a level has one of
 * each. Nothing is allocated after create.
 */
#ifndef SQUALL_NET_NETWORK_H
#define SQUALL_NET_NETWORK_H

#include "src/net/shape.h"

enum { LEVEL_PARTS = 1 + 2 * SQ_DIM };

/* What a level of resolution has: geometry, halos, scratch. */
typedef struct {
  sq_lattice *lattice; /* level 0: not owned */
  sq_nn_block field;   /* one field */
  sq_nn_block block,
    part[LEVEL_PARTS]; /* the batch; part[0]: what needs no message, then the sites next to cut faces */
  int parts, channels;
  bool tiled;                /* whole tiles on every rank: Winograd's convolutions where channels suit */
  sq_halo *halo, *halo_half; /* for `channels` channels; for half of them, at levels > 0 */
  float *dh, *dact, *dinner; /* gradients, [channels] */
  float *half;               /* scratch of half the channels, levels > 0 */
} grid_level;

/* Units at one level in a row, with what leads to the next run. */
typedef struct {
  int level;
  float *h[SQ_NETWORK_BLOCKS + 1];                              /* residual stream before each unit and at the end */
  float *act[2 * SQ_NETWORK_BLOCKS], *inner[SQ_NETWORK_BLOCKS]; /* outputs of activations; of first convolutions */
  float *pooled; /* cell means of h's end, for a transition down; lives at level + 1 */
} unit_run;

/* Another way to do all the work, on a network of its own (wide.c); base as in sq_network_tangent, or NULL. */
typedef struct {
  void *self; /* NULL: there is none */
  void (*load)(void *self, const float *parameter);
  PetscErrorCode (*evaluate)(void *self, int count, const int *base, const double *const in[],
                             const double *const scale[], const double *level, double *const out[]);
  PetscErrorCode (*destroy)(void **self);
} network_way;

struct sq_network {
  sq_network_shape shape;
  sq_network_layout layout;
  const sq_nn_kernels *kernels;
  bool backward;
  int components, batch, count; /* of a vector; capacity; entries of the last call, */
  int fields;                   /* and its fields: entries over components */
  const int *base;              /* [fields] if the last call was sq_network_tangent, else NULL */
  grid_level level[SQ_NETWORK_LEVELS];
  unit_run run[SQ_NETWORK_RUNS];
  sq_halo *halo_in, *halo_out;
  float *parameter, *flipped; /* flipped: convolution weights for input gradients, same layout */
  float *points, *points_flipped, *dpoints,
    *scratch;                      /* transformed weights; gradient of the present ones; of Winograd kernels */
  float *input, *output, *act_out; /* [batch][sites][inputs], [outputs][batch][sites], [batch][sites][channels] */
  double *scale;                   /* [inputs][batch] of the last call */
  float *feature, *hidden, *gated, *modulation, *dmodulation, *dhidden; /* [fields][...] */
  network_way way;
  float **owned; /* everything allocated, for destroy */
  int owned_count;
};

/* ---- layers (layers.c) ---- */
/* The fields of the batch that layers work on from now on; base as in sq_network_tangent, or NULL. */
void sq_layer_set_count(sq_network *network, int fields, const int *base);
size_t sq_layer_bytes(const sq_network *network, int level);
/* Whether convolution i of the layout runs by Winograd's algorithm. */
bool sq_layer_tiled(const sq_network *network, int i);
/* Weights as a convolution takes them. */
typedef struct {
  int level, ci, co, first, taps; /* taps [first, first + taps) of the stencil */
  const float *w, *points;        /* float[taps][ci][co]; transformed for Winograd's algorithm, or NULL */
} layer_weights;
/* Of convolution i of the layout; flipped: of its input gradient. */
layer_weights sq_layer_weights(const sq_network *network, int i, bool flipped);
/* out = start + in * w on the interior; fills in's rim. halo NULL: the rim is there. */
PetscErrorCode sq_layer_convolve(sq_network *network, const layer_weights *weights, sq_halo *halo, float *in,
                                 const float *start, float *out);
/* The same with convolution i of the layout. */
PetscErrorCode sq_layer_conv(sq_network *network, int i, sq_halo *halo, float *in, const float *start, float *out);
/* Gain of activation a for field b in an array of modulations; the shift follows. */
float *sq_layer_modulation(const sq_network *network, float *all, int b, int a);
/* Activation a; fields that are directions go through its tangent. */
void sq_layer_activate(const sq_network *network, int level, int a, const float *in, float *out);
/* Cell means from a level to level + 1, and the way back, times scale; c channels. */
void sq_layer_pool(const sq_network *network, int level, int c, float scale, const float *fine, float *coarse);
void sq_layer_spread(const sq_network *network, int level, int c, float scale, const float *coarse, float *fine);
float sq_layer_cell_share(const sq_network *network);
/* Plane i of the outputs, [batch][sites]. */
float *sq_layer_output(const sq_network *network, int i);
/* One channel of the finest level, x[batch][sites][channels], to and from [batch][local_volume], times a factor, for
 * entry b. from NULL: the factor itself. */
void sq_layer_fill(const sq_network *network, int b, double factor, const double *from, int channels, float *x);
void sq_layer_read(const sq_network *network, int b, double factor, const float *x, double *to);

#endif
