/* SPDX-License-Identifier: BSD-3-Clause */
/* Jumps of a chain: moves of the whole field between sectors that small steps do not join, each with a decision. */
#include "internal.h"
#include <string.h>

enum { WHICH, DECISION }; /* addresses within a jump */

/* S of md->end, whose rim is filled here. */
static PetscErrorCode action_at_end(sq_md *md, double *action)
{
  PetscFunctionBeginUser;
  sq_sum sum = {{0}};
  PetscCall(sq_halo_exchange(md->halo, md->end->data));
  md->action.type->energy(&md->action, md->end, &sum);
  PetscCall(sq_sum_reduce(md->lattice->comm, 1, &sum));
  *action = sq_sum_value(&sum);
  PetscFunctionReturn(0);
}

static PetscErrorCode jump(sq_chain *chain, int64_t number, sq_metropolis *counts)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  const sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_JUMP, chain->id);
  const uint64_t step = (uint64_t)chain->trajectory * (SQ_JUMPS + 1) + (uint64_t)number;
  double action = 0;
  for (int64_t r = 0; r < md->all_rows; r++)
    memcpy(md->end->data + md->row[r], chain->phi->data + md->row[r], (size_t)md->lattice->local[3] * sizeof(double));
  md->action.type->jump->move(&md->action, sq_rng_uniform(stream, WHICH, step, 0), md->end);
  PetscCall(action_at_end(md, &action));
  if (!sq_metropolis_decide(counts, chain->action - action, sq_rng_uniform(stream, DECISION, step, 0)))
    PetscFunctionReturn(0);
  sq_md_take(md, &chain->phi, &chain->force);
  chain->action = action;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_jumps(sq_chain *chain, int64_t jumps)
{
  PetscFunctionBeginUser;
  sq_metropolis counts = {0};
  if (jumps == 0) PetscFunctionReturn(0);
  SqCheck(chain->md->action.type->jump, SQ_EVERY_RANK, SQ_ERR_INPUT, "there are no jumps of the action %s",
          chain->md->action.type->name);
  PetscCall(sq_chain_ready(chain));
  for (int64_t i = 0; i < jumps; i++) PetscCall(jump(chain, i, &counts));
  if (counts.accepted) PetscCall(sq_chain_settle(chain));
  PetscFunctionReturn(0);
}
