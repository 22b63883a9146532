/* SPDX-License-Identifier: BSD-3-Clause */
/* Benchmarks of nn's kernels: every set this processor runs, layer by layer, against the roofline. */
#include "src/bench/bench.h"
#include <math.h>
#include <string.h>

enum { SITES = 65536 }; /* of a benchmark: as 64 fields of 32x32, or one of 256x256 */

typedef struct {
  const sq_nn_kernels *kernels;
  sq_nn_block block;
  int fields, channels;
  float *in, *out, *weight, *gradient, *gain, *points, *scratch; /* points: of Winograd's weights or their gradient */
} layer;

static PetscErrorCode forward(void *context)
{
  layer *l = context;
  l->kernels->conv(&l->block, l->channels, l->channels, l->in, l->weight, NULL, l->out);
  return 0;
}

static PetscErrorCode backward(void *context)
{
  layer *l = context;
  l->kernels->conv_weights(&l->block, l->channels, l->channels, l->in, l->out, l->gradient);
  return 0;
}

static PetscErrorCode winograd(void *context)
{
  layer *l = context;
  l->kernels->winograd(&l->block, l->channels, l->channels, l->in, l->points, NULL, l->out, l->scratch);
  return 0;
}

static PetscErrorCode winograd_backward(void *context)
{
  layer *l = context;
  l->kernels->winograd_weights(&l->block, l->channels, l->channels, l->in, l->out, l->points, l->scratch);
  return 0;
}

static PetscErrorCode activation(void *context)
{
  layer *l = context;
  l->kernels->activate(&l->block, l->channels, true, l->in, l->gain, l->gain, l->out);
  return 0;
}

static PetscErrorCode allocate(layer *l)
{
  PetscFunctionBeginUser;
  int64_t size = l->fields * l->block.sites * l->channels, weights = (int64_t)l->block.taps * l->channels * l->channels;
  PetscCall(sq_alloc(size, &l->in));
  PetscCall(sq_alloc(size, &l->out));
  PetscCall(sq_alloc(weights, &l->weight));
  PetscCall(sq_alloc(weights, &l->gradient));
  PetscCall(sq_alloc(l->channels, &l->gain));
  PetscCall(sq_alloc(sq_nn_winograd_size(l->block.taps, l->channels, l->channels), &l->points));
  PetscCall(sq_alloc(sq_nn_winograd_scratch(l->channels, l->channels), &l->scratch));
  for (int64_t i = 0; i < size; i++) l->in[i] = (float)(i % 7 - 3);
  for (int64_t i = 0; i < size; i++) l->out[i] = (float)(i % 5 - 2);
  for (int64_t i = 0; i < weights; i++) l->weight[i] = (float)(i % 3 - 1) * 0.1f;
  PetscFunctionReturn(0);
}

static void release(layer *l)
{
  sq_free(&l->in);
  sq_free(&l->out);
  sq_free(&l->weight);
  sq_free(&l->gradient);
  sq_free(&l->gain);
  sq_free(&l->points);
  sq_free(&l->scratch);
}

static PetscErrorCode measure(sq_bench *bench, const sq_nn_kernels *kernels, int dim, const int64_t n[4], int fields,
                              int channels)
{
  PetscFunctionBeginUser;
  static const struct {
    const char *name;
    sq_bench_work work;
    bool matrix, tiles; /* flops, not bytes, are the bound; needs a block of whole tiles */
  } parts[] = {{"forward", forward, true, false},
               {"weight gradient", backward, true, false},
               {"Winograd forward", winograd, true, true},
               {"Winograd weight gradient", winograd_backward, true, true},
               {"activation", activation, false, false}};
  layer l = {.kernels = kernels, .fields = fields, .channels = channels};
  char extents[64], what[160];
  sq_nn_block_make(dim, n, &l.block);
  sq_nn_block_batch(&l.block, fields);
  PetscCall(allocate(&l));
  sq_extents_text(dim, n + 4 - dim, extents, sizeof extents);
  double sites = (double)(l.block.rows * n[3]), flops = 2. * l.block.taps * channels * channels * sites,
         bytes = 2. * sizeof(float) * channels * sites;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    double seconds;
    if (parts[i].tiles && !sq_nn_winograd_fits(&l.block)) continue;
    PetscCall(sq_bench_time(bench, parts[i].work, &l, &seconds));
    snprintf(what, sizeof what, "%s %s %d channels %dx %s", kernels->name, parts[i].name, channels, fields, extents);
    sq_bench_roof(bench, what, seconds, parts[i].matrix ? flops : 0, bytes);
  }
  release(&l);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_layers(sq_bench *bench)
{
  PetscFunctionBeginUser;
  static const int channels[] = {32, 64, 128};
  int dim = bench->run->dim;
  int64_t one[4] = {1, 1, 1, 1}, volume = 1;
  for (int mu = 4 - dim; mu < 4; mu++) one[mu] = (int64_t)round(pow(SITES, 1. / dim));
  for (int mu = 0; mu < 4; mu++) volume *= bench->run->padded[mu];
  const sq_nn_kernels *best = sq_nn_best();
  for (size_t c = 0; c < sizeof channels / sizeof *channels; c++) {
    if (volume < SITES) PetscCall(measure(bench, best, dim, bench->run->padded, (int)(SITES / volume), channels[c]));
    PetscCall(measure(bench, best, dim, one, 1, channels[c]));
  }
  PetscFunctionReturn(0);
}
