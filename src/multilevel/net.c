/* SPDX-License-Identifier: BSD-3-Clause */
/* The network of a step, on pixels: what is known around a site becomes the parameters of its distribution.
 *
 *   h_0 = W_0 x,  h_{b+1} = h_b + W_b a_b(h_b),  a(h) an odd activation (squall/nn.h),
 *   vectors = W_v a(h_B) + L x,  scalars = W_s q + bias,  q = |a(h_B)|^2 of each channel.
 *
 * Numbers are vectors of `components` components, which weights do not mix: turning the inputs turns the vectors, and
 * leaves the scalars. Arrays are [components][n][channels]; all products are the kernels of nn on rows of pixels.
 */
#include "src/multilevel/internal.h"
#include <string.h>

enum { ROW = 64 };

static int round_up(int n)
{
  return (n + SQ_NN_CHANNEL_STEP - 1) / SQ_NN_CHANNEL_STEP * SQ_NN_CHANNEL_STEP;
}

sq_multi_net sq_multi_net_of(const sq_multilevel_shape *shape, const sq_conditional *type, int inputs)
{
  sq_multi_net net = {.inputs = inputs,
                      .padded = PetscMax(SQ_NN_CHANNEL_STEP, round_up(inputs)),
                      .channels = shape->channels,
                      .blocks = shape->blocks,
                      .components = type->components,
                      .vectors = shape->mixture * type->vectors,
                      .scalars = shape->mixture * type->scalars};
  net.wide = net.vectors == 1 ? 1 : round_up(net.vectors);
  net.wide_scalars = net.scalars == 1 ? 1 : round_up(net.scalars);
  return net;
}

int64_t sq_multi_net_parameters(const sq_multi_net *n)
{
  const int64_t c = n->channels;
  return n->inputs * (c + n->vectors) + n->blocks * c * c + 2 * (n->blocks + 1) * c + c * (n->vectors + n->scalars) +
         n->scalars;
}

double sq_multi_net_flops(const sq_multi_net *n)
{
  const double c = n->channels;
  return 2 * n->components * (n->padded * (c + n->wide) + n->blocks * c * c + c * n->wide) + 2 * c * n->wide_scalars;
}

/* ---- weights ---- */

PetscErrorCode sq_multi_weights_create(const sq_multi_net *n, sq_multi_weights *w)
{
  PetscFunctionBeginUser;
  const int64_t c = n->channels;
  const int64_t size[] = {
    n->padded * c, n->padded * (int64_t)n->wide, n->blocks * c * c,   n->blocks * c * c, c * n->wide,
    c * n->wide,   c * n->wide_scalars,          c * n->wide_scalars, n->wide_scalars,   2 * (n->blocks + 1) * c};
  float **part[] = {&w->first,     &w->linear,  &w->hidden,    &w->hidden_t, &w->vectors,
                    &w->vectors_t, &w->scalars, &w->scalars_t, &w->bias,     &w->gains};
  int64_t total = 0;
  for (int i = 0; i < 10; i++) total += (size[i] + 15) / 16 * 16;
  w->count = total;
  PetscCall(sq_alloc(total, &w->all));
  for (int i = 0, at = 0; i < 10; at += (int)((size[i] + 15) / 16 * 16), i++) *part[i] = w->all + at;
  PetscFunctionReturn(0);
}

/* rows of `from` numbers into rows of `to`, which has as many or more; back: added. Returns what comes behind. */
static const float *put(const float *weight, int64_t rows, int from, int to, float *out)
{
  for (int64_t r = 0; r < rows; r++) memcpy(out + r * to, weight + r * from, (size_t)from * sizeof *out);
  return weight + rows * from;
}

static float *add(float *gradient, int64_t rows, int from, int to, const float *sums)
{
  for (int64_t r = 0; r < rows; r++)
    for (int i = 0; i < from; i++) gradient[r * from + i] += sums[r * to + i];
  return gradient + rows * from;
}

static void transpose(int rows, int columns, const float *in, float *out)
{
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < columns; c++) out[c * rows + r] = in[r * columns + c];
}

void sq_multi_weights_load(const sq_multi_net *n, const float *weight, sq_multi_weights *w)
{
  const int c = n->channels;
  weight = put(weight, n->inputs, c, c, w->first);
  weight = put(weight, n->inputs, n->vectors, n->wide, w->linear);
  weight = put(weight, (int64_t)n->blocks * c, c, c, w->hidden);
  weight = put(weight, 2 * (n->blocks + 1), c, c, w->gains);
  weight = put(weight, c, n->vectors, n->wide, w->vectors);
  weight = put(weight, c, n->scalars, n->wide_scalars, w->scalars);
  put(weight, 1, n->scalars, n->wide_scalars, w->bias);
  for (int b = 0; b < n->blocks; b++) transpose(c, c, w->hidden + b * c * c, w->hidden_t + b * c * c);
  transpose(c, n->wide, w->vectors, w->vectors_t);
  transpose(c, n->wide_scalars, w->scalars, w->scalars_t);
}

