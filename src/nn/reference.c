/* SPDX-License-Identifier: BSD-3-Clause */
/* The plain twins of the tuned kernels: what they compute, in double, without tricks. */
#include "squall/nn.h"
#include <math.h>

static bool supported(void)
{
  return true;
}

static void conv(const sq_nn_block *block, int ci, int co, const float *in, const float *w, const float *start,
                 float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++)
      for (int o = 0; o < co; o++) {
        double sum = start ? start[x * co + o] : 0;
        for (int t = 0; t < block->taps; t++)
          for (int i = 0; i < ci; i++)
            sum += (double)in[(x + block->offset[t]) * ci + i] * w[((int64_t)t * ci + i) * co + o];
        out[x * co + o] = (float)sum;
      }
}

static void conv_weights(const sq_nn_block *block, int ci, int co, const float *in, const float *dout, float *dw)
{
  for (int t = 0; t < block->taps; t++)
    for (int i = 0; i < ci; i++)
      for (int o = 0; o < co; o++) {
        double sum = 0;
        for (int64_t r = 0; r < block->rows; r++)
          for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++)
            sum += (double)in[(x + block->offset[t]) * ci + i] * dout[x * co + o];
        dw[((int64_t)t * ci + i) * co + o] += (float)sum;
      }
}

static double sigmoid(double x)
{
  return 1 / (1 + exp(-x));
}

static double normalisation(int c, const float *in)
{
  double sum = 0;
  for (int i = 0; i < c; i++) sum += (double)in[i] * in[i];
  return 1 / sqrt(sum / c + 1);
}

static void activate(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain, const float *shift,
                     float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = normalisation(c, in + x * c);
      for (int i = 0; i < c; i++) {
        double v = gain[i] * scale * in[x * c + i] + (odd ? 0 : shift[i]);
        out[x * c + i] = (float)(v * sigmoid(odd ? fabs(v) + shift[i] : v));
      }
    }
}

static void activate_backward(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                              const float *shift, const float *dout, float *din, float *dgain, float *dshift)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = normalisation(c, in + x * c), along = 0;
      for (int i = 0; i < c; i++) {
        double h = scale * in[x * c + i], v = gain[i] * h + (odd ? 0 : shift[i]), g = dout[x * c + i];
        double gate = sigmoid(odd ? fabs(v) + shift[i] : v), slope = gate * (1 - gate),
               dv = g * (gate + (odd ? fabs(v) : v) * slope);
        dshift[i] += (float)(odd ? g * v * slope : dv);
        dgain[i] += (float)(dv * h);
        along += dv * gain[i] * h;
        din[x * c + i] += (float)(dv * gain[i] * scale);
      }
      for (int i = 0; i < c; i++) din[x * c + i] -= (float)(in[x * c + i] * scale * scale * along / c);
    }
}

static void activate_tangent(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                             const float *shift, const float *along, float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = normalisation(c, in + x * c), overlap = 0;
      for (int i = 0; i < c; i++) overlap += (double)in[x * c + i] * along[x * c + i];
      for (int i = 0; i < c; i++) {
        double v = gain[i] * scale * in[x * c + i] + (odd ? 0 : shift[i]), gate = sigmoid(odd ? fabs(v) + shift[i] : v);
        double dh = scale * (along[x * c + i] - in[x * c + i] * scale * scale * overlap / c);
        out[x * c + i] = (float)(gain[i] * dh * (gate + (odd ? fabs(v) : v) * gate * (1 - gate)));
      }
    }
}

/* ---- vectors: component k of site x, channel i is in[(k sites + x) c + i] ---- */

static double vector_normalisation(int64_t apart, int c, int components, const float *in)
{
  double sum = 0;
  for (int k = 0; k < components; k++)
    for (int i = 0; i < c; i++) sum += (double)in[k * apart + i] * in[k * apart + i];
  return 1 / sqrt(sum / (c * components) + 1);
}

