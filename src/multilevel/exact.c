/* SPDX-License-Identifier: BSD-3-Clause */
/* Exact steps on level 0, of a theory of links between neighbours (sq_action_given): odd sites given the even ones; and
 * even sites of which no two have an odd neighbour in common, of numbers that are 1 or -1, with the odd sites summed
 * out: their density is that of sum_y log z(h_y) over their odd neighbours y. */
#include "src/multilevel/internal.h"
#include <string.h>

/* field[orders][n] += hop v at the site `away` from a position, of pixels. */
static void add_site(const sq_multi_work *w, const sq_multi_level *l, int position, const int away[SQ_DIM], double hop,
                     int64_t first, int64_t cells, double *field)
{
  int64_t shift;
  const int from = sq_multi_away(l, position, away, &shift), count = w->count;
  for (int c = 0; c < l->orders; c++) {
    const double *v = sq_multi_vectors(l, from, c);
    double *to = field + c * cells * count;
    for (int64_t i = 0; i < cells; i++) {
      const double *x = v + (l->cell[first + i] + shift) * l->batch;
      for (int b = 0; b < count; b++) to[i * count + b] += hop * x[b];
    }
  }
}

/* The field that the site `at` away from a position sees of all its neighbours but the position itself. */
static void add_neighbours(const sq_multi_work *w, const sq_multi_level *l, int position, const int at[SQ_DIM],
                           int64_t first, int64_t cells, double *field)
{
  memset(field, 0, (size_t)(l->orders * cells * w->count) * sizeof *field);
  for (int mu = l->cells->first_dir; mu < SQ_DIM; mu++)
    for (int side = -1; side <= 1; side += 2) {
      int away[SQ_DIM], links = 0;
      memcpy(away, at, sizeof away);
      away[mu] += side;
      for (int nu = 0; nu < SQ_DIM; nu++) links += abs(away[nu]);
      if (links > 0) add_site(w, l, position, away, sq_multi_hop(w->site, mu), first, cells, field);
    }
}

/* ---- odd sites ---- */

static void take_odd(sq_multi_level *l, int position, int64_t first, int64_t cells, sq_multi_work *w)
{
  const sq_multi_site *s = w->site;
  const int64_t n = cells * w->count;
  const int none[SQ_DIM] = {0};
  add_neighbours(w, l, position, none, first, cells, w->field);
  sq_multi_address(w, l, position, first, cells);
  if (w->draw) {
    for (int64_t i = 0; i < cells; i++) {
      for (int c = 0; c < l->orders; c++)
        memcpy(w->more + c * w->count, w->field + c * n + i * w->count, (size_t)w->count * sizeof(double));
      s->given->draw(&s->action, s->table, w->count, w->more, w->stream, w->sites[i * w->count], 0,
                     w->x + i * w->count);
    }
    sq_multi_write(w, l, position, first, cells);
  } else sq_multi_read(w, l, position, first, cells);
  s->given->log_z(&s->action, s->table, n, w->field, w->log_q, NULL);
  const double *v = sq_action_order(&s->action, n, w->x, w->more);
  for (int64_t i = 0; i < n; i++) w->log_q[i] = -w->log_q[i];
  for (int c = 0; c < l->orders; c++)
    for (int64_t i = 0; i < n; i++) w->log_q[i] += w->field[c * n + i] * v[c * n + i];
  if (s->given->potential) {
    s->given->potential(&s->action, n, w->x, w->more);
    for (int64_t i = 0; i < n; i++) w->log_q[i] -= w->more[i];
  }
  sq_multi_add(w, n);
}

void sq_multi_exact_odd(sq_multi_level *l, int position, sq_multi_work *w)
{
  const int64_t most = sq_multi_chunk_cells(w);
  for (int64_t first = 0; first < l->interior; first += most)
    take_odd(l, position, first, PetscMin(most, l->interior - first), w);
}

/* ---- the last even sites ---- */

/* field[n] += (log z(h + hop) - log z(h - hop))/2 of the neighbour in direction mu on one side. */
static void add_summed(sq_multi_level *l, int position, int mu, int side, int64_t first, int64_t cells,
                       sq_multi_work *w, double *field)
{
  const sq_multi_site *s = w->site;
  const int64_t n = cells * w->count;
  const double hop = sq_multi_hop(s, mu);
  double *h = w->more, *up = w->log_q, *down = w->factor;
  int at[SQ_DIM] = {0};
  at[mu] = side;
  add_neighbours(w, l, position, at, first, cells, h);
  for (int64_t i = 0; i < n; i++) h[i] += hop;
  s->given->log_z(&s->action, s->table, n, h, up, NULL);
  for (int64_t i = 0; i < n; i++) h[i] -= 2 * hop;
  s->given->log_z(&s->action, s->table, n, h, down, NULL);
  for (int64_t i = 0; i < n; i++) field[i] += 0.5 * (up[i] - down[i]);
}

static void take_last(sq_multi_level *l, int position, int64_t first, int64_t cells, sq_multi_work *w)
{
  const int64_t n = cells * w->count;
  memset(w->field, 0, (size_t)n * sizeof(double));
  memset(w->par, 0, (size_t)n * sizeof(float));
  for (int mu = l->cells->first_dir; mu < SQ_DIM; mu++)
    for (int side = -1; side <= 1; side += 2) add_summed(l, position, mu, side, first, cells, w, w->field);
  const sq_conditional_batch batch = {.n = n, .mixture = 1, .par = w->par, .field = w->field};
  sq_multi_take(w, l, position, first, cells, &batch);
}

PetscErrorCode sq_multi_exact_last(sq_multi_level *l, int position, sq_multi_work *w)
{
  PetscFunctionBeginUser;
  const int64_t most = sq_multi_chunk_cells(w);
  for (int64_t first = 0; first < l->interior; first += most)
    take_last(l, position, first, PetscMin(most, l->interior - first), w);
  if (w->draw) PetscCall(sq_multi_complete(l, position));
  PetscFunctionReturn(0);
}
