/* SPDX-License-Identifier: BSD-3-Clause */
/* nn: tuned kernels against plain ones, gradients against finite differences, symmetries. */
#include "squall/nn.h"
#include "squall/rng.h"
#include "tests/tap.h"
#include <string.h>

static float *noise(int64_t count, uint64_t member)
{
  double *normal;
  float *out;
  TAP_CALL(sq_alloc(count, &normal));
  TAP_CALL(sq_alloc(count, &out));
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, member), 0, count, 0, 0, normal);
  for (int64_t i = 0; i < count; i++) out[i] = (float)normal[i];
  sq_free(&normal);
  return out;
}

/* Largest |a - b| over the interior relative to the largest |b|. */
static double distance(const sq_nn_block *block, int c, const float *a, const float *b)
{
  double worst = 0, size = 1e-30;
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t i = sq_nn_row(block, r) * c, end = i + block->n[3] * c; i < end; i++) {
      tap_worst(&worst, fabs((double)a[i] - b[i]));
      tap_worst(&size, fabs((double)b[i]));
    }
  return worst / size;
}

static double flat_distance(int64_t count, const float *a, const float *b)
{
  double worst = 0, size = 1e-30;
  for (int64_t i = 0; i < count; i++) {
    tap_worst(&worst, fabs((double)a[i] - b[i]));
    tap_worst(&size, fabs((double)b[i]));
  }
  return worst / size;
}

static void check_conv(const sq_nn_kernels *k, const sq_nn_block *block, int ci, int co)
{
  int64_t weights = (int64_t)block->taps * ci * co;
  float *in = noise(block->sites * ci, 1), *w = noise(weights, 2), *start = noise(block->sites * co, 3),
        *dout = noise(block->sites * co, 4);
  float *a = noise(block->sites * co, 5), *b = noise(block->sites * co, 6), *da = noise(weights, 7),
        *db = noise(weights, 7);
  k->conv(block, ci, co, in, w, NULL, a);
  sq_nn_reference.conv(block, ci, co, in, w, NULL, b);
  tap_near(distance(block, co, a, b), 0, 2e-6, "convolution");
  k->conv(block, ci, co, in, w, start, a);
  sq_nn_reference.conv(block, ci, co, in, w, start, b);
  tap_near(distance(block, co, a, b), 0, 2e-6, "convolution added to another array");
  k->conv_weights(block, ci, co, in, dout, da);
  sq_nn_reference.conv_weights(block, ci, co, in, dout, db);
  tap_near(flat_distance(weights, da, db), 0, 5e-6, "weight gradient");
  float *all[] = {in, w, start, dout, a, b, da, db};
  for (int i = 0; i < 8; i++) sq_free(&all[i]);
}

static void check_winograd(const sq_nn_kernels *k, const sq_nn_block *block, int ci, int co)
{
  int64_t weights = (int64_t)block->taps * ci * co, size = sq_nn_winograd_size(block->taps, ci, co),
          sites = block->sites * block->fields;
  float *in = noise(sites * ci, 1), *w = noise(weights, 2), *start = noise(sites * co, 3), *dout = noise(sites * co, 4),
        *scratch = noise(sq_nn_winograd_scratch(ci, co), 8);
  float *a = noise(sites * co, 5), *b = noise(sites * co, 5), *da = noise(weights, 7), *db = noise(weights, 7),
        *u = noise(size, 9), *du;
  TAP_CALL(sq_alloc(size, &du));
  sq_nn_winograd_transform(block->taps, ci, co, w, u);
  k->winograd(block, ci, co, in, u, NULL, a, scratch);
  sq_nn_reference.conv(block, ci, co, in, w, NULL, b);
  tap_near(flat_distance(sites * co, a, b), 0, 3e-5, "Winograd convolution, which writes the interior alone");
  k->winograd(block, ci, co, in, u, start, a, scratch);
  sq_nn_reference.conv(block, ci, co, in, w, start, b);
  tap_near(flat_distance(sites * co, a, b), 0, 3e-5, "Winograd convolution added to another array");
  k->winograd_weights(block, ci, co, in, dout, du, scratch);
  sq_nn_winograd_collect(block->taps, ci, co, du, da);
  sq_nn_reference.conv_weights(block, ci, co, in, dout, db);
  tap_near(flat_distance(weights, da, db), 0, 3e-5, "Winograd weight gradient");
  float *all[] = {in, w, start, dout, scratch, a, b, da, db, u, du};
  for (int i = 0; i < 11; i++) sq_free(&all[i]);
}