/* sum_k x y over the components of a channel. */
static double product(int64_t apart, int components, const float *x, const float *y)
{
  double sum = 0;
  for (int k = 0; k < components; k++) sum += (double)x[k * apart] * y[k * apart];
  return sum;
}

static void activate_vector(const sq_nn_block *block, int c, int components, const float *in, const float *gain,
                            const float *shift, float *out)
{
  const int64_t apart = block->sites * c;
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = vector_normalisation(apart, c, components, in + x * c);
      for (int64_t i = x * c; i < (x + 1) * c; i++) {
        double g = gain[i - x * c] * scale,
               size = fabs(g) * sqrt(product(apart, components, in + i, in + i) / components);
        double gate = sigmoid(size + shift[i - x * c]);
        for (int k = 0; k < components; k++) out[k * apart + i] = (float)(g * in[k * apart + i] * gate);
      }
    }
}

static void activate_vector_backward(const sq_nn_block *block, int c, int components, const float *in,
                                     const float *gain, const float *shift, const float *dout, float *din, float *dgain,
                                     float *dshift)
{
  const int64_t apart = block->sites * c;
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = vector_normalisation(apart, c, components, in + x * c), along = 0;
      for (int64_t i = x * c; i < (x + 1) * c; i++) {
        double g = gain[i - x * c] * scale,
               size = fabs(g) * sqrt(product(apart, components, in + i, in + i) / components);
        double gate = sigmoid(size + shift[i - x * c]);
        double dsize = g * product(apart, components, in + i, dout + i) * gate * (1 - gate);
        double turned = size > 0 ? dsize * g / (components * size) : 0, dh_h = 0;
        dshift[i - x * c] += (float)dsize;
        for (int k = 0; k < components; k++) {
          double dv = dout[k * apart + i] * gate + turned * in[k * apart + i];
          dh_h += dv * scale * in[k * apart + i];
          din[k * apart + i] += (float)(dv * g);
        }
        dgain[i - x * c] += (float)dh_h;
        along += gain[i - x * c] * dh_h;
      }
      for (int k = 0; k < components; k++)
        for (int64_t i = x * c; i < (x + 1) * c; i++)
          din[k * apart + i] -= (float)(in[k * apart + i] * scale * scale * along / (c * components));
    }
}

static void activate_vector_tangent(const sq_nn_block *block, int c, int components, const float *in, const float *gain,
                                    const float *shift, const float *along, float *out)
{
  const int64_t apart = block->sites * c;
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = vector_normalisation(apart, c, components, in + x * c), overlap = 0;
      for (int64_t i = x * c; i < (x + 1) * c; i++) overlap += product(apart, components, in + i, along + i);
      overlap *= scale * scale / (c * components);
      for (int64_t i = x * c; i < (x + 1) * c; i++) {
        double g = gain[i - x * c] * scale, square = product(apart, components, in + i, in + i),
               size = fabs(g) * sqrt(square / components), gate = sigmoid(size + shift[i - x * c]);
        double v_dv = g * g * (product(apart, components, in + i, along + i) - square * overlap);
        double dgate = size > 0 ? gate * (1 - gate) * v_dv / (components * size) : 0;
        for (int k = 0; k < components; k++)
          out[k * apart + i] = (float)(g * ((along[k * apart + i] - in[k * apart + i] * overlap) * gate +
                                            in[k * apart + i] * dgate));
      }
    }
}

const sq_nn_kernels sq_nn_reference = {.name = "reference",
                                       .supported = supported,
                                       .conv = conv,
                                       .conv_weights = conv_weights,
                                       .activate = activate,
                                       .activate_backward = activate_backward,
                                       .activate_tangent = activate_tangent,
                                       .activate_vector = activate_vector,
                                       .activate_vector_backward = activate_vector_backward,
                                       .activate_vector_tangent = activate_vector_tangent};
