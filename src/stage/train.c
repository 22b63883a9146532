/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage train: ensemble.h5 -> model.h5 (weights, spectra, loss history). Checkpoint: train.checkpoint.h5. What is
 * learned, and from what, is the model type's; here are the loop, its history, and what interrupts it. */
#include "src/ensemble/load.h"
#include "src/making/work.h"
#include "src/learning/refresh.h"
#include "src/run/input.h"
#include "src/couplings/couplings.h"
#include "src/stage/training.h"
#include <math.h>

enum { TIMED_STEPS = 20 };

/* ---- set-up ---- */

/* Of all couplings that the model learns at, or of that of the run. */
static PetscErrorCode load_fields_of(sq_training *t, int64_t most)
{
  PetscFunctionBeginUser;
  int64_t count[2];
  double *blocks[2];
  if (t->scan.axes) {
    t->data.scan = &t->scan;
    PetscCall(
      sq_couplings_load(t->run, &t->scan, t->site.grid, t->site.lattice, most, &t->data.training, &t->data.testing));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_load_ensemble(t->run, t->site.grid, t->site.lattice, t->ensemble, most, count, blocks));
  t->data.training = (sq_dataset){.count = count[SQ_TRAINING], .blocks = blocks[SQ_TRAINING]};
  t->data.testing = (sq_dataset){.count = count[SQ_TESTING], .blocks = blocks[SQ_TESTING]};
  PetscFunctionReturn(0);
}

/* To learn from, and held out. */
static PetscErrorCode load_ensemble(sq_training *t)
{
  PetscFunctionBeginUser;
  PetscCall(load_fields_of(t, PetscMax(SQ_VALIDATION_FIELDS, t->run->train.calibrate)));
  if (t->data.training.count < SQ_FIELDS_ENOUGH)
    sq_warn("train: %lld configuration%s to learn from; fewer than %d say too little of the widths of the modes, and a "
            "network can learn them by heart: give more (configurations)",
            (long long)t->data.training.count, t->data.training.count == 1 ? "" : "s", SQ_FIELDS_ENOUGH);
  sq_half_of(t->half, &t->site, &t->data.training);
  sq_half_of(t->half, &t->site, &t->data.testing);
  PetscFunctionReturn(0);
}

/* What a model that learns from its own fields is tried on, if the run has it. */
static PetscErrorCode load_held_out(sq_training *t)
{
  PetscFunctionBeginUser;
  bool there = sq_deck_has_section(t->run->deck, sq_run_ensemble_section(t->run));
  if (there) PetscCall(sq_file_exists(t->run->world, t->ensemble, &there));
  if (!there) PetscFunctionReturn(0);
  PetscCall(sq_input_check(t->run, t->ensemble));
  PetscCall(sq_load_fields(t->site.grid, t->site.lattice, t->ensemble, SQ_TESTING, SQ_VALIDATION_FIELDS,
                           &t->data.testing.count, &t->data.testing.blocks));
  PetscFunctionReturn(0);
}

static PetscErrorCode load_fields(sq_training *t)
{
  PetscFunctionBeginUser;
  const sq_train_settings *set = &t->run->train;
  PetscCall(sq_train_fits(t->run));
  if (!sq_train_has_fields(t->run)) {
    PetscCall(load_held_out(t));
    PetscFunctionReturn(0);
  }
  PetscCall(load_ensemble(t));
  if (t->model.type->tractable)
    PetscCall(sq_refresh_create(t->site.lattice, &t->run->action, &t->data.training,
                                sq_refresh_units(&t->run->action, set->refresh), t->stream, &t->data.refresh));
  PetscFunctionReturn(0);
}

static const double *weights(const sq_training *t, int64_t *count)
{
  return t->model.type->weights(t->model.self, count);
}

/* The model, and two generations of checkpoints beside a new one: weights, their averages, and two moments of the
 * optimiser. */
static PetscErrorCode check_space(const sq_training *t, int64_t count)
{
  PetscFunctionBeginUser;
  double numbers = (1 + 3 * 4) * (double)count + t->model.type->numbers(t->model.self);
  PetscCall(sq_space_check(t->run->world, t->path, 8 * numbers, "the model and its checkpoints"));
  PetscFunctionReturn(0);
}

/* What is learned: by the model, and by what it learns against. */
static PetscErrorCode set_objectives(sq_training *t)
{
  PetscFunctionBeginUser;
  const sq_model_rival *rival = t->model.type->rival;
  if (rival) {
    rival->rates(&t->run->train, &t->set, &t->rival_set);
    PetscCall(rival->objectives(&t->data, t->model.self, &t->objective, &t->against));
  } else PetscCall(t->model.type->objective(&t->data, t->model.self, &t->objective));
  PetscFunctionReturn(0);
}

