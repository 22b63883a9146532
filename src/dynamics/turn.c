/* SPDX-License-Identifier: BSD-3-Clause */
/* Cluster updates of a chain: a reflection of the field (of its sign, or about an axis) is turned on in clusters, whose
 * couplings are made of what it does to each link. */
#include "internal.h"

enum { AXIS = 0xffff }; /* the draw of the axis; clusters use the first ones */

/* What an update needs beside the chain. */
typedef struct {
  double axis[SQ_COMPONENTS], *strength;
  bool *turn;
} scratch;

static void turn_sites(sq_chain *chain, scratch *s)
{
  sq_md *md = chain->md;
  const sq_action_bond *bond = md->action.type->bond;
  const int64_t n = md->lattice->local[3];
  if (!bond->reflect) sq_clusters_turn(md->clusters, chain->phi);
  for (int64_t row = 0; bond->reflect && row < md->rows; row++) {
    sq_clusters_turning(md->clusters, row, s->turn);
    bond->reflect(&md->action, chain->phi, s->axis, md->row[row], n, s->turn);
  }
}

/* One update; addressed by the number of trajectories done. */
static PetscErrorCode sweep(sq_chain *chain, double alpha, int64_t number, scratch *s)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  const sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_CLUSTER, chain->id);
  const uint64_t step = (uint64_t)chain->trajectory * (SQ_CLUSTER_SWEEPS + 1) + (uint64_t)number;
  sq_rng_normals(stream, 0, SQ_COMPONENTS, step, AXIS, s->axis);
  PetscCall(sq_halo_exchange(md->halo, chain->phi->data));
  for (int64_t row = 0; row < md->rows; row++) {
    md->action.type->bond->strength(&md->action, chain->phi, s->axis, md->row[row], md->lattice->local[3], s->strength);
    for (int64_t i = 0; alpha != 1 && i < md->lattice->dim * md->lattice->local[3]; i++) s->strength[i] /= alpha;
    sq_clusters_open(md->clusters, stream, step, row, s->strength);
  }
  PetscCall(sq_clusters_join(md->clusters));
  turn_sites(chain, s);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_clusters(sq_chain *chain, double alpha, int64_t sweeps)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  scratch s;
  if (sweeps == 0) PetscFunctionReturn(0);
  SqCheck(md->action.type->bond, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "there are no cluster updates for the action %s; set the key cluster to 0", md->action.type->name);
  if (!md->clusters) PetscCall(sq_clusters_create(md->lattice, &md->clusters));
  PetscCall(sq_alloc(md->lattice->dim * md->lattice->local[3], &s.strength));
  PetscCall(sq_alloc(md->lattice->local[3], &s.turn));
  for (int64_t i = 0; i < sweeps; i++) PetscCall(sweep(chain, alpha, i, &s));
  PetscCall(sq_chain_settle(chain));
  sq_free(&s.strength);
  sq_free(&s.turn);
  PetscFunctionReturn(0);
}

/* ---- the row: cluster updates alone ---- */

static bool never(const sq_pace *pace)
{
  (void)pace;
  return false;
}

/* Measured in d = 2, 3, 4: 29, 55, 114. */
static double work(int dim, double steps)
{
  return steps * (4 + 7. * dim * dim);
}

static PetscErrorCode move(sq_chain *chain, const sq_pace *pace, int64_t parts)
{
  PetscFunctionBeginUser;
  (void)parts;
  PetscCall(sq_chain_clusters(chain, 1, pace->steps));
  sq_chain_moved(chain);
  PetscFunctionReturn(0);
}

static void describe(const sq_md *md, const sq_pace *pace, char *text, size_t size)
{
  (void)md;
  snprintf(text, size, " of %lld cluster update%s each", (long long)pace->steps, pace->steps > 1 ? "s" : "");
}

const sq_dynamics sq_dynamics_cluster = {
  .name = "cluster",
  .summary = "cluster updates",
  .unit = "intervals",
  .decides = never,
  .work = work,
  .move = move,
  .describe = describe,
};