/* <dout, conv(in, w)> is bilinear: its derivatives are the flipped convolution and the weight gradient, on a periodic
 * block of one rank. */
static void check_adjoint(int ci, int co)
{
  sq_nn_block block;
  sq_nn_block_make(2, (int64_t[]){1, 1, 5, 6}, &block);
  int64_t weights = (int64_t)block.taps * ci * co;
  float *in = noise(block.sites * ci, 1), *w = noise(weights, 2), *dout = noise(block.sites * co, 4),
        *flipped = noise(weights, 3);
  float *out = noise(block.sites * co, 5), *din = noise(block.sites * ci, 6), *dw;
  TAP_CALL(sq_alloc(weights, &dw));
  for (int64_t s = 0; s < block.sites; s++) { /* zero outside: then no rim terms arise */
    int64_t y = s / block.stride[2], x = s % block.stride[2];
    if (y >= 1 && y <= 5 && x >= 1 && x <= 6) continue;
    memset(in + s * ci, 0, (size_t)ci * sizeof *in);
    memset(dout + s * co, 0, (size_t)co * sizeof *dout);
  }
  sq_nn_reference.conv(&block, ci, co, in, w, NULL, out);
  sq_nn_flip(block.taps, ci, co, w, flipped);
  sq_nn_reference.conv(&block, co, ci, dout, flipped, NULL, din);
  sq_nn_reference.conv_weights(&block, ci, co, in, dout, dw);
  double forward = 0, input = 0, weight = 0;
  for (int64_t r = 0; r < block.rows; r++)
    for (int64_t x = sq_nn_row(&block, r), end = x + block.n[3]; x < end; x++) {
      for (int o = 0; o < co; o++) forward += (double)out[x * co + o] * dout[x * co + o];
      for (int i = 0; i < ci; i++) input += (double)din[x * ci + i] * in[x * ci + i];
    }
  for (int64_t i = 0; i < weights; i++) weight += (double)w[i] * dw[i];
  tap_near(input, forward, 1e-5 * fabs(forward) + 1e-4, "input gradient is the adjoint");
  tap_near(weight, forward, 1e-5 * fabs(forward) + 1e-4, "weight gradient is the adjoint");
  float *all[] = {in, w, dout, flipped, out, din, dw};
  for (int i = 0; i < 7; i++) sq_free(&all[i]);
}

static void check_activation(const sq_nn_kernels *k, const sq_nn_block *block, int c, bool odd)
{
  float *in = noise(block->sites * c, 1), *gain = noise(c, 2), *shift = noise(c, 3), *dout = noise(block->sites * c, 4);
  float *a = noise(block->sites * c, 5), *b = noise(block->sites * c, 6), *ga = noise(c, 7), *gb = noise(c, 7),
        *sa = noise(c, 8), *sb = noise(c, 8);
  for (int64_t i = 0; i < block->sites * c; i += 7) in[i] *= 30;
  k->activate(block, c, odd, in, gain, shift, a);
  sq_nn_reference.activate(block, c, odd, in, gain, shift, b);
  tap_near(distance(block, c, a, b), 0, 2e-6, odd ? "odd activation" : "activation");
  memcpy(a, b, (size_t)(block->sites * c) * sizeof *a);
  k->activate_backward(block, c, odd, in, gain, shift, dout, a, ga, sa);
  sq_nn_reference.activate_backward(block, c, odd, in, gain, shift, dout, b, gb, sb);
  tap_near(distance(block, c, a, b), 0, 2e-6, "its input gradient");
  tap_near(flat_distance(c, ga, gb) + flat_distance(c, sa, sb), 0, 1e-5, "its parameter gradients");
  k->activate_tangent(block, c, odd, in, gain, shift, dout, a);
  sq_nn_reference.activate_tangent(block, c, odd, in, gain, shift, dout, b);
  tap_near(distance(block, c, a, b), 0, 3e-6, "its tangent");
  float *all[] = {in, gain, shift, dout, a, b, ga, gb, sa, sb};
  for (int i = 0; i < 10; i++) sq_free(&all[i]);
}

