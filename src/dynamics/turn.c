/* Cluster updates of a chain: the signs of phi are Ising spins whose couplings are made of the sizes, which stay. */
#include "internal.h"

/* One update; addressed by the number of trajectories done. */
static PetscErrorCode sweep(sq_chain *chain, int64_t number, double *strength)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  const sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_CLUSTER, chain->id);
  const uint64_t step = (uint64_t)chain->trajectory * (SQ_CLUSTER_SWEEPS + 1) + (uint64_t)number;
  PetscCall(sq_halo_exchange(md->halo, chain->phi->data));
  for (int64_t row = 0; row < md->rows; row++) {
    md->action.type->bond->strength(&md->action, chain->phi, md->row[row], md->lattice->local[3], strength);
    sq_clusters_open(md->clusters, stream, step, row, strength);
  }
  PetscCall(sq_clusters_join(md->clusters));
  sq_clusters_turn(md->clusters, chain->phi);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_clusters(sq_chain *chain, int64_t sweeps)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  double *strength;
  if (sweeps == 0) PetscFunctionReturn(0);
  SqCheck(md->action.type->bond, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "there are no cluster updates for the action %s; set hmc.cluster to 0", md->action.type->name);
  if (!md->clusters) PetscCall(sq_clusters_create(md->lattice, &md->clusters));
  PetscCall(sq_alloc(md->lattice->dim * md->lattice->local[3], &strength));
  for (int64_t i = 0; i < sweeps; i++) PetscCall(sweep(chain, i, strength));
  PetscCall(sq_chain_settle(chain));
  sq_free(&strength);
  PetscFunctionReturn(0);
}
