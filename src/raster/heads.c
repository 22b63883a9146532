/* SPDX-License-Identifier: BSD-3-Clause */
/* The last layers: vectors, and scalars. Of an odd network scalars are made of squares of features, which no turn of
 * the inputs changes.
 */
#include "src/raster/network.h"
#include <string.h>

static int rows_of(const sq_raster *r, int h)
{
  return h == SQ_RASTER_VECTORS ? r->entries : r->count;
}

/* out[i] = the mean over components of in^2. */
static void square(int components, int64_t apart, const float *in, float *out)
{
  const float share = 1.f / (float)components;
  for (int64_t i = 0; i < apart; i++) out[i] = share * in[i] * in[i];
  for (int k = 1; k < components; k++)
    for (int64_t i = 0; i < apart; i++) out[i] += share * in[k * apart + i] * in[k * apart + i];
}

/* What a head of site x is made of; room: a row. */
static const float *features(const sq_raster *r, int h, int64_t x, float *room)
{
  const float *post = sq_raster_post(r, r->at.activations - 1, x);
  if (h == SQ_RASTER_VECTORS || !r->shape.odd) return post;
  square(r->shape.components, (int64_t)r->count * r->shape.channels, post, room);
  return room;
}

static int64_t slot_of(const sq_raster *r, int64_t x)
{
  return r->window.last.tap[r->window.last.begin[x]].slot;
}

static void forward(sq_raster *r, int h, int64_t x, float *output)
{
  const sq_raster_head *head = &r->at.head[h];
  const int c = r->shape.channels, rows = rows_of(r, h);
  const sq_nn_block block = sq_raster_block(rows);
  r->kernels->conv(&block, c, head->width, features(r, h, x, r->row[0]), r->head[h] + slot_of(r, x) * c * head->width,
                   NULL, r->out);
  for (int k = 0; k < head->outputs; k++) {
    float bias = head->bias < 0 ? 0 : r->weight[head->bias + k];
    if (head->bias_at >= 0) bias += r->weight[head->bias_at + x * head->outputs + k];
    for (int e = 0; e < rows; e++) output[(int64_t)k * rows + e] = r->out[(int64_t)e * head->width + k] + bias;
  }
}

void sq_raster_heads(sq_raster *r, int64_t x, float *output)
{
  if (r->shape.vectors) forward(r, SQ_RASTER_VECTORS, x, output);
  if (r->shape.scalars) forward(r, SQ_RASTER_SCALARS, x, output + (int64_t)r->shape.vectors * r->entries);
}

/* ---- backward ---- */

static void add_biases(const sq_raster_head *head, int rows, int64_t x, const float *doutput, float *gradient)
{
  for (int k = 0; k < head->outputs && head->bias >= 0; k++) {
    float sum = 0;
    for (int e = 0; e < rows; e++) sum += doutput[(int64_t)k * rows + e];
    gradient[head->bias + k] += sum;
    if (head->bias_at >= 0) gradient[head->bias_at + x * head->outputs + k] += sum;
  }
}

/* out[rows][width] of doutput[outputs][rows]. */
static void gather(const sq_raster_head *head, int rows, const float *doutput, float *out)
{
  memset(out, 0, (size_t)rows * (size_t)head->width * sizeof *out);
  for (int k = 0; k < head->outputs; k++)
    for (int e = 0; e < rows; e++) out[(int64_t)e * head->width + k] = doutput[(int64_t)k * rows + e];
}

/* dfeatures: the gradient of what the head is made of. */
static void backward(sq_raster *r, int h, int64_t x, const float *doutput, float *gradient, float *dfeatures)
{
  const sq_raster_head *head = &r->at.head[h];
  const int c = r->shape.channels, rows = rows_of(r, h);
  const int64_t size = (int64_t)c * head->width, slot = slot_of(r, x);
  const sq_nn_block block = sq_raster_block(rows);
  add_biases(head, rows, x, doutput, gradient);
  gather(head, rows, doutput, r->out);
  memset(r->some_sum, 0, (size_t)size * sizeof *gradient);
  r->kernels->conv_weights(&block, c, head->width, features(r, h, x, r->row[1]), r->out, r->some_sum);
  for (int i = 0; i < c; i++)
    for (int k = 0; k < head->outputs; k++)
      gradient[head->weight + (slot * c + i) * head->outputs + k] += r->some_sum[(int64_t)i * head->width + k];
  r->kernels->conv(&block, head->width, c, r->out, r->head_back[h] + slot * size, NULL, dfeatures);
}

/* dpost += 2 share post dsquare. */
static void square_backward(int components, int64_t apart, const float *post, const float *dsquare, float *dpost)
{
  const float twice = 2.f / (float)components;
  for (int k = 0; k < components; k++)
    for (int64_t i = 0; i < apart; i++) dpost[k * apart + i] += twice * post[k * apart + i] * dsquare[i];
}

void sq_raster_heads_backward(sq_raster *r, int64_t x, const float *doutput, float *gradient, float *dpost)
{
  const int64_t apart = (int64_t)r->count * r->shape.channels;
  if (r->shape.vectors) backward(r, SQ_RASTER_VECTORS, x, doutput, gradient, dpost);
  else memset(dpost, 0, (size_t)sq_raster_pitch(r) * sizeof *dpost);
  if (!r->shape.scalars) return;
  backward(r, SQ_RASTER_SCALARS, x, doutput + (int64_t)r->shape.vectors * r->entries, gradient, r->row[2]);
  if (r->shape.odd)
    square_backward(r->shape.components, apart, sq_raster_post(r, r->at.activations - 1, x), r->row[2], dpost);
  else
    for (int64_t i = 0; i < apart; i++) dpost[i] += r->row[2][i];
}
