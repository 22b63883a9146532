/* SPDX-License-Identifier: BSD-3-Clause */
/* nn_vectors: the activation of channels that are vectors: tuned kernels against plain ones, of one component the plain
 * activation, gradients and tangents against each other and finite differences, rotations. */
#include "squall/nn.h"
#include "squall/rng.h"
#include "tests/tap.h"
#include <string.h>

typedef struct {
  sq_nn_block block;
  int c, components;
  int64_t size;                                                  /* of an array of all components */
  float *in, *dout, *along, *gain, *shift;                       /* random */
  float *out, *expected, *din, *dgain, *dshift, *xgain, *xshift; /* results; x: of the plain kernels */
} arrays;

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

static void begin(int dim, const int64_t n[4], int c, int components, arrays *a)
{
  *a = (arrays){.c = c, .components = components};
  sq_nn_block_make(dim, n, &a->block);
  a->size = components * a->block.sites * c;
  a->in = noise(a->size, 1), a->dout = noise(a->size, 2), a->along = noise(a->size, 3);
  a->gain = noise(c, 4), a->shift = noise(c, 5);
  float **results[] = {&a->out, &a->expected, &a->din}, **rows[] = {&a->dgain, &a->dshift, &a->xgain, &a->xshift};
  for (int i = 0; i < 3; i++) TAP_CALL(sq_alloc(a->size, results[i]));
  for (int i = 0; i < 4; i++) TAP_CALL(sq_alloc(c, rows[i]));
}

static void end(arrays *a)
{
  float *all[] = {a->in,  a->dout,  a->along,  a->gain,  a->shift,  a->out,
                  a->din, a->dgain, a->dshift, a->xgain, a->xshift, a->expected};
  for (int i = 0; i < 12; i++) sq_free(&all[i]);
}

/* Calls what[i] for every number of the interior. */
#define INTERIOR(a, i)                                                                                                 \
  for (int64_t k_ = 0; k_ < (a)->components; k_++)                                                                     \
    for (int64_t r_ = 0; r_ < (a)->block.rows; r_++)                                                                   \
      for (int64_t i = (k_ * (a)->block.sites + sq_nn_row(&(a)->block, r_)) * (a)->c,                                  \
                   e_ = i + (a)->block.n[3] * (a)->c;                                                                  \
           i < e_; i++)

static double distance(const arrays *a, const float *x, const float *y)
{
  double worst = 0, size = 1e-30;
  INTERIOR(a, i)
  {
    tap_worst(&worst, fabs((double)x[i] - y[i]));
    tap_worst(&size, fabs((double)y[i]));
  }
  return worst / size;
}

static double product(const arrays *a, const float *x, const float *y)
{
  double sum = 0;
  INTERIOR(a, i) sum += (double)x[i] * y[i];
  return sum;
}

static double row_distance(int c, const float *x, const float *y)
{
  double worst = 0, size = 1e-30;
  for (int i = 0; i < c; i++) {
    tap_worst(&worst, fabs((double)x[i] - y[i]));
    tap_worst(&size, fabs((double)y[i]));
  }
  return worst / size;
}

static void check_kernels(const sq_nn_kernels *k, int dim, const int64_t n[4], int c, int components)
{
  const sq_nn_kernels *plain = &sq_nn_reference;
  arrays a;
  begin(dim, n, c, components, &a);
  for (int64_t i = 0; i < a.size; i += 7) a.in[i] *= 30;
  for (int64_t i = 0; i < a.block.sites * c; i += 5) /* vectors of length 0 */
    for (int j = 0; j < components; j++) a.in[j * a.block.sites * c + i] = 0;
  k->activate_vector(&a.block, c, components, a.in, a.gain, a.shift, a.out);
  plain->activate_vector(&a.block, c, components, a.in, a.gain, a.shift, a.expected);
  bool good = distance(&a, a.out, a.expected) < 2e-6;
  k->activate_vector_tangent(&a.block, c, components, a.in, a.gain, a.shift, a.along, a.out);
  plain->activate_vector_tangent(&a.block, c, components, a.in, a.gain, a.shift, a.along, a.expected);
  good = good && distance(&a, a.out, a.expected) < 3e-6;
  memset(a.expected, 0, (size_t)a.size * sizeof(float));
  k->activate_vector_backward(&a.block, c, components, a.in, a.gain, a.shift, a.dout, a.din, a.dgain, a.dshift);
  plain->activate_vector_backward(&a.block, c, components, a.in, a.gain, a.shift, a.dout, a.expected, a.xgain,
                                  a.xshift);
  good = good && distance(&a, a.din, a.expected) < 3e-6;
  tap_check(good && row_distance(c, a.dgain, a.xgain) + row_distance(c, a.dshift, a.xshift) < 2e-5,
            "%s is the plain kernel: %d components of %d channels", k->name, components, c);
  end(&a);
}

