/* The network of a coupling, on one path: periodic convolutions in time without biases, so that what it makes is odd or
 * even under the sign.
 *
 *   h_0 = f(taps of the path, W_0);  h_l = h_{l-1} + f(h_{l-1} W_l);  shift = taps of h W_s;  log g = taps of h^2 W_g
 *
 * with f(x) = x/sqrt(1 + x^2). Taps are `spacing` sites apart. Activations are [sites][channels]; weights W_0
 * [taps][channels], W_l [channels][channels], W_s and W_g [channels][taps]. */
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

/* taps[t][k] = path[t + k]. */
static void spread(const sq_fourier_net *net, const double *path, double *taps)
{
  for (int k = 0; k < TAPS; k++) {
    int from = site_of(net, 0, k);
    for (int t = 0; t < net->sites; t++) {
      taps[t * TAPS + k] = path[from];
      from = from + 1 < net->sites ? from + 1 : 0;
    }
  }
}

/* path[t + k] += taps[t][k]; backwards: path[t - k], what spread is the transpose of with the other direction. */
static void gather(const sq_fourier_net *net, const double *taps, double *path)
{
  memset(path, 0, (size_t)net->sites * sizeof *path);
  for (int k = 0; k < TAPS; k++) {
    int to = site_of(net, 0, k);
    for (int t = 0; t < net->sites; t++) {
      path[to] += taps[t * TAPS + k];
      to = to + 1 < net->sites ? to + 1 : 0;
    }
  }
}

/* ---- products of [sites] rows ---- */

static void times(int N, int from, int to, const double *in, const double *w, double beta, double *out)
{
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, to, from, 1, in, from, w, to, beta, out, to);
}

static void times_weight_back(int N, int from, int to, const double *in, const double *dout, double *dw)
{
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, from, to, N, 1, in, from, dout, to, 1, dw, to);
}

static void times_back(int N, int from, int to, const double *dout, const double *w, double beta, double *din)
{
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, from, to, 1, dout, to, w, to, beta, din, from);
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
  times(N, TAPS, C, taps, weight, 0, h);
  activate(size, NULL, h, root);
  weight += TAPS * C;
  for (int l = 0; l < net->depth; l++, weight += C * C) {
    const double *before = h;
    root = h + size;
    h = root + size;
    times(N, C, C, before, weight, 0, h);
    activate(size, before, h, root);
  }
  times(N, C, TAPS, h, weight, 0, out);
  gather(net, out, shift);
  square(size, h, even);
  times(N, C, TAPS, even, weight + C * TAPS, 0, out);
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
  times_weight_back(N, C, TAPS, room, out, gradient + C * TAPS);
  times_back(N, C, TAPS, out, weight + C * TAPS, 0, dh);
  for (int64_t i = 0; i < size; i++) dh[i] *= 2 * h[i];
  spread(net, shift, out);
  times_weight_back(N, C, TAPS, h, out, gradient);
  times_back(N, C, TAPS, out, weight, 1, dh);
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
    times_weight_back(N, C, C, layers + (2 * l - 1) * size, dx, gradient + at);
    times_back(N, C, C, dx, weight + at, 1, dh);
  }
  slope(size, dh, layers, dx);
  times_weight_back(N, TAPS, C, taps, dx, gradient);
  times_back(N, TAPS, C, dx, weight, 0, out);
  gather(net, out, path);
}
