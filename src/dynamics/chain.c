/* SPDX-License-Identifier: BSD-3-Clause */
/* A chain: its field, the force there, and its place in the sequence of random numbers.
 *
 * Every rank of the domain calls with the same numbers and holds its block. One reduction a trajectory: the exact sums
 * of H before and after, and of what is observed.
 */
#include "internal.h"

enum { HOT_STEP, SIGN_STEP, TURN_STEP }; /* addresses within the stream of the start */

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
  PetscCall(sq_field_create_components(md->lattice, 1, md->components, &c->phi));
  PetscCall(sq_alloc(md->numbers, &c->force));
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
  const sq_md *md = chain->md;
  const sq_sum *order = &sum[SQ_MD_ORDER];
  const double volume = (double)md->lattice->volume;
  chain->action = sq_sum_value(&sum[SQ_MD_ACTION]);
  chain->magnetisation = sq_sum_value(order) / volume;
  for (int k = 1; k < md->orders; k++)
    chain->magnetisation = hypot(chain->magnetisation, sq_sum_value(&order[k]) / volume);
  chain->schwinger_dyson = isnan(md->action.type->space->identity) ? NAN : -sq_sum_value(&sum[SQ_MD_VIRIAL]) / volume;
}

PetscErrorCode sq_chain_settle(sq_chain *chain)
{
  PetscFunctionBeginUser;
  sq_sum sum[SQ_MD_SUMS];
  PetscCall(sq_md_settle(chain->md, chain->phi, chain->force, sum));
  PetscCall(sq_sum_reduce(chain->md->lattice->comm, chain->md->sums, sum));
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
  for (int64_t r = 0; r < md->all_rows; r++) {
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

/* A vector along the first component, turned into a random direction. */
static void ordered_vector(const sq_chain *chain, sq_stream stream, double *block)
{
  const sq_md *md = chain->md;
  const int64_t sites = md->lattice->local_volume;
  const double length = sq_action_ordered_value(&md->action);
  double matrix[SQ_COMPONENTS * SQ_COMPONENTS];
  sq_turn_random(md->components, stream, TURN_STEP, 0, matrix);
  for (int64_t i = 0; i < md->numbers; i++) block[i] = length * matrix[i / sites * md->components];
}

/* The same fluxes at every site. */
static void uniform_fluxes(const sq_md *md, double *block)
{
  const sq_flux_coupling coupling = md->action.type->flux->coupling(&md->action);
  double number[SQ_COMPONENTS];
  sq_flux_uniform(md->lattice->dim, &coupling, number);
  for (int64_t i = 0; i < md->numbers; i++) block[i] = number[i / md->lattice->local_volume];
}

static void ordered_block(const sq_chain *chain, sq_stream stream, double *block)
{
  const sq_action *action = &chain->md->action;
  const sq_symmetry move = sq_action_symmetry(action, 1 - sq_rng_uniform(stream, 0, SIGN_STEP, 0));
  const double value = move.factor * sq_action_ordered_value(action) + move.shift;
  if (action->type->flux) uniform_fluxes(chain->md, block);
  else if (sq_action_rotates(action)) ordered_vector(chain, stream, block);
  else
    for (int64_t i = 0; i < chain->md->numbers; i++) block[i] = value;
  if (action->type->space->wrap) action->type->space->wrap(chain->md->numbers, block, block);
}

PetscErrorCode sq_chain_start(sq_chain *chain, sq_start start)
{
  PetscFunctionBeginUser;
  sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_START, chain->id);
  sq_md *md = chain->md;
  double *block = sq_md_scratch(md);
  if (sq_start_of(&md->action, start) == SQ_START_ORDERED) ordered_block(chain, stream, block);
  else sq_block_random(md->lattice, md->components, md->action.type->space->random, stream, HOT_STEP, 0, block);
  for (int64_t i = sq_action_real_parts(&md->action) * md->lattice->local_volume; i < md->numbers; i++) block[i] = 0;
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
  sq_md *md = chain->md;
  sq_sum sum[SQ_MD_SUMS];
  PetscCall(sq_action_need(&md->action, SQ_ABLE_FORCE, "hybrid Monte Carlo"));
  PetscCall(sq_chain_ready(chain));
  PetscCall(sq_md_trajectory(md, chain->phi, chain->force, eps, steps,
                             sq_stream_make(chain->seed, SQ_RNG_MOMENTUM, chain->id), (uint64_t)chain->trajectory,
                             sum));
  PetscCall(sq_sum_reduce(md->lattice->comm, md->sums, sum));
  chain->dH = sq_sum_value(&sum[SQ_MD_ACTION]) - chain->action +
              (sq_sum_value(&sum[SQ_MD_KINETIC_END]) - sq_sum_value(&sum[SQ_MD_KINETIC]));
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

/* ---- symmetry moves ---- */

static void turn(sq_chain *chain, sq_stream stream)
{
  const sq_md *md = chain->md;
  double matrix[SQ_COMPONENTS * SQ_COMPONENTS];
  sq_turn_random(md->components, stream, (uint64_t)chain->trajectory, 0, matrix);
  for (int64_t r = 0; r < md->rows; r++)
    sq_turn_numbers(md->components, matrix, md->lattice->local[3], chain->phi->sites, chain->phi->data + md->row[r]);
  sq_turn_numbers(md->components, matrix, md->lattice->local_volume, md->lattice->local_volume, chain->force);
  chain->turned = true;
}

void sq_chain_flip(sq_chain *chain)
{
  sq_md *md = chain->md;
  const sq_stream stream = sq_stream_make(chain->seed, SQ_RNG_FLIP, chain->id);
  const sq_symmetry move = sq_action_symmetry(&md->action, sq_rng_uniform(stream, 0, (uint64_t)chain->trajectory, 0));
  const bool rotates = sq_action_rotates(&md->action);
  if (rotates) turn(chain, stream);
  if (rotates || (move.factor == 1 && move.shift == 0)) return;
  sq_md_move_rows(md->all_rows, md->lattice->local[3], md->row, move, chain->phi->data);
  if (move.shift != 0) sq_chain_wrap(chain);
  for (int64_t i = 0; i < md->numbers; i++) chain->force[i] *= move.factor;
  if (md->orders == 1) chain->magnetisation *= move.factor;
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
