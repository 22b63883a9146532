/* SPDX-License-Identifier: BSD-3-Clause */
/* Several ensembles as one: the groups of those that know of each other, what each says at every coupling, and the same
 * without a block of all. Serial. */
#include "squall/reweight.h"
#include "squall/stats.h"
#include "cut.h"
#include "solve.h"
#include <math.h>
#include <string.h>

/* What is asked, and room to work in. */
typedef struct {
  const sq_pool *pool;
  const sq_pool_question *ask;
  sq_reweight p;
  double *weight, *mean, f[SQ_REWEIGHT_STATES]; /* [n]; [columns]; f of all records, by the states of the pool */
} work;

/* What is said at a coupling. */
typedef struct {
  double log_Z, effective;
} said;

/* With the records that count; their means are in w->mean. */
static said say(work *w, const double *coupling)
{
  const sq_pool *pool = w->pool;
  double top = -INFINITY, sum = 0, squares = 0;
  for (int64_t i = 0; i < pool->n; i++) {
    if (!(sq_reweight_share(&w->p, i) > 0)) continue;
    w->weight[i] = sq_reweight_exponent(pool, coupling, i) - w->p.log_mixture[i];
    top = fmax(top, w->weight[i]);
  }
  memset(w->mean, 0, (size_t)w->ask->columns * sizeof *w->mean);
  for (int64_t i = 0; i < pool->n; i++) {
    const double share = sq_reweight_share(&w->p, i), below = share > 0 ? w->weight[i] - top : -INFINITY;
    if (below < -60) continue; /* together they are less than a bit */
    const double relative = exp(below), weight = share * relative;
    sum += weight;
    squares += weight * relative;
    for (int c = 0; c < w->ask->columns; c++) w->mean[c] += weight * w->ask->column[c][i];
  }
  for (int c = 0; c < w->ask->columns; c++) w->mean[c] /= sum;
  return (said){.log_Z = top + log(sum), .effective = sum * sum / squares};
}

/* Set number 1 + without of every target that the group speaks of; of all records: also whether it speaks of it. */
static void answer(work *w, int group, sq_pooled *at)
{
  const int set = 1 + w->p.without, columns = w->ask->columns;
  const double first = say(w, w->pool->coupling + group * w->pool->terms).log_Z;
  for (int j = 0; j < w->ask->targets; j++) {
    if (set && at[j].group != group) continue;
    const said x = say(w, w->ask->coupling + j * w->pool->terms);
    if (!set && group && !(x.effective > at[j].effective)) continue;
    at[j].group = group;
    at[j].log_Z[set] = x.log_Z - first;
    if (!set) at[j].effective = x.effective;
    memcpy(at[j].mean + set * columns, w->mean, (size_t)columns * sizeof *w->mean);
  }
}

/* Solves a group, and cuts off what hardly holds until nothing does; false: what is left does not settle. */
static bool settle(work *w, int number, int *group)
{
  sq_reweight *p = &w->p;
  for (;;) {
    double link[SQ_REWEIGHT_ROOM];
    bool side[SQ_REWEIGHT_STATES];
    sq_reweight_begin(p, group, number);
    sq_reweight_guess(p);
    const bool settled = sq_reweight_solve(p);
    for (int i = 0; i < SQ_REWEIGHT_ROOM; i++) link[i] = -p->curvature[i];
    if (p->states < 2 || sq_least_cut(p->states, link, side) >= SQ_INDEPENDENT_LEAST) return settled;
    int other = -1;
    for (int k = 0; k < p->states; k++) {
      if (side[k] == side[0]) continue;
      if (other < 0) other = p->state[k];
      group[p->state[k]] = other;
    }
  }
}

/* All groups, with all records. */
static bool find_groups(work *w, sq_pooled *at, int *group)
{
  for (int k = 0; k < w->pool->states; k++) group[k] = 0;
  for (int g = 0; g < w->pool->states; g++) {
    if (group[g] != g) continue;
    if (!settle(w, g, group)) return false;
    for (int k = 0; k < w->p.states; k++) w->f[w->p.state[k]] = w->p.f[k];
    answer(w, g, at);
  }
  return true;
}

/* A group without its blocks, from where all records are. */
static bool leave_out(work *w, int number, sq_pooled *at, const int *group)
{
  sq_reweight_begin(&w->p, group, number);
  for (int b = w->ask->part; b < w->pool->blocks; b += w->ask->parts) {
    sq_reweight_leave_out(&w->p, b);
    for (int k = 0; k < w->p.states; k++) w->p.f[k] = w->f[w->p.state[k]];
    if (!sq_reweight_solve(&w->p)) return false;
    answer(w, number, at);
  }
  return true;
}

PetscErrorCode sq_pool_estimate(const sq_pool *pool, const sq_pool_question *question, sq_pooled *at, int *group,
                                bool *solved)
{
  PetscFunctionBeginUser;
  work *w;
  PetscCall(sq_alloc(1, &w));
  PetscCall(sq_alloc(pool->n, &w->p.log_mixture));
  PetscCall(sq_alloc(pool->n, &w->weight));
  PetscCall(sq_alloc(question->columns, &w->mean));
  w->pool = w->p.pool = pool;
  w->ask = question;
  *solved = find_groups(w, at, group);
  for (int g = 0; g < pool->states && *solved; g++)
    if (group[g] == g) *solved = leave_out(w, g, at, group);
  sq_free(&w->p.log_mixture);
  sq_free(&w->weight);
  sq_free(&w->mean);
  sq_free(&w);
  PetscFunctionReturn(0);
}

double sq_pool_error(int blocks, const double *value)
{
  sq_running running = {0};
  if (blocks < SQ_INDEPENDENT_LEAST) return NAN;
  for (int b = 0; b < blocks; b++) {
    if (!isfinite(value[b])) return NAN;
    sq_running_add(&running, value[b]);
  }
  return sqrt((blocks - 1.) * running.square / blocks);
}
