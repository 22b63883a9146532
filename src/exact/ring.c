/* SPDX-License-Identifier: BSD-3-Clause */
/* ring: states of a ring, their orbits under the group of turns and reflections, and its irreducible representations:
 * four of one dimension (two where the number of sites is odd) and, for every wave number between, one of two, of which
 * the first row is taken (E. P. Wigner, Group theory, 1959, chapter 12). */
#include "src/exact/ring.h"
#include <math.h>
#include <string.h>

/* A walk through all states below a cost. */
typedef struct {
  int sites, K, orders, enough, count, now[SQ_RING_SITES];
  const double *cost;
  double most;
  int (*out)[SQ_RING_SITES]; /* NULL: they are only counted */
} walk;

static void step(walk *w, int x, int sum, double cost)
{
  if (w->count > w->enough) return;
  if (x == w->sites) {
    if (sum != w->K) return;
    if (w->out) memcpy(w->out[w->count], w->now, sizeof w->now);
    w->count++;
    return;
  }
  for (int k = 1 - w->orders; k < w->orders; k++) {
    double then = cost + w->cost[abs(k)];
    if (then > w->most) continue;
    w->now[x] = k;
    step(w, x + 1, sum + k, then);
  }
}

int sq_ring_count(int sites, int K, const double *cost, int orders, double most, int enough)
{
  walk w = {.sites = sites, .K = K, .orders = orders, .enough = enough, .cost = cost, .most = most};
  step(&w, 0, 0, 0);
  return w.count;
}

static int compare(const int *a, const int *b, int sites)
{
  for (int x = 0; x < sites; x++)
    if (a[x] != b[x]) return a[x] < b[x] ? -1 : 1;
  return 0;
}

static int find(const sq_ring *r, const int *state)
{
  int low = 0, high = r->states - 1;
  while (low < high) {
    int middle = (low + high) / 2;
    if (compare(r->at[middle], state, r->sites) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* The state turned by `turn` sites, after a reflection or none. */
static int image(const sq_ring *r, int state, int turn, int reflected)
{
  int out[SQ_RING_SITES];
  for (int x = 0; x < r->sites; x++) {
    int from = (x - turn + r->sites) % r->sites;
    out[x] = r->at[state][reflected ? (r->sites - from) % r->sites : from];
  }
  return find(r, out);
}

static int member_of(const sq_orbit *o, int state)
{
  int i = 0;
  while (i < o->images && o->member[i] != state) i++;
  return i;
}

static PetscErrorCode make_orbits(sq_ring *r, bool symmetric)
{
  PetscFunctionBeginUser;
  bool *seen;
  PetscCall(sq_alloc(r->states, &r->orbit));
  PetscCall(sq_alloc(r->states, &seen));
  for (int a = 0; a < r->states; a++) {
    if (seen[a]) continue;
    sq_orbit *o = &r->orbit[r->orbits++];
    for (int g = 0; g < (symmetric ? 2 * r->sites : 1); g++) {
      int b = image(r, a, g / 2, g % 2);
      if (!seen[b]) o->member[o->images++] = b;
      seen[b] = true;
    }
  }
  sq_free(&seen);
  PetscFunctionReturn(0);
}

/* Element (1, column) of the matrix of a turn after a reflection. Ways 0 and 1: nothing turns; then the wave numbers
 * below half the sites; then, of even rings, two that change sign with every turn. */
static double element(const sq_ring *r, int way, int column, int turn, int reflected)
{
  int wave = way < 2 ? 0 : way - 1, sign = reflected ? -1 : 1;
  if (r->dimension[way] == 2) {
    double angle = 2 * acos(-1) * wave * turn / r->sites;
    return column ? -sign * sin(angle) : cos(angle);
  }
  bool odd = way >= 2 ? (r->ways - way) % 2 : way;
  return (odd ? sign : 1) * (way >= 2 && turn % 2 ? -1 : 1);
}

/* Takes what is along `other` out of c. */
static void remove_along(const double *other, double *c)
{
  double along = 0;
  for (int i = 0; i < SQ_RING_IMAGES; i++) along += other[i] * c[i];
  for (int i = 0; i < SQ_RING_IMAGES; i++) c[i] -= along * other[i];
}

/* The combinations of an orbit that go one way: as many as the way has dimensions, or fewer. */
static void add_vectors(sq_ring *r, int way, int orbit, bool symmetric)
{
  const sq_orbit *o = &r->orbit[orbit];
  for (int column = 0, found = 0; column < r->dimension[way]; column++) {
    sq_ring_vector *v = &r->vector[way][r->vectors[way]];
    double length = 0;
    *v = (sq_ring_vector){.orbit = orbit};
    for (int g = 0; g < (symmetric ? 2 * r->sites : 1); g++)
      v->coefficient[member_of(o, image(r, o->member[0], g / 2, g % 2))] += element(r, way, column, g / 2, g % 2);
    if (found) remove_along(v[-1].coefficient, v->coefficient);
    for (int i = 0; i < o->images; i++) length += v->coefficient[i] * v->coefficient[i];
    if (length < 1e-10) continue;
    for (int i = 0; i < o->images; i++) v->coefficient[i] /= sqrt(length);
    r->vectors[way]++;
    found++;
  }
}

PetscErrorCode sq_ring_make(int sites, int K, const double *cost, int orders, double most, bool symmetric,
                            sq_ring *ring)
{
  PetscFunctionBeginUser;
  int n = sq_ring_count(sites, K, cost, orders, most, INT32_MAX - 1);
  walk w = {.sites = sites, .K = K, .orders = orders, .enough = n, .cost = cost, .most = most};
  *ring = (sq_ring){.sites = sites, .K = K, .states = n};
  PetscCall(sq_alloc(n, &ring->at));
  w.out = ring->at;
  step(&w, 0, 0, 0);
  PetscCall(make_orbits(ring, symmetric));
  int waves = symmetric ? (sites - 1) / 2 : 0;
  ring->ways = symmetric ? 2 + waves + (sites % 2 ? 0 : 2) : 1;
  for (int way = 0; way < ring->ways; way++) {
    ring->dimension[way] = way >= 2 && way < 2 + waves ? 2 : 1;
    PetscCall(sq_alloc(2 * ring->orbits, &ring->vector[way]));
    for (int o = 0; o < ring->orbits; o++) add_vectors(ring, way, o, symmetric);
  }
  PetscFunctionReturn(0);
}

void sq_ring_clear(sq_ring *ring)
{
  for (int way = 0; way < ring->ways; way++) sq_free(&ring->vector[way]);
  sq_free(&ring->orbit);
  sq_free(&ring->at);
}
