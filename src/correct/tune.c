/* SPDX-License-Identifier: BSD-3-Clause */
/* What moves achieve, and the depth that is cheapest, by trial moves. */
#include "squall/correct.h"
#include "squall/stats.h"
#include <math.h>

double sq_slowest_spread(const sq_orbits *orbits, const double *propagator)
{
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)orbits->extent[mu];
  return volume * (sq_orbits_zero_mode_apart(orbits, propagator) ? sq_orbits_limit(orbits, propagator) : propagator[0]);
}

PetscErrorCode sq_moves_achieved(const sq_grid *grid, double spread, int64_t count, const sq_move_chain *chains,
                                 const double *before, double *acceptance, double *forgets)
{
  enum { SUM_MOVES, SUM_PROPOSED, SUM_ACCEPTED, SUM_JUMP, SUMS };
  PetscFunctionBeginUser;
  sq_sum sum[SUMS] = {{{0}}};
  for (int64_t i = 0; i < count; i++) {
    sq_move_chain old;
    sq_move_chain_restore(&old, before + i * SQ_MOVE_CHAIN_NUMBERS);
    sq_sum_add(&sum[SUM_MOVES], (double)(chains[i].moves - old.moves));
    sq_sum_add(&sum[SUM_PROPOSED], (double)(chains[i].counts.proposed - old.counts.proposed));
    sq_sum_add(&sum[SUM_ACCEPTED], (double)(chains[i].counts.accepted - old.counts.accepted));
    sq_sum_add(&sum[SUM_JUMP], (chains[i].jump - old.jump) / spread);
  }
  PetscCall(sq_sum_reduce(grid->across, SUMS, sum));
  *acceptance = sq_sum_value(&sum[SUM_ACCEPTED]) / fmax(1, sq_sum_value(&sum[SUM_PROPOSED]));
  *forgets = sq_sum_value(&sum[SUM_JUMP]) / (2 * fmax(1, sq_sum_value(&sum[SUM_MOVES])));
  PetscFunctionReturn(0);
}

/* `rounds` moves of all chains. */
static PetscErrorCode try_depth(const sq_move_trials *t, const sq_mover *mover, int depth, int rounds,
                                sq_move_trial *trial)
{
  PetscFunctionBeginUser;
  double *before, forgets;
  *trial = (sq_move_trial){.depth = depth};
  PetscCall(sq_alloc(t->count * SQ_MOVE_CHAIN_NUMBERS, &before));
  for (int64_t i = 0; i < t->count; i++) sq_move_chain_save(&t->chain[i], before + i * SQ_MOVE_CHAIN_NUMBERS);
  for (int r = 0; r < rounds; r++) {
    PetscCall(mover->move(mover->self, t->seed, depth, t->count, t->chain));
    if (t->obey) PetscCall(t->obey(t->context));
  }
  PetscCall(sq_moves_achieved(t->grid, t->spread, t->count, t->chain, before, &trial->acceptance, &forgets));
  sq_free(&before);
  trial->forgets = fmin(forgets, 1);
  trial->cost = forgets > 0 ? mover->cost(mover->self, depth) * (2 - trial->forgets) / trial->forgets : INFINITY;
  if (t->say) t->say(t->context, mover, trial);
  PetscFunctionReturn(0);
}

/* A move that goes less high forgets less of the slow modes, by the square of the noise: as long as deep moves are
 * accepted at all, they are the cheap ones. */
PetscErrorCode sq_mover_best_depth(const sq_move_trials *t, const sq_mover *mover, int depth, sq_move_trial *best)
{
  PetscFunctionBeginUser;
  const int64_t wanted = 48, each = t->chains * mover->decisions; /* decisions of a trial, at least; of a round */
  const double worse = 2;
  const int rounds = (int)PetscMax(2, (wanted + each - 1) / each);
  if (depth > 0) {
    PetscCall(try_depth(t, mover, depth, rounds, best));
    PetscFunctionReturn(0);
  }
  *best = (sq_move_trial){.cost = INFINITY};
  for (depth = mover->depths; depth >= 1; depth -= PetscMax(1, depth / 3)) {
    sq_move_trial trial;
    PetscCall(try_depth(t, mover, depth, rounds, &trial));
    if (isfinite(best->cost) && trial.cost > worse * best->cost) break;
    if (!best->depth || trial.cost < best->cost) *best = trial;
  }
  PetscFunctionReturn(0);
}

int64_t sq_moves_to_forget(double forgets)
{
  return (int64_t)ceil(SQ_TAUS_TO_FORGET * (2 - forgets) / (2 * forgets));
}

int64_t sq_tiling_sweep(const sq_tiling *tiling)
{
  int64_t volume = 1, once = tiling->total * tiling->block_sites;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= tiling->extent[mu];
  return (volume + once - 1) / once;
}
