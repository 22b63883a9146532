/* The stage train: ensemble.h5 -> model.h5 (weights, spectra, loss history). Checkpoint: train.checkpoint.h5. What is
 * learned, and from what, is the model type's; here are the loop, its history, and what interrupts it. */
#include "src/ensemble/load.h"
#include "src/making/work.h"
#include "src/ensemble/correction.h"
#include "src/learning/weigh.h"
#include "src/stage/stage.h"
#include <math.h>
#include <string.h>

/* Rows of numbers, in files as they stand here. */
typedef struct {
  double step, loss, held_out, learning_rate, gradient_norm; /* held_out: negative where it was not measured */
} history_row;
typedef struct {
  double step, core_seconds; /* core_seconds: of training until then */
  sq_worth worth;
} worth_row;

enum {
  HISTORY_COLUMNS = sizeof(history_row) / sizeof(double),
  HISTORY_ROWS = 200,
  WORTH_COLUMNS = sizeof(worth_row) / sizeof(double),
  WORTH_ROWS = 30,
  VALIDATION_FIELDS = 256,
  TIMED_STEPS = 20
};

typedef struct {
  sq_run *run;
  int half; /* of the configurations: 1, 2; 0: all */
  sq_site site;
  sq_model model;
  sq_model_data data;
  sq_objective objective;
  sq_learner *learner;
  sq_learner_options set;
  uint64_t fingerprint, stream; /* stream: of the training */
  char path[SQ_PATH], checkpoint[SQ_PATH], ensemble[SQ_PATH];
  history_row history[HISTORY_ROWS + 1];
  worth_row worth[WORTH_ROWS];
  int64_t rows, weighed; /* of both */
  double sum, summed;    /* of losses since the last row, and how many */
  double seconds;        /* of training so far, all sessions */
} stage;

/* ---- set-up ---- */

static PetscErrorCode load_ensemble(stage *s)
{
  PetscFunctionBeginUser;
  int64_t count[2];
  double *blocks[2];
  PetscCall(sq_train_fits(s->run));
  PetscCall(sq_load_ensemble(s->run, s->site.grid, s->site.lattice, s->ensemble,
                             PetscMax(VALIDATION_FIELDS, s->run->train.calibrate), count, blocks));
  s->data.training = (sq_dataset){.count = count[SQ_TRAINING], .blocks = blocks[SQ_TRAINING]};
  s->data.testing = (sq_dataset){.count = count[SQ_TESTING], .blocks = blocks[SQ_TESTING]};
  if (s->data.training.count < SQ_FIELDS_ENOUGH)
    sq_warn("train: %lld configuration%s to learn from; fewer than %d say too little of the widths of the modes, and a "
            "network can learn them by heart: give more (configurations)",
            (long long)s->data.training.count, s->data.training.count == 1 ? "" : "s", SQ_FIELDS_ENOUGH);
  sq_half_of(s->half, &s->site, &s->data.training);
  sq_half_of(s->half, &s->site, &s->data.testing);
  PetscFunctionReturn(0);
}

static const double *weights(const stage *s, int64_t *count)
{
  return s->model.type->weights(s->model.self, count);
}

/* The model, and two generations of checkpoints beside a new one: weights, their averages, and two moments of the
 * optimiser. */
