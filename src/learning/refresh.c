/* SPDX-License-Identifier: BSD-3-Clause */
/* Stored fields that are moved each time they are learned from; see the header. */
#include "src/learning/refresh.h"
#include "squall/mc.h"
#include "src/run/run.h"

/* Trajectories have a random number of steps, 5 to 15. */
enum { FEWEST = 5, STEPS = 10 };

typedef struct {
  uint64_t seed;
  int64_t units;
  sq_hmc_settings set; /* the dynamics, and what it is joined with */
  sq_pace pace;
  sq_md *md;
  sq_chain *chain;
} mover;

/* What `mc: {algorithm: auto}` moves a chain with, if nothing else is said. */
static bool settings_of(const sq_action *action, sq_hmc_settings *set)
{
  const sq_mc_algorithm *algorithm = sq_mc_default(action);
  *set = (sq_hmc_settings){.cluster = action->type->bond ? SQ_HMC_AUTO : 0, .jumps = action->type->jump ? 1 : 0};
  if (!algorithm) return false;
  algorithm->fill(set);
  if (set->cluster == SQ_HMC_AUTO) set->cluster = 1;
  if (action->type->local && action->type->local->relax && set->dynamics == &sq_dynamics_local)
    set->over_relaxation = 2;
  return true;
}

int64_t sq_refresh_units(const sq_action *action, int64_t units)
{
  sq_hmc_settings set;
  if (units >= 0) return units;
  return settings_of(action, &set) && set.dynamics != &sq_dynamics_trajectory;
}

PetscErrorCode sq_refresh_check(const sq_action *action, int64_t units)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set;
  SqCheck(units == 0 || settings_of(action, &set), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "train.refresh: %lld: there is no algorithm for the action %s; set it to 0", (long long)units,
          action->type->name);
  PetscFunctionReturn(0);
}

static PetscErrorCode move(void *self, int64_t step, int64_t entry, double *block)
{
  PetscFunctionBeginUser;
  mover *m = self;
  sq_chain *c = m->chain;
  sq_pace pace = m->pace;
  c->seed = sq_stream_join(m->seed, (uint64_t)step);
  c->id = (uint64_t)entry;
  PetscCall(sq_chain_restore(c, block, (double[SQ_CHAIN_NUMBERS]){0}));
  for (int64_t i = 0; i < m->units; i++) {
    if (m->set.dynamics->tuned)
      pace.steps = FEWEST + sq_rng_index(sq_stream_make(c->seed, SQ_RNG_LENGTH, c->id), 0, (uint64_t)i, 0,
                                         2 * (STEPS - FEWEST) + 1);
    PetscCall(m->set.dynamics->move(c, &pace, 1));
    PetscCall(sq_chain_relax(c, m->set.over_relaxation));
    if (m->set.cluster) PetscCall(sq_chain_clusters(c, 1, m->set.cluster));
    if (m->set.jumps) PetscCall(sq_chain_jumps(c, m->set.jumps));
    sq_chain_flip(c);
  }
  sq_field_to_block(c->phi, block);
  PetscFunctionReturn(0);
}

/* The acceptance of trajectories from the first fields; every replica finds the same. */
static PetscErrorCode try_step(mover *m, const sq_dataset *fields, double *acceptance)
{
  PetscFunctionBeginUser;
  enum { MOST = 8, TRAJECTORIES = 8 };
  const int64_t count = PetscMin(MOST, fields->count);
  const int64_t numbers = m->chain->phi->components * m->chain->phi->lattice->local_volume;
  int64_t accepted = 0;
  for (int64_t n = 0; n < count; n++) {
    m->chain->id = (uint64_t)n;
    PetscCall(sq_chain_restore(m->chain, fields->blocks + n * numbers, (double[SQ_CHAIN_NUMBERS]){0}));
    for (int t = 0; t < TRAJECTORIES; t++) {
      PetscCall(sq_chain_trajectory(m->chain, m->pace.eps, STEPS));
      accepted += m->chain->accepted;
    }
  }
  *acceptance = (double)accepted / (double)(count * TRAJECTORIES);
  PetscFunctionReturn(0);
}

/* Steps become shorter until they are accepted well. */
static PetscErrorCode tune(mover *m, const sq_dataset *fields)
{
  PetscFunctionBeginUser;
  enum { ROUNDS = 30 };
  const double well = 0.75;
  double acceptance = 0;
  m->pace.eps = 0.4;
  for (int round = 0; round < ROUNDS && acceptance < well; round++) {
    m->pace.eps *= 0.8;
    PetscCall(try_step(m, fields, &acceptance));
  }
  sq_info("train: stored fields are moved by trajectories of %d to %d steps of %.3g, acceptance %.2f", FEWEST,
          2 * STEPS - FEWEST, m->pace.eps, acceptance);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_refresh_create(const sq_lattice *lattice, const sq_action *action, const sq_dataset *fields,
                                 int64_t units, uint64_t seed, sq_refresh *refresh)
{
  PetscFunctionBeginUser;
  mover *m;
  *refresh = (sq_refresh){0};
  PetscCall(sq_refresh_check(action, units));
  if (units == 0) PetscFunctionReturn(0);
  PetscCall(sq_alloc(1, &m));
  *m = (mover){.seed = seed, .units = units};
  (void)settings_of(action, &m->set);
  m->pace.steps = m->set.steps;
  PetscCall(sq_md_create(lattice, action, sq_integrators[0], &m->md));
  PetscCall(sq_chain_create(m->md, seed, 0, &m->chain));
  if (m->set.dynamics->tuned) PetscCall(tune(m, fields));
  else if (!m->pace.steps && m->set.dynamics->steps) PetscCall(m->set.dynamics->steps(m->md, seed, &m->pace.steps));
  *refresh = (sq_refresh){.self = m, .move = move};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_refresh_destroy(sq_refresh *refresh)
{
  PetscFunctionBeginUser;
  mover *m = refresh->self;
  if (!m) PetscFunctionReturn(0);
  PetscCall(sq_chain_destroy(&m->chain));
  PetscCall(sq_md_destroy(&m->md));
  sq_free(&m);
  *refresh = (sq_refresh){0};
  PetscFunctionReturn(0);
}
