/* The stage likelihood as a row: whether its deck fits, what it would take. */
#include "src/stage/likelihood_jobs.h"
#include "src/stage/stage.h"

sq_plan sq_likelihood_plan(const sq_run *run, const sq_likelihood_settings *set, const sq_network_shape *shape)
{
  double volume = sq_volume(run->padded);
  sq_plan work = sq_plan_network(shape, run->padded, sq_tangent_batch((int64_t)volume), false);
  work.stage = "likely";
  work.pieces = "fields and paths";
  work.extents = run->extents;
  work.independent = PetscMax(1, PetscMax(set->configurations, set->paths));
  work.kept = 600 * volume;
  work.tables += 60 * sq_plan_orbits(run->padded);
  return work;
}

/* Of an evaluation of the density on a lattice of these extents. */
static double tangents_of(const sq_likelihood_settings *set, const int64_t padded[SQ_DIM])
{
  double colours = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) colours *= (double)PetscMin((int64_t)set->flow.dilution, padded[mu]);
  return set->flow.dilution ? colours * set->flow.probes : sq_volume(padded);
}

PetscErrorCode sq_likelihood_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_likelihood_settings set;
  PetscCall(sq_likelihood_settings_from_deck(run->deck, sq_volume(run->padded), &set));
  PetscCall(sq_run_need_model(run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_plan_show(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_likelihood_settings set;
  sq_network_shape shape;
  char text[160];
  PetscCall(sq_likelihood_settings_from_deck(run->deck, sq_volume(run->padded), &set));
  double tangents = tangents_of(&set, run->padded);
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
