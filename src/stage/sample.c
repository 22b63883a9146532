/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage sample: model.h5 -> samples.h5 (group generated), and trajectories.h5 for the first few fields; what the
 * sampler's prior and the variational bound say, in prior.csv and bound.csv; what Monte Carlo fields say of a model
 * with a density, in forward.h5. */
#include "src/making/generated.h"
#include "src/ensemble/load.h"
#include "src/learning/sampling.h"
#include "src/learning/weigh.h"
#include "src/stage/stage.h"

/* Before the long work, for it may refuse. */
static PetscErrorCode report(const sq_site *site, uint64_t stream)
{
  PetscFunctionBeginUser;
  sq_sampler *sampler = sq_generator_sampler(&site->generator);
  if (!sampler) PetscFunctionReturn(0);
  sq_info("sample: %s: %s; %lld evaluations a field", sampler->type->name, sampler->type->summary,
          (long long)sampler->type->evaluations(sampler));
  PetscCall(sq_prior_report(site->run, sampler));
  PetscCall(sq_bound_report(site, stream, sampler));
  PetscFunctionReturn(0);
}

static PetscErrorCode generate(const sq_site *site, uint64_t fingerprint, const sq_streams *streams,
                               const sq_model_errors *errors, bool extend, const char *path)
{
  PetscFunctionBeginUser;
  int64_t ways = site->run->sample.trajectories;
  const sq_generated what = {.site = site,
                             .stage = "sample",
                             .group = "generated",
                             .count = site->run->sample.configurations,
                             .fingerprint = fingerprint,
                             .extend = extend,
                             .streams = *streams,
                             .further = sq_generated_way_bytes(site, ways)};
  char trajectories[SQ_PATH];
  sq_records *records;
  PetscCall(sq_generated_make(&what, path, &records));
  sq_run_path(site->run, "trajectories.h5", trajectories);
  PetscCall(sq_generated_ways(&what, ways, trajectories));
  PetscCall(sq_model_errors_put(errors, records));
  PetscCall(sq_records_publish(&records));
  PetscFunctionReturn(0);
}

static const char *const sections[] = {"lattice", "action", "schedule", "sample", NULL};

static PetscErrorCode make(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_model model;
  sq_site site;
  char path[SQ_PATH];
  bool finished, shorter, late = false;
  sq_model_errors errors;
  sq_model_origin made;
  sq_run_path(run, "samples.h5", path);
  PetscCall(sq_load_chosen_model(run, &model, &made));
  uint64_t fingerprint = sq_fingerprint_join(sq_run_fingerprint(run, sections), made.fingerprint, SQ_PART_MODEL);
  const sq_streams streams = {.own = sq_sample_stream(run, made.fingerprint, run->sample.extents),
                              .training = made.training};
  PetscCall(sq_run_finished_or_shorter(run, path, "sample", fingerprint, streams.own, run->sample.configurations,
                                       &finished, &shorter));
  if (finished && run->train.halves) PetscCall(sq_halves_missing(run, path));
  PetscCall(sq_weigh_volumes(run, &model, made.fingerprint, finished || shorter));
  if (finished) PetscCall(sq_forward_missing(run, &late));
  else PetscCall(sq_halves_make(run, fingerprint, streams.own, &errors));
  if (!finished || late) PetscCall(sq_sample_site(run, &model, run->sample.configurations, &site));
  if (!finished) {
    PetscCall(report(&site, streams.own));
    PetscCall(generate(&site, fingerprint, &streams, &errors, shorter, path));
  }
  if (!finished || late) {
    PetscCall(sq_forward_make(&site));
    PetscCall(sq_site_destroy(&site));
  }
  PetscCall(sq_model_destroy(&model));
  PetscFunctionReturn(0);
}

/* Of stored fields that a model weighs, whatever it learned from. */
static const char *const weighed_sections[] = {"lattice", "action", "schedule", "sample", "ensemble",
                                               "hmc",     "mc",     "langevin", NULL};

const sq_stage sq_sample_stage = {
  .command = {.name = "sample",
              .usage = "DECK",
              .summary = "generate an ensemble with the model",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "schedule", "sample"),
              .params = SQ_TABLES(sq_sample_params),
              .make = make},
  .section = "sample",
  .files = SQ_FILES("samples.h5"),
  .products = SQ_PRODUCTS({"samples.h5", "samples", sections, sq_model_sections, true},
                          {"forward.h5", "forward", weighed_sections, sq_model_sections, true},
                          {"samples-half-*.h5", "samples", sections, sq_model_sections, true},
                          {"trajectories.h5", "trajectories", sections, sq_model_sections, true}),
  .lacks = sq_lacks_model,
  .fits = sq_sample_fits,
  .done_file = "samples.h5",
  .plan = sq_sample_plan_show};
