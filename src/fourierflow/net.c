/* SPDX-License-Identifier: BSD-3-Clause */
/* The network of a coupling, on one path: periodic convolutions in time without biases, so that what it makes is odd or
 * even under the sign.
 *
 *   h_0 = f(taps of the path, W_0);  h_l = h_{l-1} + f(h_{l-1} W_l);  shift = taps of h W_s;  log g = taps of h^2 W_g
 *
 * with f(x) = x/sqrt(1 + x^2). Taps are `spacing` sites apart, and stored [taps][sites]; activations are
 * [sites][channels]; weights W_0 [taps][channels], W_l [channels][channels], W_s and W_g [channels][taps]. */
#include "flow.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

enum { TAPS = SQ_FOURIER_TAPS };

int64_t sq_fourier_net_parameters(const sq_fourier_net *net)
{
  return (int64_t)net->channels * (3 * TAPS + net->depth * net->channels);
}

/* The path's taps; of each layer f'(x)^(1/3) and what comes after it. */
int64_t sq_fourier_net_kept(const sq_fourier_net *net)
{
  return (int64_t)net->sites * (TAPS + 2 * (net->depth + 1) * net->channels);
}

int64_t sq_fourier_net_scratch(const sq_fourier_net *net)
{
  return (int64_t)net->sites * (TAPS + 2 * net->channels);
}

double sq_fourier_net_flops(const sq_fourier_net *net)
{
  return 2.0 * net->sites * (double)sq_fourier_net_parameters(net);
}

void sq_fourier_net_init(const sq_fourier_net *net, sq_stream stream, double *weight)
{
  const int C = net->channels;
  sq_rng_normals(stream, 0, sq_fourier_net_parameters(net), 0, 0, weight);
  for (int i = 0; i < TAPS * C; i++) weight[i] *= 1.5 / sqrt(TAPS);
  weight += TAPS * C;
  for (int i = 0; i < net->depth * C * C; i++) weight[i] *= 1 / sqrt(C);
  weight += net->depth * C * C;
  memset(weight, 0, (size_t)(2 * TAPS * C) * sizeof *weight);
}

/* ---- taps ---- */

static int site_of(const sq_fourier_net *net, int t, int k)
{
  const int64_t at = t + (int64_t)(k - TAPS / 2) * net->spacing, N = net->sites;
  return (int)((at % N + N) % N);
}

/* taps[k][t] = path[t + k]. */
static void spread(const sq_fourier_net *net, const double *path, double *taps)
{
  const int N = net->sites;
  for (int k = 0; k < TAPS; k++) {
    const int from = site_of(net, 0, k);
    memcpy(taps + (int64_t)k * N, path + from, (size_t)(N - from) * sizeof *path);
    memcpy(taps + (int64_t)k * N + N - from, path, (size_t)from * sizeof *path);
  }
}

/* Its transpose: path[t + k] = sum_k taps[k][t]. */
static void gather(const sq_fourier_net *net, const double *taps, double *path)
{
  const int N = net->sites;
  memset(path, 0, (size_t)N * sizeof *path);
  for (int k = 0; k < TAPS; k++, taps += N) {
    const int to = site_of(net, 0, k);
    for (int t = 0; t < N - to; t++) path[to + t] += taps[t];
    for (int t = 0; t < to; t++) path[t] += taps[N - to + t];
  }
}

/* ---- products: out = start out + a b, a [m][k] and b [k][n], or stored the other way round ---- */

typedef enum { AS_IT_IS = CblasNoTrans, TURNED = CblasTrans } side;

static void times(side of_a, side of_b, int m, int n, int k, const double *a, const double *b, double start,
                  double *out)
{
  cblas_dgemm(CblasRowMajor, (CBLAS_TRANSPOSE)of_a, (CBLAS_TRANSPOSE)of_b, m, n, k, 1, a, of_a == TURNED ? m : k, b,
              of_b == TURNED ? k : n, start, out, n);
}