void sq_multi_weights_collect(const sq_multi_net *n, const sq_multi_weights *sums, float *gradient)
{
  const int c = n->channels;
  gradient = add(gradient, n->inputs, c, c, sums->first);
  gradient = add(gradient, n->inputs, n->vectors, n->wide, sums->linear);
  gradient = add(gradient, (int64_t)n->blocks * c, c, c, sums->hidden);
  gradient = add(gradient, 2 * (n->blocks + 1), c, c, sums->gains);
  gradient = add(gradient, c, n->vectors, n->wide, sums->vectors);
  gradient = add(gradient, c, n->scalars, n->wide_scalars, sums->scalars);
  add(gradient, 1, n->scalars, n->wide_scalars, sums->bias);
}

/* ---- kernels on pixels ---- */

/* n pixels as rows: long enough for kernels, short enough for caches. */
static sq_nn_block pixels(int64_t n)
{
  const int64_t length = n % ROW == 0 ? ROW : n, rows = n > 0 ? n / length : 0;
  return (sq_nn_block){.dim = 1,
                       .taps = 1,
                       .fields = 1,
                       .n = {1, 1, rows, length},
                       .padded = {1, 1, rows, length},
                       .stride = {n, n, length, 1},
                       .sites = n,
                       .rows = rows};
}

/* out = start + in w, for all components. */
static void product(const sq_multi_net *net, int64_t n, int ci, int co, const float *in, const float *w,
                    const float *start, float *out)
{
  const sq_nn_block block = pixels(net->components * n);
  sq_nn_best()->conv(&block, ci, co, in, w, start, out);
}

static void product_weights(const sq_multi_net *net, int64_t n, int ci, int co, const float *in, const float *dout,
                            float *dw)
{
  const sq_nn_block block = pixels(net->components * n);
  sq_nn_best()->conv_weights(&block, ci, co, in, dout, dw);
}

static void activate(const sq_multi_net *net, int64_t n, const float *in, const float *gain, float *out)
{
  const sq_nn_block block = pixels(n);
  const int c = net->channels;
  if (net->components == 1) sq_nn_best()->activate(&block, c, true, in, gain, gain + c, out);
  else sq_nn_best()->activate_vector(&block, c, net->components, in, gain, gain + c, out);
}

static void activate_backward(const sq_multi_net *net, int64_t n, const float *in, const float *gain, const float *dout,
                              float *din, float *dgain)
{
  const sq_nn_block block = pixels(n);
  const int c = net->channels;
  if (net->components == 1)
    sq_nn_best()->activate_backward(&block, c, true, in, gain, gain + c, dout, din, dgain, dgain + c);
  else
    sq_nn_best()->activate_vector_backward(&block, c, net->components, in, gain, gain + c, dout, din, dgain, dgain + c);
}

/* ---- what is kept: inputs, h_0, a_0, h_1, a_1, ... ---- */

int64_t sq_multi_net_kept(const sq_multi_net *net)
{
  return (int64_t)net->components * (net->padded + 2 * (net->blocks + 1) * net->channels);
}

int64_t sq_multi_net_scratch(const sq_multi_net *net)
{
  return (int64_t)net->components * (2 * net->channels + net->wide) + net->channels + net->wide_scalars;
}

static int64_t stream_at(const sq_multi_net *net, int64_t n, int b)
{
  return net->components * n * (net->padded + (int64_t)2 * b * net->channels);
}

static int64_t active_at(const sq_multi_net *net, int64_t n, int b)
{
  return stream_at(net, n, b) + net->components * n * net->channels;
}

/* ---- scalars ---- */

static void squares(const sq_multi_net *net, int64_t n, const float *a, float *q)
{
  const int64_t size = n * net->channels;
  for (int64_t i = 0; i < size; i++) q[i] = a[i] * a[i];
  for (int k = 1; k < net->components; k++)
    for (int64_t i = 0; i < size; i++) q[i] += a[k * size + i] * a[k * size + i];
}

static void squares_backward(const sq_multi_net *net, int64_t n, const float *a, const float *dq, float *da)
{
  const int64_t size = n * net->channels;
  for (int k = 0; k < net->components; k++)
    for (int64_t i = 0; i < size; i++) da[k * size + i] += 2 * a[k * size + i] * dq[i];
}

/* One row of kernels' pixels [n][wide] to and from rows of parameters [count][n]. */
static void to_rows(int64_t n, int count, int wide, const float *in, float *out)
{
  for (int k = 0; k < count; k++)
    for (int64_t i = 0; i < n; i++) out[k * n + i] = in[i * wide + k];
}

static void from_rows(int64_t n, int count, int wide, const float *in, float *out)
{
  for (int k = 0; k < count; k++)
    for (int64_t i = 0; i < n; i++) out[i * wide + k] = in[k * n + i];
}