static PetscErrorCode check_space(const stage *s, int64_t count)
{
  PetscFunctionBeginUser;
  double numbers = (1 + 3 * 4) * (double)count + s->model.type->numbers(s->model.self);
  PetscCall(sq_space_check(s->run->world, s->path, 8 * numbers, "the model and its checkpoints"));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(stage *s)
{
  PetscFunctionBeginUser;
  sq_run *run = s->run;
  sq_generator_needs needs;
  char text[SQ_SITE_TEXT], settled[128];
  int64_t count;
  s->model.type = sq_model_type_of(run->deck);
  s->set = run->train.options.learner;
  PetscCall(s->model.type->needed(run->deck, &run->action, run->padded, true, &needs));
  const sq_plan plan = sq_train_plan(run, &needs);
  PetscCall(sq_site_create(run, &plan, &s->site));
  s->data = (sq_model_data){.grid = s->site.grid,
                            .fft = s->site.fft,
                            .action = &run->action,
                            .set = &run->train,
                            .seed = s->stream,
                            .where = s->ensemble};
  PetscCall(load_ensemble(s));
  PetscCall(s->model.type->create(run->deck, &s->data, &s->model.self));
  PetscCall(s->model.type->objective(&s->data, s->model.self, &s->objective));
  PetscCall(sq_learner_create(s->site.grid, &s->set, &s->objective, weights(s, &count), &s->learner));
  s->model.type->describe(s->model.self, settled, sizeof settled);
  sq_info("train: %lld weights on %s; %s", (long long)count, sq_site_describe(&s->site, text), settled);
  PetscCall(check_space(s, count));
  PetscFunctionReturn(0);
}

/* `minutes` becomes a number of steps: some steps are timed and thrown away, the slowest rank decides. */
static PetscErrorCode choose_length(stage *s)
{
  PetscFunctionBeginUser;
  double minutes = s->run->train.minutes, seconds;
  if (minutes <= 0) PetscFunctionReturn(0);
  sq_learner *trial;
  int64_t count;
  sq_train_record record;
  char text[32];
  PetscCall(sq_learner_create(s->site.grid, &s->set, &s->objective, weights(s, &count), &trial));
  PetscCall(sq_learner_step(trial, &record));
  double began = sq_now();
  for (int i = 0; i < TIMED_STEPS; i++) PetscCall(sq_learner_step(trial, &record));
  seconds = (sq_now() - began) / TIMED_STEPS;
  PetscCall(sq_learner_destroy(&trial));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, s->run->world));
  sq_train_set_length(s->run->deck, (int64_t)fmax(1, 60 * minutes / seconds), &s->run->train);
  s->set = s->run->train.options.learner;
  sq_learner_set_length(s->learner, s->set.steps, s->set.average);
  snprintf(text, sizeof text, "%lld", (long long)s->set.steps);
  PetscCall(sq_deck_note(s->run->deck, "train", "steps", text));
  sq_info("train: %.3g minutes are %lld steps at %.3g a second", minutes, (long long)s->set.steps, 1 / seconds);
  PetscFunctionReturn(0);
}

/* ---- checkpoints ---- */

static PetscErrorCode write_checkpoint(stage *s)
{
  PetscFunctionBeginUser;
  sq_store *store;
  PetscCall(sq_run_checkpoint_create(s->run, s->fingerprint, &store));
  PetscCall(sq_store_put_reals(store, "partial", 1, (int64_t[]){2}, (double[]){s->sum, s->summed}));
  PetscCall(sq_store_put_reals(store, "seconds", 1, (int64_t[]){1}, &s->seconds));
  if (s->weighed)
    PetscCall(sq_store_put_reals(store, "worth_rows", 2, (int64_t[]){s->weighed, WORTH_COLUMNS}, &s->worth[0].step));
  PetscCall(sq_learner_put(s->learner, "state", store));
  if (s->rows)
    PetscCall(sq_store_put_reals(store, "history", 2, (int64_t[]){s->rows, HISTORY_COLUMNS}, &s->history[0].step));
  PetscCall(sq_store_write(s->run->world, store, s->checkpoint, true));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

/* Rows of `columns` numbers, at most `most` of them; none if there is no such array (older checkpoints). */
static PetscErrorCode read_rows(const stage *s, const sq_store *store, const char *name, int columns, int64_t most,
                                double *row, int64_t *rows)
{
  PetscFunctionBeginUser;
  const double *values;
  int64_t count = sq_store_length(store, name);
  *rows = 0;
  if (count <= 0) PetscFunctionReturn(0);
  SqCheck(count <= most * columns, s->run->world, SQ_ERR_DATA, "%s: its %s is too long", s->checkpoint, name);
  PetscCall(sq_store_reals(store, name, count, &values));
  memcpy(row, values, (size_t)count * sizeof *row);
  *rows = count / columns;
  PetscFunctionReturn(0);
}

static PetscErrorCode read_checkpoint(stage *s, bool *found)
{
  PetscFunctionBeginUser;
  sq_store *store;
  double partial[2] = {0};
  int64_t one;
  PetscCall(sq_run_read_checkpoint(s->run, s->checkpoint, "checkpoint", true, s->fingerprint, &store, found));
  if (!*found) PetscFunctionReturn(0);
  PetscCall(sq_learner_get(s->learner, "state", store));
  s->set.steps = sq_learner_length(s->learner);
  PetscCall(read_rows(s, store, "history", HISTORY_COLUMNS, HISTORY_ROWS + 1, &s->history[0].step, &s->rows));
  PetscCall(read_rows(s, store, "worth_rows", WORTH_COLUMNS, WORTH_ROWS, &s->worth[0].step, &s->weighed));
  PetscCall(read_rows(s, store, "partial", 2, 1, partial, &one));
  PetscCall(read_rows(s, store, "seconds", 1, 1, &s->seconds, &one));
  s->sum = partial[0];
  s->summed = partial[1];
  PetscCall(sq_store_destroy(&store));
  sq_info("train: resumed at step %lld of %lld", (long long)sq_learner_steps(s->learner), (long long)s->set.steps);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_model(stage *s)
{
  PetscFunctionBeginUser;
  sq_store *store;
  sq_streams learned;
  char *deck;
  PetscCall(sq_store_create("model", &store));
  PetscCall(sq_model_put(&s->model, store));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)s->fingerprint));
  PetscCall(sq_run_streams_of(s->run, s->ensemble, &learned));
  PetscCall(sq_store_put_int(store, "stream", (int64_t)s->stream));
  if (learned.own) PetscCall(sq_store_put_int(store, "stream_of_training", (int64_t)learned.own));
  PetscCall(sq_deck_text_of(s->run->deck, NULL, false, &deck));
  PetscCall(sq_store_put_text(store, "deck", deck));
  PetscCall(sq_store_put_int(store, "steps", sq_learner_steps(s->learner)));
  PetscCall(sq_store_put_reals(store, "history", 2, (int64_t[]){s->rows, HISTORY_COLUMNS}, &s->history[0].step));
  PetscCall(sq_store_write(s->run->world, store, s->path, false));
  PetscCall(sq_store_destroy(&store));
  sq_free(&deck);
  PetscCall(sq_run_remove_checkpoint(s->run, s->checkpoint));
  PetscFunctionReturn(0);
}

