/* A chain: its field, the force there, and its place in the sequence of random numbers.
 *
 * Every rank of the domain calls with the same numbers and holds its block. One reduction a trajectory: the exact sums
 * of H before and after, and of what is observed.
 */
#include "internal.h"

enum { HOT_STEP, SIGN_STEP }; /* addresses within the stream of the start */

enum { TRAJECTORY, DH, ACCEPTED, COUNTS };

const char *const sq_chain_number_name[SQ_CHAIN_NUMBERS] = {"trajectory", "dH", "accepted", SQ_METROPOLIS_NAMES};

PetscErrorCode sq_chain_create(sq_md *md, uint64_t seed, uint64_t id, sq_chain **chain)
{
  PetscFunctionBeginUser;
  sq_chain *c;
  PetscCall(sq_alloc(1, &c));
  c->md = md;
  c->seed = seed;
  c->id = id;
  PetscCall(sq_field_create(md->lattice, 1, &c->phi));
  PetscCall(sq_alloc(md->lattice->local_volume, &c->force));
  *chain = c;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_destroy(sq_chain **chain)
{
  PetscFunctionBeginUser;
  if (!*chain) PetscFunctionReturn(0);
  PetscCall(sq_field_destroy(&(*chain)->phi));
  sq_free(&(*chain)->force);
  sq_free(chain);
  PetscFunctionReturn(0);
}

void sq_chain_observe(sq_chain *chain, const sq_sum sum[SQ_MD_SUMS])
{
  double volume = (double)chain->md->lattice->volume;
  chain->action = sq_sum_value(&sum[SQ_MD_ACTION]);
  const sq_space *space = chain->md->action.type->space;
  chain->magnetisation = sq_sum_value(&sum[SQ_MD_ORDER]) / volume;
  if (space->order[0]) chain->magnetisation = hypot(chain->magnetisation, sq_sum_value(&sum[SQ_MD_ORDER + 1]) / volume);
  chain->schwinger_dyson = isnan(space->identity) ? NAN : -sq_sum_value(&sum[SQ_MD_VIRIAL]) / volume;
}

PetscErrorCode sq_chain_settle(sq_chain *chain)
{
  PetscFunctionBeginUser;
  sq_sum sum[SQ_MD_SUMS];
  PetscCall(sq_md_force(chain->md, chain->phi, chain->force));
  sq_md_sums(chain->md, chain->phi, chain->force, sum);
  PetscCall(sq_sum_reduce(chain->md->lattice->comm, SQ_MD_SUMS, sum));
  sq_chain_observe(chain, sum);
  chain->turned = false;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_ready(sq_chain *chain)
{
  PetscFunctionBeginUser;
  if (chain->turned) PetscCall(sq_chain_settle(chain));
  PetscFunctionReturn(0);
}

void sq_chain_wrap(sq_chain *chain)
{
  const sq_md *md = chain->md;
  if (!md->action.type->space->wrap) return;
  for (int64_t r = 0; r < md->rows; r++) {
    double *row = chain->phi->data + md->row[r];
    md->action.type->space->wrap(md->lattice->local[3], row, row);
  }
  chain->turned = true;
}

/* ---- the first field ---- */

sq_start sq_start_of(const sq_action *action, sq_start start)
{
  if (start != SQ_START_AUTO) return start;
  return sq_action_ordered_value(action) > 0 ? SQ_START_ORDERED : SQ_START_HOT;
}

static void ordered_block(const sq_chain *chain, sq_stream stream, double *block)
{
  const sq_action *action = &chain->md->action;
  const sq_symmetry move = sq_action_symmetry(action, 1 - sq_rng_uniform(stream, 0, SIGN_STEP, 0));
  const double value = move.factor * sq_action_ordered_value(action) + move.shift;
  for (int64_t i = 0; i < chain->md->lattice->local_volume; i++) block[i] = value;
  if (action->type->space->wrap) action->type->space->wrap(chain->md->lattice->local_volume, block, block);
}

PetscErrorCode sq_chain_start(sq_chain *chain, sq_start start)
{
  PetscFunctionBeginUser;
  sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_START, chain->id);
  double *block = sq_md_scratch(chain->md);
  if (sq_start_of(&chain->md->action, start) == SQ_START_ORDERED) ordered_block(chain, stream, block);
  else sq_block_random(chain->md->lattice, 1, chain->md->action.type->space->random, stream, HOT_STEP, 0, block);
  sq_field_from_block(chain->phi, block);
  chain->trajectory = 0;
  chain->dH = 0;
  chain->accepted = false;
  chain->refused = 0;
  chain->counts = (sq_metropolis){0};
  PetscCall(sq_chain_settle(chain));
  PetscFunctionReturn(0);
}

/* ---- a trajectory ---- */

PetscErrorCode sq_chain_trajectory(sq_chain *chain, double eps, int64_t steps)
{
  PetscFunctionBeginUser;
  enum { BEFORE = SQ_MD_SUMS, AFTER, SUMS }; /* the kinetic energies */
  sq_md *md = chain->md;
  const int64_t sites = md->lattice->local_volume;
  sq_sum sum[SUMS], kinetic = {{0}};
  PetscCall(sq_action_need_force(&md->action, "hybrid Monte Carlo"));
  PetscCall(sq_chain_ready(chain));
  sq_block_normals(md->lattice, sq_stream_make(chain->seed, SQ_RNG_MOMENTUM, chain->id), (uint64_t)chain->trajectory, 0,
                   md->momentum);
  sq_md_sum_half_squares(sites, md->momentum, &kinetic);
  PetscCall(sq_md_integrate(md, chain->phi, chain->force, eps, steps));
  sq_md_sums(md, md->end, md->end_force, sum);
  sum[BEFORE] = kinetic;
  sum[AFTER] = (sq_sum){{0}};
  sq_md_sum_half_squares(sites, md->momentum, &sum[AFTER]);
  PetscCall(sq_sum_reduce(md->lattice->comm, SUMS, sum));
  chain->dH = sq_sum_value(&sum[SQ_MD_ACTION]) - chain->action +
              (sq_sum_value(&sum[AFTER]) - sq_sum_value(&sum[BEFORE]));
  double u = sq_rng_uniform(sq_stream_make(chain->seed, SQ_RNG_ACCEPT, chain->id), 0, (uint64_t)chain->trajectory, 0);
  chain->accepted = sq_metropolis_decide(&chain->counts, -chain->dH, u);
  chain->refused = chain->accepted ? 0 : chain->refused + 1;
  if (chain->accepted) {
    sq_chain_observe(chain, sum);
    sq_md_take(md, &chain->phi, &chain->force);
    sq_chain_wrap(chain);
  }
  chain->trajectory++;
  PetscFunctionReturn(0);
}

void sq_chain_flip(sq_chain *chain)
{
  sq_md *md = chain->md;
  sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_FLIP, chain->id);
  const sq_symmetry move = sq_action_symmetry(&md->action, sq_rng_uniform(stream, 0, (uint64_t)chain->trajectory, 0));
  if (move.factor == 1 && move.shift == 0) return;
  sq_md_move_rows(md->rows, md->lattice->local[3], md->row, move, chain->phi->data);
  if (move.shift != 0) sq_chain_wrap(chain);
  for (int64_t i = 0; i < md->lattice->local_volume; i++) chain->force[i] *= move.factor;
  chain->magnetisation *= move.factor;
}