/* <dout, activate(in, gain, shift)> in the reference kernels. */
static double pairing(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain, const float *shift,
                      const float *dout)
{
  float *out = noise(block->sites * c, 9);
  double sum = 0;
  sq_nn_reference.activate(block, c, odd, in, gain, shift, out);
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t i = sq_nn_row(block, r) * c, end = i + block->n[3] * c; i < end; i++) sum += (double)out[i] * dout[i];
  sq_free(&out);
  return sum;
}

/* Every parameter and input of the activation against central differences. */
static void check_activation_gradient(bool odd)
{
  enum { C = 16 };
  sq_nn_block block;
  sq_nn_block_make(1, (int64_t[]){1, 1, 1, 3}, &block);
  float *in = noise(block.sites * C, 1), *gain = noise(C, 2), *shift = noise(C, 3), *dout = noise(block.sites * C, 4);
  float *din, *dgain, *dshift;
  TAP_CALL(sq_alloc(block.sites * C, &din));
  TAP_CALL(sq_alloc(C, &dgain));
  TAP_CALL(sq_alloc(C, &dshift));
  sq_nn_reference.activate_backward(&block, C, odd, in, gain, shift, dout, din, dgain, dshift);
  float *variable[] = {in + block.origin * C, gain, shift}, *gradient[] = {din + block.origin * C, dgain, dshift};
  int count[] = {3 * C, C, C};
  double worst = 0;
  for (int v = 0; v < 3; v++)
    for (int i = 0; i < count[v]; i++) {
      float was = variable[v][i], h = 2e-3f;
      variable[v][i] = was + h;
      double up = pairing(&block, C, odd, in, gain, shift, dout), above = variable[v][i];
      variable[v][i] = was - h;
      double down = pairing(&block, C, odd, in, gain, shift, dout), below = variable[v][i];
      variable[v][i] = was;
      tap_worst(&worst, fabs((up - down) / (above - below) - gradient[v][i]));
    }
  tap_near(worst, 0, 1e-3,
           odd ? "odd activation: gradient is the derivative" : "activation: gradient is the derivative");
  float *all[] = {in, gain, shift, dout, din, dgain, dshift};
  for (int i = 0; i < 7; i++) sq_free(&all[i]);
}

/* <dout, T along> = <T^t dout, along>: the tangent is the transpose of the input gradient. */
static void check_activation_tangent(bool odd)
{
  enum { C = 32 };
  sq_nn_block block;
  sq_nn_block_make(2, (int64_t[]){1, 1, 3, 5}, &block);
  int64_t size = block.sites * C;
  float *in = noise(size, 1), *gain = noise(C, 2), *shift = noise(C, 3), *dout = noise(size, 4),
        *along = noise(size, 5), *out = noise(size, 6), *din, *rest;
  double forward = 0, backward = 0;
  TAP_CALL(sq_alloc(size, &din));
  TAP_CALL(sq_alloc(2 * C, &rest));
  sq_nn_reference.activate_tangent(&block, C, odd, in, gain, shift, along, out);
  sq_nn_reference.activate_backward(&block, C, odd, in, gain, shift, dout, din, rest, rest + C);
  for (int64_t r = 0; r < block.rows; r++)
    for (int64_t i = sq_nn_row(&block, r) * C, end = i + block.n[3] * C; i < end; i++) {
      forward += (double)dout[i] * out[i];
      backward += (double)din[i] * along[i];
    }
  tap_near(forward, backward, 1e-5 * (1 + fabs(forward)),
           odd ? "odd activation: tangent is the transpose of the gradient" :
                 "activation: tangent is the transpose of the gradient");
  float *all[] = {in, gain, shift, dout, along, out, din, rest};
  for (int i = 0; i < 8; i++) sq_free(&all[i]);
}

