/* SPDX-License-Identifier: BSD-3-Clause */
/* heights: q is 1 in total, over all fluxes of tiny lattices, and held against itself with other weights on larger
 * ones; drawn fields have the density that was said, whatever the batch; the gradient is that of log q; log Z by
 * weights is the exact one where the model begins; every flux has a density, what is none has none. */
#include "squall/exact.h"
#include "squall/heights.h"
#include "squall/rng.h"
#include "tap.h"
#include <string.h>

enum { MOST = 128, FIELDS = 8192 }; /* numbers of a field; fields of a test */

typedef struct {
  sq_heights_shape shape;
  sq_lattice *lattice;
  sq_tractable model;
  float *weight;
  int64_t numbers;
} thing;

/* SQ_HEIGHTS_BEGINNING, or what models of before began with. */
static int beginning = SQ_HEIGHTS_BEGINNING;

/* A model whose weights differ from those it begins with by random numbers of that size. */
static void make(thing *m, int dim, const int64_t extent[2], sq_flux_coupling c, double size, uint64_t seed)
{
  double *weight;
  *m = (thing){
    .shape = {
      .dim = dim, .extent = {extent[0], extent[1]}, .coupling = c, .hidden = 16, .radius = 1, .beginning = beginning}};
  sq_heights_windings(&m->shape, &m->shape.middle, &m->shape.windings);
  const int64_t count = sq_heights_parameters(&m->shape);
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, dim, extent, NULL, &m->lattice));
  TAP_CALL(sq_heights_tractable(&m->shape, m->lattice, 64, true, &m->model));
  TAP_CALL(sq_alloc(count, &weight));
  TAP_CALL(sq_alloc(count, &m->weight));
  sq_heights_start(&m->shape, seed, weight);
  for (int64_t i = 0; i < count; i++)
    m->weight[i] = (float)(weight[i] +
                           size * (sq_rng_uniform(sq_stream_make(seed, SQ_RNG_TEST, 1), (uint64_t)i, 0, 0) - 0.5));
  m->model.load(m->model.self, m->weight);
  m->numbers = 2 * dim * m->lattice->volume;
  sq_free(&weight);
}

static void unmake(thing *m)
{
  sq_free(&m->weight);
  TAP_CALL(sq_tractable_destroy(&m->model));
  TAP_CALL(sq_lattice_destroy(&m->lattice));
}

/* ---- all fluxes of tiny lattices ---- */

/* The sum of q over fluxes of |heights|, |windings| <= most and l <= most. */
static double total(thing *m, int most)
{
  const int d = m->shape.dim;
  const int64_t volume = m->lattice->volume, heights = d == 2 ? volume - 1 : 0, free_k = heights + d;
  double block[MOST], height[MOST] = {0}, x[MOST] = {0}, log_q, sum = 0;
  int64_t codes = 1;
  for (int64_t i = 0; i < free_k; i++) codes *= 2 * most + 1;
  for (int64_t i = 0; i < d * volume; i++) codes *= most + 1;
  for (int64_t n = 0; n < codes; n++) {
    int64_t code = n;
    for (int64_t i = 0; i < free_k; i++, code /= 2 * most + 1) x[i] = (double)(code % (2 * most + 1) - most);
    for (int64_t i = 0; i < heights; i++) height[1 + i] = x[d + i];
    sq_flux_heights.fluxes(d, m->shape.extent, height, x, block);
    for (int64_t i = 0; i < d * volume; i++, code /= most + 1) block[d * volume + i] = (double)(code % (most + 1));
    TAP_CALL(m->model.density(m->model.self, 1, block, &log_q));
    sum += exp(log_q);
  }
  return sum;
}

static void test_total(int dim, int64_t rows, int64_t columns, sq_flux_coupling c, int most)
{
  thing m;
  make(&m, dim, (int64_t[]){rows, columns}, c, 0.1, 3);
  const double less = total(&m, most - 1), sum = total(&m, most);
  tap_check(less < sum && sum < 1 + 1e-6 && sum > 0.98, "%dd, %lld x %lld: q up to %d is %.6f in total, up to %d %.6f",
            dim, (long long)rows, (long long)columns, most - 1, less, most, sum);
  unmake(&m);
}