/* One component: the odd activation. */
static void check_one(void)
{
  const sq_nn_kernels *k = &sq_nn_reference;
  arrays a;
  begin(2, (int64_t[]){1, 1, 3, 5}, 16, 1, &a);
  k->activate_vector(&a.block, 16, 1, a.in, a.gain, a.shift, a.out);
  k->activate(&a.block, 16, true, a.in, a.gain, a.shift, a.expected);
  tap_near(distance(&a, a.out, a.expected), 0, 1e-6, "of one component: the odd activation");
  end(&a);
}

/* <dout, activate(in, gain, shift)> in the plain kernels. */
static double pairing(const arrays *a)
{
  sq_nn_reference.activate_vector(&a->block, a->c, a->components, a->in, a->gain, a->shift, a->out);
  return product(a, a->dout, a->out);
}

static void check_gradient(int components)
{
  enum { C = 16 };
  arrays a;
  double worst = 0;
  begin(1, (int64_t[]){1, 1, 1, 3}, C, components, &a);
  sq_nn_reference.activate_vector_backward(&a.block, C, components, a.in, a.gain, a.shift, a.dout, a.din, a.dgain,
                                           a.dshift);
  float *variable[] = {a.in + a.block.origin * C, a.in + ((components - 1) * a.block.sites + a.block.origin) * C,
                       a.gain, a.shift},
        *gradient[] = {a.din + a.block.origin * C, a.din + ((components - 1) * a.block.sites + a.block.origin) * C,
                       a.dgain, a.dshift};
  int count[] = {3 * C, 3 * C, C, C};
  for (int v = 0; v < 4; v++)
    for (int i = 0; i < count[v]; i++) {
      float was = variable[v][i], h = 2e-3f;
      variable[v][i] = was + h;
      double up = pairing(&a), above = variable[v][i];
      variable[v][i] = was - h;
      double down = pairing(&a), below = variable[v][i];
      variable[v][i] = was;
      tap_worst(&worst, fabs((up - down) / (above - below) - gradient[v][i]));
    }
  tap_near(worst, 0, 1e-3, "the gradient is the derivative");
  memset(a.din, 0, (size_t)a.size * sizeof(float));
  sq_nn_reference.activate_vector_backward(&a.block, C, components, a.in, a.gain, a.shift, a.dout, a.din, a.dgain,
                                           a.dshift);
  sq_nn_reference.activate_vector_tangent(&a.block, C, components, a.in, a.gain, a.shift, a.along, a.out);
  double forward = product(&a, a.dout, a.out);
  tap_near(forward, product(&a, a.din, a.along), 1e-5 * (1 + fabs(forward)), "the tangent is its transpose");
  end(&a);
}

/* (x, y) -> (cos x - sin y, +-(sin x + cos y)) of two components in and out. */
static void check_rotation(const sq_nn_kernels *k, int components)
{
  enum { C = 32 };
  const float cosine = 0.6f, sine = 0.8f;
  arrays a;
  begin(2, (int64_t[]){1, 1, 4, 4}, C, components, &a);
  float *last = a.in + (components - 1) * a.block.sites * C,
        *rotated = a.expected + (components - 1) * a.block.sites * C;
  k->activate_vector(&a.block, C, components, a.in, a.gain, a.shift, a.expected);
  for (int64_t i = 0; i < a.block.sites * C; i++) {
    float x = a.in[i], y = last[i];
    a.in[i] = cosine * x - sine * y, last[i] = -(sine * x + cosine * y);
    x = a.expected[i], y = rotated[i];
    a.expected[i] = cosine * x - sine * y, rotated[i] = -(sine * x + cosine * y);
  }
  k->activate_vector(&a.block, C, components, a.in, a.gain, a.shift, a.out);
  tap_near(distance(&a, a.out, a.expected), 0, 2e-6, "rotations and reflections of the components commute with it");
  end(&a);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_one();
  for (int s = 0; sq_nn_all[s]; s++) {
    if (!sq_nn_all[s]->supported()) continue;
    check_kernels(sq_nn_all[s], 2, (int64_t[]){1, 1, 5, 7}, 32, 2);
    check_kernels(sq_nn_all[s], 3, (int64_t[]){1, 2, 3, 4}, 32, 3);
    check_kernels(sq_nn_all[s], 1, (int64_t[]){1, 1, 1, 35}, 48, 4);
    check_rotation(sq_nn_all[s], 2);
    check_rotation(sq_nn_all[s], 4);
  }
  check_gradient(2);
  check_gradient(3);
  return tap_end();
}
