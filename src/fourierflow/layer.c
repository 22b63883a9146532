/* SPDX-License-Identifier: BSD-3-Clause */
/* A coupling: modes B' = e^s (M B + e shift), given the modes A (squall/fourierflow.h). Forward, inverse, and the
 * cotangents of both. */
#include "flow.h"
#include <math.h>
#include <string.h>

enum { BOUND = 3 }; /* of |log g| */

/* ---- which modes ---- */

static int bits_of(int n)
{
  int bits = 0;
  for (; n > 0; n /= 2) bits++;
  return bits;
}

/* Whether the coupling of number `layer` moves the modes of that n, or, of those that couplings mix, they are given.
 * Pairs of couplings, one the other way round, split modes by the parity of their octave, then by the binary digits of
 * n from the lowest on: even and odd ones first, low and high ones last. */
static bool moves(const sq_fourierflow_shape *shape, int layer, int n)
{
  if (layer == shape->layers || n >= shape->modes) return layer == shape->layers && n >= shape->modes;
  const int digits = bits_of(shape->modes - 1), split = layer / 2 % (digits + 1);
  const int side = split == 0 ? bits_of(n) % 2 : n >> (split - 1) & 1;
  return side != layer % 2;
}

static int most_of(int sites)
{
  return sites / 2 + 1;
}

static int count_moved(const sq_fourierflow_shape *shape, int layer)
{
  int count = 0;
  for (int n = 0; n < most_of(shape->sites); n++) count += moves(shape, layer, n);
  return count;
}

static sq_fourier_net net_of(const sq_fourierflow_shape *shape)
{
  return (sq_fourier_net){
    .sites = shape->sites, .channels = shape->channels, .depth = shape->depth, .spacing = shape->spacing};
}

int64_t sq_fourier_layer_parameters(const sq_fourierflow_shape *shape, int number)
{
  const sq_fourier_net net = net_of(shape);
  return sq_fourier_net_parameters(&net) + 2 * count_moved(shape, number);
}

/* ---- making ---- */

static void fill(const sq_fourierflow_shape *shape, const sq_fourier_prior *prior, int number, sq_fourier_layer *layer)
{
  const int N = shape->sites;
  const double widest = sqrt(sq_fourier_widest(prior, N));
  int at = 0;
  for (int n = 0; n < most_of(N); n++) {
    const bool moved = moves(shape, number, n), alone = n == 0 || 2 * n == N;
    const double width = sqrt(sq_fourier_variance(prior, N, n));
    for (int sine = 0; sine < (alone ? 1 : 2); sine++) {
      const int i = sine ? N - n : n;
      if (moved) {
        layer->D[layer->moved] = width / widest;
        layer->number[layer->moved] = at;
        layer->scale[layer->moved] = width / widest * sqrt((alone ? 0.5 : 1) / N);
        layer->B[layer->moved++] = i;
      } else if (n < shape->modes) {
        layer->into[layer->given] = width / prior->width;
        layer->A[layer->given++] = i;
      }
    }
    at += moved;
  }
}

PetscErrorCode sq_fourier_layer_create(const sq_fourierflow_shape *shape, const sq_fourier_prior *prior, int number,
                                       sq_fourier_layer *layer)
{
  PetscFunctionBeginUser;
  const int N = shape->sites;
  *layer = (sq_fourier_layer){.net = net_of(shape),
                              .numbers = count_moved(shape, number),
                              .parameters = sq_fourier_layer_parameters(shape, number)};
  PetscCall(sq_alloc(N, &layer->A));
  PetscCall(sq_alloc(N, &layer->B));
  PetscCall(sq_alloc(N, &layer->into));
  PetscCall(sq_alloc(N, &layer->D));
  PetscCall(sq_alloc(N, &layer->scale));
  PetscCall(sq_alloc(N, &layer->number));
  fill(shape, prior, number, layer);
  layer->mixed = number < shape->layers ? layer->moved : 0;
  PetscFunctionReturn(0);
}

void sq_fourier_layer_destroy(sq_fourier_layer *layer)
{
  sq_free(&layer->A);
  sq_free(&layer->B);
  sq_free(&layer->into);
  sq_free(&layer->D);
  sq_free(&layer->scale);
  sq_free(&layer->number);
}

