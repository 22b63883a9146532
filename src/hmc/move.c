/* SPDX-License-Identifier: BSD-3-Clause */
/* Some chains, and one trajectory of one of them with the present tuning. */
#include "internal.h"

PetscErrorCode sq_hmc_make_chains(const sq_hmc *hmc, uint64_t first, int64_t count, sq_chain ***chains)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(count, chains));
  for (int64_t i = 0; i < count; i++)
    PetscCall(sq_chain_create(hmc->md, hmc->seed, hmc->set.first_id + first + (uint64_t)i, &(*chains)[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_drop_chains(int64_t count, sq_chain ***chains)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < count && *chains; i++) PetscCall(sq_chain_destroy(&(*chains)[i]));
  sq_free(chains);
  PetscFunctionReturn(0);
}

static void record(const sq_hmc *hmc, const sq_chain *chain, double row[SQ_HISTORY_COLUMNS])
{
  row[SQ_HISTORY_TRAJECTORY] = (double)chain->trajectory;
  row[SQ_HISTORY_DH] = chain->dH;
  row[SQ_HISTORY_ACCEPTED] = chain->accepted;
  row[SQ_HISTORY_M] = chain->magnetisation;
  row[SQ_HISTORY_ACTION] = chain->action / (double)hmc->lattice->volume;
  row[SQ_HISTORY_SD] = chain->schwinger_dyson;
}

/* A start far from equilibrium may need much smaller steps than equilibrium does, for which they are tuned: a chain
 * that is refused again and again takes finer ones. Only before production, which must not depend on its past. */
static int64_t finer(const sq_hmc *hmc, const sq_chain *chain, int64_t steps)
{
  enum { PATIENCE = 3, FINEST = 6 };
  int64_t parts = hmc->thermal && !hmc->thermal->over ? (int64_t)1 << PetscMin(chain->refused / PATIENCE, FINEST) : 1;
  while (hmc->set.dynamics->tuned && parts > 1 && parts * steps > 2 * SQ_MOST_STEPS) parts /= 2;
  return parts;
}

sq_pace sq_hmc_pace(const sq_hmc *hmc)
{
  return (sq_pace){
    .eps = hmc->tuning.eps, .steps = hmc->tuning.steps, .scheme = hmc->set.scheme, .alpha = hmc->set.alpha};
}

PetscErrorCode sq_hmc_move(sq_hmc *hmc, sq_chain *chain, double row[SQ_HISTORY_COLUMNS])
{
  PetscFunctionBeginUser;
  sq_pace pace = sq_hmc_pace(hmc);
  if (hmc->set.vary_length)
    pace.steps = sq_tune_vary(pace.steps, sq_stream_make(hmc->seed, SQ_RNG_LENGTH, chain->id), chain->trajectory);
  PetscCall(sq_md_accelerate(hmc->md, hmc->tuning.mass));
  PetscCall(hmc->set.dynamics->move(chain, &pace, finer(hmc, chain, pace.steps)));
  PetscCall(sq_chain_relax(chain, hmc->set.over_relaxation));
  PetscCall(sq_chain_clusters(chain, hmc->set.scheme ? hmc->set.alpha : 1, hmc->tuning.cluster));
  PetscCall(sq_chain_jumps(chain, hmc->set.jumps));
  if (hmc->set.flip) sq_chain_flip(chain);
  record(hmc, chain, row);
  PetscFunctionReturn(0);
}
