/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of a panel, link after link: windows of candidates, their weights, what is drawn or given. */
#include "internal.h"
#include "squall/rng.h"
#include <math.h>
#include <string.h>

enum { P = SQ_HEIGHTS_PANEL };

/* One number of one field. */
typedef struct {
  const sq_heights_work *w;
  const sq_heights_event *event;
  const sq_heights_link_step *link;
  int64_t flux_from, flux_to, size_from, size_to; /* of the ends, without this link */
  int64_t rest, left;                             /* of the first row: to be carried, by so many links more */
  int column;
} place;

static double log_of(double x)
{
  return log(fmax(x, 1e-290));
}

/* What both ends make of a link. */
static double ends_of(const place *p, int64_t k, int64_t size)
{
  const sq_heights_tables *t = &p->w->tables;
  const sq_heights_link_step *link = p->link;
  if (link->loop) return sq_heights_open(t, link->at_from, p->flux_from, p->size_from + 2 * size);
  return sq_heights_open(t, link->at_from, p->flux_from - k, p->size_from + size) *
         sq_heights_open(t, link->at_to, p->flux_to + k, p->size_to + size);
}

static int64_t lowest_l(const sq_heights_work *w, int64_t k)
{
  return PetscMax(0, sq_heights_likely(&w->scales, k) - w->scales.l);
}

/* The logarithm of the weight of k, l summed over. */
static double weigh_k(const place *p, int64_t k)
{
  const int64_t low = lowest_l(p->w, k);
  double sum = 0, first = sq_heights_link(&p->w->tables, k, low);
  for (int64_t l = low; l <= low + 2 * p->w->scales.l; l++) {
    const double link = l == low ? 1 : exp(sq_heights_link(&p->w->tables, k, l) - first);
    sum += link * ends_of(p, k, llabs(k) + 2 * l);
  }
  return first + log_of(sum) + (p->link->direction ? 0 : p->w->shape.coupling.mu * (double)k);
}

static double look_up(const sq_heights_work *w, const double *table, int64_t k)
{
  return table[w->reach + (k < -w->reach ? -w->reach : k > w->reach ? w->reach : k)];
}

/* What models of before add to it for the last row's closing link, which settles all space links of its row. */
static double weigh_row(const place *p, int64_t k)
{
  const sq_heights_work *w = p->w;
  const int64_t columns = w->shape.extent[1], last = (w->shape.extent[0] - 1) * columns;
  double sum = 0;
  for (int64_t c = 0; c < columns - 1; c++) {
    const int64_t at = (last + c) * P + p->column;
    k += w->flux[at];
    sum += look_up(w, w->closed, k);
  }
  return sum;
}

/* ---- k ---- */

/* The candidate in the middle. */
static int64_t middle_k(const place *p)
{
  const sq_heights_link_step *link = p->link;
  const double density = (double)p->w->winding[p->column] / (double)p->w->shape.extent[1];
  if (!link->direction) return (int64_t)rint((double)p->rest / (double)(p->left + 1));
  if (link->loop) return 0;
  const double from = density * (!!(link->at_from & SQ_TIME_OUT) - !!(link->at_from & SQ_TIME_IN)),
               to = density * (!!(link->at_to & SQ_TIME_OUT) - !!(link->at_to & SQ_TIME_IN));
  return (int64_t)rint(((double)p->flux_from - from - (double)p->flux_to + to) / 3);
}

/* The functions of k that outputs are coefficients of. */
static void functions_of_k(const place *p, int64_t middle, int64_t k, double T[SQ_K_OUT])
{
  const double scale = 1 / p->w->scales.sigma, d = (double)(k - middle) * scale;
  const int64_t other = p->event->kind == SQ_FIRST_ROW ? p->rest : p->flux_from;
  T[0] = d;
  T[1] = scale * fabs((double)k);
  T[2] = scale * fabs((double)(other - k));
  T[3] = scale * fabs((double)(p->flux_to + k));
  T[4] = d * d;
  for (int i = -SQ_K_NEAR; i <= SQ_K_NEAR; i++) T[SQ_K_SMOOTH + SQ_K_NEAR + i] = k - middle == i;
}

