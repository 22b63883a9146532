/* SPDX-License-Identifier: BSD-3-Clause */
/* Backward: through the sites from the last to the first, at each from the last layer to the first. What later sites
 * make of a site's features is known by then, so the gradient of a layer's inputs is one product as well, of the rows
 * of all sites that see this one. The gradient of what an activation takes is kept in its place.
 */
#include "src/raster/network.h"
#include <string.h>

/* dw[slots] += in^T dout of the taps of site x. */
static void add_weights(sq_raster *r, const sq_raster_window *window, int64_t x, int ci, int co, const float *in,
                        const float *dout, float *dw)
{
  const int64_t size = (int64_t)ci * co, first = window->begin[x], last = window->begin[x + 1];
  const sq_raster_tap *tap = window->tap + first;
  const bool line = sq_raster_in_line(window, x);
  float *sum = line ? dw + tap->slot * size : r->some_sum;
  sq_nn_block block = sq_raster_block(r->entries);
  if (!line) memset(sum, 0, (size_t)((last - first) * size) * sizeof *sum);
  for (int64_t t = 0; t < last - first; t += block.taps) {
    sq_raster_set_taps(r, x, tap + t, last - first - t, &block);
    r->kernels->conv_weights(&block, ci, co, in, dout, sum + t * size);
  }
  for (int64_t t = 0; !line && t < last - first; t++)
    for (int64_t i = 0; i < size; i++) dw[tap[t].slot * size + i] += sum[t * size + i];
}

static void first_weights(sq_raster *r, int64_t x, const float *dout, float *dw)
{
  const sq_raster_window *window = &r->window.first;
  const sq_raster_tap *tap = window->tap + window->begin[x];
  const int c = r->shape.channels, taps = (int)(window->begin[x + 1] - window->begin[x]);
  const int64_t size = (int64_t)r->shape.inputs * c;
  if (!taps) return;
  const sq_nn_block block = sq_raster_block(r->entries);
  sq_raster_fill_patch(r, x);
  memset(r->some_sum, 0, (size_t)taps * (size_t)size * sizeof *dw);
  r->kernels->conv_weights(&block, taps * r->shape.inputs, c, r->patch, dout, r->some_sum);
  for (int t = 0; t < taps; t++)
    for (int64_t i = 0; i < size; i++) dw[tap[t].slot * size + i] += r->some_sum[t * size + i];
}

/* The gradient of what activation j takes at site x, in its place; dpost: of what it gives. */
static void activation(sq_raster *r, int j, int64_t x, const float *dpost, float *gradient)
{
  const int c = r->shape.channels, k = r->shape.components;
  const int64_t at = (j * r->at.sites + x) * c;
  const size_t bytes = (size_t)sq_raster_pitch(r) * sizeof *gradient;
  const sq_nn_block block = sq_raster_block(r->count);
  float *pre = sq_raster_pre(r, j, x), *din = r->row[1], *dgain = r->row[2], *dshift = dgain + c;
  if (j % 2 == 0 && j + 2 < r->at.activations) memcpy(din, sq_raster_pre(r, j + 2, x), bytes);
  else memset(din, 0, bytes);
  memset(dgain, 0, 2 * (size_t)c * sizeof *dgain);
  if (k > 1)
    r->kernels->activate_vector_backward(&block, c, k, pre, r->gain + at, r->shift + at, dpost, din, dgain, dshift);
  else
    r->kernels->activate_backward(&block, c, r->shape.odd, pre, r->gain + at, r->shift + at, dpost, din, dgain, dshift);
  memcpy(pre, din, bytes);
  for (int i = 0; i < c; i++) {
    gradient[r->at.gain + j * c + i] += dgain[i];
    gradient[r->at.shift + j * c + i] += dshift[i];
    if (!r->shape.positions) continue;
    gradient[r->at.gain_at + at + i] += dgain[i];
    gradient[r->at.shift_at + at + i] += dshift[i];
  }
}

static void backward_site(sq_raster *r, int64_t x, const float *doutput, float *gradient)
{
  const int c = r->shape.channels;
  float *dpost = r->row[0];
  sq_raster_heads_backward(r, x, doutput, gradient, dpost);
  for (int j = r->at.activations - 1; j >= 0; j--) {
    activation(r, j, x, dpost, gradient);
    if (j == 0) break;
    const int64_t layer = (j - 1) * r->at.deep_size;
    const float *dpre = sq_raster_pre(r, j, x);
    add_weights(r, &r->window.deep, x, c, c, sq_raster_post(r, j - 1, x), dpre, gradient + r->at.deep + layer);
    sq_raster_convolve(r, &r->window.users, x, c, c, dpre, r->deep_back + layer, NULL, dpost);
  }
  first_weights(r, x, sq_raster_pre(r, 0, x), gradient + r->at.first);
}

/* Where the way back has been gone already, once more forward first. */
void sq_raster_backward(sq_raster *r, const float *doutput, float *gradient)
{
  const int64_t size = sq_raster_outputs(r);
  for (int64_t x = 0; r->spent && x < r->at.sites; x++) sq_raster_features(r, x);
  r->spent = true;
  for (int64_t x = r->at.sites - 1; x >= 0; x--) backward_site(r, x, doutput + x * size, gradient);
}
