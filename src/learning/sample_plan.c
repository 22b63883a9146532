/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage sample as a row: whether its deck fits, what it would take. */
#include "squall/diffusion.h"
#include "src/import/import.h"
#include "src/learning/learning.h"
#include "src/learning/sampling.h"
#include "src/ensemble/load.h"
#include "src/learning/weigh.h"
#include <string.h>

PetscErrorCode sq_sample_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  PetscCall(sq_bound_check(run));
  PetscCall(sq_weigh_check(run));
  PetscCall(sq_halves_fit(run));
  PetscCall(sq_sample_levels_check(run, run->sample.steps));
  PetscCall(sq_run_need_model(run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sample_needed(const sq_run *run, const int64_t extent[SQ_DIM], sq_generator_needs *needs)
{
  PetscFunctionBeginUser;
  sq_model model;
  if (!sq_run_model_is_given(run)) {
    PetscCall(sq_run_model_type(run)->needed(run->deck, &run->action, extent, false, needs));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_load_chosen_model(run, &model, NULL));
  PetscCall(sq_model_fits(&model, extent));
  *needs = sq_model_needs(&model, extent);
  PetscCall(sq_model_destroy(&model));
  PetscFunctionReturn(0);
}

/* Whether a field is one evaluation, without levels of noise. */
static bool makes_at_once(const sq_run *run)
{
  const sq_model_type *type = sq_run_model_type(run);
  return type->tractable || type->rival;
}

/* The work of so many fields, in words too. */
static double flops_of(const sq_run *run, const sq_generator_needs *needs, int64_t fields, char *text, size_t size)
{
  const bool at_once = makes_at_once(run);
  if (at_once) snprintf(text, size, "%lld fields", (long long)fields);
  else snprintf(text, size, "%lld evaluations of %lld fields", (long long)run->sample.steps, (long long)fields);
  return needs->flops * (double)(fields * (at_once ? 1 : run->sample.steps));
}

/* The lattices of sample.weigh. */
static PetscErrorCode plan_volumes(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < run->sample.sides; i++) {
    int64_t side = run->sample.side[i], extents[SQ_DIM] = {side, side, side, side}, padded[SQ_DIM];
    sq_generator_needs needs;
    char text[80];
    (void)sq_extents_pad(run->dim, extents, padded);
    PetscCall(sq_sample_needed(run, padded, &needs));
    sq_plan work = sq_plan_needs(&needs, run->sample.weighed);
    work.stage = "weigh";
    work.extents = extents;
    PetscCall(sq_plan_show(run, &work, budget));
    const double flops = flops_of(run, &needs, run->sample.weighed, text, sizeof text);
    sq_budget_flops(run, budget, flops, text);
  }
  PetscFunctionReturn(0);
}

/* Monte Carlo fields, whose density a model says that knows it. */
static PetscErrorCode plan_forward(const sq_run *run, const sq_generator_needs *needs, sq_budget *budget)
{
  PetscFunctionBeginUser;
  int64_t training, testing;
  char text[80];
  const bool ensemble = sq_deck_has_section(run->deck, sq_run_ensemble_section(run)) &&
                        !sq_run_ensemble_is_langevin(run),
             same = !memcmp(run->extents, run->sample.extents, (size_t)run->dim * sizeof *run->extents);
  if (!sq_run_model_type(run)->tractable || !ensemble || !same) PetscFunctionReturn(0);
  PetscCall(sq_import_planned(run, &training, &testing));
  const int64_t fields = PetscMin(run->sample.configurations, testing ? testing : training);
  snprintf(text, sizeof text, "the density of %lld Monte Carlo fields", (long long)fields);
  sq_budget_flops(run, budget, needs->flops * (double)fields, text);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sample_plan_show(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  int64_t padded[SQ_DIM], fields = run->sample.configurations, steps = run->sample.steps;
  sq_generator_needs needs;
  sq_network_shape shape;
  double numbers = sq_extents_pad(run->dim, run->sample.extents, padded) * sq_action_components(&run->action);
  char text[80];
  PetscCall(sq_sample_needed(run, padded, &needs));
  sq_plan work = sq_sample_plan(run, &needs);
  if (run->sample.wide) {
    PetscCall(sq_diffusion_shape(run->deck, &run->action, &shape));
    work.reach = sq_network_reach(&shape);
  }
  work.kept = 150 * numbers * needs.batch;
  work.tables += (double)(60 + 8 * (steps + 6)) * sq_plan_orbits(padded);
  PetscCall(sq_plan_show(run, &work, budget));
  const double flops = flops_of(run, &needs, fields, text, sizeof text);
  sq_budget_flops(run, budget, flops, text);
  PetscCall(plan_forward(run, &needs, budget));
  sq_budget_records(budget, "samples.h5", (double)fields, numbers, 1 + sq_obs_columns(run->action.type));
  if (run->sample.trajectories && !makes_at_once(run))
    sq_budget_records(budget, "trajectories.h5", (double)(PetscMin(run->sample.trajectories, fields) * (steps + 1)),
                      numbers, 3);
  PetscCall(plan_volumes(run, budget));
  if (budget->quiet || !run->sample.wide) PetscFunctionReturn(0);
  sq_info("          one exchange for all layers: where a field is cut over ranks, memory and work are those of "
          "blocks %lld sites larger at every cut",
          (long long)work.reach);
  PetscFunctionReturn(0);
}
