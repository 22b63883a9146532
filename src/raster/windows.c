/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows: for each site the list of sites that a layer sees from it, all of them known, and which weights each takes.
 * Sites at the same distance, modulo the extents, share weights, unless every pair has its own. Slots are numbered in
 * lexicographic order of distances, so those of a site away from the edges are consecutive.
 */
#include "src/raster/windows.h"
#include <stdlib.h>
#include <string.h>

/* What windows are made from. */
typedef struct {
  const sq_raster_shape *shape;
  sq_raster_view view;
  bool self;
  int64_t volume, slice, stride[SQ_DIM]; /* slice: sites with the same first coordinate */
} maker;

static maker maker_of(const sq_raster_shape *shape, sq_raster_view view, bool self)
{
  maker m = {.shape = shape, .view = view, .self = self, .volume = 1};
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    m.stride[mu] = m.volume;
    m.volume *= shape->extent[mu];
  }
  m.slice = m.volume / shape->extent[SQ_DIM - shape->dim];
  return m;
}

static int64_t coordinate(const maker *m, int64_t site, int mu)
{
  return site / m->stride[mu] % m->shape->extent[mu];
}

/* The distance from x to y: each coordinate modulo the extent in -(n-1)/2 .. n/2, lexicographic. */
static int64_t distance(const maker *m, int64_t x, int64_t y)
{
  int64_t key = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    const int64_t n = m->shape->extent[mu];
    key = key * n + (coordinate(m, y, mu) - coordinate(m, x, mu) + n + (n - 1) / 2) % n;
  }
  return key;
}

static bool near(const maker *m, int64_t x, int64_t y)
{
  for (int mu = 0; mu < SQ_DIM; mu++) {
    const int64_t n = m->shape->extent[mu], d = (coordinate(m, y, mu) - coordinate(m, x, mu) + n) % n;
    if (PetscMin(d, n - d) > m->shape->radius) return false;
  }
  return true;
}

/* Whether a known site has a neighbour at x or later. */
static bool borders(const maker *m, int64_t x, int64_t y)
{
  for (int mu = 0; mu < SQ_DIM; mu++) {
    const int64_t n = m->shape->extent[mu], c = coordinate(m, y, mu);
    if (y + ((c + 1) % n - c) * m->stride[mu] >= x || y + ((c + n - 1) % n - c) * m->stride[mu] >= x) return true;
  }
  return false;
}

static bool seen(const maker *m, int64_t x, int64_t y)
{
  if (y == x) return m->self;
  if (m->view == SQ_RASTER_ITSELF) return false;
  return m->view == SQ_RASTER_BOX ? near(m, x, y) : borders(m, x, y);
}

typedef struct {
  int64_t key;
  int32_t site;
} candidate;

static int by_key(const void *a, const void *b)
{
  const candidate *x = a, *y = b;
  return (x->key > y->key) - (x->key < y->key);
}

/* Adds those of slices first .. last that are seen from x. */
static int64_t collect_slices(const maker *m, int64_t x, int64_t first, int64_t last, int64_t count, candidate *c)
{
  for (int64_t y = first * m->slice; y < (last + 1) * m->slice && y <= x; y++)
    if (seen(m, x, y)) c[count++] = (candidate){distance(m, x, y), (int32_t)y};
  return count;
}

/* Those seen from x, sorted; returns how many. They are in the slices before, and in the first ones, which are behind
 * the last. */
static int64_t collect(const maker *m, int64_t x, candidate *c)
{
  const int64_t n = m->shape->extent[SQ_DIM - m->shape->dim], slice = x / m->slice, radius = m->shape->radius;
  int64_t before = 0, behind = -1;
  if (m->view == SQ_RASTER_FRONTIER) before = 1, behind = 0;
  if (m->view == SQ_RASTER_BOX) before = radius, behind = PetscMin(slice, slice + radius - n);
  int64_t count = collect_slices(m, x, 0, behind, 0, c);
  count = collect_slices(m, x, PetscMax(PetscMax(behind + 1, slice - before), (int64_t)0), slice, count, c);
  qsort(c, (size_t)count, sizeof *c, by_key);
  return count;
}

