/* SPDX-License-Identifier: BSD-3-Clause */
/* The Langevin equation of a chain: schemes for a step, and intervals of many steps.
 *
 * A step goes from chain->phi, with the force there, to md->end, and exchanges the two; md->momentum holds the noise.
 * Its random numbers have the number of the step in their address, so that nothing but field and trajectory number has
 * to be kept. Without a decision there is one reduction an interval.
 */
#include "internal.h"
#include <math.h>

typedef struct {
  double eps, noise, alpha; /* noise = sqrt(2 alpha eps) */
} step_size;

/* md->end += time K pull, a block that is overwritten. */
static PetscErrorCode drift(sq_md *md, double time, double *pull)
{
  PetscFunctionBeginUser;
  if (md->mass > 0) PetscCall(sq_md_filter(md, md->kernel, pull, pull));
  sq_md_drift(md->all_rows, md->lattice->local[3], md->row, time, pull, md->end->data);
  PetscFunctionReturn(0);
}

/* md->end = phi + eps K F + noise K^(1/2) xi, and the force there. */
static PetscErrorCode predict(sq_md *md, const sq_field *phi, const double *force, const step_size *size)
{
  PetscFunctionBeginUser;
  const int64_t length = md->lattice->local[3];
  if (md->mass > 0) {
    sq_field_copy(phi, md->end);
    PetscCall(sq_md_filter(md, md->root, md->momentum, md->velocity));
    PetscCall(sq_md_filter(md, md->kernel, force, md->pull));
    sq_md_kick(md->numbers, size->eps / size->noise, md->pull, md->velocity);
    sq_md_drift(md->all_rows, length, md->row, size->noise, md->velocity, md->end->data);
  } else
    sq_md_first(md->all_rows, length, md->row, size->noise, size->eps / size->noise, md->momentum, force, phi->data,
                md->row, md->end->data);
  PetscCall(sq_md_force(md, md->end, md->end_force));
  PetscFunctionReturn(0);
}

/* The mean of the forces at both ends in place of that at the first. */
static PetscErrorCode correct(sq_md *md, const double *force, const step_size *size)
{
  PetscFunctionBeginUser;
  double *change = md->momentum; /* the noise is in md->end already */
  for (int64_t i = 0; i < md->numbers; i++) change[i] = md->end_force[i] - force[i];
  PetscCall(drift(md, size->eps / 2, change));
  PetscCall(sq_md_force(md, md->end, md->end_force));
  PetscFunctionReturn(0);
}

/* The noise that would lead back: minus xi + (eps/noise) K^(1/2) (F + F'). Left in md->momentum. */
static PetscErrorCode noise_back(sq_md *md, const double *force, const step_size *size)
{
  PetscFunctionBeginUser;
  double *pull = md->mass > 0 ? md->pull : md->end_force;
  if (md->mass > 0) {
    for (int64_t i = 0; i < md->numbers; i++) pull[i] = force[i] + md->end_force[i];
    PetscCall(sq_md_filter(md, md->root, pull, pull));
    sq_md_kick(md->numbers, size->eps / size->noise, pull, md->momentum);
  } else
    for (int64_t i = 0; i < md->numbers; i++)
      md->momentum[i] += size->eps / size->noise * (force[i] + md->end_force[i]);
  PetscFunctionReturn(0);
}