/* ---- its state ---- */

void sq_chain_save(const sq_chain *chain, double *block, double number[SQ_CHAIN_NUMBERS])
{
  number[TRAJECTORY] = (double)chain->trajectory;
  number[DH] = chain->dH;
  number[ACCEPTED] = chain->accepted;
  sq_metropolis_save(&chain->counts, number + COUNTS);
  sq_field_to_block(chain->phi, block);
}

PetscErrorCode sq_chain_restore(sq_chain *chain, const double *block, const double number[SQ_CHAIN_NUMBERS])
{
  PetscFunctionBeginUser;
  sq_field_from_block(chain->phi, block);
  chain->trajectory = (int64_t)number[TRAJECTORY];
  chain->dH = number[DH];
  chain->accepted = number[ACCEPTED] != 0;
  sq_metropolis_restore(&chain->counts, number + COUNTS);
  PetscCall(sq_chain_settle(chain));
  PetscFunctionReturn(0);
}

/* ---- the row ---- */

static bool always(const sq_pace *pace)
{
  (void)pace;
  return true;
}

static PetscErrorCode move(sq_chain *chain, const sq_pace *pace, int64_t parts)
{
  return sq_chain_trajectory(chain, pace->eps / (double)parts, pace->steps * parts);
}

static void describe(const sq_md *md, const sq_pace *pace, char *text, size_t size)
{
  snprintf(text, size, "; now length %.3g in %lld steps of %.3g (%s)", pace->eps * (double)pace->steps,
           (long long)pace->steps, pace->eps, md->integrator->name);
}

const sq_dynamics sq_dynamics_trajectory = {
  .name = "trajectory",
  .summary = "hybrid Monte Carlo",
  .unit = "trajectories",
  .tuned = true,
  .reversible = true,
  .decides = always,
  .move = move,
  .describe = describe,
};
