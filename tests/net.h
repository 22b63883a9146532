/* SPDX-License-Identifier: BSD-3-Clause */
/* Networks with random weights and inputs for the tests of the module net. */
#ifndef SQUALL_TESTS_NET_H
#define SQUALL_TESTS_NET_H

#include "squall/net.h"
#include "tap.h"
#include <string.h>

enum { BATCH = 2, CHANNELS = 3 };

typedef struct {
  sq_network_shape shape;
  sq_lattice *lattice;
  sq_network *network;
  int64_t parameters;
  float *weight, *gradient;
  int64_t numbers;                                       /* of a field on this rank: components local_volume */
  double *in[CHANNELS], *dout[CHANNELS], *out[CHANNELS]; /* [BATCH][numbers] each */
} set_up;

/* Block boundaries between whole tiles where the ranks can share the lattice so. */
static int64_t grain_of(MPI_Comm comm, int dim, const int64_t extent[], const sq_network_shape *shape)
{
  int64_t grain = sq_network_grain(shape), units[SQ_DIM];
  int size, ranks[SQ_DIM];
  (void)MPI_Comm_size(comm, &size);
  for (int i = 0; i < dim; i++) {
    units[i] = extent[i] / (SQ_NN_TILE * grain);
    if (extent[i] % (SQ_NN_TILE * grain)) return grain;
  }
  return sq_lattice_can_share(dim, units, size, ranks) ? SQ_NN_TILE * grain : grain;
}

/* The network that a denoiser has; and one with other channels. */
__attribute__((unused)) static sq_network_shape plain(int dim, bool odd, int levels)
{
  return (sq_network_shape){.dim = dim,
                            .channels = 16,
                            .blocks = dim < 4 && levels == 1 ? 2 : 1,
                            .width = 8,
                            .odd = odd,
                            .levels = levels,
                            .inputs = 2,
                            .outputs = 1};
}

__attribute__((unused)) static sq_network_shape other(int dim, int inputs, int outputs, int levels)
{
  sq_network_shape shape = plain(dim, false, levels);
  shape.inputs = inputs;
  shape.outputs = outputs;
  return shape;
}

/* One of vectors. */
__attribute__((unused)) static sq_network_shape vectors(int dim, int components, int levels)
{
  sq_network_shape shape = plain(dim, true, levels);
  shape.components = components;
  return shape;
}

__attribute__((unused)) static void describe(const sq_network_shape *shape, const int64_t extent[], char text[128])
{
  char extents[64];
  sq_extents_text(shape->dim, extent, extents, sizeof extents);
  snprintf(text, 128, "on %s, %s, levels: %d, channels: %d to %d, components: %d", extents,
           shape->odd ? "odd" : "general", shape->levels, shape->inputs, shape->outputs, sq_network_components(shape));
}

__attribute__((unused)) static void fill(const set_up *t, int which, double **array)
{
  TAP_CALL(sq_alloc(BATCH * t->numbers, array));
  for (int b = 0; b < BATCH; b++)
    sq_block_random(t->lattice, sq_network_components(&t->shape), sq_rng_normals,
                    sq_stream_make(9, SQ_RNG_TEST, (uint64_t)(10 * which + b)), 0, 0, *array + b * t->numbers);
}

/* A network with random weights in every layer, on comm. */
__attribute__((unused)) static void begin(MPI_Comm comm, int dim, const int64_t extent[], const sq_network_shape *shape,
                                          set_up *t)
{
  TAP_CALL(sq_lattice_create_aligned(comm, dim, extent, grain_of(comm, dim, extent, shape), NULL, &t->lattice));
  TAP_CALL(sq_network_create(t->lattice, shape, BATCH, true, &t->network));
  t->shape = *shape;
  t->numbers = sq_network_components(shape) * t->lattice->local_volume;
  t->parameters = sq_network_parameters(shape);
  double *weight, *extra;
  TAP_CALL(sq_alloc(t->parameters, &t->weight));
  TAP_CALL(sq_alloc(t->parameters, &t->gradient));
  TAP_CALL(sq_alloc(t->parameters, &weight));
  TAP_CALL(sq_alloc(t->parameters, &extra));
  TAP_CALL(sq_network_init(shape, 3, weight));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 0), 0, t->parameters, 0, 0, extra);
  for (int64_t i = 0; i < t->parameters; i++) t->weight[i] = (float)(weight[i] + 0.05 * extra[i]);
  sq_free(&weight);
  sq_free(&extra);
  for (int i = 0; i < CHANNELS; i++) {
    fill(t, i, &t->in[i]);
    fill(t, 100 + i, &t->dout[i]);
    fill(t, 200 + i, &t->out[i]);
  }
  sq_network_load(t->network, t->weight);
}

__attribute__((unused)) static void end(set_up *t)
{
  sq_free(&t->weight);
  sq_free(&t->gradient);
  for (int i = 0; i < CHANNELS; i++) {
    sq_free(&t->in[i]);
    sq_free(&t->dout[i]);
    sq_free(&t->out[i]);
  }
  TAP_CALL(sq_network_destroy(&t->network));
  TAP_CALL(sq_lattice_destroy(&t->lattice));
}

__attribute__((unused)) static PetscErrorCode backward(set_up *t, double *const din[])
{
  return sq_network_backward(t->network, (const double *const *)t->dout, din, t->gradient);
}

__attribute__((unused)) static void forward(set_up *t)
{
  static const double one[BATCH] = {0.7, 1.1}, other[BATCH] = {0.9, 0.8}, level[BATCH] = {0.2, 0.9};
  const double *scale[CHANNELS] = {one, other, other};
  TAP_CALL(sq_network_forward(t->network, BATCH, (const double *const *)t->in, scale, level, t->out));
}

/* sum over the lattice of dout F, on every rank. */
__attribute__((unused)) static double pairing(set_up *t)
{
  double sum = 0, all;
  forward(t);
  for (int o = 0; o < t->shape.outputs; o++)
    for (int64_t i = 0; i < BATCH * t->numbers; i++) sum += t->dout[o][i] * t->out[o][i];
  (void)MPI_Allreduce(&sum, &all, 1, MPI_DOUBLE, MPI_SUM, t->lattice->comm);
  return all;
}

#endif
