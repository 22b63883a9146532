/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage correct: samples.h5, or ode.h5, -> corrected.h5 (group corrected), by one of several methods. Reweighting
 * makes no fields: the stage measure does it. */
#include "squall/diffusion.h"
#include "src/correction/correction.h"
#include "src/ensemble/load.h"
#include "src/run/input.h"
#include <string.h>

uint64_t sq_correct_stream(const sq_run *run, const sq_ensemble *e)
{
  static const char *const sections[] = {"lattice", "action", "schedule", "sample", "correct", NULL};
  return sq_stream_join(sq_run_stream(run, "correct", sections), e->streams.own);
}

void sq_correct_describe(const sq_run *run, const sq_ensemble *e, uint64_t fingerprint, char *deck,
                         sq_records_info *info)
{
  const sq_streams streams = {sq_correct_stream(run, e), e->streams.own, e->streams.training};
  sq_describe_records(run, "ensemble", e->extent, fingerprint, &streams, deck, info);
  memcpy(info->action, e->action, sizeof info->action);
}

/* Moves are made of the model and the levels of the sections sample and schedule, whatever made the samples that they
 * start from. */
static PetscErrorCode add_model(const sq_run *run, uint64_t *fingerprint)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"schedule", "sample", NULL};
  sq_model model;
  sq_model_origin made;
  PetscCall(sq_load_chosen_model(run, &model, &made));
  *fingerprint = sq_fingerprint_join(*fingerprint, sq_run_fingerprint(run, sections), SQ_PART_SAMPLING);
  *fingerprint = sq_fingerprint_join(*fingerprint, made.fingerprint ^ sq_model_print(&model), SQ_PART_MOVES_WEIGHTS);
  PetscCall(sq_model_destroy(&model));
  PetscFunctionReturn(0);
}

/* The file of the fields that a method begins with. */
static void source(const sq_run *run, const sq_correction *method, char path[SQ_PATH])
{
  if (run->from_ensemble) sq_run_ensemble(run, path);
  else sq_run_path(run, method->from ? method->from : "samples.h5", path);
}

static PetscErrorCode need_fields(const sq_run *run, const char *from)
{
  PetscFunctionBeginUser;
  if (run->from_ensemble) {
    PetscCall(sq_run_need_ensemble(run, "to begin with, which correct.start asks for"));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_run_need(run, "sample", from, "to correct", "run `squall sample` first"));
  PetscFunctionReturn(0);
}

static PetscErrorCode correct(sq_run *run)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "correct", NULL};
  char from[SQ_PATH], to[SQ_PATH], names[SQ_SAMPLER_TEXT];
  bool finished;
  const sq_correction *method = sq_correction_of(run);
  int count;
  uint64_t made;
  sq_ensemble e[SQ_IO_GROUPS] = {0};
  if (!method->make) {
    sq_info("correct: by reweighting, when measured");
    PetscFunctionReturn(0);
  }
  source(run, method, from);
  sq_run_path(run, sq_corrected_file, to);
  if (method->first) PetscCall(method->first(run, from));
  PetscCall(need_fields(run, from));
  PetscCall(sq_input_check(run, from));
  PetscCall(sq_run_fingerprint_of(run, from, &made));
  uint64_t fingerprint = sq_fingerprint_join(sq_run_fingerprint(run, sections), made, SQ_PART_FIELDS);
  if (method->learned) PetscCall(add_model(run, &fingerprint));
  PetscCall(sq_run_finished(run, to, "correct", fingerprint, &finished));
  if (finished && method->again) PetscCall(method->again(run, to));
  if (finished) PetscFunctionReturn(0);
  PetscCall(sq_look_at_fields(run, from));
  PetscCall(sq_run_reading(run, from, e, &count));
  SqCheck(e[0].log_weight || !method->weighted || run->from_ensemble, run->world, SQ_ERR_DATA,
          "%s has no path weights, which this correction is made of: %s%s", from,
          e[0].no_density ? "take correct.method: hmc or mala, which move its fields on" :
                            "generate it with sample.sampler ",
          e[0].no_density ? "" : sq_sampler_weighted_names(names));
  PetscCall(method->make(run, from, to, &e[0], fingerprint));
  PetscFunctionReturn(0);
}

/* ---- what would be done ---- */

static PetscErrorCode work_of(const sq_run *run, sq_correct_work *w)
{
  PetscFunctionBeginUser;
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &w->shape));
  memcpy(w->extents, run->sample.extents, sizeof w->extents);
  w->volume = sq_extents_pad(run->dim, w->extents, w->padded);
  sq_correct_settings_from_deck(run->deck, run->sample.configurations, &w->set);
  w->numbers = w->volume * sq_action_components(&run->action);
  w->flops = sq_network_flops(&w->shape) * w->volume;
  PetscFunctionReturn(0);
}

/* Whether it needs the path weights of the sampler. */
static bool takes_weights(const sq_correction *method)
{
  return method->weighted && !method->first;
}

