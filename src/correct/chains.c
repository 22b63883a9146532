/* Chains as plain data, and what a depth achieves. */
#include "squall/correct.h"
#include <math.h>

enum { MOVES, JUMP, COUNTS }; /* where they are in a chain's numbers */
const char *const sq_move_chain_number_name[SQ_MOVE_CHAIN_NUMBERS] = {"moves", "jump", SQ_METROPOLIS_NAMES};

PetscErrorCode sq_move_chains_create(uint64_t first, int64_t count, int64_t local_volume, sq_move_chain **chains)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(count, chains));
  for (int64_t i = 0; i < count; i++) {
    (*chains)[i].id = first + (uint64_t)i;
    PetscCall(sq_alloc(local_volume, &(*chains)[i].block));
  }
  PetscFunctionReturn(0);
}

void sq_move_chains_destroy(int64_t count, sq_move_chain **chains)
{
  for (int64_t i = 0; i < count && *chains; i++) sq_free(&(*chains)[i].block);
  sq_free(chains);
}

void sq_move_chain_save(const sq_move_chain *chain, double number[SQ_MOVE_CHAIN_NUMBERS])
{
  number[MOVES] = (double)chain->moves;
  number[JUMP] = chain->jump;
  sq_metropolis_save(&chain->counts, number + COUNTS);
}

void sq_move_chain_restore(sq_move_chain *chain, const double number[SQ_MOVE_CHAIN_NUMBERS])
{
  chain->moves = (int64_t)number[MOVES];
  chain->jump = number[JUMP];
  sq_metropolis_restore(&chain->counts, number + COUNTS);
}

PetscErrorCode sq_mover_destroy(sq_mover *mover)
{
  PetscFunctionBeginUser;
  if (mover->destroy) PetscCall(mover->destroy(mover->self));
  *mover = (sq_mover){0};
  PetscFunctionReturn(0);
}

/* ---- what a depth achieves ---- */

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

PetscErrorCode sq_mover_try(const sq_grid *grid, const sq_mover *mover, uint64_t seed, int depth, int rounds,
                            double spread, int64_t count, sq_move_chain *chains, sq_move_trial *trial)
{
  PetscFunctionBeginUser;
  double *before, forgets;
  *trial = (sq_move_trial){.depth = depth};
  PetscCall(sq_alloc(count * SQ_MOVE_CHAIN_NUMBERS, &before));
  for (int64_t i = 0; i < count; i++) sq_move_chain_save(&chains[i], before + i * SQ_MOVE_CHAIN_NUMBERS);
  for (int r = 0; r < rounds; r++) PetscCall(mover->move(mover->self, seed, depth, count, chains));
  PetscCall(sq_moves_achieved(grid, spread, count, chains, before, &trial->acceptance, &forgets));
  sq_free(&before);
  trial->forgets = fmin(forgets, 1);
  trial->cost = forgets > 0 ? mover->cost(mover->self, depth) * (2 - trial->forgets) / trial->forgets : INFINITY;
  PetscFunctionReturn(0);
}
