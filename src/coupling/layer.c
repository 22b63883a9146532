/* SPDX-License-Identifier: BSD-3-Clause */
/* A layer of a coupling flow: the sites of one colour mapped by what a network makes of the other. */
#include "src/coupling/layer.h"
#include <string.h>

sq_network_shape sq_coupling_network(const sq_coupling_shape *shape)
{
  const int positions = shape->cell > 1 ? 1 << (shape->action.dim - 1) : 1;
  return (sq_network_shape){.dim = shape->action.dim,
                            .channels = shape->channels,
                            .blocks = shape->blocks,
                            .width = 1,
                            .odd = true,
                            .levels = 1,
                            .inputs = positions,
                            .outputs = positions * SQ_MAP_OUTPUTS};
}

/* ---- between fields and the arrays of a position ---- */

static void gather(const sq_coupling_sites *s, int colour, int position, int count, const double *x, double *out)
{
  const int64_t *site = s->site[colour] + position * s->count, n = s->lattice->local_volume;
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < s->count; i++) out[b * s->count + i] = site[i] < 0 ? 0 : x[b * n + site[i]];
}

/* add: to what is there. */
static void scatter(const sq_coupling_sites *s, int colour, int position, int count, bool add, const double *in,
                    double *x)
{
  const int64_t *site = s->site[colour] + position * s->count, n = s->lattice->local_volume;
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < s->count; i++)
      if (site[i] >= 0) x[b * n + site[i]] = in[b * s->count + i] + (add ? x[b * n + site[i]] : 0);
}

/* Where the arrays of a position begin. */
static int64_t at_position(const sq_coupling_sites *s, int position)
{
  return (int64_t)position * s->batch * s->count;
}

/* Field b at a position. */
static sq_map map_of(const sq_coupling_layer *l, const sq_coupling_sites *s, int position, int b,
                     const double *out[SQ_MAP_OUTPUTS])
{
  const int64_t at = at_position(s, position) + b * s->count;
  for (int k = 0; k < SQ_MAP_OUTPUTS; k++) out[k] = l->out[position * SQ_MAP_OUTPUTS + k] + b * s->count;
  return (sq_map){.n = s->count,
                  .unit = l->unit,
                  .width = l->width,
                  .shared = l->shared,
                  .site = s->site[l->colour] + position * s->count,
                  .x = l->x + at,
                  .u = l->u + at,
                  .out = out};
}

/* ---- the map ---- */

/* What maps go by: the means over neighbours and the network's outputs. */
static PetscErrorCode look(sq_coupling_layer *l, sq_coupling_sites *s, int count, const double *x)
{
  PetscFunctionBeginUser;
  PetscCall(sq_coupling_means(s, count, 1 - l->colour, x));
  for (int k = 0; k < s->positions; k++) {
    gather(s, l->colour, k, count, s->mean, l->u + at_position(s, k));
    gather(s, 1 - l->colour, k, count, x, s->in[k]);
    for (int b = 0; b < count; b++) s->scale[k][b] = 1 / l->width;
  }
  PetscCall(sq_network_forward(l->network, count, (const double *const *)s->in, (const double *const *)s->scale,
                               s->level, l->out));
  PetscFunctionReturn(0);
}

static void add_slopes(const sq_coupling_sites *s, int colour, int position, const double *log_slope, sq_sum *log_q)
{
  const int64_t *site = s->site[colour] + position * s->count;
  for (int64_t i = 0; i < s->count; i++)
    if (site[i] >= 0) sq_sum_add(log_q, -log_slope[i]);
}

PetscErrorCode sq_coupling_layer_map(sq_coupling_layer *l, sq_coupling_sites *s, int count, bool inverse, double *x,
                                     sq_sum *log_q)
{
  PetscFunctionBeginUser;
  const double *out[SQ_MAP_OUTPUTS];
  PetscCall(look(l, s, count, x));
  for (int k = 0; k < s->positions; k++) {
    const int64_t at = at_position(s, k);
    gather(s, l->colour, k, count, x, inverse ? s->y + at : l->x + at);
    for (int b = 0; b < count; b++) {
      const sq_map map = map_of(l, s, k, b, out);
      double *y = s->y + at + b * s->count, *log_slope = s->log_slope + at + b * s->count;
      if (inverse) sq_coupling_unmap(&map, y, log_slope);
      else sq_coupling_map(&map, y, log_slope);
      add_slopes(s, l->colour, k, log_slope, &log_q[b]);
    }
    scatter(s, l->colour, k, count, false, inverse ? l->x + at : s->y + at, x);
  }
  PetscFunctionReturn(0);
}