/* Whether the fields of the run's ensemble can be what chains begin with, if that is asked for. */
static PetscErrorCode start_fits(const sq_run *run, const sq_correction *method)
{
  PetscFunctionBeginUser;
  char theirs[96], ours[96];
  if (!run->from_ensemble) PetscFunctionReturn(0);
  const char *where = sq_deck_where(run->deck, "correct", "start");
  SqCheck(method->moves, run->world, SQ_ERR_INPUT,
          "%s: correct.start: ensemble is for correct.method: partial, not for %s, which corrects the samples "
          "themselves",
          where, method->name);
  SqCheck(!sq_run_ensemble_is_langevin(run), run->world, SQ_ERR_INPUT,
          "%s: correct.start: ensemble: fields of a Langevin equation are wrong by its step size: make an ensemble "
          "with "
          "hmc or mc, or leave it out",
          where);
  sq_extents_text(run->dim, run->extents, theirs, sizeof theirs);
  sq_extents_text(run->dim, run->sample.extents, ours, sizeof ours);
  SqCheck(!memcmp(run->extents, run->sample.extents, (size_t)run->dim * sizeof *run->extents), run->world, SQ_ERR_INPUT,
          "%s: correct.start: ensemble: the ensemble is of %s sites (lattice.extents), what is corrected of %s "
          "(sample.extents): they must be the same",
          where, theirs, ours);
  PetscFunctionReturn(0);
}

/* Models without a density leave what needs none. */
static PetscErrorCode density_fits(const sq_run *run, const sq_correction *method)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_run_model_type(run);
  const bool needs = method->weighted || method->learned || method->first;
  SqCheck(!type->rival || !needs, run->world, SQ_ERR_INPUT,
          "%s: correct.method: %s: fields of a model of type %s have no density to correct by: take hmc or mala, which "
          "move each field on and are exact in the limit of many trajectories, or leave the section correct out",
          sq_deck_where(run->deck, "correct", "method"), method->name, type->name);
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  enum { TEXT = 160 };
  char samplers[SQ_SAMPLER_TEXT], methods[TEXT], from[SQ_PATH];
  const char *without[TEXT];
  const sq_correction *method = sq_correction_of(run);
  int count = 0;
  sq_correct_work work;
  for (int i = 0; sq_corrections[i]; i++)
    if (!takes_weights(sq_corrections[i])) without[count++] = sq_corrections[i]->name;
  PetscCall(start_fits(run, method));
  PetscCall(density_fits(run, method));
  SqCheck(run->sample.sampler->weighted || !takes_weights(method) || run->from_ensemble, run->world, SQ_ERR_INPUT,
          "%s: correct.method: %s: the sampler %s has no path weights to correct by: sample.sampler: %s, or "
          "correct.method: %s",
          sq_deck_where(run->deck, "correct", "method"), method->name, run->sample.sampler->name,
          sq_sampler_weighted_names(samplers), sq_name_list(count, without, methods, TEXT));
  PetscCall(work_of(run, &work));
  if (method->fits) PetscCall(method->fits(run, &work));
  source(run, method, from);
  if (!method->first) PetscCall(need_fields(run, from));
  if (method->first || method->learned) PetscCall(sq_run_need_model(run));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_correct_work work;
  PetscCall(work_of(run, &work));
  PetscCall(work.set.method->plan(run, &work, budget));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_reweighting(const sq_run *run, const sq_correct_work *w, sq_budget *budget)
{
  PetscFunctionBeginUser;
  (void)run, (void)w;
  if (!budget->quiet) sq_info("  correct averages with path weights, when measured: costs nothing");
  PetscFunctionReturn(0);
}

/* ---- verdicts ---- */

static PetscErrorCode judge_weights(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  (void)records;
  bool biased = e->rule && e->rule->biased;
  PetscCall(sq_text_add(out, "%s: averages of %lld generated fields with their %sweights%s%s, %s", e->name,
                        (long long)e->count, e->of_fields ? "" : "path ", biased ? ", " : "",
                        biased ? e->rule->name : "",
                        e->weights.verdict != SQ_WEIGHTS_TRUSTED ? "NOT TO BE TRUSTED" :
                        biased                                   ? "BIASED, by something that falls with their number" :
                                                                   "exact within errors whatever the model"));
  PetscFunctionReturn(0);
}

/* ---- rows ---- */

const sq_correction sq_correction_reweight = {.name = "reweight",
                                              .summary = "averages with the weights of the generated fields",
                                              .weighted = true,
                                              .weighs = "generated",
                                              .gives = "corrected",
                                              .gives_biased = "corrected (biased)",
                                              .verdict = judge_weights,
                                              .plan = plan_reweighting};

static const char *lacks(const sq_run *run, const sq_action *action)
{
  return sq_action_known(action) ? sq_lacks_model(run, action) : "is not known";
}

const sq_stage sq_correct_stage = {
  .command = {.name = "correct",
              .usage = "DECK",
              .summary = "make generated fields exact: by their weights, partial paths, blocks, molecular "
                         "dynamics",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "schedule", "sample", "correct"),
              .params = SQ_TABLES(sq_correct_params),
              .make = correct},
  .section = "correct",
  .products = SQ_PRODUCTS(
    {"ode.h5", "samples", SQ_DECK("lattice", "action", "sample", "correct"), sq_model_sections, true},
    {"corrected.h5", "ensemble", SQ_DECK("lattice", "action", "correct"),
     SQ_DECK("ensemble", "hmc", "mc", "langevin", "model", "schedule", "train", "sample"), true},
    {"correct.checkpoint.h5", "checkpoint", SQ_DECK("lattice", "action", "correct"),
     SQ_DECK("ensemble", "hmc", "mc", "langevin", "model", "schedule", "train", "sample"), true}),
  .lacks = lacks,
  .fits = fits,
  .done_file = sq_corrected_file,
  .plan = plan};