/* ---- what the model is worth so far ---- */

static const sq_column worth_columns[] = {{"step", "%.0f"}, {"core_seconds", "%.6g"}, SQ_WORTH_COLUMNS, {0}};

static PetscErrorCode write_worth(const stage *s)
{
  PetscFunctionBeginUser;
  sq_table out;
  PetscCall(sq_table_begin(worth_columns, &out));
  for (const worth_row *x = s->worth; x < s->worth + s->weighed; x++)
    PetscCall(sq_table_add(
      &out, SQ_ROW(SQ_CELL("step", x->step), SQ_CELL("core_seconds", x->core_seconds), SQ_WORTH_CELLS(x->worth))));
  PetscCall(sq_run_write(s->run, "training_worth.csv", &out.text));
  PetscFunctionReturn(0);
}

/* The model with the average of the weights as they are now. The training does not notice. */
static PetscErrorCode update_model(stage *s, int64_t most)
{
  PetscFunctionBeginUser;
  PetscCall(s->model.type->update(s->model.self, &s->data, sq_learner_average(s->learner), most));
  PetscFunctionReturn(0);
}

static PetscErrorCode weigh(stage *s)
{
  PetscFunctionBeginUser;
  enum { CALIBRATION_FIELDS = 256 };
  sq_weighed w;
  PetscCall(update_model(s, CALIBRATION_FIELDS));
  const uint64_t stream = sq_sample_stream(s->run, s->fingerprint, s->run->extents);
  PetscCall(sq_weigh(&s->site, &s->model, stream, s->run->sample.weighed, &w));
  const worth_row row = {
    .step = (double)sq_learner_steps(s->learner), .core_seconds = s->seconds * s->run->size, .worth = sq_worth_of(&w)};
  s->worth[s->weighed++] = row;
  sq_weighed_say(&w, "train: after %.0f steps, %.3g core-seconds", row.step, row.core_seconds);
  PetscCall(write_worth(s));
  PetscFunctionReturn(0);
}

/* After steps, steps/2, steps/4, ... */
static bool time_to_weigh(const stage *s, int64_t done)
{
  int64_t last = s->weighed ? (int64_t)s->worth[s->weighed - 1].step : 0;
  bool now = false;
  for (int i = 0; i < s->run->train.weigh && !now && !s->half; i++)
    now = done > last && s->set.steps >> i > 0 && done == s->set.steps >> i;
  return now;
}

/* ---- the loop ---- */

/* A row for every so many steps: the mean of the losses since the last one. */
static PetscErrorCode keep_history(stage *s, int64_t done, const sq_train_record *record)
{
  PetscFunctionBeginUser;
  int64_t every = (s->set.steps + HISTORY_ROWS - 1) / HISTORY_ROWS;
  s->sum += record->loss;
  s->summed++;
  if (done % every && done != s->set.steps) PetscFunctionReturn(0);
  history_row *row = &s->history[s->rows++];
  *row = (history_row){.step = (double)done,
                       .loss = s->sum / s->summed,
                       .held_out = -1,
                       .learning_rate = record->learning_rate,
                       .gradient_norm = record->gradient_norm};
  if (s->data.testing.count && (s->rows % 10 == 0 || done == s->set.steps))
    PetscCall(sq_learner_validate(s->learner, VALIDATION_FIELDS, &row->held_out));
  s->sum = s->summed = 0;
  PetscFunctionReturn(0);
}

