/* SPDX-License-Identifier: BSD-3-Clause */
/* What the theory says of a site with open links: sums over them, the site at the other end of each being joined to the
 * rest of the lattice by its other links alone (H. A. Bethe, Proc. R. Soc. A 150 (1935) 552). With w(k, l) the weight
 * of a link, e^{mu k} in time, open_m[q][f] = sum_{k, l} w(k, l) M_e(k, |k| + 2 l) open_{m - e}[q -+ k][f + |k| + 2 l],
 * open_0[0][f] = W(f), e one of the open ends m; and M_e(k, a) is what the site at the other end makes of it, all its
 * other links being open: the same sums. They are iterated to a fixed point; in one direction that is the eigenvector
 * of a transfer matrix. */
#include "internal.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 24, FACTORIALS = 4096 };
static const double MOST_COST = 4e10; /* of all rounds: seconds */

typedef struct {
  const sq_heights_shape *shape;
  const sq_heights_scales *scales;
  sq_heights_tables *t;
  int all;                  /* ends of a site */
  double *message[SQ_OPEN]; /* of an end, as open[] */
  double *cost[SQ_OPEN];    /* of an end, [k + most] */
} work;

double sq_heights_link(const sq_heights_tables *t, int64_t k, int64_t l)
{
  const int64_t size = llabs(k), high = size + l;
  const double first = high < t->factorials ? t->factorial[high] : lgamma((double)high + 1),
               second = l < t->factorials ? t->factorial[l] : lgamma((double)l + 1);
  return (double)(size + 2 * l) * t->log_rho - first - second;
}

/* The largest flux, and sum of |k| + 2 l, of a table. */
static int most_of(const sq_heights_scales *c)
{
  return (int)fmin(600, fabs(c->density) + 2 * c->k);
}

static int sizes_of(const sq_heights_shape *shape, const sq_heights_scales *c)
{
  return (int)fmin(2000, 2 * shape->dim * ceil(fabs(c->density) + 2 * c->rho + 5 * c->sigma) + 8);
}

double sq_heights_tables_cost(const sq_heights_shape *shape, const sq_heights_scales *c)
{
  const double entries = (2.0 * most_of(c) + 1) * sizes_of(shape, c), links = (2.0 * c->k + 1) * (2 * c->l + 1);
  return (shape->dim == 2 ? 15 : 3) * entries * links;
}

static int64_t place(const sq_heights_tables *t, int64_t q, int64_t f)
{
  return (q + t->most) * t->sizes + f;
}

/* One site without open links; sizes are even there, and a table without holes is easier to live with. */
static void close_site(const work *w)
{
  const sq_heights_tables *t = w->t;
  const sq_flux_coupling *c = &w->shape->coupling;
  const double none = sq_flux_log_weight(c->eta, c->lambda, 0);
  double before = 0;
  for (int f = 0; f < t->sizes; f += 2) {
    const double here = sq_flux_log_weight(c->eta, c->lambda, f / 2) - none - 0.5 * f * t->log_rho;
    if (f) t->open[0][place(t, 0, f - 1)] = exp(fmin(0.5 * (before + here), 600));
    t->open[0][place(t, 0, f)] = exp(fmin(here, 600));
    if (f + 1 < t->sizes) t->open[0][place(t, 0, f + 1)] = exp(fmin(here, 600));
    before = here;
  }
}

/* out[q][f] += weight in[q + shift][f + size], sizes cut at the end. */
static void add_shifted(const sq_heights_tables *t, double weight, int64_t shift, int64_t size, const double *in,
                        double *out)
{
  const int64_t first = shift < 0 ? -t->most - shift : -t->most, last = shift > 0 ? t->most - shift : t->most;
  for (int64_t q = first; q <= last; q++) {
    const double *from = in + place(t, q + shift, 0);
    double *to = out + place(t, q, 0);
    for (int64_t f = 0; f < t->sizes - size; f++) to[f] += weight * from[f + size];
    for (int64_t f = PetscMax(0, t->sizes - size); f < t->sizes; f++) to[f] += weight * from[t->sizes - 1];
  }
}

/* open[mask] from open[mask - end]. */
static void open_end(const work *w, int mask, int end)
{
  const sq_heights_tables *t = w->t;
  const bool time = end == SQ_TIME_OUT || end == SQ_TIME_IN, out = end == SQ_TIME_OUT || end == SQ_SPACE_OUT;
  const int64_t middle = time ? (int64_t)rint(w->scales->density) : 0;
  memset(t->open[mask], 0, (size_t)(2 * t->most + 1) * (size_t)t->sizes * sizeof(double));
  for (int64_t k = middle - w->scales->k; k <= middle + w->scales->k; k++) {
    if (llabs(k) > t->most) continue;
    const int64_t low = PetscMax(0, sq_heights_likely(w->scales, k) - w->scales->l);
    for (int64_t l = low; l <= low + 2 * w->scales->l; l++) {
      const int64_t size = llabs(k) + 2 * l;
      if (size >= t->sizes) break;
      const double weight = exp(sq_heights_link(t, k, l) + (time ? w->shape->coupling.mu * (double)k : 0)) *
                            w->message[end][place(t, k, size)];
      if (weight > 0) add_shifted(t, weight, out ? -k : k, size, t->open[mask & ~end], t->open[mask]);
    }
  }
}