/* The taps, with distances or numbers of pairs for slots. */
static PetscErrorCode list(const maker *m, candidate *room, int64_t **key, sq_raster_window *w)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(m->volume + 1, &w->begin));
  for (int64_t x = 0; x < m->volume; x++) {
    const int64_t count = collect(m, x, room);
    w->begin[x + 1] = w->begin[x] + count;
    w->most = PetscMax(w->most, count);
  }
  PetscCall(sq_alloc(w->begin[m->volume], &w->tap));
  PetscCall(sq_alloc(w->begin[m->volume], key));
  for (int64_t x = 0; x < m->volume; x++) {
    const int64_t count = collect(m, x, room), at = w->begin[x];
    for (int64_t i = 0; i < count; i++) {
      w->tap[at + i].site = room[i].site;
      (*key)[at + i] = m->shape->network->apart ? at + i : room[i].key;
    }
  }
  PetscFunctionReturn(0);
}

/* Numbers the keys that occur. */
static PetscErrorCode number(int64_t keys, const int64_t *key, sq_raster_window *w)
{
  PetscFunctionBeginUser;
  int32_t *slot;
  const int64_t taps = w->begin[w->sites];
  PetscCall(sq_alloc(keys, &slot));
  for (int64_t i = 0; i < taps; i++) slot[key[i]] = 1;
  for (int64_t k = 0; k < keys; k++)
    if (slot[k]) slot[k] = (int32_t)w->slots++;
  for (int64_t i = 0; i < taps; i++) w->tap[i].slot = slot[key[i]];
  sq_free(&slot);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_raster_window_create(const sq_raster_shape *shape, sq_raster_view view, bool self,
                                       sq_raster_window *w)
{
  PetscFunctionBeginUser;
  const maker m = maker_of(shape, view, self);
  candidate *room;
  int64_t *key;
  *w = (sq_raster_window){.sites = m.volume};
  PetscCall(sq_alloc(m.volume, &room));
  PetscCall(list(&m, room, &key, w));
  PetscCall(number(shape->network->apart ? w->begin[m.volume] : m.volume, key, w));
  sq_free(&key);
  sq_free(&room);
  PetscFunctionReturn(0);
}

static int by_slot(const void *a, const void *b)
{
  const sq_raster_tap *x = a, *y = b;
  return x->slot - y->slot;
}

PetscErrorCode sq_raster_window_reverse(const sq_raster_window *w, sq_raster_window *u)
{
  PetscFunctionBeginUser;
  int64_t *filled;
  *u = (sq_raster_window){.sites = w->sites, .slots = w->slots};
  PetscCall(sq_alloc(w->sites + 1, &u->begin));
  PetscCall(sq_alloc(w->begin[w->sites], &u->tap));
  PetscCall(sq_alloc(w->sites, &filled));
  for (int64_t i = 0; i < w->begin[w->sites]; i++) u->begin[w->tap[i].site + 1]++;
  for (int64_t y = 0; y < w->sites; y++) {
    u->most = PetscMax(u->most, u->begin[y + 1]);
    u->begin[y + 1] += u->begin[y];
  }
  for (int64_t x = 0; x < w->sites; x++)
    for (int64_t i = w->begin[x]; i < w->begin[x + 1]; i++) {
      const int32_t y = w->tap[i].site;
      u->tap[u->begin[y] + filled[y]++] = (sq_raster_tap){(int32_t)x, w->tap[i].slot};
    }
  for (int64_t y = 0; y < w->sites; y++)
    qsort(u->tap + u->begin[y], (size_t)(u->begin[y + 1] - u->begin[y]), sizeof *u->tap, by_slot);
  sq_free(&filled);
  PetscFunctionReturn(0);
}

void sq_raster_window_destroy(sq_raster_window *w)
{
  sq_free(&w->begin);
  sq_free(&w->tap);
}
