/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage likelihood as a row: whether its deck fits, what it would take. */
#include "src/bounds/jobs.h"
#include "src/ensemble/load.h"
#include "src/bounds/bounds.h"

/* Of a field. */
static double numbers_of(const sq_run *run)
{
  return sq_volume(run->padded) * sq_action_components(&run->action);
}

sq_plan sq_likelihood_plan(const sq_run *run, const sq_likelihood_settings *set, const sq_network_shape *shape)
{
  double numbers = numbers_of(run);
  sq_plan work = sq_plan_network(shape, run->padded, sq_tangent_batch((int64_t)numbers), false);
  work.stage = "likely";
  work.pieces = "fields and paths";
  work.extents = run->extents;
  work.independent = PetscMax(1, PetscMax(set->configurations, set->paths));
  work.kept = 600 * numbers;
  work.tables += 60 * sq_plan_orbits(run->padded);
  return work;
}

/* Of an evaluation of the density. */
static double tangents_of(const sq_likelihood_settings *set, const sq_run *run)
{
  double colours = sq_action_components(&run->action);
  for (int mu = 0; mu < SQ_DIM; mu++) colours *= (double)PetscMin((int64_t)set->flow.dilution, run->padded[mu]);
  return set->flow.dilution ? colours * set->flow.probes : numbers_of(run);
}

PetscErrorCode sq_likelihood_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_likelihood_settings set;
  PetscCall(sq_need_diffusion(run, "the stage likelihood"));
  PetscCall(sq_likelihood_settings_from_deck(run->deck, numbers_of(run), &set));
  PetscCall(sq_run_need_model(run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_plan_show(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_likelihood_settings set;
  sq_network_shape shape;
  char text[160];
  PetscCall(sq_likelihood_settings_from_deck(run->deck, numbers_of(run), &set));
  double tangents = tangents_of(&set, run);
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &shape));
  const sq_plan work = sq_likelihood_plan(run, &set, &shape);
  double evaluations = 2 * (double)set.configurations * 2 * (double)(set.steps - 1) *
                       (1 + tangents); /* Heun's; from held-out fields, and to generated ones */
  for (int i = 0; i < set.numbers; i++) evaluations += 3 * (double)(set.paths * set.path_steps[i]);
  PetscCall(sq_plan_show(run, &work, budget));
  snprintf(text, sizeof text,
           "%lld fields there and back along the flow, %.0f tangents an evaluation; %lld paths for each of %d numbers "
           "of steps",
           (long long)set.configurations, tangents, (long long)set.paths, set.numbers);
  sq_budget_flops(run, budget, evaluations * sq_network_flops(&shape) * sq_volume(run->padded), text);
  PetscFunctionReturn(0);
}
