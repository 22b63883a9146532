/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward, one site: what the network makes of the numbers of the sites before it. Every layer is a product of the rows
 * of its window with their weights; where edges leave holes in a window, the weights of what is left are put together
 * first.
 */
#include "src/raster/network.h"
#include <string.h>

void sq_raster_set_taps(const sq_raster *r, int64_t x, const sq_raster_tap *tap, int64_t count, sq_nn_block *block)
{
  block->taps = (int)PetscMin(count, (int64_t)SQ_NN_TAPS);
  for (int t = 0; t < block->taps; t++) block->offset[t] = (tap[t].site - x) * r->entries;
}

/* Weights of a site's taps, each of `size` floats, consecutive. */
static const float *weights_of(sq_raster *r, const sq_raster_window *window, int64_t x, int64_t size, const float *w)
{
  const sq_raster_tap *tap = window->tap + window->begin[x];
  const int64_t count = window->begin[x + 1] - window->begin[x];
  if (count == 0) return w;
  if (sq_raster_in_line(window, x)) return w + tap->slot * size;
  for (int64_t t = 0; t < count; t++) memcpy(r->some + t * size, w + tap[t].slot * size, (size_t)size * sizeof *w);
  return r->some;
}

void sq_raster_convolve(sq_raster *r, const sq_raster_window *window, int64_t x, int ci, int co, const float *in,
                        const float *w, const float *start, float *out)
{
  const int64_t size = (int64_t)ci * co, first = window->begin[x], last = window->begin[x + 1];
  const float *weight = weights_of(r, window, x, size, w);
  sq_nn_block block = sq_raster_block(r->entries);
  for (int64_t t = first; t < last; t += block.taps, start = out) {
    sq_raster_set_taps(r, x, window->tap + t, last - t, &block);
    r->kernels->conv(&block, ci, co, in, weight + (t - first) * size, start, out);
  }
}

void sq_raster_fill_patch(sq_raster *r, int64_t x)
{
  const sq_raster_tap *tap = r->window.first.tap + r->window.first.begin[x];
  const int64_t taps = r->window.first.begin[x + 1] - r->window.first.begin[x], inputs = r->shape.inputs;
  for (int64_t t = 0; t < taps; t++)
    for (int64_t i = 0; i < inputs; i++) {
      const float *in = r->input + (tap[t].site * inputs + i) * r->entries;
      float *out = r->patch + t * inputs + i;
      for (int e = 0; e < r->entries; e++) out[e * taps * inputs] = in[e];
    }
}

/* The first layer takes the numbers of all its taps as channels of one. */
static void first_layer(sq_raster *r, int64_t x, float *out)
{
  const int c = r->shape.channels, taps = (int)(r->window.first.begin[x + 1] - r->window.first.begin[x]);
  if (!taps) {
    memset(out, 0, (size_t)sq_raster_pitch(r) * sizeof *out);
    return;
  }
  const sq_nn_block block = sq_raster_block(r->entries);
  const float *w = weights_of(r, &r->window.first, x, (int64_t)r->shape.inputs * c, r->weight + r->at.first);
  sq_raster_fill_patch(r, x);
  r->kernels->conv(&block, taps * r->shape.inputs, c, r->patch, w, NULL, out);
}

static void activate(const sq_raster *r, int j, int64_t x)
{
  const int c = r->shape.channels;
  const sq_nn_block block = sq_raster_block(r->count);
  const float *in = sq_raster_pre(r, j, x);
  const float *gain = r->gain + (j * r->at.sites + x) * c, *shift = r->shift + (j * r->at.sites + x) * c;
  float *out = sq_raster_post(r, j, x);
  if (r->shape.components > 1) r->kernels->activate_vector(&block, c, r->shape.components, in, gain, shift, out);
  else r->kernels->activate(&block, c, r->shape.odd, in, gain, shift, out);
}

void sq_raster_features(sq_raster *r, int64_t x)
{
  const int c = r->shape.channels;
  first_layer(r, x, sq_raster_pre(r, 0, x));
  activate(r, 0, x);
  for (int j = 1; j < r->at.activations; j++) {
    sq_raster_convolve(r, &r->window.deep, x, c, c, sq_raster_post(r, j - 1, x),
                       r->weight + r->at.deep + (j - 1) * r->at.deep_size, j % 2 ? NULL : sq_raster_pre(r, j - 2, x),
                       sq_raster_pre(r, j, x));
    activate(r, j, x);
  }
}

void sq_raster_evaluate(sq_raster *r, int64_t x, float *output)
{
  sq_raster_features(r, x);
  sq_raster_heads(r, x, output);
}