/* ---- drawn fields ---- */

/* The logarithm of the weight of a field. */
static double weigh(const thing *m, const double *block)
{
  const int64_t volume = m->lattice->volume, columns = m->shape.dim == 2 ? m->shape.extent[1] : 1;
  const sq_flux_coupling *c = &m->shape.coupling;
  const int d = m->shape.dim;
  double sum = 0;
  for (int64_t x = 0; x < volume; x++) {
    double f = 0;
    for (int nu = 0; nu < d; nu++) {
      const int64_t back = nu == 0 ? (x + volume - columns) % volume :
                                     x - x % columns + (x % columns + columns - 1) % columns;
      const double k = block[nu * volume + x], l = block[(d + nu) * volume + x];
      f += fabs(k) + 2 * l + fabs(block[nu * volume + back]) + 2 * block[(d + nu) * volume + back];
      sum -= lgamma(fabs(k) + l + 1) + lgamma(l + 1) - (nu == 0 ? c->mu * k : 0);
    }
    sum += sq_flux_log_weight(c->eta, c->lambda, (int64_t)(f / 2));
  }
  return sum;
}

/* Mean and error of e^x. */
static void mean_of(int64_t count, const double *x, double *mean, double *error)
{
  double sum = 0, square = 0;
  for (int64_t i = 0; i < count; i++) sum += exp(x[i]), square += exp(2 * x[i]);
  *mean = sum / (double)count;
  *error = sqrt((square / (double)count - *mean * *mean) / (double)count);
}

/* Fields of q; q' of other weights has the mean quotient 1, which needs that q draws what it says. Two numbers at 4
 * sigma. */
static void test_drawn(int dim, int64_t rows, int64_t columns, sq_flux_coupling c, double log_Z)
{
  const int64_t extent[] = {rows, columns};
  thing m, other;
  double block[64 * MOST], log_q[64], again[64], *x, *w, mean, error;
  bool same = true;
  make(&m, dim, extent, c, 0.05, 3);
  make(&other, dim, extent, c, 0.1, 4);
  TAP_CALL(sq_alloc(FIELDS, &x));
  TAP_CALL(sq_alloc(FIELDS, &w));
  for (int64_t n = 0; n < FIELDS; n += 64) {
    TAP_CALL(m.model.draw(m.model.self, 7, n, 64, block, log_q));
    TAP_CALL(m.model.density(m.model.self, 64, block, again));
    same = same && !memcmp(log_q, again, sizeof again);
    TAP_CALL(other.model.density(other.model.self, 64, block, again));
    for (int b = 0; b < 64; b++) {
      x[n + b] = again[b] - log_q[b];
      w[n + b] = weigh(&m, block + b * m.numbers) - log_q[b] - log_Z;
    }
  }
  tap_check(same, "%dd, %lld x %lld: drawn and given fields have the same density", dim, (long long)rows,
            (long long)columns);
  mean_of(FIELDS, x, &mean, &error);
  tap_check(fabs(mean - 1) < 4 * error && error < 0.2, "their q' / q is %.4f(%.4f)", mean, error);
  mean_of(FIELDS, w, &mean, &error);
  tap_check(fabs(mean - 1) < 4 * error && error < 0.1, "their Z is %.4f(%.4f) of the exact one", mean, error);
  sq_free(&x);
  sq_free(&w);
  unmake(&m);
  unmake(&other);
}

static void test_box(int dim, int64_t rows, int64_t columns, double eta, double lambda, double mu)
{
  sq_exact_complex z;
  const int64_t extent[] = {rows, columns};
  if (lambda > 0) TAP_CALL(sq_exact_complex_box(dim, extent, eta, lambda, mu, &z));
  else TAP_CALL(sq_exact_complex_free(dim, extent, eta, mu, &z));
  test_drawn(dim, rows, columns, (sq_flux_coupling){eta, lambda, mu}, z.log_Z);
}