/* The message of an end is the table of the site at its other end, in units of what it says of a usual link; returns by
 * how much it changed there. */
static double send(const work *w, int end, bool first)
{
  static const int other[SQ_OPEN] = {
    [SQ_TIME_OUT] = SQ_TIME_IN, [SQ_TIME_IN] = SQ_TIME_OUT, [SQ_SPACE_OUT] = SQ_SPACE_IN, [SQ_SPACE_IN] = SQ_SPACE_OUT};
  const sq_heights_tables *t = w->t;
  const double *from = t->open[w->all & ~other[end]];
  const bool time = end == SQ_TIME_OUT || end == SQ_TIME_IN, out = end == SQ_TIME_OUT || end == SQ_SPACE_OUT;
  const int64_t usual = time ? PetscMax(-t->most, PetscMin(t->most, (int64_t)rint(w->scales->density))) : 0;
  const double unit = from[place(t, out ? usual : -usual, PetscMin(llabs(usual), t->sizes - 1))];
  double change = 0;
  for (int64_t k = -t->most; k <= t->most; k++) {
    const int64_t row = place(t, out ? k : -k, 0), least = PetscMin(llabs(k), t->sizes - 1);
    double *m = &w->message[end][place(t, k, 0)];
    if (first) w->cost[end][k + t->most] = fmin(fmax(from[row + least] / unit, 1e-200), 1e200);
    const double scale = w->cost[end][k + t->most] / fmax(from[row + least], 1e-250);
    for (int64_t a = 0; a < t->sizes; a++) {
      const double now = fmin(fmax(scale * from[row + a], 1e-200), 1e200);
      if (k == usual && a == PetscMin(llabs(usual) + 2, t->sizes - 1)) change = fmax(change, fabs(now / m[a] - 1));
      m[a] = now;
    }
  }
  return isfinite(unit) && unit > 0 ? change : NAN;
}

static bool iterate(const work *w)
{
  const int rounds = (int)fmax(1, fmin(ROUNDS, MOST_COST / sq_heights_tables_cost(w->shape, w->scales)));
  double change = 1;
  for (int round = 0; round < rounds && change > 1e-6; round++) {
    for (int mask = 1; mask < SQ_OPEN; mask++)
      if (!(mask & ~w->all)) open_end(w, mask, mask & -mask);
    change = 0;
    for (int end = 1; end < SQ_OPEN; end *= 2)
      if (end & w->all) {
        const double by = send(w, end, round == 0);
        if (!isfinite(by)) return false;
        change = fmax(change, by);
      }
  }
  return true;
}

/* Messages that say nothing. */
static void silence(const work *w)
{
  const int64_t count = (2 * w->t->most + 1) * (int64_t)w->t->sizes;
  for (int end = 1; end < SQ_OPEN; end *= 2)
    for (int64_t i = 0; w->message[end] && i < count; i++) w->message[end][i] = 1;
}

static PetscErrorCode fill(work *w)
{
  PetscFunctionBeginUser;
  const int64_t count = (2 * w->t->most + 1) * (int64_t)w->t->sizes;
  for (int end = 1; end < SQ_OPEN; end *= 2)
    if (end & w->all) {
      PetscCall(sq_alloc(count, &w->message[end]));
      PetscCall(sq_alloc(2 * w->t->most + 1, &w->cost[end]));
    }
  silence(w);
  close_site(w);
  if (!iterate(w)) {
    silence(w);
    for (int mask = 1; mask < SQ_OPEN; mask++)
      if (!(mask & ~w->all)) open_end(w, mask, mask & -mask);
  }
  for (int end = 1; end < SQ_OPEN; end *= 2) {
    sq_free(&w->message[end]);
    sq_free(&w->cost[end]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_heights_tables_create(const sq_heights_shape *shape, const sq_heights_scales *scales,
                                        sq_heights_tables *t)
{
  PetscFunctionBeginUser;
  work w = {.shape = shape, .scales = scales, .t = t, .all = shape->dim == 2 ? 15 : 3};
  *t = (sq_heights_tables){
    .most = most_of(scales), .sizes = sizes_of(shape, scales), .log_rho = log(scales->rho), .factorials = FACTORIALS};
  PetscCall(sq_alloc(FACTORIALS, &t->factorial));
  for (int i = 2; i < FACTORIALS; i++) t->factorial[i] = t->factorial[i - 1] + log(i);
  for (int mask = 0; mask < SQ_OPEN; mask++)
    if (!(mask & ~w.all)) PetscCall(sq_alloc((2 * t->most + 1) * (int64_t)t->sizes, &t->open[mask]));
  PetscCall(fill(&w));
  PetscFunctionReturn(0);
}

void sq_heights_tables_clear(sq_heights_tables *t)
{
  for (int mask = 0; mask < SQ_OPEN; mask++) sq_free(&t->open[mask]);
  sq_free(&t->factorial);
}