/* Both learners, at the beginning; rival NULL where there is none. */
static PetscErrorCode make_learners(const sq_training *t, const sq_learner_options *own,
                                    const sq_learner_options *other, sq_learner **learner, sq_learner **rival)
{
  PetscFunctionBeginUser;
  int64_t count;
  double *start;
  *rival = NULL;
  PetscCall(sq_learner_create(t->site.grid, own, &t->objective, weights(t, &count), learner));
  if (!t->model.type->rival) PetscFunctionReturn(0);
  PetscCall(t->model.type->rival->start(t->model.self, t->stream, &start));
  PetscCall(sq_learner_create(t->site.grid, other, &t->against, start, rival));
  sq_free(&start);
  sq_learner_pair(*learner, *rival);
  PetscFunctionReturn(0);
}

/* A step of the rival as often as it takes for one of the model, each kept if `keep`; then the model's. */
static PetscErrorCode step(sq_training *t, sq_learner *learner, sq_learner *rival, bool keep, sq_train_record *record)
{
  PetscFunctionBeginUser;
  for (int i = 0; rival && i < t->run->train.critic_steps; i++) {
    PetscCall(sq_learner_step(rival, record));
    if (keep) sq_training_keep_rival(t, record);
  }
  PetscCall(sq_learner_step(learner, record));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(sq_training *t)
{
  PetscFunctionBeginUser;
  sq_run *run = t->run;
  sq_generator_needs needs;
  char text[SQ_SITE_TEXT], settled[128];
  int64_t count;
  t->model.type = sq_run_model_type(run);
  t->set = run->train.options.learner;
  PetscCall(t->model.type->needed(run->deck, &run->action, run->padded, true, &needs));
  const sq_plan plan = sq_train_plan(run, &needs);
  PetscCall(sq_site_create(run, &plan, &t->site));
  t->data = (sq_model_data){.grid = t->site.grid,
                            .fft = t->site.fft,
                            .action = &run->action,
                            .set = &run->train,
                            .seed = t->stream,
                            .where = t->ensemble};
  PetscCall(load_fields(t));
  PetscCall(t->model.type->create(run->deck, &t->data, &t->model.self));
  PetscCall(set_objectives(t));
  t->log_Z = NAN;
  if (t->objective.weighs) PetscCall(sq_run_log_Z(run, &run->action, run->extents, &t->log_Z));
  PetscCall(make_learners(t, &t->set, &t->rival_set, &t->learner, &t->rival));
  (void)weights(t, &count);
  t->model.type->describe(t->model.self, settled, sizeof settled);
  sq_info("train: %lld weights on %s; %s", (long long)count, sq_site_describe(&t->site, text), settled);
  PetscCall(check_space(t, count + t->against.parameters));
  PetscFunctionReturn(0);
}

/* `minutes` becomes a number of steps: some steps are timed and thrown away, the slowest rank decides. They are a short
 * training, so that each kind of step has its share. */
static PetscErrorCode choose_length(sq_training *t)
{
  PetscFunctionBeginUser;
  double minutes = t->run->train.minutes, seconds;
  if (minutes <= 0) PetscFunctionReturn(0);
  sq_learner *trial, *rival;
  sq_train_record record;
  sq_learner_options options = t->set, other = t->rival_set;
  char text[32];
  options.steps = other.steps = TIMED_STEPS + 1;
  PetscCall(make_learners(t, &options, &other, &trial, &rival));
  PetscCall(step(t, trial, rival, false, &record));
  double began = sq_now();
  for (int i = 0; i < TIMED_STEPS; i++) PetscCall(step(t, trial, rival, false, &record));
  seconds = (sq_now() - began) / TIMED_STEPS;
  PetscCall(sq_learner_destroy(&trial));
  PetscCall(sq_learner_destroy(&rival));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, t->run->world));
  sq_train_set_length(t->run->deck, (int64_t)fmax(1, 60 * minutes / seconds), &t->run->train);
  t->set.steps = t->run->train.options.learner.steps;
  t->set.average = t->run->train.options.learner.average;
  sq_learner_set_length(t->learner, t->set.steps, t->set.average);
  if (t->rival) sq_learner_set_length(t->rival, t->set.steps * t->run->train.critic_steps, t->set.average);
  snprintf(text, sizeof text, "%lld", (long long)t->set.steps);
  PetscCall(sq_deck_note(t->run->deck, "train", "steps", text));
  sq_info("train: %.3g minutes are %lld steps at %.3g a second", minutes, (long long)t->set.steps, 1 / seconds);
  PetscFunctionReturn(0);
}

/* ---- the loop ---- */

/* The model with the average of the weights. */
static PetscErrorCode update_model(sq_training *t)
{
  PetscFunctionBeginUser;
  PetscCall(t->model.type->update(t->model.self, &t->data, sq_learner_average(t->learner), t->data.testing.count));
  PetscFunctionReturn(0);
}

