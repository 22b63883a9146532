/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains as plain data. */
#include "squall/correct.h"

enum { MOVES, JUMP, COUNTS }; /* where they are in a chain's numbers */
const char *const sq_move_chain_number_name[SQ_MOVE_CHAIN_NUMBERS] = {"moves", "jump", SQ_METROPOLIS_NAMES};

PetscErrorCode sq_move_chains_create(uint64_t first, int64_t count, int64_t numbers, sq_move_chain **chains)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(count, chains));
  for (int64_t i = 0; i < count; i++) {
    (*chains)[i].id = first + (uint64_t)i;
    PetscCall(sq_alloc(numbers, &(*chains)[i].block));
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