static PetscErrorCode learn(stage *s)
{
  PetscFunctionBeginUser;
  int64_t done = sq_learner_steps(s->learner), first = s->rows;
  double before = s->seconds;
  sq_train_record record = {0};
  sq_work work;
  PetscCall(sq_work_begin(s->run, "train", done, s->set.steps, &work));
  while (done < s->set.steps) {
    sq_work_start(&work);
    PetscCall(sq_learner_step(s->learner, &record));
    PetscCall(sq_work_unit(&work, ++done));
    s->seconds = before + work.seconds;
    PetscCall(keep_history(s, done, &record));
    if (time_to_weigh(s, done)) PetscCall(weigh(s));
    if (work.due)
      sq_work_show(&work, "loss %.4f  rate %.2g  gradient %.2g",
                   s->rows > first ? s->history[s->rows - 1].loss : record.loss, record.learning_rate,
                   record.gradient_norm);
    if (!work.save) continue;
    PetscCall(write_checkpoint(s));
    PetscCall(sq_work_saved(&work));
  }
  const history_row *last = &s->history[s->rows - 1];
  if (last->held_out < 0)
    sq_work_end(&work, "loss %.4f, held-out not measured (1: the Gaussian part alone)", last->loss);
  else sq_work_end(&work, "loss %.4f, held-out %.4f (1: the Gaussian part alone)", last->loss, last->held_out);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  PetscCall(sq_learner_destroy(&s->learner));
  PetscCall(s->model.type->objective_destroy(&s->objective));
  PetscCall(sq_model_destroy(&s->model));
  sq_free(&s->data.training.blocks);
  sq_free(&s->data.testing.blocks);
  PetscCall(sq_site_destroy(&s->site));
  PetscFunctionReturn(0);
}

static PetscErrorCode is_finished(const stage *s, bool *finished)
{
  PetscFunctionBeginUser;
  sq_model made;
  sq_model_origin theirs;
  PetscCall(sq_file_exists(s->run->world, s->path, finished));
  if (!*finished) PetscFunctionReturn(0);
  PetscCall(sq_load_model(s->run, s->path, &made, &theirs));
  PetscCall(sq_model_destroy(&made));
  PetscCall(sq_run_same_deck(s->run, s->path, theirs.fingerprint == s->fingerprint));
  const char *late = s->run->train.weigh ? "; train.weigh weighs only while a model is trained" : "";
  sq_info("train: finished before, %s is kept%s", s->path, late);
  PetscFunctionReturn(0);
}

static PetscErrorCode train(stage *s)
{
  PetscFunctionBeginUser;
  bool resumed;
  PetscCall(set_up(s));
  PetscCall(read_checkpoint(s, &resumed));
  if (!resumed) PetscCall(choose_length(s));
  PetscCall(learn(s));
  PetscCall(update_model(s, s->data.testing.count));
  PetscCall(write_model(s));
  PetscCall(clear(s));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_model(sq_run *run, int half)
{
  PetscFunctionBeginUser;
  stage *s;
  bool finished;
  PetscCall(sq_alloc(1, &s));
  s->run = run;
  s->half = half;
  s->fingerprint = sq_half_fingerprint(sq_train_fingerprint(run), half);
  s->stream = sq_stream_join(sq_run_stream(run, "train", NULL), s->fingerprint);
  sq_half_path(run, "model", half, s->path);
  sq_half_path(run, "train.checkpoint", half, s->checkpoint);
  sq_run_ensemble(run, s->ensemble);
  if (half) sq_info("train: on half %d of the configurations", half);
  PetscCall(is_finished(s, &finished));
  if (!finished) PetscCall(train(s));
  sq_free(&s);
  PetscFunctionReturn(0);
}

static PetscErrorCode make(sq_run *run)
{
  PetscFunctionBeginUser;
  for (int half = 0; half <= (run->train.halves ? 2 : 0); half++) PetscCall(make_model(run, half));
  PetscFunctionReturn(0);
}

#define LEARNED SQ_DECK("lattice", "action", "model", "schedule", "train"), SQ_DECK("hmc", "mc", "langevin")
const sq_stage sq_train_stage = {
  .command = {.name = "train",
              .usage = "DECK",
              .summary = "learn a score model from the ensemble",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "model", "schedule", "train"),
              .params = SQ_TABLES(sq_model_params, sq_schedule_params, sq_train_params),
              .make = make},
  .section = "train",
  .lacks = sq_lacks_model,
  .fits = sq_train_fits,
  .done_file = "model.h5",
  .products = SQ_PRODUCTS({"model.h5", "model", LEARNED}, {"train.checkpoint.h5", "checkpoint", LEARNED},
                          {"model-half-*.h5", "model", LEARNED}, {"train.checkpoint-half-*.h5", "checkpoint", LEARNED}),
  .plan = sq_train_plan_show};
