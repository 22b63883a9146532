/* Local updates of a chain: what moves a theory that has no force. Random numbers are addressed by the sweeps done. */
#include "internal.h"

PetscErrorCode sq_chain_local(sq_chain *chain, int64_t sweeps)
{
  PetscFunctionBeginUser;
  const sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_LOCAL, chain->id);
  const uint64_t first = (uint64_t)chain->trajectory * (uint64_t)sweeps;
  for (int64_t k = 0; k < sweeps; k++)
    PetscCall(sq_action_local_sweep(&chain->md->action, chain->phi, chain->md->halo, stream, first + (uint64_t)k));
  PetscCall(sq_chain_settle(chain));
  chain->dH = 0;
  chain->accepted = true;
  chain->counts.proposed++;
  chain->counts.accepted++;
  chain->trajectory++;
  PetscFunctionReturn(0);
}
