/* SPDX-License-Identifier: BSD-3-Clause */
/* What a model is worth: the effective sample size and the acceptance of some fields that it generates, during training
 * and on several volumes. */
#include "src/learning/weigh.h"
#include "src/ensemble/correction.h"
#include "squall/diffusion.h"

PetscErrorCode sq_weigh(const sq_site *site, const sq_model *model, uint64_t stream, int64_t fields, sq_weighed *w)
{
  PetscFunctionBeginUser;
  const sq_run *run = site->run;
  sq_generator generator;
  PetscCall(sq_model_generator(model, &run->sample, site->fft, true, &generator));
  PetscCall(sq_generator_weigh(&generator, site->grid, &run->action, stream, fields, w));
  PetscCall(sq_generator_destroy(&generator));
  PetscFunctionReturn(0);
}

sq_worth sq_worth_of(const sq_weighed *weighed)
{
  const sq_weights *w = &weighed->weights;
  return (sq_worth){.fields = (double)w->n,
                    .ess = w->ess,
                    .ess_error = w->ess_error,
                    .acceptance = weighed->acceptance,
                    .spread = weighed->spread,
                    .n_ess = w->n_ess,
                    .k_hat = w->k_hat,
                    .largest_share = w->largest_share,
                    .trusted = w->verdict == SQ_WEIGHTS_TRUSTED};
}

/* ---- on several volumes ---- */

static const sq_column columns[] = {
  {"sites", "%.0f"}, {"extents", "%s"}, SQ_WORTH_COLUMNS, {"core_seconds_a_field", "%.4g"}, {0}};

static PetscErrorCode weigh_cube(const sq_run *run, const sq_model *model, uint64_t made, int64_t side, sq_table *out)
{
  PetscFunctionBeginUser;
  int64_t extents[SQ_DIM] = {side, side, side, side}, padded[SQ_DIM], fields = run->sample.weighed;
  double volume = sq_extents_pad(run->dim, extents, padded);
  sq_generator_needs needs = sq_model_needs(model, padded);
  char text[64];
  sq_site site;
  sq_weighed w;
  sq_plan plan = sq_plan_needs(&needs, fields);
  plan.extents = extents;
  PetscCall(sq_site_create(run, &plan, &site));
  double began = sq_now(), seconds;
  PetscCall(sq_weigh(&site, model, sq_sample_stream(run, made, extents), fields, &w));
  seconds = (sq_now() - began) * run->size / (double)fields;
  const sq_worth worth = sq_worth_of(&w);
  sq_extents_text(run->dim, extents, text, sizeof text);
  PetscCall(sq_table_add(out, SQ_ROW(SQ_CELL("sites", volume), SQ_CELL("extents", text), SQ_WORTH_CELLS(worth),
                                     SQ_CELL("core_seconds_a_field", seconds))));
  sq_weighed_say(&w, "sample: on %s sites, %lld fields (%.3g core-seconds each)", text, (long long)fields, seconds);
  PetscCall(sq_site_destroy(&site));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_weigh_volumes(const sq_run *run, const sq_model *model, uint64_t made, bool before)
{
  PetscFunctionBeginUser;
  sq_table out;
  char path[SQ_PATH];
  bool exists;
  if (!run->sample.sides) PetscFunctionReturn(0);
  sq_run_path(run, "volume_worth.csv", path);
  PetscCall(sq_file_exists(run->world, path, &exists));
  if (before && exists) {
    sq_info("sample: weighed before, %s is kept; remove it to weigh again", path);
    PetscFunctionReturn(0);
  }
  PetscCall(sq_weigh_check(run));
  PetscCall(sq_table_begin(columns, &out));
  for (int i = 0; i < run->sample.sides; i++) PetscCall(weigh_cube(run, model, made, run->sample.side[i], &out));
  PetscCall(sq_run_write(run, "volume_worth.csv", &out.text));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_weigh_check(const sq_run *run)
{
  PetscFunctionBeginUser;
  char names[SQ_SAMPLER_TEXT];
  bool wanted = run->sample.sides > 0 || run->train.weigh > 0;
  if (wanted)
    PetscCall(sq_action_need_known(&run->action, sq_deck_where(run->deck, "action", "type"),
                                   "weighing (sample.weigh, train.weigh)"));
  SqCheck(!wanted || run->sample.sampler->weighted, run->world, SQ_ERR_INPUT,
          "sample.weigh, train.weigh: the sampler %s has no path weights, only %s have", run->sample.sampler->name,
          sq_sampler_weighted_names(names));
  PetscFunctionReturn(0);
}
