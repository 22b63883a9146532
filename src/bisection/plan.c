/* SPDX-License-Identifier: BSD-3-Clause */
/* plan: how a closed path is bisected. Intervals of one depth have two lengths at most, so there are few networks. */
#include "src/bisection/internal.h"
#include <string.h>

/* Lengths 2 are exact, 1 has nothing between. */
static bool has_network(int64_t length)
{
  return length > 2;
}

/* Intervals of a depth: how many of the shorter length and of the next. */
typedef struct {
  int64_t length, count[2];
} lengths;

static lengths halves(const lengths *now)
{
  lengths next = {now->length / 2, {0, 0}};
  for (int k = 0; k < 2; k++) {
    const int64_t n = now->length + k;
    if (n < 2 || !now->count[k]) continue;
    next.count[n / 2 - next.length] += now->count[k];
    next.count[n - n / 2 - next.length] += now->count[k];
  }
  return next;
}

int sq_bisection_lengths(int64_t sites, int64_t length[GROUPS])
{
  int count = 0;
  for (lengths now = {sites, {1, 0}}; now.length > 1; now = halves(&now))
    for (int k = 1; k >= 0; k--) {
      const int64_t n = now.length + k;
      bool known = !has_network(n) || !now.count[k];
      for (int i = 0; i < count; i++) known = known || length[i] == n;
      if (!known) length[count++] = n;
    }
  return count;
}

static int network_of(const sq_bisection_plan *p, int64_t length)
{
  int i = 0;
  while (p->length[i] != length) i++;
  return i;
}

/* Intervals by their ends; the last end may be the first site again, at `sites`. */
typedef struct {
  int64_t from, to;
} interval;

static sq_bisection_node node_of(const sq_bisection_plan *p, const interval *i)
{
  return (sq_bisection_node){i->from, i->from + (i->to - i->from) / 2, i->to % p->sites};
}

/* The nodes of a depth that have a given length. */
static void add_group(sq_bisection_plan *p, int64_t length, int64_t count, const interval *all)
{
  sq_bisection_group *g = &p->group[p->groups];
  *g = (sq_bisection_group){.length = length, .network = network_of(p, length), .first = p->nodes};
  for (int64_t i = 0; i < count; i++)
    if (all[i].to - all[i].from == length) p->node[p->nodes++] = node_of(p, &all[i]);
  g->count = p->nodes - g->first;
  p->groups += g->count > 0;
}

static int64_t split(int64_t count, const interval *all, interval *next)
{
  int64_t made = 0;
  for (int64_t i = 0; i < count; i++) {
    const int64_t middle = all[i].from + (all[i].to - all[i].from) / 2;
    if (all[i].to - all[i].from < 2) continue;
    next[made++] = (interval){all[i].from, middle};
    next[made++] = (interval){middle, all[i].to};
  }
  return made;
}

PetscErrorCode sq_bisection_plan_make(int64_t sites, sq_bisection_plan *p)
{
  PetscFunctionBeginUser;
  interval *now, *next, *swap;
  sq_bisection_node *exact;
  int64_t count = 1;
  *p = (sq_bisection_plan){.sites = sites};
  p->networks = sq_bisection_lengths(sites, p->length);
  PetscCall(sq_alloc(sites + 1, &p->node));
  PetscCall(sq_alloc(sites + 1, &exact));
  PetscCall(sq_alloc(2 * sites + 2, &now));
  PetscCall(sq_alloc(2 * sites + 2, &next));
  now[0] = (interval){0, sites};
  while (count > 0) {
    for (int64_t i = 0; i < count; i++)
      if (now[i].to - now[i].from == 2) exact[p->exact++] = node_of(p, &now[i]);
    for (int k = 0; k < p->networks; k++) add_group(p, p->length[k], count, now);
    count = split(count, now, next);
    swap = now, now = next, next = swap;
  }
  memcpy(p->node + p->nodes, exact, (size_t)p->exact * sizeof *exact);
  sq_free(&exact);
  sq_free(&now);
  sq_free(&next);
  PetscFunctionReturn(0);
}

void sq_bisection_plan_clear(sq_bisection_plan *plan)
{
  sq_free(&plan->node);
}