static double tilt(int count, const double *T, const float *theta)
{
  double sum = 0;
  for (int i = 0; i < count; i++) sum += T[i] * (double)theta[i * P];
  return sum;
}

/* Draws a number, or takes it; adds its log q; slope[functions][P]: its derivatives. */
static int64_t settle(sq_heights_work *w, int column, const sq_heights_integers *x, double u, int64_t given,
                      int functions, const double *T, float *slope)
{
  int at;
  const double sum = sq_heights_normalise(x);
  const int64_t number = w->stream ? sq_heights_pick(x, u) : given;
  w->log_q[column] += sq_heights_log_share(x, sum, number, &at);
  for (int i = 0; i < functions; i++) {
    double mean = 0;
    for (int j = 0; j < x->count; j++) mean += x->share[j] * T[j * functions + i];
    slope[i * P] = (float)(T[at * functions + i] - mean);
  }
  return number;
}

static int64_t settle_k(sq_heights_work *w, const place *p, double u, int64_t given, const float *theta, float *slope)
{
  const int64_t middle = middle_k(p);
  const bool closes = p->event->kind == SQ_CLOSING && p->event->row == w->shape.extent[0] - 1,
             summed = closes && w->shape.beginning && !p->link->loop;
  const sq_heights_integers x = {.first = middle - w->scales.k,
                                 .least = INT64_MIN,
                                 .count = 2 * w->scales.k + 1,
                                 .log_weight = w->room,
                                 .share = w->share};
  double *T = w->room + x.count;
  for (int i = 0; i < x.count; i++) {
    const int64_t k = x.first + i;
    functions_of_k(p, middle, k, T + i * SQ_K_OUT);
    x.log_weight[i] = tilt(SQ_K_OUT, T + i * SQ_K_OUT, theta) +
                      (summed ? sq_heights_last_row(w, p->column, k) : weigh_k(p, k));
    if (p->event->kind == SQ_FIRST_ROW) x.log_weight[i] += look_up(w, w->first_row[p->left], p->rest - k);
    if (closes && !summed) x.log_weight[i] += weigh_row(p, k);
  }
  return settle(w, p->column, &x, u, given, SQ_K_OUT, T, slope);
}

/* ---- l ---- */

static int64_t settle_l(sq_heights_work *w, const place *p, int64_t k, double other, double u, int64_t given,
                        const float *theta, float *slope)
{
  const double scale = 1 / w->scales.sigma;
  const sq_heights_integers x = {
    .first = lowest_l(w, k), .least = 0, .count = 2 * w->scales.l + 1, .log_weight = w->room, .share = w->share};
  double *T = w->room + x.count;
  for (int i = 0; i < x.count; i++) {
    const int64_t l = x.first + i;
    const double d = scale * i;
    memcpy(T + i * SQ_L_OUT, (double[SQ_L_OUT]){d, d * scale * fabs((double)k), d * d, d * scale * other, i == 0},
           SQ_L_OUT * sizeof *T);
    x.log_weight[i] = sq_heights_link(&w->tables, k, l) + log_of(ends_of(p, k, llabs(k) + 2 * l)) +
                      tilt(SQ_L_OUT, T + i * SQ_L_OUT, theta);
  }
  return settle(w, p->column, &x, u, given, SQ_L_OUT, T, slope);
}

/* ---- links ---- */

static place place_of(const sq_heights_work *w, const sq_heights_event *e, const sq_heights_link_step *link, int column)
{
  const int64_t from = link->from * P + column, to = link->to * P + column;
  return (place){.w = w,
                 .event = e,
                 .link = link,
                 .flux_from = w->flux[from],
                 .flux_to = w->flux[to],
                 .size_from = w->size[from],
                 .size_to = w->size[to],
                 .rest = w->rest[column],
                 .left = w->shape.extent[1] - 1 - e->column,
                 .column = column};
}