int64_t sq_fourier_trace_size(const sq_fourier_layer *layer)
{
  const int64_t m = layer->mixed;
  return sq_fourier_net_kept(&layer->net) + 2 * layer->net.sites + 3 * layer->moved + 3 * m * m;
}

void sq_fourier_trace_lay(const sq_fourier_layer *layer, double *memory, sq_fourier_trace *trace)
{
  const int64_t m = layer->mixed, N = layer->net.sites;
  trace->net = memory;
  trace->g = trace->net + sq_fourier_net_kept(&layer->net);
  trace->log_g = trace->g + N;
  trace->shift = trace->log_g + N;
  trace->before = trace->shift + layer->moved;
  trace->mixed = trace->before + layer->moved;
  trace->M = trace->mixed + layer->moved;
  trace->L = trace->M + m * m;
  trace->inverse = trace->L + m * m;
}

/* ---- what the modes A say ---- */

/* log g is bounded smoothly. */
static void bound_g(int N, const double *log_g, double *g)
{
  for (int t = 0; t < N; t++) {
    const double x = log_g[t] / BOUND;
    g[t] = exp(BOUND * x / sqrt(1 + x * x));
  }
}

/* d log g/d what the network gives. */
static double bound_slope(double log_g)
{
  const double x = log_g / BOUND, root = 1 / sqrt(1 + x * x);
  return root * root * root;
}

/* Shifts and M of the modes A; the logarithm of its determinant. */
static double listen(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                     sq_fourier_trace *trace, const double *mode)
{
  const int N = layer->net.sites, m = layer->mixed;
  double *path = work->path;
  memset(work->a, 0, (size_t)N * sizeof *work->a);
  for (int i = 0; i < layer->given; i++) work->a[layer->A[i]] = layer->into[i] * mode[layer->A[i]];
  sq_fourier_path(work->fourier, work->a, path);
  sq_fourier_net_forward(&layer->net, weight, path, trace->net, work->net, work->a, trace->log_g);
  sq_fourier_modes(work->fourier, work->a, work->b);
  for (int i = 0; i < layer->moved; i++) trace->shift[i] = work->b[layer->B[i]];
  if (m == 0) return 0;
  bound_g(N, trace->log_g, trace->g);
  for (int t = 0; t < N; t++) work->a[t] = trace->g[t] - 1;
  sq_fourier_sums(work->fourier, work->a, work->even, work->odd);
  sq_fourier_matrix(N, m, layer->B, layer->scale, work->even, work->odd, trace->M);
  const double log_det = sq_fourier_factor(m, trace->M, trace->L);
  if (work->gradients) sq_fourier_invert(m, trace->L, trace->inverse);
  return log_det;
}

/* From the cotangents of shifts, work->a[moved], and of M, work->Q, to those of weights and of the modes A. */
static void answer(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                   const sq_fourier_trace *trace, double *cotangent, double *gradient)
{
  const int N = layer->net.sites, m = layer->mixed;
  memset(work->b, 0, (size_t)N * sizeof *work->b);
  for (int i = 0; i < layer->moved; i++) work->b[layer->B[i]] = work->a[i];
  sq_fourier_path(work->fourier, work->b, work->a);
  memset(work->even, 0, (size_t)N * sizeof *work->even);
  memset(work->odd, 0, (size_t)N * sizeof *work->odd);
  sq_fourier_matrix_back(N, m, layer->B, layer->scale, work->Q, work->even, work->odd);
  sq_fourier_sums_back(work->fourier, work->even, work->odd, work->b);
  for (int t = 0; t < N; t++) work->b[t] = m ? work->b[t] * trace->g[t] * bound_slope(trace->log_g[t]) : 0;
  sq_fourier_net_backward(&layer->net, weight, trace->net, work->net, work->a, work->b, gradient, work->path);
  sq_fourier_modes(work->fourier, work->path, work->b);
  for (int i = 0; i < layer->given; i++) cotangent[layer->A[i]] += layer->into[i] * work->b[layer->A[i]];
}

/* s and e of the modes B. */
static double log_scale(const sq_fourier_layer *layer, const double *weight, int i)
{
  return weight[sq_fourier_net_parameters(&layer->net) + layer->number[i]];
}