/* The same fields, whatever they are drawn with. */
static void test_batches(void)
{
  thing m;
  double all[64 * MOST], one[MOST], log_q[64], log_q_one;
  bool same = true;
  make(&m, 2, (int64_t[]){3, 4}, (sq_flux_coupling){4.01, 1, 0.9}, 0.2, 3);
  TAP_CALL(m.model.draw(m.model.self, 7, 100, 50, all, log_q));
  for (int b = 0; b < 50; b += 7) {
    TAP_CALL(m.model.draw(m.model.self, 7, 100 + b, 1, one, &log_q_one));
    same = same && log_q_one == log_q[b] && !memcmp(one, all + b * m.numbers, (size_t)m.numbers * sizeof *one);
  }
  tap_check(same, "a field alone is the one of a batch");
  unmake(&m);
}

/* ---- the gradient ---- */

static double sum_of(thing *m, const float *weight, int count, const double *blocks, const double *factor)
{
  double log_q[64], sum = 0;
  m->model.load(m->model.self, weight);
  TAP_CALL(m->model.density(m->model.self, count, blocks, log_q));
  for (int b = 0; b < count; b++) sum += factor[b] * log_q[b];
  return sum;
}

/* Along random directions: differences of log q in double, but for the network. */
static void test_gradient(int dim, int64_t rows, int64_t columns)
{
  enum { COUNT = 40, DIRECTIONS = 6 };
  thing m;
  double blocks[64 * MOST], log_q[64], factor[64], worst = 0;
  float *gradient, *moved;
  make(&m, dim, (int64_t[]){rows, columns}, (sq_flux_coupling){4.01, 1, 0.9}, 0.3, 5);
  const int64_t count = m.model.parameters;
  TAP_CALL(sq_alloc(count, &gradient));
  TAP_CALL(sq_alloc(count, &moved));
  TAP_CALL(m.model.draw(m.model.self, 1, 0, COUNT, blocks, log_q));
  for (int b = 0; b < COUNT; b++) factor[b] = sin(b + 1.0);
  TAP_CALL(m.model.backward(m.model.self, COUNT, factor, gradient));
  for (int i = 0; i < DIRECTIONS; i++) {
    const sq_stream stream = sq_stream_make(11, SQ_RNG_TEST, (uint64_t)i);
    double along = 0, length = 0, side[2];
    for (int s = 0; s < 2; s++) {
      for (int64_t k = 0; k < count; k++)
        moved[k] = m.weight[k] + (s ? -1 : 1) * 0x1p-9F * (float)(sq_rng_uniform(stream, (uint64_t)k, 0, 0) - 0.5);
      side[s] = sum_of(&m, moved, COUNT, blocks, factor);
    }
    for (int64_t k = 0; k < count; k++) {
      const double v = sq_rng_uniform(stream, (uint64_t)k, 0, 0) - 0.5;
      along += gradient[k] * v;
      length += gradient[k] * gradient[k] * v * v;
    }
    tap_worst(&worst, fabs((side[0] - side[1]) / 0x1p-8 - along) / sqrt(length));
  }
  tap_check(worst < 0.01, "%dd, %lld x %lld: the gradient is that of log q, to %.1g of its length", dim,
            (long long)rows, (long long)columns, 0.01);
  sq_free(&gradient);
  sq_free(&moved);
  unmake(&m);
}

/* ---- rare windings ---- */

/* Whatever is learned of windings, the first excitation keeps a share of what it begins with. */
static void test_rare(void)
{
  thing m;
  double block[MOST] = {0}, log_q[2];
  make(&m, 2, (int64_t[]){3, 2}, (sq_flux_coupling){4.01, 1, 0}, 0, 3);
  for (int t = 0; t < 3; t++) block[2 * t] = 1; /* around time */
  TAP_CALL(m.model.density(m.model.self, 1, block, &log_q[0]));
  m.weight[m.shape.windings + 1 - m.shape.middle] -= 20; /* SQ_HEIGHTS_STRENGTH times */
  m.model.load(m.model.self, m.weight);
  TAP_CALL(m.model.density(m.model.self, 1, block, &log_q[1]));
  tap_near(log_q[1] - log_q[0], log(0.1), 1e-9, "a winding that learning has given up keeps a tenth of its beginning");
  unmake(&m);
}

