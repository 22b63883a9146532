/* SPDX-License-Identifier: BSD-3-Clause */
/* net: small dense networks on runs of entries, the same weights for all.
 *
 * Sums go over inputs one after the other, for four outputs at once, in vectors of a run; gradients of weights sum the
 * runs in vectors and then the entries of a vector. A hidden layer is h = v/sqrt(1 + v^2) of v = b + W in: smooth, and
 * with no table of exponentials. Weights of a layer: b[out], then W[out][in].
 */
#include "src/bisection/internal.h"
#include <string.h>

/* A run of a feature, wherever it lies. */
typedef float vec __attribute__((vector_size(4 * RUN), aligned(4), may_alias));
#define AT(x)   (*(vec *)(x))
#define FROM(x) (*(const vec *)(x))

int64_t sq_bisection_net_parameters(const sq_bisection_net *net)
{
  int64_t count = 0, in = INPUTS;
  for (int layer = 0; layer < net->hidden; layer++, in = net->channels) count += net->channels * (in + 1);
  return count + net->outputs * (in + 1);
}

/* ---- forward ---- */

/* out[outputs][RUN] = b + W in; outputs a multiple of 4, or whatever is left over done one by one. */
SQ_VECTORS static void dense(int inputs, int outputs, const float *b, const float *w, const float *in, float *out)
{
  int o = 0;
  for (; o + 4 <= outputs; o += 4) {
    const float *w0 = w + (int64_t)o * inputs, *w1 = w0 + inputs, *w2 = w1 + inputs, *w3 = w2 + inputs;
    vec a0 = (vec){0} + b[o], a1 = (vec){0} + b[o + 1], a2 = (vec){0} + b[o + 2], a3 = (vec){0} + b[o + 3];
    for (int i = 0; i < inputs; i++) {
      const vec x = FROM(in + i * RUN);
      a0 += w0[i] * x;
      a1 += w1[i] * x;
      a2 += w2[i] * x;
      a3 += w3[i] * x;
    }
    AT(out + o * RUN) = a0;
    AT(out + (o + 1) * RUN) = a1;
    AT(out + (o + 2) * RUN) = a2;
    AT(out + (o + 3) * RUN) = a3;
  }
  for (; o < outputs; o++) {
    vec a = (vec){0} + b[o];
    for (int i = 0; i < inputs; i++) a += w[(int64_t)o * inputs + i] * FROM(in + i * RUN);
    AT(out + o * RUN) = a;
  }
}

SQ_VECTORS static void activate(int n, const float *v, float *h)
{
  for (int i = 0; i < n; i++) h[i] = v[i] / __builtin_sqrtf(1 + v[i] * v[i]);
}

void sq_bisection_net_forward(const sq_bisection_net *net, const float *weight, const float *in, float *before,
                              float *after, float *out)
{
  const int size = net->channels * RUN;
  int inputs = INPUTS;
  for (int layer = 0; layer < net->hidden; layer++, before += size, after += size) {
    dense(inputs, net->channels, weight, weight + net->channels, in, before);
    activate(size, before, after);
    weight += net->channels * (inputs + 1);
    inputs = net->channels;
    in = after;
  }
  dense(inputs, net->outputs, weight, weight + net->outputs, in, out);
}

/* ---- backward ---- */

static inline __attribute__((always_inline)) float total(const vec *v)
{
  float sum = 0;
  for (int k = 0; k < RUN; k++) sum += (*v)[k];
  return sum;
}

/* db += , dW += of all runs; strides: of a run in slope and in. */
SQ_VECTORS static void dense_weights(int inputs, int outputs, int runs, const float *slope, int64_t stride_slope,
                                     const float *in, int64_t stride_in, float *db, float *dw)
{
  for (int o = 0; o < outputs; o++) {
    vec sum = {0};
    for (int r = 0; r < runs; r++) sum += FROM(slope + r * stride_slope + o * RUN);
    db[o] += total(&sum);
  }
  for (int o = 0; o < outputs; o++) {
    int i = 0;
    for (; i + 4 <= inputs; i += 4) {
      vec a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0};
      for (int r = 0; r < runs; r++) {
        const vec s = FROM(slope + r * stride_slope + o * RUN);
        const float *x = in + r * stride_in + i * RUN;
        a0 += s * FROM(x);
        a1 += s * FROM(x + RUN);
        a2 += s * FROM(x + 2 * RUN);
        a3 += s * FROM(x + 3 * RUN);
      }
      float *to = dw + (int64_t)o * inputs + i;
      to[0] += total(&a0);
      to[1] += total(&a1);
      to[2] += total(&a2);
      to[3] += total(&a3);
    }
    for (; i < inputs; i++) {
      vec a = {0};
      for (int r = 0; r < runs; r++) a += FROM(slope + r * stride_slope + o * RUN) * FROM(in + r * stride_in + i * RUN);
      dw[(int64_t)o * inputs + i] += total(&a);
    }
  }
}

/* din[inputs][RUN] = W^T slope. */
SQ_VECTORS static void dense_inputs(int inputs, int outputs, const float *w, const float *slope, float *din)
{
  int i = 0;
  for (; i + 4 <= inputs; i += 4) {
    vec a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0};
    for (int o = 0; o < outputs; o++) {
      const vec s = FROM(slope + o * RUN);
      const float *row = w + (int64_t)o * inputs + i;
      a0 += row[0] * s;
      a1 += row[1] * s;
      a2 += row[2] * s;
      a3 += row[3] * s;
    }
    AT(din + i * RUN) = a0;
    AT(din + (i + 1) * RUN) = a1;
    AT(din + (i + 2) * RUN) = a2;
    AT(din + (i + 3) * RUN) = a3;
  }
  for (; i < inputs; i++) {
    vec a = {0};
    for (int o = 0; o < outputs; o++) a += w[(int64_t)o * inputs + i] * FROM(slope + o * RUN);
    AT(din + i * RUN) = a;
  }
}

/* d h/d v = (1 + v^2)^{-3/2} */
SQ_VECTORS static void activate_backward(int n, const float *v, float *slope)
{
  for (int i = 0; i < n; i++) {
    const float square = 1 + v[i] * v[i];
    slope[i] /= square * __builtin_sqrtf(square);
  }
}

void sq_bisection_net_backward(const sq_bisection_net *net, const float *weight, int runs, const float *in,
                               const float *before, const float *after, const float *slope, float *work,
                               float *gradient)
{
  const int64_t size = net->channels * RUN, all = net->hidden * size, half = runs * size;
  int64_t offset[SQ_BISECTION_DEPTH + 3] = {0};
  int outputs = net->outputs;
  int64_t stride = net->outputs * RUN;
  for (int layer = 0; layer < net->hidden; layer++)
    offset[layer + 1] = offset[layer] + net->channels * ((layer ? net->channels : INPUTS) + 1);
  for (int layer = net->hidden; layer >= 0; layer--) {
    const int inputs = layer ? net->channels : INPUTS;
    const float *w = weight + offset[layer] + outputs;
    float *to = work + (layer % 2) * half, *dw = gradient + offset[layer];
    const float *from = layer ? after + (layer - 1) * size : in;
    dense_weights(inputs, outputs, runs, slope, stride, from, layer ? all : INPUTS * RUN, dw, dw + outputs);
    for (int r = 0; r < runs && layer; r++) {
      dense_inputs(inputs, outputs, w, slope + r * stride, to + r * size);
      activate_backward((int)size, before + r * all + (layer - 1) * size, to + r * size);
    }
    slope = to;
    stride = size;
    outputs = net->channels;
  }
}