static double strength(const sq_fourier_layer *layer, const double *weight, int i)
{
  return layer->D[i] * exp(weight[sq_fourier_net_parameters(&layer->net) + layer->numbers + layer->number[i]]);
}

/* ---- the coupling ---- */

static void mix(const sq_fourier_layer *layer, sq_fourier_trace *trace)
{
  sq_fourier_times(layer->mixed, trace->M, trace->before, trace->mixed);
  for (int i = layer->mixed; i < layer->moved; i++) trace->mixed[i] = trace->before[i];
}

void sq_fourier_layer_forward(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                              sq_fourier_trace *trace, double *mode, double *log_det)
{
  *log_det = listen(layer, weight, work, trace, mode);
  for (int i = 0; i < layer->moved; i++) trace->before[i] = mode[layer->B[i]];
  mix(layer, trace);
  for (int i = 0; i < layer->moved; i++) {
    const double s = log_scale(layer, weight, i);
    mode[layer->B[i]] = exp(s) * (trace->mixed[i] + strength(layer, weight, i) * trace->shift[i]);
    *log_det += s;
  }
}

void sq_fourier_layer_inverse(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                              sq_fourier_trace *trace, double *mode, double *log_det)
{
  *log_det = listen(layer, weight, work, trace, mode);
  for (int i = 0; i < layer->moved; i++) {
    const double s = log_scale(layer, weight, i);
    trace->mixed[i] = exp(-s) * mode[layer->B[i]] - strength(layer, weight, i) * trace->shift[i];
    trace->before[i] = trace->mixed[i];
    *log_det += s;
  }
  sq_fourier_solve(layer->mixed, trace->L, trace->before);
  for (int i = 0; i < layer->moved; i++) mode[layer->B[i]] = trace->before[i];
}

/* Q = - factor M^-1 + x before^T, symmetrised by what reads it. */
static void to_matrix(const sq_fourier_layer *layer, const sq_fourier_trace *trace, double factor, const double *x,
                      double *Q)
{
  const int m = layer->mixed;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) Q[i * m + j] = x[i] * trace->before[j] - factor * trace->inverse[i * m + j];
}

void sq_fourier_layer_pull(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                           const sq_fourier_trace *trace, double factor, double *cotangent, double *gradient)
{
  double *s = gradient + sq_fourier_net_parameters(&layer->net), *e = s + layer->numbers, *x = work->b;
  for (int i = 0; i < layer->moved; i++) {
    x[i] = exp(log_scale(layer, weight, i)) * cotangent[layer->B[i]];
    const double strong = strength(layer, weight, i), moved = strong * trace->shift[i];
    s[layer->number[i]] += x[i] * (trace->mixed[i] + moved) - factor;
    e[layer->number[i]] += x[i] * moved;
    work->a[i] = x[i] * strong;
  }
  to_matrix(layer, trace, factor, x, work->Q);
  sq_fourier_times(layer->mixed, trace->M, x, work->even);
  for (int i = 0; i < layer->moved; i++) cotangent[layer->B[i]] = i < layer->mixed ? work->even[i] : x[i];
  answer(layer, weight, work, trace, cotangent, gradient);
}

void sq_fourier_layer_backward(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                               const sq_fourier_trace *trace, double factor, double *cotangent, double *gradient)
{
  double *s = gradient + sq_fourier_net_parameters(&layer->net), *e = s + layer->numbers, *x = work->b;
  for (int i = 0; i < layer->moved; i++) x[i] = -cotangent[layer->B[i]];
  sq_fourier_solve(layer->mixed, trace->L, x);
  to_matrix(layer, trace, factor, x, work->Q);
  for (int i = 0; i < layer->moved; i++) {
    const double strong = strength(layer, weight, i), moved = strong * trace->shift[i];
    s[layer->number[i]] += x[i] * (trace->mixed[i] + moved) - factor;
    e[layer->number[i]] += x[i] * moved;
    work->a[i] = x[i] * strong;
    cotangent[layer->B[i]] = -x[i] * exp(-log_scale(layer, weight, i));
  }
  answer(layer, weight, work, trace, cotangent, gradient);
}