/* Whether the chain goes to md->end. */
static PetscErrorCode decide(sq_chain *chain, const step_size *size, uint64_t number, sq_sum kinetic)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  sq_sum sum[SQ_MD_SUMS];
  PetscCall(noise_back(md, chain->force, size));
  sq_md_sums(md, md->end, md->end_force, sum);
  sum[SQ_MD_KINETIC] = kinetic;
  sq_md_sum_half_squares(md->numbers, md->momentum, &sum[SQ_MD_KINETIC_END]);
  PetscCall(sq_sum_reduce(md->lattice->comm, md->sums, sum));
  chain->dH = (sq_sum_value(&sum[SQ_MD_ACTION]) - chain->action) / size->alpha +
              (sq_sum_value(&sum[SQ_MD_KINETIC_END]) - sq_sum_value(&sum[SQ_MD_KINETIC]));
  double u = sq_rng_uniform(sq_stream_make(chain->seed, SQ_RNG_ACCEPT, chain->id), 0, number, 0);
  chain->accepted = sq_metropolis_decide(&chain->counts, -chain->dH, u);
  if (!chain->accepted) PetscFunctionReturn(0);
  sq_chain_observe(chain, sum);
  sq_md_take(md, &chain->phi, &chain->force);
  PetscFunctionReturn(0);
}

static PetscErrorCode step(sq_chain *chain, const sq_langevin_scheme *scheme, const step_size *size, uint64_t number,
                           uint16_t part)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  sq_sum kinetic = {{0}};
  sq_md_normals(md, sq_stream_make(chain->seed, SQ_RNG_LANGEVIN, chain->id), number, part, md->momentum);
  if (scheme->adjusted) sq_md_sum_half_squares(md->numbers, md->momentum, &kinetic);
  PetscCall(predict(md, chain->phi, chain->force, size));
  if (scheme->corrector) PetscCall(correct(md, chain->force, size));
  if (scheme->adjusted) PetscCall(decide(chain, size, number, kinetic));
  else sq_md_take(md, &chain->phi, &chain->force);
  PetscFunctionReturn(0);
}

/* The largest drift of a site. */
static PetscErrorCode largest_drift(const sq_chain *chain, double *largest)
{
  PetscFunctionBeginUser;
  const sq_md *md = chain->md;
  double square = sq_md_largest_square(md->components, md->lattice->local_volume, chain->force);
  PetscCall(sq_largest(md->lattice->comm, &square));
  *largest = sqrt(square);
  PetscFunctionReturn(0);
}

/* The time of a step of complex Langevin dynamics, in parts that are the shorter the larger the drift is: eps K/K_max,
 * at most eps (G. Aarts, F. A. James, E. Seiler, I.-O. Stamatescu, Phys. Lett. B 687 (2010) 154). Fields are looked at
 * after equal times, so that averages are those over time. lost: the drift has grown beyond any. */
static PetscErrorCode step_in_parts(sq_chain *chain, const sq_langevin_scheme *scheme, const step_size *size,
                                    uint64_t number, bool *lost)
{
  PetscFunctionBeginUser;
  enum { MOST = 50000 };
  const sq_action *action = &chain->md->action;
  const double usual = action->type->complexified->usual_drift(action, (double)chain->md->lattice->volume);
  double left = size->eps, largest = 0;
  for (int part = 0; part < MOST && left > 0; part++) {
    PetscCall(largest_drift(chain, &largest));
    const double wanted = size->eps * fmin(1, usual / largest), eps = wanted < left * (1 - 1e-9) ? wanted : left;
    if (!(eps > 0)) break;
    const step_size shorter = {.eps = eps, .noise = sqrt(2 * size->alpha * eps), .alpha = size->alpha};
    PetscCall(step(chain, scheme, &shorter, number, (uint16_t)part));
    left = eps < left ? left - eps : 0;
  }
  *lost = left > 0;
  PetscFunctionReturn(0);
}

/* Whether an interval has led to where no fluctuation does. In equilibrium S is alpha/2 a site above its minimum, give
 * or take; that it rises by a thousand alpha a site has the probability exp(-1000) even for a single one. */
static bool is_lost(const sq_chain *chain, double alpha, const sq_sum sum[SQ_MD_SUMS])
{
  const bool real = !chain->md->action.type->complexified; /* Re S has no lower bound where fields are complex */
  const double rise = sq_sum_value(&sum[SQ_MD_ACTION]) - chain->action, most = real ? 1000 * alpha : INFINITY;
  return !(rise <= most * (double)chain->md->lattice->volume && isfinite(sq_sum_value(&sum[SQ_MD_VIRIAL])));
}