/* ---- the way back ---- */

/* c of the sites that are mapped; du, dout and what is shared. */
static void maps_back(sq_coupling_layer *l, sq_coupling_sites *s, int count, bool along, const double *factor,
                      double *c, double *dshared)
{
  const double *out[SQ_MAP_OUTPUTS];
  double *dout[SQ_MAP_OUTPUTS];
  for (int k = 0; k < s->positions; k++) {
    const int64_t at = at_position(s, k);
    gather(s, l->colour, k, count, c, s->y + at);
    for (int b = 0; b < count; b++) {
      const sq_map map = map_of(l, s, k, b, out);
      double *du = s->du + at + b * s->count;
      for (int j = 0; j < SQ_MAP_OUTPUTS; j++) dout[j] = s->dout[k * SQ_MAP_OUTPUTS + j] + b * s->count;
      sq_coupling_map_back(&map, along, factor[b], s->y + at + b * s->count, du, dout, dshared);
    }
    scatter(s, l->colour, k, count, false, s->y + at, c);
  }
}

PetscErrorCode sq_coupling_layer_back(sq_coupling_layer *l, sq_coupling_sites *s, int count, bool along,
                                      const double *factor, double *c, float *gradient)
{
  PetscFunctionBeginUser;
  const int64_t n = s->lattice->local_volume;
  double dshared[SQ_MAP_SHARED] = {0};
  maps_back(l, s, count, along, factor, c, dshared);
  dshared[SQ_MAP_W_IN] *= l->response;
  dshared[SQ_MAP_W_OUT] *= l->response;
  for (int i = 0; i < SQ_MAP_SHARED; i++) gradient[i] += (float)dshared[i];
  PetscCall(
    sq_network_backward(l->network, (const double *const *)s->dout, (double *const *)s->in, gradient + SQ_MAP_SHARED));
  for (int k = 0; k < s->positions; k++) scatter(s, 1 - l->colour, k, count, true, s->in[k], c);
  memset(s->mean, 0, (size_t)(count * n) * sizeof *s->mean);
  for (int k = 0; k < s->positions; k++) scatter(s, l->colour, k, count, false, s->du + at_position(s, k), s->mean);
  PetscCall(sq_coupling_means(s, count, l->colour, s->mean));
  for (int k = 0; k < s->positions; k++) {
    gather(s, 1 - l->colour, k, count, s->mean, s->in[k]);
    scatter(s, 1 - l->colour, k, count, true, s->in[k], c);
  }
  PetscFunctionReturn(0);
}

/* ---- set-up ---- */

void sq_coupling_layer_load(sq_coupling_layer *l, const float *weight)
{
  for (int i = 0; i < SQ_MAP_SHARED; i++) l->shared[i] = (double)weight[i];
  l->shared[SQ_MAP_W_IN] *= l->response;
  l->shared[SQ_MAP_W_OUT] *= l->response;
  sq_network_load(l->network, weight + SQ_MAP_SHARED);
}

PetscErrorCode sq_coupling_layer_create(const sq_coupling_sites *s, const sq_network_shape *shape, int colour,
                                        bool backward, sq_coupling_layer *l)
{
  PetscFunctionBeginUser;
  const int64_t size = s->positions * s->batch * s->count;
  *l = (sq_coupling_layer){.colour = colour, .unit = 1, .width = 1, .response = 1};
  PetscCall(sq_network_create(s->cells, shape, s->batch, backward, &l->network));
  PetscCall(sq_alloc(size, &l->x));
  PetscCall(sq_alloc(size, &l->u));
  PetscCall(sq_alloc(s->positions * SQ_MAP_OUTPUTS, &l->out));
  for (int k = 0; k < s->positions * SQ_MAP_OUTPUTS; k++) PetscCall(sq_alloc(s->batch * s->count, &l->out[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_coupling_layer_destroy(const sq_coupling_sites *s, sq_coupling_layer *l)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < s->positions * SQ_MAP_OUTPUTS; k++) sq_free(&l->out[k]);
  sq_free(&l->out);
  sq_free(&l->x);
  sq_free(&l->u);
  PetscCall(sq_network_destroy(&l->network));
  PetscFunctionReturn(0);
}
