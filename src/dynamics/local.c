/* SPDX-License-Identifier: BSD-3-Clause */
/* Local updates of a chain: what moves a theory that has no force. Random numbers are addressed by the sweeps done. */
#include "internal.h"

void sq_chain_moved(sq_chain *chain)
{
  chain->dH = 0;
  chain->accepted = true;
  chain->counts.proposed++;
  chain->counts.accepted++;
  chain->trajectory++;
}

PetscErrorCode sq_chain_local(sq_chain *chain, int64_t sweeps)
{
  PetscFunctionBeginUser;
  const sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_LOCAL, chain->id);
  const uint64_t first = (uint64_t)chain->trajectory * (uint64_t)sweeps;
  for (int64_t k = 0; k < sweeps; k++)
    PetscCall(sq_action_local_sweep(&chain->md->action, chain->phi, chain->md->halo, stream, first + (uint64_t)k));
  PetscCall(sq_chain_settle(chain));
  sq_chain_moved(chain);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_relax(sq_chain *chain, int64_t sweeps)
{
  PetscFunctionBeginUser;
  if (sweeps == 0) PetscFunctionReturn(0);
  for (int64_t k = 0; k < sweeps; k++)
    PetscCall(sq_action_relax_sweep(&chain->md->action, chain->phi, chain->md->halo));
  PetscCall(sq_chain_settle(chain));
  PetscFunctionReturn(0);
}

double sq_chain_relax_work(int dim)
{
  return 4 + 2 * dim;
}

/* ---- the row ---- */

static bool never(const sq_pace *pace)
{
  (void)pace;
  return false;
}

/* A draw, and what is summed after the last. */
static double work(int dim, double steps)
{
  return 8 + steps * (2 + dim);
}

/* The number of sweeps is in the address of their random numbers. */
static PetscErrorCode move(sq_chain *chain, const sq_pace *pace, int64_t parts)
{
  (void)parts;
  return sq_chain_local(chain, pace->steps);
}

static void describe(const sq_md *md, const sq_pace *pace, char *text, size_t size)
{
  (void)md;
  snprintf(text, size, " of %lld sweep%s of local updates each", (long long)pace->steps, pace->steps > 1 ? "s" : "");
}

const sq_dynamics sq_dynamics_local = {
  .name = "local",
  .summary = "sweeps of local updates",
  .unit = "intervals",
  .decides = never,
  .work = work,
  .move = move,
  .describe = describe,
};
