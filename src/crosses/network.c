/* SPDX-License-Identifier: BSD-3-Clause */
/* The network of one spin on a panel of boxes, the boxes innermost: out = v y2 + u x, y2 = f(w2 y1), y1 = f(w1 x),
 * f(a) = a/sqrt(1 + a^2). Outputs of a box do not depend on where in the panel it is; gradients are sums over the
 * panel.
 */
#include "internal.h"
#include <cblas.h>
#include <math.h>

enum { P = SQ_CROSS_PANEL };

/* A block of rows: what convolutions of one tap take for a matrix. */
static sq_nn_block rows(int count)
{
  sq_nn_block block;
  sq_nn_block_make(0, (int64_t[]){1, 1, 1, count}, &block);
  return block;
}

SQ_VECTORS static void activate(int64_t count, float *a)
{
  for (int64_t i = 0; i < count; i++) a[i] /= sqrtf(1 + a[i] * a[i]);
}

/* da = dy f'(a) = dy (1 - y^2)^(3/2), in place. */
SQ_VECTORS static void activate_backward(int64_t count, const float *y, float *dy)
{
  for (int64_t i = 0; i < count; i++) {
    const float rest = fmaxf(1 - y[i] * y[i], 0);
    dy[i] *= rest * sqrtf(rest);
  }
}

void sq_cross_forward(const sq_nn_kernels *kernels, int inputs, int hidden, const float *w, const float *x, float *y,
                      float *out)
{
  const sq_nn_block layer = rows(hidden), last = rows(1);
  const float *w2 = w + hidden * inputs, *v = w2 + hidden * hidden, *u = v + hidden;
  float *y2 = y + hidden * P;
  kernels->conv(&layer, inputs, P, w, x, NULL, y);
  activate(hidden * P, y);
  kernels->conv(&layer, hidden, P, w2, y, NULL, y2);
  activate(hidden * P, y2);
  kernels->conv(&last, hidden, P, v, y2, NULL, out);
  kernels->conv(&last, inputs, P, u, x, out, out);
}

static void add_product(int m, int n, const float *da, const float *x, float *dw)
{
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, P, 1, da, P, x, P, 1, dw, n);
}

void sq_cross_backward(int inputs, int hidden, const float *w, const float *x, const float *y, const float *dout,
                       float *scratch, float *gradient)
{
  const float *w2 = w + hidden * inputs, *v = w2 + hidden * hidden, *y2 = y + hidden * P;
  float *dw2 = gradient + hidden * inputs, *dv = dw2 + hidden * hidden, *du = dv + hidden, *d1 = scratch,
        *d2 = scratch + hidden * P;
  cblas_sgemv(CblasRowMajor, CblasNoTrans, inputs, P, 1, x, P, dout, 1, 1, du, 1);
  cblas_sgemv(CblasRowMajor, CblasNoTrans, hidden, P, 1, y2, P, dout, 1, 1, dv, 1);
  for (int h = 0; h < hidden; h++)
    for (int j = 0; j < P; j++) d2[h * P + j] = v[h] * dout[j];
  activate_backward(hidden * P, y2, d2);
  add_product(hidden, hidden, d2, y, dw2);
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, hidden, P, hidden, 1, w2, hidden, d2, P, 0, d1, P);
  activate_backward(hidden * P, y, d1);
  add_product(hidden, inputs, d1, x, gradient);
}

/* Columns of unit length on average through both layers; what comes out of them begins with 0. */
void sq_cross_start(const sq_cross_shape *shape, uint64_t seed, double *weight)
{
  const sq_stream stream = sq_stream_make(seed, SQ_RNG_WEIGHTS, 0);
  int64_t at = 0;
  for (int side = 0, next = sq_cross_side(shape);; side = next, next /= 2) {
    for (int i = 0; i < sq_cross_spins(shape, side); i++) {
      const int inputs = sq_cross_given(side) + i, hidden = shape->hidden;
      const int64_t count = sq_cross_weights(inputs, hidden), first = (int64_t)hidden * inputs,
                    random = first + (int64_t)hidden * hidden;
      sq_rng_normals(stream, (uint64_t)at, count, 0, 0, weight + at);
      for (int64_t k = 0; k < count; k++)
        weight[at + k] *= k < first ? 1 / sqrt(inputs) : k < random ? 1 / sqrt(hidden) : 0;
      at += count;
    }
    if (next <= shape->exact) return;
  }
}
