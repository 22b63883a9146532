/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: a network, its weights as numbers, and what it keeps of the fields at hand. */
#ifndef SQUALL_RASTER_NETWORK_H
#define SQUALL_RASTER_NETWORK_H

#include "squall/nn.h"
#include "src/raster/windows.h"

/* A last layer: vectors from features, or scalars from their squares, or, where the network is not odd, from features
 * too. Weights [slots][C][outputs], biases [outputs] that all sites have, and what each adds [sites][outputs]; -1:
 * none. width: outputs as the kernels take them, 1 or a multiple of 16. */
typedef struct {
  int outputs, width;
  int64_t weight, bias, bias_at;
} sq_raster_head;
enum { SQ_RASTER_VECTORS, SQ_RASTER_SCALARS, SQ_RASTER_HEADS };

/* Where weights are among the parameters: first[slots][inputs][C], deep[2 blocks][slots][C][C]; gains and shifts
 * [activations][C] that all sites have, and what each adds [activations][sites][C]. */
typedef struct {
  int activations;
  int64_t sites, first, deep, deep_size, gain, shift, gain_at, shift_at, total;
  sq_raster_head head[SQ_RASTER_HEADS];
} sq_raster_layout;

typedef struct {
  sq_raster_window first, deep, last; /* what sites see */
  sq_raster_window users;             /* deep, from the other side */
} sq_raster_windows;

struct sq_raster {
  sq_raster_shape shape;
  sq_raster_windows window;
  sq_raster_layout at;
  const sq_nn_kernels *kernels;
  int batch, count, entries;                                 /* fields at hand; numbers of each site */
  bool backward, spent;                                      /* spent: pre holds gradients */
  float *weight;                                             /* [total] */
  float *gain, *shift;                                       /* [activations][sites][C], sums */
  float *deep_back;                                          /* the same weights with inputs and outputs exchanged */
  float *head[SQ_RASTER_HEADS], *head_back[SQ_RASTER_HEADS]; /* weights [slots][C][width], and exchanged */
  float *input;                                              /* [sites][inputs][components][count] */
  /* [activations] of [sites][components][count][C]: what activations take and give; only of the site at hand where
   * there is no way back. Going back, the gradient of pre takes its place. */
  float **pre, **post;
  float *patch;           /* [entries][taps][inputs] of the first layer */
  float *some, *some_sum; /* weights, gradients of a site's taps, consecutive */
  float *row[3];          /* [entries][C] */
  float *out;             /* [entries][width] of a head */
};

/* Windows of a shape, and where its weights are. */
PetscErrorCode sq_raster_windows_create(const sq_raster_shape *shape, sq_raster_windows *window);
void sq_raster_windows_destroy(sq_raster_windows *window);
sq_raster_layout sq_raster_lay_out(const sq_raster_shape *shape, const sq_raster_windows *window);
/* Whether the taps of a site have consecutive slots. */
static inline bool sq_raster_in_line(const sq_raster_window *w, int64_t x)
{
  const int64_t first = w->begin[x], last = w->begin[x + 1] - 1;
  return w->tap[last].slot - w->tap[first].slot == last - first;
}
/* Floats between the rows of neighbouring sites of pre and of post. */
static inline int64_t sq_raster_pitch(const sq_raster *r)
{
  return (int64_t)r->entries * r->shape.channels;
}
static inline float *sq_raster_pre(const sq_raster *r, int activation, int64_t site)
{
  return r->pre[activation] + (r->backward ? site * sq_raster_pitch(r) : 0);
}
static inline float *sq_raster_post(const sq_raster *r, int activation, int64_t site)
{
  return r->post[activation] + site * sq_raster_pitch(r);
}
/* A row of `length` entries as a block, with no taps or that of a site itself. */
static inline sq_nn_block sq_raster_block(int64_t length)
{
  return (sq_nn_block){.dim = 1, .taps = 1, .fields = 1, .n = {1, 1, 1, length}, .sites = length, .rows = 1};
}
/* Taps first .. first + count - 1 of a list, as many as a block can have, seen from site x. */
void sq_raster_set_taps(const sq_raster *r, int64_t x, const sq_raster_tap *tap, int64_t count, sq_nn_block *block);
/* out = start + what the taps of site x give, in: of that site; weights w[slots][ci][co]. start: NULL, out, or another
 * row. */
void sq_raster_convolve(sq_raster *r, const sq_raster_window *window, int64_t x, int ci, int co, const float *in,
                        const float *w, const float *start, float *out);
/* All activations of site x. */
void sq_raster_features(sq_raster *r, int64_t x);
/* patch of site x. */
void sq_raster_fill_patch(sq_raster *r, int64_t x);
/* The outputs of site x, as sq_raster_evaluate gives them. */
void sq_raster_heads(sq_raster *r, int64_t x, float *output);
/* From doutput of site x to dpost, the gradient of the last features. */
void sq_raster_heads_backward(sq_raster *r, int64_t x, const float *doutput, float *gradient, float *dpost);

#endif
