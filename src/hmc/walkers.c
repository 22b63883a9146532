/* SPDX-License-Identifier: BSD-3-Clause */
/* What walks in thermalisation: production chains, and probes from the other start. Their rows go into the history of
 * everybody, all production chains first. */
#include "internal.h"
#include <string.h>

/* rows[walkers][n][columns] of this replica's production chains or probes. */
static PetscErrorCode move_walkers(sq_hmc *hmc, int64_t count, sq_chain **walker, int64_t n, double *rows)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < count; i++)
    for (int64_t t = 0; t < n; t++) PetscCall(sq_hmc_move(hmc, walker[i], rows + (i * n + t) * SQ_HISTORY_COLUMNS));
  PetscFunctionReturn(0);
}

/* One kind of walkers, total over all replicas; in the history of everybody they are the chains from offset on. */
typedef struct {
  int64_t total, count, offset;
  sq_chain **walker; /* [count] of this replica */
} kind;

/* n trajectories of one kind, into the history from row `at` on. */
static PetscErrorCode run_kind(sq_hmc *hmc, kind k, int64_t at, int64_t n)
{
  PetscFunctionBeginUser;
  int64_t width = n * SQ_HISTORY_COLUMNS;
  double *mine, *all;
  PetscCall(sq_alloc(k.count * width, &mine));
  PetscCall(sq_alloc(k.total * width, &all));
  PetscCall(move_walkers(hmc, k.count, k.walker, n, mine));
  PetscCall(sq_gather_chains(hmc->grid, k.total, width, mine, all));
  for (int64_t c = 0; c < k.total; c++)
    memcpy(sq_history_at(&hmc->warmup, k.offset + c, at), all + c * width, (size_t)width * sizeof(double));
  sq_free(&mine);
  sq_free(&all);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_walk_production(sq_hmc *hmc, int64_t at, int64_t n)
{
  PetscFunctionBeginUser;
  const kind production = {.total = hmc->set.chains, .count = hmc->count, .walker = hmc->chain};
  PetscCall(run_kind(hmc, production, at, n));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_walk_probes(sq_hmc *hmc, int64_t at, int64_t n)
{
  PetscFunctionBeginUser;
  const sq_thermalisation *t = hmc->thermal;
  const kind probes = {.total = hmc->all_probes, .count = t->probes, .offset = hmc->set.chains, .walker = t->probe};
  PetscCall(run_kind(hmc, probes, at, n));
  PetscFunctionReturn(0);
}