/* dout . (two layers with SiLU between) of a batch; p: in, w1, b1, w2, b2 one after the other. */
enum { DENSE_IN = 5, DENSE_HIDDEN = 8, DENSE_OUT = 3 };
enum {
  DENSE_W1 = DENSE_IN * DENSE_HIDDEN,
  DENSE_W2 = DENSE_HIDDEN * DENSE_OUT,
  DENSE_WEIGHTS = DENSE_W1 + DENSE_HIDDEN + DENSE_W2 + DENSE_OUT
};

static double dense_value(int count, const float *p, const float *dout, float *hidden, float *gated)
{
  const float *w1 = p + count * DENSE_IN, *b1 = w1 + DENSE_W1, *w2 = b1 + DENSE_HIDDEN, *b2 = w2 + DENSE_W2;
  float out[count * DENSE_OUT];
  double value = 0;
  sq_nn_dense(count, DENSE_IN, DENSE_HIDDEN, p, w1, b1, hidden);
  sq_nn_silu(count * DENSE_HIDDEN, hidden, gated);
  sq_nn_dense(count, DENSE_HIDDEN, DENSE_OUT, gated, w2, b2, out);
  for (int o = 0; o < count * DENSE_OUT; o++) value += (double)out[o] * dout[o];
  return value;
}

static void dense_gradient(int count, const float *p, const float *dout, const float *hidden, const float *gated,
                           float *g)
{
  int in = count * DENSE_IN, w2 = in + DENSE_W1 + DENSE_HIDDEN;
  float d[count * DENSE_HIDDEN];
  sq_nn_dense_backward(count, DENSE_HIDDEN, DENSE_OUT, gated, p + w2, dout, g + w2, g + w2 + DENSE_W2, d);
  sq_nn_silu_backward(count * DENSE_HIDDEN, hidden, d, d);
  sq_nn_dense_backward(count, DENSE_IN, DENSE_HIDDEN, p, p + in, d, g + in, g + in + DENSE_W1, g);
}

static void check_dense(int count)
{
  int all = count * DENSE_IN + DENSE_WEIGHTS;
  float *p = noise(all, 1), *dout = noise(count * DENSE_OUT, 2), *g, hidden[count * DENSE_HIDDEN],
        gated[count * DENSE_HIDDEN], other[count * DENSE_HIDDEN];
  double worst = 0;
  TAP_CALL(sq_alloc(all, &g));
  dense_value(count, p, dout, hidden, gated);
  dense_gradient(count, p, dout, hidden, gated, g);
  for (int i = 0; i < all; i++) {
    float was = p[i];
    p[i] = was + 1e-2f;
    double up = dense_value(count, p, dout, other, other);
    p[i] = was - 1e-2f;
    tap_worst(&worst, fabs((up - dense_value(count, p, dout, other, other)) / 2e-2 - g[i]));
    p[i] = was;
  }
  tap_near(worst, 0, 2e-3, "dense layers: gradients of weights and inputs are the derivatives");
  for (int b = 0; b < count; b++)
    sq_nn_dense(1, DENSE_IN, DENSE_HIDDEN, p + b * DENSE_IN, p + count * DENSE_IN, p + count * DENSE_IN + DENSE_W1,
                other + b * DENSE_HIDDEN);
  worst = 0;
  for (int i = 0; i < count * DENSE_HIDDEN; i++) tap_worst(&worst, fabs((double)other[i] - hidden[i]));
  tap_near(worst, 0, 1e-5, "and a batch is its entries one by one");
  sq_free(&p);
  sq_free(&dout);
  sq_free(&g);
}

