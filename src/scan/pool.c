/* SPDX-License-Identifier: BSD-3-Clause */
/* The ensembles of one lattice as arrays: their numbers, how much each record counts, which block it is of. */
#include "src/ensemble/correction.h"
#include "src/scan/pool.h"
#include <math.h>
#include <string.h>

static int64_t volume_of(const sq_ensemble *e)
{
  int64_t volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= PetscMax(1, e->extent[mu]);
  return volume;
}

/* In ascending order of volumes, then of extents. */
static int compare(const sq_ensemble *a, const sq_ensemble *b)
{
  const int64_t u = volume_of(a), v = volume_of(b);
  if (u != v) return u < v ? -1 : 1;
  for (int mu = 0; mu < SQ_DIM; mu++)
    if (a->extent[mu] != b->extent[mu]) return a->extent[mu] < b->extent[mu] ? -1 : 1;
  return 0;
}

/* An ensemble of lattice number `lattice`, or NULL. */
static const sq_ensemble *example(const sq_gathered *all, int lattice)
{
  const sq_ensemble *last = NULL;
  for (int n = 0; n <= lattice; n++) {
    const sq_ensemble *least = NULL;
    for (int i = 0; i < all->count; i++)
      if ((!last || compare(last, &all->e[i]) < 0) && (!least || compare(&all->e[i], least) < 0)) least = &all->e[i];
    if (!least) return NULL;
    last = least;
  }
  return last;
}

static PetscErrorCode allocate(sq_lattice_pool *p, int states, int64_t n)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(states, &p->action));
  PetscCall(sq_alloc(states * SQ_SCAN_TERMS, &p->coupling));
  PetscCall(sq_alloc(n, &p->share));
  PetscCall(sq_alloc(n, &p->state));
  PetscCall(sq_alloc(n, &p->block));
  PetscCall(sq_alloc(n * (SQ_SCAN_TERMS + SQ_MEAN_TERMS), &p->memory));
  for (int t = 0; t < SQ_SCAN_TERMS; t++) p->x[t] = p->column[SQ_MEAN_TERMS + t] = p->memory + t * n;
  for (int c = 0; c < SQ_MEAN_TERMS; c++) p->column[c] = p->memory + (SQ_SCAN_TERMS + c) * n;
  PetscFunctionReturn(0);
}

static void add_record(sq_lattice_pool *p, const sq_ensemble *e, int64_t from, int64_t to)
{
  const sq_action_type *type = p->action[0].type;
  const int length = sq_obs_column(type, "abs_M"), phi2 = sq_obs_column(type, "phi2");
  const double M = e->column[SQ_OBS_ORDER][from], size = length < 0 ? fabs(M) : e->column[length][from];
  for (int t = 0; t < p->pool.terms; t++)
    p->x[t][to] = p->volume * e->column[sq_obs_column(type, p->theory->term[t])][from];
  p->column[SQ_MEAN_M][to] = M;
  p->column[SQ_MEAN_ABS][to] = size;
  p->column[SQ_MEAN_2][to] = size * size;
  p->column[SQ_MEAN_4][to] = size * size * size * size;
  p->column[SQ_MEAN_PHI2][to] = phi2 < 0 ? NAN : e->column[phi2][from];
}

/* Records in the order of chains and time, so that blocks are consecutive. */
static PetscErrorCode add_ensemble(sq_lattice_pool *p, const sq_ensemble *e, int state, double share, int64_t first)
{
  PetscFunctionBeginUser;
  sq_chains chains;
  PetscCall(sq_chains_create(e->count, e->chain, &chains));
  for (int64_t i = 0; i < e->count; i++) {
    add_record(p, e, chains.order[i], first + i);
    p->share[first + i] = share;
    p->state[first + i] = state;
    p->block[first + i] = (int)(i * p->pool.blocks / e->count);
  }
  sq_chains_destroy(&chains);
  PetscFunctionReturn(0);
}

/* Counts states and records; blocks so long that they are independent, in the ensemble that has fewest. */
static PetscErrorCode measure(MPI_Comm world, const sq_gathered *all, const sq_ensemble *like, sq_pool *pool)
{
  PetscFunctionBeginUser;
  pool->blocks = SQ_LATTICE_BLOCKS;
  for (int i = 0; i < all->count; i++) {
    const sq_ensemble *e = &all->e[i];
    if (compare(e, like)) continue;
    const double share = sq_correct_independent(e).value, blocks = 2 * share * (double)e->count / SQ_TAUS_APART;
    SqCheck(share > 0, world, SQ_ERR_DATA,
            "%s: how long its chains remember is not known, so that nobody can say what they count for: make them "
            "longer",
            e->where);
    if (blocks < pool->blocks) pool->blocks = PetscMax(1, (int)blocks);
    pool->states++;
    pool->n += e->count;
    if (blocks < SQ_INDEPENDENT_LEAST)
      sq_warn("reweight: %s: %lld configurations are worth %.3g independent ones, too few for errors: they take %d",
              e->where, (long long)e->count, share * (double)e->count, SQ_INDEPENDENT_LEAST * SQ_TAUS_APART / 2);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_lattice_pool_make(MPI_Comm world, const sq_gathered *all, int lattice, sq_lattice_pool *p,
                                    bool *there)
{
  PetscFunctionBeginUser;
  const sq_ensemble *like = example(all, lattice);
  int64_t first = 0;
  int state = 0;
  *p = (sq_lattice_pool){0};
  *there = like;
  if (!like) PetscFunctionReturn(0);
  p->dim = like->dim;
  p->theory = all->theory;
  p->volume = (double)volume_of(like);
  memcpy(p->extent, like->extent, sizeof p->extent);
  PetscCall(measure(world, all, like, &p->pool));
  SqCheck(p->pool.states <= SQ_REWEIGHT_STATES, world, SQ_ERR_INPUT, "reweight: more than %d ensembles of one lattice",
          SQ_REWEIGHT_STATES);
  while (p->pool.terms < SQ_SCAN_TERMS && p->theory->term[p->pool.terms]) p->pool.terms++;
  PetscCall(allocate(p, p->pool.states, p->pool.n));
  for (int i = 0; i < all->count; i++) {
    double c[SQ_SCAN_TERMS];
    if (compare(&all->e[i], like)) continue;
    p->action[state] = all->action[i];
    p->theory->coupling(&all->action[i], c);
    memcpy(p->coupling + state * p->pool.terms, c, (size_t)p->pool.terms * sizeof *c);
    PetscCall(add_ensemble(p, &all->e[i], state++, sq_correct_independent(&all->e[i]).value, first));
    first += all->e[i].count;
  }
  p->pool.coupling = p->coupling;
  p->pool.x = (const double *const *)p->x;
  p->pool.state = p->state;
  p->pool.share = p->share;
  p->pool.block = p->block;
  PetscFunctionReturn(0);
}

void sq_lattice_pool_clear(sq_lattice_pool *p)
{
  sq_free(&p->action);
  sq_free(&p->coupling);
  sq_free(&p->share);
  sq_free(&p->state);
  sq_free(&p->block);
  sq_free(&p->memory);
}