/* An interval without decisions is taken if it has led to a field; md->before is where it began. */
static PetscErrorCode judge(sq_chain *chain, double alpha, bool lost)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  sq_sum sum[SQ_MD_SUMS];
  sq_md_sums(md, chain->phi, chain->force, sum);
  PetscCall(sq_sum_reduce(md->lattice->comm, md->sums, sum));
  chain->accepted = !lost && !is_lost(chain, alpha, sum);
  chain->dH = chain->accepted ? 0 : NAN;
  chain->counts.proposed++;
  chain->counts.accepted += chain->accepted;
  chain->counts.invalid += !chain->accepted;
  if (chain->accepted) sq_chain_observe(chain, sum);
  else {
    sq_field_copy(md->before, chain->phi);
    PetscCall(sq_chain_settle(chain));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_langevin(sq_chain *chain, const sq_langevin_scheme *scheme, double alpha, double eps,
                                 int64_t steps)
{
  PetscFunctionBeginUser;
  const step_size size = {.eps = eps, .noise = sqrt(2 * alpha * eps), .alpha = alpha};
  const uint64_t first = (uint64_t)chain->trajectory * (uint64_t)steps;
  const bool complexified = chain->md->action.type->complexified;
  bool moved = false, lost = false;
  PetscCall(sq_action_need(&chain->md->action, SQ_ABLE_FORCE, "the Langevin equation"));
  SqCheck(!complexified || !scheme->adjusted, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the weight of %s is complex: there are no Metropolis decisions; choose langevin.scheme: euler or second",
          chain->md->action.type->name);
  PetscCall(sq_chain_ready(chain));
  if (!scheme->adjusted) sq_field_copy(chain->phi, chain->md->before);
  for (int64_t k = 0; k < steps && !lost; k++) {
    const uint64_t number = first + (uint64_t)k;
    if (complexified) PetscCall(step_in_parts(chain, scheme, &size, number, &lost));
    else PetscCall(step(chain, scheme, &size, number, 0));
    moved = moved || (scheme->adjusted && chain->accepted);
  }
  if (!scheme->adjusted) PetscCall(judge(chain, alpha, lost));
  sq_chain_wrap(chain);
  chain->refused = moved || (!scheme->adjusted && chain->accepted) ? 0 : chain->refused + 1;
  chain->trajectory++;
  PetscFunctionReturn(0);
}

/* ---- the rows ---- */

const sq_langevin_scheme sq_langevin_euler = {.name = "euler", .summary = "one force a step", .order = 1},
                         sq_langevin_second = {.name = "second",
                                               .summary = "two forces a step: the mean of those at both ends",
                                               .order = 2,
                                               .corrector = true},
                         sq_langevin_adjusted = {.name = "adjusted",
                                                 .summary = "Euler's step with a Metropolis decision: exact",
                                                 .adjusted = true};

static bool decides(const sq_pace *pace)
{
  return pace->scheme->adjusted;
}

/* With parts > 1 a part of an interval: its number of steps is in the address of the noise. */
static PetscErrorCode move(sq_chain *chain, const sq_pace *pace, int64_t parts)
{
  return sq_chain_langevin(chain, pace->scheme, pace->alpha, pace->eps / (double)parts, pace->steps);
}

static void describe(const sq_md *md, const sq_pace *pace, char *text, size_t size)
{
  (void)md;
  snprintf(text, size, " of time %.3g, %lld steps of %.3g each (%s, alpha %g)", pace->eps * (double)pace->steps,
           (long long)pace->steps, pace->eps, pace->scheme->name, pace->alpha);
}

const sq_dynamics sq_dynamics_langevin = {
  .name = "langevin",
  .summary = "intervals of Langevin time",
  .unit = "intervals",
  .decides = decides,
  .move = move,
  .describe = describe,
};