static void scalars_forward(const sq_multi_net *net, const sq_multi_weights *w, int64_t n, const float *a,
                            float *scratch, float *par)
{
  const sq_nn_block block = pixels(n);
  float *q = scratch, *out = q + n * net->channels;
  squares(net, n, a, q);
  sq_nn_best()->conv(&block, net->channels, net->wide_scalars, q, w->scalars, NULL, out);
  to_rows(n, net->scalars, net->wide_scalars, out, par);
  for (int k = 0; k < net->scalars; k++)
    for (int64_t i = 0; i < n; i++) par[k * n + i] += w->bias[k];
}

/* da += what comes by way of the scalars. */
static void scalars_backward(const sq_multi_net *net, const sq_multi_weights *w, int64_t n, const float *a,
                             const float *dpar, float *scratch, const sq_multi_weights *sums, float *da)
{
  const sq_nn_block block = pixels(n);
  float *q = scratch, *dout = q + n * net->channels;
  memset(dout, 0, (size_t)(n * net->wide_scalars) * sizeof *dout);
  from_rows(n, net->scalars, net->wide_scalars, dpar, dout);
  squares(net, n, a, q);
  sq_nn_best()->conv_weights(&block, net->channels, net->wide_scalars, q, dout, sums->scalars);
  for (int k = 0; k < net->scalars; k++)
    for (int64_t i = 0; i < n; i++) sums->bias[k] += dpar[k * n + i];
  sq_nn_best()->conv(&block, net->wide_scalars, net->channels, dout, w->scalars_t, NULL, q);
  squares_backward(net, n, a, q, da);
}

/* ---- forward, backward ---- */

/* par[(k components + c) n + i] of out[c][n][wide]. */
static void read_vectors(const sq_multi_net *net, int64_t n, const float *out, float *par)
{
  for (int k = 0; k < net->vectors; k++)
    for (int c = 0; c < net->components; c++)
      for (int64_t i = 0; i < n; i++) par[(k * net->components + c) * n + i] = out[(c * n + i) * net->wide + k];
}

static void write_vectors(const sq_multi_net *net, int64_t n, const float *dpar, float *dout)
{
  memset(dout, 0, (size_t)(net->components * n * net->wide) * sizeof *dout);
  for (int k = 0; k < net->vectors; k++)
    for (int c = 0; c < net->components; c++)
      for (int64_t i = 0; i < n; i++) dout[(c * n + i) * net->wide + k] = dpar[(k * net->components + c) * n + i];
}

void sq_multi_net_forward(const sq_multi_net *net, const sq_multi_weights *w, int64_t n, float *kept, float *scratch,
                          float *par)
{
  const int c = net->channels, last = net->blocks;
  float *x = kept, *h = kept + stream_at(net, n, 0), *out = scratch;
  product(net, n, net->padded, c, x, w->first, NULL, h);
  for (int b = 0; b < last; b++) {
    float *a = kept + active_at(net, n, b), *next = kept + stream_at(net, n, b + 1);
    activate(net, n, h, w->gains + 2 * b * c, a);
    product(net, n, c, c, a, w->hidden + b * c * c, h, next);
    h = next;
  }
  float *a = kept + active_at(net, n, last);
  activate(net, n, h, w->gains + 2 * last * c, a);
  product(net, n, net->padded, net->wide, x, w->linear, NULL, out);
  product(net, n, c, net->wide, a, w->vectors, out, out);
  read_vectors(net, n, out, par);
  if (net->scalars) scalars_forward(net, w, n, a, scratch, par + net->vectors * net->components * n);
}

void sq_multi_net_backward(const sq_multi_net *net, const sq_multi_weights *w, int64_t n, const float *kept,
                           const float *dpar, float *scratch, const sq_multi_weights *sums)
{
  const int c = net->channels, last = net->blocks;
  const int64_t size = net->components * n * c;
  float *dh = scratch, *da = dh + size, *dout = da + size, *rest = dout + net->components * n * net->wide;
  const float *a = kept + active_at(net, n, last);
  write_vectors(net, n, dpar, dout);
  product_weights(net, n, net->padded, net->wide, kept, dout, sums->linear);
  product_weights(net, n, c, net->wide, a, dout, sums->vectors);
  product(net, n, net->wide, c, dout, w->vectors_t, NULL, da);
  if (net->scalars) scalars_backward(net, w, n, a, dpar + net->vectors * net->components * n, rest, sums, da);
  memset(dh, 0, (size_t)size * sizeof *dh);
  activate_backward(net, n, kept + stream_at(net, n, last), w->gains + 2 * last * c, da, dh,
                    sums->gains + 2 * last * c);
  for (int b = last - 1; b >= 0; b--) {
    product_weights(net, n, c, c, kept + active_at(net, n, b), dh, sums->hidden + b * c * c);
    product(net, n, c, c, dh, w->hidden_t + b * c * c, NULL, da);
    activate_backward(net, n, kept + stream_at(net, n, b), w->gains + 2 * b * c, da, dh, sums->gains + 2 * b * c);
  }
  product_weights(net, n, net->padded, c, kept, dh, sums->first);
}
