/* SPDX-License-Identifier: BSD-3-Clause */
/* A model at work: tables that are made once, and room for a panel. */
#include "internal.h"
#include <math.h>
#include <string.h>

enum { P = SQ_HEIGHTS_PANEL };

/* Windings begin with that power of what is expected: what is never drawn is not learned. */
static const double BREADTH = 0.6;

static double log_of(double x)
{
  return log(fmax(x, 1e-290));
}

/* What a time link carries between two sites that nothing else is known of. */
static double first_link(const sq_heights_work *w, int64_t k)
{
  const sq_heights_tables *t = &w->tables;
  const int all = w->shape.dim == 2 ? SQ_OPEN - 1 : SQ_TIME_OUT | SQ_TIME_IN;
  const int64_t low = PetscMax(0, sq_heights_likely(&w->scales, k) - w->scales.l);
  double sum = 0;
  for (int64_t l = low; l <= low + 2 * w->scales.l; l++) {
    const int64_t size = llabs(k) + 2 * l;
    sum += exp(sq_heights_link(t, k, l) + w->shape.coupling.mu * (double)k) *
           sq_heights_open(t, all & ~SQ_TIME_OUT, -k, size) * sq_heights_open(t, all & ~SQ_TIME_IN, k, size);
  }
  return sum;
}

/* By what weights fall beyond the end of a window: as at the end, by e at least. */
static double falls(double end, double before)
{
  return before > 0 ? fmin(end / before, exp(-1)) : exp(-1);
}

/* Beyond its window a link has weights too: no sum of links is impossible. link[2 k + 1], before[2 reach + 1]. */
static void add_tails(const sq_heights_work *w, const double *link, const double *before, double *sum)
{
  const int last = 2 * w->scales.k;
  const int64_t count = 2 * w->reach + 1, low = (int64_t)rint(w->scales.density) - w->scales.k, high = low + last;
  const double left = falls(link[0], link[1]), right = falls(link[last], link[last - 1]);
  double tail = 0;
  for (int64_t r = 0; r < count; r++) {
    const int64_t from = r - high - 1;
    tail = right * (tail + (from >= 0 && from < count ? before[from] : 0));
    sum[r] += link[last] * tail;
  }
  tail = 0;
  for (int64_t r = count - 1; r >= 0; r--) {
    const int64_t from = r - low + 1;
    tail = left * (tail + (from >= 0 && from < count ? before[from] : 0));
    sum[r] += link[0] * tail;
  }
}

/* Sums of 0, 1, .. independent links. */
static PetscErrorCode sum_links(sq_heights_work *w)
{
  PetscFunctionBeginUser;
  const int64_t middle = (int64_t)rint(w->scales.density), count = 2 * w->reach + 1;
  double *link, all = 0;
  PetscCall(sq_alloc(2 * w->scales.k + 1, &link));
  PetscCall(sq_alloc(w->shape.extent[1], &w->first_row));
  for (int i = 0; i <= 2 * w->scales.k; i++) all += link[i] = first_link(w, middle - w->scales.k + i);
  for (int i = 0; i <= 2 * w->scales.k && w->shape.beginning; i++) link[i] /= all;
  if (w->shape.beginning) all = 1;
  for (int64_t n = 0; n < w->shape.extent[1]; n++) {
    PetscCall(sq_alloc(count, &w->first_row[n]));
    if (n == 0) w->first_row[0][w->reach] = 1;
    for (int64_t r = 0; n > 0 && r < count; r++)
      for (int i = 0; i <= 2 * w->scales.k; i++) {
        const int64_t from = r - (middle - w->scales.k + i);
        if (from >= 0 && from < count) w->first_row[n][r] += link[i] / all * w->first_row[n - 1][from];
      }
    if (n > 0 && w->shape.beginning) add_tails(w, link, w->first_row[n - 1], w->first_row[n]);
  }
  for (int64_t n = 0; n < w->shape.extent[1]; n++)
    for (int64_t r = 0; r < count; r++) w->first_row[n][r] = log_of(w->first_row[n][r]);
  sq_free(&link);
  PetscFunctionReturn(0);
}

