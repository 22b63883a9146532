/* SPDX-License-Identifier: BSD-3-Clause */
/* Worms of a chain of fluxes (squall/flux.h). Every rank of the domain holds all fluxes and makes the same moves from
 * the same random numbers; the chain has this rank's block of them. */
#include "internal.h"

/* The fluxes of md's lattice, which its chains share. */
static PetscErrorCode fluxes_of(sq_md *md, sq_fluxes **fluxes)
{
  PetscFunctionBeginUser;
  SqCheck(md->action.type->flux, SQ_EVERY_RANK, SQ_ERR_INPUT, "there are no worms of the action %s",
          md->action.type->name);
  const sq_flux_coupling coupling = md->action.type->flux->coupling(&md->action);
  if (!md->fluxes) PetscCall(sq_fluxes_create(md->lattice, &coupling, &md->fluxes));
  *fluxes = md->fluxes;
  PetscFunctionReturn(0);
}

/* A heat bath of l and so many worms of k. All intervals of a chain must have the same number of them. */
static PetscErrorCode crawl(sq_chain *chain, int64_t worms)
{
  PetscFunctionBeginUser;
  sq_fluxes *fluxes = NULL;
  double *block = sq_md_scratch(chain->md);
  PetscCall(fluxes_of(chain->md, &fluxes));
  sq_field_to_block(chain->phi, block);
  PetscCall(sq_fluxes_load(fluxes, block));
  PetscCall(sq_fluxes_move(fluxes, chain->seed, chain->id, (uint64_t)chain->trajectory, worms));
  sq_fluxes_store(fluxes, block);
  sq_field_from_block(chain->phi, block);
  PetscCall(sq_chain_settle(chain));
  sq_chain_moved(chain);
  PetscFunctionReturn(0);
}

/* ---- the row ---- */

static bool never(const sq_pace *pace)
{
  (void)pace;
  return false;
}

/* The number of worms is chosen so that they are as long as the lattice; measured: 30 ns a heat bath, 17 ns a step. */
static double work(int dim, double steps)
{
  (void)steps;
  return 120 * dim;
}

static PetscErrorCode steps(sq_md *md, uint64_t seed, int64_t *worms)
{
  PetscFunctionBeginUser;
  sq_fluxes *fluxes = NULL;
  PetscCall(fluxes_of(md, &fluxes));
  PetscCall(sq_fluxes_choose_worms(fluxes, seed, 0, worms));
  PetscFunctionReturn(0);
}

static PetscErrorCode move(sq_chain *chain, const sq_pace *pace, int64_t parts)
{
  (void)parts;
  return crawl(chain, pace->steps);
}

static void describe(const sq_md *md, const sq_pace *pace, char *text, size_t size)
{
  (void)md;
  snprintf(text, size, " of %lld worm%s and a heat bath of l each", (long long)pace->steps, pace->steps > 1 ? "s" : "");
}

const sq_dynamics sq_dynamics_worm = {
  .name = "worm",
  .summary = "worms of fluxes",
  .unit = "intervals",
  .decides = never,
  .work = work,
  .steps = steps,
  .move = move,
  .describe = describe,
};