/* The last closing link has its exact distribution, which lattices of few rows feel. */
static void test_rows(void)
{
  enum { COUNT = 4096 };
  double ess[2];
  for (beginning = 0; beginning < 2; beginning++) {
    thing m;
    double block[64 * MOST], log_q[64], sum = 0, square = 0;
    make(&m, 2, (int64_t[]){2, 3}, (sq_flux_coupling){4.01, 1, 0.9}, 0, 3);
    for (int64_t n = 0; n < COUNT; n += 64) {
      TAP_CALL(m.model.draw(m.model.self, 7, n, 64, block, log_q));
      for (int b = 0; b < 64; b++) {
        const double w = exp(weigh(&m, block + b * m.numbers) - log_q[b] + 10.7);
        sum += w;
        square += w * w;
      }
    }
    ess[beginning] = sum * sum / (square * COUNT);
    unmake(&m);
  }
  beginning = SQ_HEIGHTS_BEGINNING;
  tap_check(ess[1] > 0.3 && ess[1] > ess[0] + 0.08, "2 x 3, nothing learned: ESS %.2f; of models of before %.2f",
            ess[1], ess[0]);
}

/* ---- what has a density ---- */

static void test_far(void)
{
  thing m;
  double block[MOST] = {0}, log_q;
  bool finite = true;
  make(&m, 2, (int64_t[]){3, 4}, (sq_flux_coupling){4.01, 1, 0.9}, 0.2, 3);
  for (int size = 1; size < 1 << 20; size *= 8) {
    memset(block, 0, sizeof block);
    for (int t = 0; t < 3; t++) block[4 * t + 1] = -size; /* around time */
    block[24 + 5] = size;
    TAP_CALL(m.model.density(m.model.self, 1, block, &log_q));
    finite = finite && isfinite(log_q) && log_q < 0;
  }
  tap_check(finite, "fluxes and l of any size have a density");
  const double wrong[][2] = {{0, 1}, {3, 0.5}, {30, -1}, {7, NAN}, {26, 1e9}};
  bool none = true;
  for (int i = 0; i < 5; i++) {
    memset(block, 0, sizeof block);
    block[(int)wrong[i][0]] = wrong[i][1];
    TAP_CALL(m.model.density(m.model.self, 1, block, &log_q));
    none = none && log_q == -INFINITY;
  }
  tap_check(none, "what is no flux has none");
  unmake(&m);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_total(1, 1, 1, (sq_flux_coupling){4, 1, 0.3}, 8);
  test_total(1, 3, 1, (sq_flux_coupling){6, 1, 0.3}, 5);
  test_total(2, 1, 1, (sq_flux_coupling){8, 1, 0.3}, 6);
  test_total(2, 1, 2, (sq_flux_coupling){10, 1, 0.3}, 3);
  test_total(2, 2, 1, (sq_flux_coupling){10, 1, -0.3}, 3);
  test_box(1, 8, 1, 2.01, 1, 1);
  test_box(1, 1, 1, 1, 0.5, 0.6);
  test_box(2, 4, 2, 4.01, 1, 0.9);
  test_box(2, 2, 2, 4.5, 0.3, -0.8);
  test_box(2, 3, 1, 4.5, 0.3, 0.4);
  test_box(2, 1, 2, 5, 1, 0.5);
  test_box(2, 4, 3, 5, 0, 0.5);
  test_batches();
  test_gradient(1, 5, 1);
  test_gradient(2, 3, 4);
  test_gradient(2, 2, 1);
  test_rare();
  test_rows();
  test_far();
  beginning = 0;
  test_total(2, 1, 2, (sq_flux_coupling){10, 1, 0.3}, 3);
  test_gradient(2, 3, 4);
  return tap_end();
}