/* A symmetry applied to the taps is the symmetry applied to the field. */
static void check_tap_map(void)
{
  sq_nn_block block;
  sq_nn_block_make(2, (int64_t[]){1, 1, 5, 5}, &block);
  int axis[4] = {0, 1, 3, 2}, sign[4] = {1, 1, -1, 1}, map[SQ_NN_TAPS]; /* x'_2 = -x_3, x'_3 = x_2 */
  float in[49], turned[49], w[9 * 16], moved[9 * 16], out[49 * 16], expected[49 * 16];
  float *values = noise(49 + 9 * 16, 1);
  memcpy(w, values, sizeof w);
  memcpy(in, values + 9 * 16, sizeof in);
  for (int y = 0; y < 7; y++)
    for (int x = 0; x < 7; x++) turned[(6 - x) * 7 + y] = in[y * 7 + x]; /* about the centre (3,3) */
  sq_nn_tap_map(2, axis, sign, map);
  for (int t = 0; t < 9; t++) memcpy(moved + map[t] * 16, w + t * 16, 16 * sizeof *w);
  sq_nn_reference.conv(&block, 1, 16, in, w, NULL, expected);
  sq_nn_reference.conv(&block, 1, 16, turned, moved, NULL, out);
  bool same = true;
  for (int y = 1; y < 6; y++)
    for (int x = 1; x < 6; x++)
      for (int o = 0; o < 16; o++)
        same = same && fabsf(out[((6 - x) * 7 + y) * 16 + o] - expected[(y * 7 + x) * 16 + o]) < 1e-5f;
  tap_check(same, "rotating taps is rotating fields");
  sq_free(&values);
}

int main(int argc, char **argv)
{
  static const struct {
    int dim;
    int64_t n[4];
  } shape[] = {{1, {1, 1, 1, 37}}, {2, {1, 1, 5, 11}}, {2, {1, 1, 1, 1}}, {3, {1, 3, 2, 7}}, {4, {2, 3, 2, 4}}};
  static const struct {
    int dim, fields;
    int64_t n[4];
  } tiled[] = {{2, 1, {1, 1, 8, 4}}, {2, 3, {1, 1, 20, 12}}, {3, 2, {1, 3, 8, 4}}, {4, 1, {2, 3, 8, 8}}};
  tap_begin(&argc, &argv);
  for (int k = 0; sq_nn_all[k]; k++) {
    if (!sq_nn_all[k]->supported()) continue;
    if (tap.rank == 0) printf("# kernels: %s\n", sq_nn_all[k]->name);
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
      sq_nn_block block;
      sq_nn_block_make(shape[s].dim, shape[s].n, &block);
      check_conv(sq_nn_all[k], &block, 2, 32);
      check_conv(sq_nn_all[k], &block, 32, 48);
      check_conv(sq_nn_all[k], &block, 16, 16);
      check_conv(sq_nn_all[k], &block, 48, 1);
      check_activation(sq_nn_all[k], &block, 32, true);
      check_activation(sq_nn_all[k], &block, 48, false);
    }
    for (size_t s = 0; s < sizeof tiled / sizeof *tiled && sq_nn_all[k]->winograd; s++) {
      sq_nn_block block, part;
      sq_nn_block_make(tiled[s].dim, tiled[s].n, &block);
      sq_nn_block_batch(&block, tiled[s].fields);
      tap_check(sq_nn_winograd_fits(&block), "a block of whole tiles fits");
      check_winograd(sq_nn_all[k], &block, 32, 48);
      check_winograd(sq_nn_all[k], &block, 16, 16);
      sq_nn_block_part(&block, (int64_t[]){0, 0, 4, 0}, (int64_t[]){tiled[s].n[0], tiled[s].n[1], tiled[s].n[2] - 4, 4},
                       &part);
      check_winograd(sq_nn_all[k], &part, 48, 32);
    }
  }
  check_adjoint(3, 4);
  check_adjoint(5, 1);
  check_activation_gradient(true);
  check_activation_gradient(false);
  check_activation_tangent(true);
  check_activation_tangent(false);
  check_dense(1);
  check_dense(7);
  check_tap_map();
  return tap_end();
}