/* The sites at the ends learn of a link. */
static void add_link(sq_heights_work *w, const sq_heights_event *e, const sq_heights_link_step *link, int column)
{
  const int64_t from = link->from * P + column, to = link->to * P + column;
  const int32_t k = w->k[link->direction][from], size = abs(k) + 2 * w->l[link->direction][from];
  w->flux[from] -= k;
  w->flux[to] += k;
  w->size[from] += size;
  w->size[to] += size;
  if (e->kind == SQ_FIRST_ROW) w->rest[column] -= k;
}

/* Link number i of event number `number` in a field. */
static void draw_link(sq_heights_work *w, int64_t number, int i, int column, float *slope)
{
  const sq_heights_event *e = &w->event[number];
  const sq_heights_link_step *link = &e->link[i];
  const place p = place_of(w, e, link, column);
  const int at = i * (SQ_K_OUT + SQ_L_OUT) * P + column;
  int32_t *k = &w->k[link->direction][link->from * P + column], *l = &w->l[link->direction][link->from * P + column];
  double u[2] = {0.5, 0.5};
  for (int draw = 0; w->stream && draw < 2; draw++)
    u[draw] = sq_rng_uniform(w->stream[column], (uint64_t)number + 1, 0, (uint16_t)(2 * i + draw));
  if (e->kind == SQ_FIRST_ROW && !p.left) *k = (int32_t)p.rest;
  else if (link->bound) *k = (int32_t)p.flux_from;
  else *k = (int32_t)settle_k(w, &p, u[0], *k, w->out + at, slope + at);
  double other = fabs((double)(p.flux_from - *k));
  if (i == 1)
    other = abs(w->k[e->link[0].direction][e->link[0].from * P + column]) +
            2.0 * w->l[e->link[0].direction][e->link[0].from * P + column];
  *l = (int32_t)settle_l(w, &p, *k, other, u[1], *l, w->out + at + SQ_K_OUT * P, slope + at + SQ_K_OUT * P);
  add_link(w, e, link, column);
}

static void draw_windings(sq_heights_work *w)
{
  const int64_t columns = w->shape.extent[1], last = (w->shape.extent[0] - 1) * columns;
  const sq_heights_integers x = {.first = w->shape.middle - w->shape.windings,
                                 .least = INT64_MIN,
                                 .count = 2 * (int)w->shape.windings + 1,
                                 .log_weight = w->winding_log,
                                 .share = w->winding_share};
  for (int j = 0; j < w->count; j++) {
    int64_t winding = 0;
    if (w->stream) winding = sq_heights_pick(&x, sq_rng_uniform(w->stream[j], 0, 0, 0));
    else
      for (int64_t c = 0; c < columns; c++) winding += w->k[0][(last + c) * P + j];
    w->winding[j] = w->rest[j] = (int32_t)winding;
    w->log_q[j] = sq_heights_log_share(&x, w->winding_sum, winding, &w->winding_at[j]);
  }
}

void sq_heights_fill(sq_heights_work *w, const sq_heights_tape *tape, bool keep)
{
  const sq_heights_shape *s = &w->shape;
  const int64_t volume = s->extent[0] * s->extent[1], shared = sq_heights_shared(s), own = sq_heights_own(s);
  const float *shared_weight = w->weight + 2 * s->windings + 1, *own_weight = shared_weight + SQ_EVENTS * shared;
  memset(w->flux, 0, (size_t)(volume * P) * sizeof *w->flux);
  memset(w->size, 0, (size_t)(volume * P) * sizeof *w->size);
  draw_windings(w);
  for (int64_t i = 0; i < w->events; i++) {
    const sq_heights_event *e = &w->event[i];
    const sq_heights_tape *t = &tape[keep ? i : 0];
    sq_heights_look(w, e, t->x);
    sq_heights_forward(w->kernels, s, shared_weight + e->kind * shared, own_weight + i * own, t->x, t->y, w->out);
    memset(t->slope, 0, SQ_HEIGHTS_OUT * P * sizeof *t->slope);
    for (int link = 0; link < e->links; link++)
      for (int j = 0; j < w->count; j++) draw_link(w, i, link, j, t->slope);
  }
}