static PetscErrorCode close_links(sq_heights_work *w)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(2 * w->reach + 1, &w->closed));
  for (int64_t k = -w->reach; k <= w->reach; k++) {
    const int64_t low = PetscMax(0, sq_heights_likely(&w->scales, k) - w->scales.l);
    const double first = sq_heights_link(&w->tables, k, low);
    double sum = 0;
    for (int64_t l = low; l <= low + 2 * w->scales.l; l++) sum += exp(sq_heights_link(&w->tables, k, l) - first);
    w->closed[w->reach + k] = first + log(sum);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(sq_heights_work *w)
{
  PetscFunctionBeginUser;
  const int64_t sites = w->shape.extent[0] * w->shape.extent[1] * P, windings = 2 * w->shape.windings + 1;
  const int64_t candidates = 2 * PetscMax(w->scales.k, w->scales.l) + 1;
  PetscCall(sq_alloc(sq_heights_parameters(&w->shape), &w->weight));
  double **tables[] = {&w->winding_start, &w->winding_log, &w->winding_share, &w->winding_learned};
  for (int i = 0; i < 4; i++) PetscCall(sq_alloc(windings, tables[i]));
  PetscCall(sq_alloc(sq_heights_last_row_room(&w->scales), &w->ring));
  for (int nu = 0; nu < w->shape.dim; nu++) {
    PetscCall(sq_alloc(sites, &w->k[nu]));
    PetscCall(sq_alloc(sites, &w->l[nu]));
  }
  PetscCall(sq_alloc(sites, &w->flux));
  PetscCall(sq_alloc(sites, &w->size));
  PetscCall(sq_alloc(P, &w->winding));
  PetscCall(sq_alloc(P, &w->rest));
  PetscCall(sq_alloc(P, &w->winding_at));
  PetscCall(sq_alloc(P, &w->log_q));
  PetscCall(sq_alloc(SQ_HEIGHTS_OUT * P, &w->out));
  PetscCall(sq_alloc((1 + SQ_K_OUT) * candidates, &w->room));
  PetscCall(sq_alloc(candidates, &w->share));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_heights_work_create(const sq_heights_shape *shape, sq_heights_work *w)
{
  PetscFunctionBeginUser;
  *w = (sq_heights_work){.shape = *shape, .scales = sq_heights_scales_of(shape), .kernels = sq_nn_best()};
  w->reach = llabs(shape->middle) + shape->windings + 2 * w->scales.k;
  PetscCall(allocate(w));
  for (int64_t i = 0; i <= 2 * shape->windings; i++)
    w->winding_start[i] = BREADTH * sq_heights_winding(shape, &w->scales, shape->middle - shape->windings + i);
  PetscCall(sq_heights_order(shape, &w->event, &w->events));
  PetscCall(sq_heights_tables_create(shape, &w->scales, &w->tables));
  PetscCall(sum_links(w));
  PetscCall(close_links(w));
  PetscFunctionReturn(0);
}

void sq_heights_work_clear(sq_heights_work *w)
{
  double **doubles[] = {&w->winding_start,   &w->winding_log, &w->winding_share,
                        &w->winding_learned, &w->ring,        &w->closed,
                        &w->log_q,           &w->room,        &w->share};
  int32_t **integers[] = {&w->k[0], &w->k[1], &w->l[0], &w->l[1], &w->flux, &w->size, &w->winding, &w->rest};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) sq_free(doubles[i]);
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) sq_free(integers[i]);
  for (int64_t n = 0; w->first_row && n < w->shape.extent[1]; n++) sq_free(&w->first_row[n]);
  sq_free(&w->first_row);
  sq_free(&w->weight);
  sq_free(&w->event);
  sq_free(&w->winding_at);
  sq_free(&w->out);
  sq_heights_tables_clear(&w->tables);
}
