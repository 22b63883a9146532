/* The stage sample as a row: whether its deck fits, what it would take. */
#include "squall/diffusion.h"
#include "src/stage/weigh.h"

PetscErrorCode sq_sample_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  char names[SQ_SAMPLER_TEXT];
  SqCheck(!run->sample.bound || run->sample.sampler->weighted, run->world, SQ_ERR_INPUT,
          "%s: sample.bound: the sampler %s has no path weights to make a bound of, only %s have",
          sq_deck_where(run->deck, "sample", "bound"), run->sample.sampler->name, sq_sampler_weighted_names(names));
  PetscCall(sq_weigh_check(run));
  PetscFunctionReturn(0);
}

sq_plan sq_sample_plan(const sq_run *run, const sq_generator_needs *needs)
{
  sq_plan plan = sq_plan_needs(needs, run->sample.configurations);
  plan.stage = "sample";
  plan.extents = run->sample.extents;
  return plan;
}

PetscErrorCode sq_sample_plan_show(const sq_run *run)
{
  PetscFunctionBeginUser;
  int64_t padded[SQ_DIM], fields = run->sample.configurations, steps = run->sample.steps;
  sq_generator_needs needs;
  double volume = sq_extents_pad(run->dim, run->sample.extents, padded), rate = sq_plan_rate(run->dim, padded);
  PetscCall(sq_model_type_of(run->deck)->needed(run->deck, &run->action, padded, false, &needs));
  double flops = needs.flops * (double)(fields * steps);
  sq_plan work = sq_sample_plan(run, &needs);
  work.kept = 150 * volume * needs.batch;
  work.tables += (double)(60 + 8 * (steps + 6)) * sq_plan_orbits(padded);
  PetscCall(sq_plan_show(run, &work));
  sq_info("          %.3g Tflop in %lld evaluations of %lld fields (at %.0f Gflop/s a rank: %.1f minutes); files %.0f "
          "MB",
          flops / 1e12, (long long)steps, (long long)fields, rate / 1e9, flops / rate / 60 / run->size,
          8e-6 * volume * (double)fields);
  if (!run->sample.wide) PetscFunctionReturn(0);
  sq_network_shape shape;
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &shape));
  sq_info("          one exchange for all layers: where a field is cut over ranks, memory and work are those of "
          "blocks %lld sites larger at every cut",
          (long long)sq_network_reach(&shape));
  PetscFunctionReturn(0);
}