static PetscErrorCode learn(sq_training *t)
{
  PetscFunctionBeginUser;
  int64_t done = sq_learner_steps(t->learner), first = t->rows;
  double before = t->seconds;
  char text[SQ_TRAINING_TEXT], figures[SQ_TRAINING_TEXT] = "";
  sq_train_record record = {0};
  sq_work work;
  PetscCall(sq_work_begin(t->run, "train", done, t->set.steps, &work));
  while (done < t->set.steps) {
    sq_work_start(&work);
    PetscCall(step(t, t->learner, t->rival, true, &record));
    PetscCall(sq_work_unit(&work, ++done));
    t->seconds = before + work.seconds;
    PetscCall(sq_training_keep(t, done, &record));
    PetscCall(sq_training_weigh(t, done));
    work.figures = work.due ? sq_training_json(t, &record, t->rows > first, figures) : work.figures;
    if (work.due) sq_work_show(&work, "%s", sq_training_line(t, &record, t->rows > first, text));
    if (!work.save) continue;
    PetscCall(sq_training_write_checkpoint(t));
    PetscCall(sq_work_saved(&work));
  }
  work.figures = t->rows ? sq_training_json(t, &record, true, figures) : "";
  sq_work_end(&work, "%s", sq_training_end(t, text));
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(sq_training *t)
{
  PetscFunctionBeginUser;
  PetscCall(sq_learner_destroy(&t->learner));
  PetscCall(sq_learner_destroy(&t->rival));
  if (t->model.type->rival) PetscCall(t->model.type->rival->destroy(&t->objective, &t->against));
  else PetscCall(t->model.type->objective_destroy(&t->objective));
  PetscCall(sq_model_destroy(&t->model));
  PetscCall(sq_refresh_destroy(&t->data.refresh));
  sq_free(&t->data.training.blocks);
  sq_free(&t->data.testing.blocks);
  PetscCall(sq_site_destroy(&t->site));
  PetscFunctionReturn(0);
}

static PetscErrorCode is_finished(const sq_training *t, bool *finished)
{
  PetscFunctionBeginUser;
  sq_model made;
  sq_model_origin theirs;
  PetscCall(sq_file_exists(t->run->world, t->path, finished));
  if (!*finished) PetscFunctionReturn(0);
  PetscCall(sq_load_model(t->run, t->path, &made, &theirs));
  PetscCall(sq_model_destroy(&made));
  PetscCall(sq_run_same_deck(t->run, t->path, theirs.fingerprint == t->fingerprint));
  const char *late = t->run->train.weigh ? "; train.weigh weighs only while a model is trained" : "";
  sq_info("train: finished before, %s is kept%s", t->path, late);
  PetscFunctionReturn(0);
}

static PetscErrorCode train(sq_training *t)
{
  PetscFunctionBeginUser;
  bool resumed;
  PetscCall(set_up(t));
  PetscCall(sq_training_read_checkpoint(t, &resumed));
  if (!resumed) PetscCall(choose_length(t));
  PetscCall(learn(t));
  PetscCall(update_model(t));
  if (!t->half && t->run->part_of) PetscCall(sq_training_write_cost(t));
  PetscCall(sq_training_write_model(t));
  PetscCall(clear(t));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_model(sq_run *run, int half)
{
  PetscFunctionBeginUser;
  sq_training *t;
  bool finished;
  PetscCall(sq_alloc(1, &t));
  t->run = run;
  t->half = half;
  PetscCall(sq_couplings_to_learn(run, &t->scan));
  t->fingerprint = sq_half_fingerprint(sq_train_fingerprint(run), half);
  t->stream = sq_stream_join(sq_run_stream(run, "train", NULL), t->fingerprint);
  sq_half_path(run, "model", half, t->path);
  sq_half_path(run, "train.checkpoint", half, t->checkpoint);
  sq_run_ensemble(run, t->ensemble);
  if (half) sq_info("train: on half %d of the configurations", half);
  PetscCall(is_finished(t, &finished));
  if (!finished) PetscCall(train(t));
  sq_free(&t);
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  PetscCall(sq_couplings_to_learn(run, &scan));
  PetscCall(sq_train_plan_show(run, PetscMax(1, sq_scan_places(&scan)), budget));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(sq_run *run)
{
  PetscFunctionBeginUser;
  for (int half = 0; half <= (run->train.halves ? 2 : 0); half++) PetscCall(make_model(run, half));
  PetscFunctionReturn(0);
}

#define LEARNED SQ_DECK("lattice", "action", "model", "schedule", "train"), SQ_DECK("ensemble", "hmc", "mc", "langevin")
const sq_stage sq_train_stage = {
  .command = {.name = "train",
              .usage = "DECK",
              .summary = "learn a model, from the ensemble or from its own fields",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "model", "schedule", "train"),
              .params = SQ_TABLES(sq_model_params, sq_schedule_params, sq_train_params),
              .make = make},
  .section = "train",
  .lacks = sq_lacks_model,
  .fits = sq_train_fits,
  .done_file = "model.h5",
  .products = SQ_PRODUCTS({"model.h5", "model", LEARNED}, {"train.checkpoint.h5", "checkpoint", LEARNED},
                          {"model-half-*.h5", "model", LEARNED}, {"train.checkpoint-half-*.h5", "checkpoint", LEARNED}),
  .plan = plan};
