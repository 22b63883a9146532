/* SPDX-License-Identifier: BSD-3-Clause */
/* The network of an event on a panel of fields, the fields innermost: y1 = f(w1 x + b1), y2 = f(w2 y1 + b2), out = v y2
 * + u x + b, f(a) = a/sqrt(1 + a^2). w1, w2, v, u belong to the kind of event, b1, b2, b to the event. Outputs of a
 * field do not depend on where in the panel it is; gradients are sums over the panel. */
#include "internal.h"
#include <cblas.h>
#include <math.h>

enum { P = SQ_HEIGHTS_PANEL, OUT = SQ_HEIGHTS_OUT };

int sq_heights_ring(const sq_heights_shape *s)
{
  return (int)PetscMin((int64_t)2 * s->radius + 1, s->extent[1]);
}

int sq_heights_inputs(const sq_heights_shape *s)
{
  return 5 + 4 * sq_heights_ring(s);
}

int64_t sq_heights_shared(const sq_heights_shape *s)
{
  const int64_t inputs = sq_heights_inputs(s), hidden = s->hidden;
  return hidden * inputs + hidden * hidden + OUT * hidden + OUT * inputs;
}

int64_t sq_heights_own(const sq_heights_shape *s)
{
  return 2 * s->hidden + OUT;
}

int64_t sq_heights_parameters(const sq_heights_shape *s)
{
  return 2 * s->windings + 1 + SQ_EVENTS * sq_heights_shared(s) + sq_heights_events(s) * sq_heights_own(s);
}

PetscErrorCode sq_heights_layout(const sq_heights_shape *s, sq_layout *layout)
{
  PetscFunctionBeginUser;
  static const char *const kind[SQ_EVENTS] = {
    [SQ_FIRST_ROW] = "first_row", [SQ_CLOSING] = "closing", [SQ_SITE] = "site"};
  const int64_t inputs = sq_heights_inputs(s), hidden = s->hidden, events = sq_heights_events(s);
  PetscCall(sq_layout_add(layout, 1, (int64_t[]){2 * s->windings + 1}, "windings"));
  for (int k = 0; k < SQ_EVENTS; k++) {
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){hidden, inputs}, "%s.w1", kind[k]));
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){hidden, hidden}, "%s.w2", kind[k]));
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){OUT, hidden}, "%s.v", kind[k]));
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){OUT, inputs}, "%s.u", kind[k]));
  }
  PetscCall(sq_layout_add(layout, 2, (int64_t[]){events, sq_heights_own(s)}, "events.bias"));
  PetscFunctionReturn(0);
}

/* A block of rows: what convolutions of one tap take for a matrix. */
static sq_nn_block rows(int count)
{
  sq_nn_block block;
  sq_nn_block_make(0, (int64_t[]){1, 1, 1, count}, &block);
  return block;
}

static void fill(int count, const float *bias, float *out)
{
  for (int i = 0; i < count; i++)
    for (int j = 0; j < P; j++) out[i * P + j] = bias[i];
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

void sq_heights_forward(const sq_nn_kernels *kernels, const sq_heights_shape *s, const float *w, const float *own,
                        const float *x, float *y, float *out)
{
  const int inputs = sq_heights_inputs(s), hidden = s->hidden;
  const sq_nn_block layer = rows(hidden), last = rows(OUT);
  const float *w2 = w + hidden * inputs, *v = w2 + hidden * hidden, *u = v + OUT * hidden;
  float *y2 = y + hidden * P;
  fill(hidden, own, y);
  fill(hidden, own + hidden, y2);
  fill(OUT, own + 2 * hidden, out);
  kernels->conv(&layer, inputs, P, w, x, y, y);
  activate(hidden * P, y);
  kernels->conv(&layer, hidden, P, w2, y, y2, y2);
  activate(hidden * P, y2);
  kernels->conv(&last, hidden, P, v, y2, out, out);
  kernels->conv(&last, inputs, P, u, x, out, out);
}

static void add_product(int m, int n, const float *da, const float *x, float *dw)
{
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, P, 1, da, P, x, P, 1, dw, n);
}

static void transposed(int m, int n, const float *w, const float *dy, float *dx)
{
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, P, m, 1, w, n, dy, P, 0, dx, P);
}

static void add_rows(int count, const float *d, float *bias)
{
  for (int i = 0; i < count; i++)
    for (int j = 0; j < P; j++) bias[i] += d[i * P + j];
}

void sq_heights_backward(const sq_heights_shape *s, const float *w, const float *x, const float *y, const float *dout,
                         float *scratch, float *dw, float *down)
{
  const int inputs = sq_heights_inputs(s), hidden = s->hidden, second = hidden * inputs,
            third = second + hidden * hidden, fourth = third + OUT * hidden;
  const float *y2 = y + hidden * P;
  float *d1 = scratch, *d2 = scratch + hidden * P;
  add_rows(OUT, dout, down + 2 * hidden);
  add_product(OUT, inputs, dout, x, dw + fourth);
  add_product(OUT, hidden, dout, y2, dw + third);
  transposed(OUT, hidden, w + third, dout, d2);
  activate_backward(hidden * P, y2, d2);
  add_rows(hidden, d2, down + hidden);
  add_product(hidden, hidden, d2, y, dw + second);
  transposed(hidden, hidden, w + second, d2, d1);
  activate_backward(hidden * P, y, d1);
  add_rows(hidden, d1, down);
  add_product(hidden, inputs, d1, x, dw);
}
