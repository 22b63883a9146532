/* SPDX-License-Identifier: BSD-3-Clause */
/* The last row: the divergence settles all its space links with the one that closes it. What is left are their l; the
 * sum over these is the trace of a product of matrices, from link to link around the row. */
#include "internal.h"
#include <math.h>
#include <string.h>

enum { P = SQ_HEIGHTS_PANEL };

/* l from `low`, and the weights of a link with them but for e^first. */
typedef struct {
  int64_t k, low;
  double first;
} link;

static int candidates_of(const sq_heights_scales *c)
{
  return 2 * c->l + 1;
}

int64_t sq_heights_last_row_room(const sq_heights_scales *c)
{
  const int64_t n = candidates_of(c);
  return 2 * n * n + 3 * n;
}

static link link_of(const sq_heights_work *w, int64_t k, double *weight)
{
  const int n = candidates_of(&w->scales);
  link x = {.k = k, .low = PetscMax(0, sq_heights_likely(&w->scales, k) - w->scales.l)};
  x.first = sq_heights_link(&w->tables, k, x.low);
  for (int j = 0; j < n; j++) weight[j] = exp(sq_heights_link(&w->tables, k, x.low + j) - x.first);
  return x;
}

/* out[a][j] = sum_i in[a][i] W(i + j) weight[j]; returns the largest. */
static double multiply(int n, const double *in, const double *W, const double *weight, double *out)
{
  double top = 0;
  for (int a = 0; a < n; a++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int i = 0; i < n; i++) sum += in[a * n + i] * W[i + j];
      out[a * n + j] = sum * weight[j];
      top = fmax(top, out[a * n + j]);
    }
  return top;
}

double sq_heights_last_row(const sq_heights_work *w, int column, int64_t k)
{
  const int n = candidates_of(&w->scales);
  const int64_t columns = w->shape.extent[1], last = (w->shape.extent[0] - 1) * columns;
  double *in = w->ring, *out = in + n * n, *weight = out + n * n, *W = weight + n, sum = 0, log_sum = 0;
  link before = link_of(w, k, weight);
  memset(in, 0, (size_t)(n * n) * sizeof *in);
  for (int i = 0; i < n; i++) in[i * n + i] = 1;
  for (int64_t c = 0; c < columns; c++) {
    const int64_t at = (last + c) * P + column;
    const link here = link_of(w, before.k + w->flux[at], weight);
    for (int i = 0; i < 2 * n - 1; i++)
      W[i] = sq_heights_open(&w->tables, 0, 0,
                             w->size[at] + llabs(before.k) + llabs(here.k) + 2 * (before.low + here.low + i));
    const double top = multiply(n, in, W, weight, out);
    if (!(top > 0)) return -INFINITY;
    for (int i = 0; i < n * n; i++) in[i] = out[i] / top;
    log_sum += here.first + log(top);
    before = here;
  }
  for (int i = 0; i < n; i++) sum += in[i * n + i];
  return log_sum + log(fmax(sum, 1e-290));
}