/* x becomes f(x) (+ before), and root the cube root of f'. */
static void activate(int64_t count, const double *before, double *x, double *root)
{
  for (int64_t i = 0; i < count; i++) {
    root[i] = 1 / sqrt(1 + x[i] * x[i]);
    x[i] = x[i] * root[i] + (before ? before[i] : 0);
  }
}

static void square(int64_t count, const double *x, double *out)
{
  for (int64_t i = 0; i < count; i++) out[i] = x[i] * x[i];
}

/* ---- the network ---- */

void sq_fourier_net_forward(const sq_fourier_net *net, const double *weight, const double *path, double *kept,
                            double *scratch, double *shift, double *log_g)
{
  const int N = net->sites, C = net->channels;
  const int64_t size = (int64_t)N * C;
  double *taps = kept, *root = taps + (int64_t)N * TAPS, *h = root + size;
  double *out = scratch, *even = out + (int64_t)N * TAPS;
  spread(net, path, taps);
  times(TURNED, AS_IT_IS, N, C, TAPS, taps, weight, 0, h);
  activate(size, NULL, h, root);
  weight += TAPS * C;
  for (int l = 0; l < net->depth; l++, weight += C * C) {
    const double *before = h;
    root = h + size;
    h = root + size;
    times(AS_IT_IS, AS_IT_IS, N, C, C, before, weight, 0, h);
    activate(size, before, h, root);
  }
  times(TURNED, TURNED, TAPS, N, C, weight, h, 0, out);
  gather(net, out, shift);
  square(size, h, even);
  times(TURNED, TURNED, TAPS, N, C, weight + C * TAPS, even, 0, out);
  gather(net, out, log_g);
}

/* dh = the cotangent of the last h. */
static void backward_last(const sq_fourier_net *net, const double *weight, const double *h, const double *shift,
                          const double *log_g, double *gradient, double *out, double *dh, double *room)
{
  const int N = net->sites, C = net->channels;
  const int64_t size = (int64_t)N * C;
  spread(net, log_g, out);
  square(size, h, room);
  times(TURNED, TURNED, C, TAPS, N, room, out, 1, gradient + C * TAPS);
  times(TURNED, TURNED, N, C, TAPS, out, weight + C * TAPS, 0, dh);
  for (int64_t i = 0; i < size; i++) dh[i] *= 2 * h[i];
  spread(net, shift, out);
  times(TURNED, TURNED, C, TAPS, N, h, out, 1, gradient);
  times(TURNED, TURNED, N, C, TAPS, out, weight, 1, dh);
}

static void slope(int64_t count, const double *dh, const double *root, double *dx)
{
  for (int64_t i = 0; i < count; i++) dx[i] = dh[i] * (root[i] * root[i] * root[i]);
}

void sq_fourier_net_backward(const sq_fourier_net *net, const double *weight, const double *kept, double *scratch,
                             const double *shift, const double *log_g, double *gradient, double *path)
{
  const int N = net->sites, C = net->channels;
  const int64_t size = (int64_t)N * C, first = (int64_t)TAPS * C, inner = (int64_t)net->depth * C * C;
  const double *taps = kept, *layers = kept + (int64_t)N * TAPS;
  double *out = scratch, *dh = out + (int64_t)N * TAPS, *dx = dh + size;
  backward_last(net, weight + first + inner, layers + (2 * net->depth + 1) * size, shift, log_g,
                gradient + first + inner, out, dh, dx);
  for (int l = net->depth; l > 0; l--) {
    const int64_t at = first + (int64_t)(l - 1) * C * C;
    slope(size, dh, layers + 2 * l * size, dx);
    times(TURNED, AS_IT_IS, C, C, N, layers + (2 * l - 1) * size, dx, 1, gradient + at);
    times(AS_IT_IS, TURNED, N, C, C, dx, weight + at, 1, dh);
  }
  slope(size, dh, layers, dx);
  times(AS_IT_IS, AS_IT_IS, TAPS, C, N, taps, dx, 1, gradient);
  times(AS_IT_IS, TURNED, TAPS, N, C, weight, dx, 0, out);
  gather(net, out, path);
}
