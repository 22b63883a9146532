/* The stage train: ensemble.h5 -> model.h5 (weights, spectra, loss history). Checkpoint: train.checkpoint.h5. */
#include "squall/diffusion.h"
#include "squall/train.h"
#include "src/run/work.h"
#include "src/stage/weigh.h"
#include <math.h>
#include <string.h>

enum {
  HISTORY_COLUMNS = 5,
  HISTORY_ROWS = 200,
  VALIDATION_FIELDS = 256,
  TIMED_STEPS = 20,
  CALIBRATION_LEVELS = 48,
  WORTH_COLUMNS = 6,
  WORTH_ROWS = 30
};

typedef struct {
  sq_run *run;
  sq_site site;
  sq_diffusion_model *model;
  sq_objective objective;
  sq_learner *learner;
  sq_dataset training, testing;
  sq_train_options set;
  uint64_t fingerprint;
  char path[SQ_PATH], checkpoint[SQ_PATH], ensemble[SQ_PATH];
  double *history; /* [rows][HISTORY_COLUMNS]: step, loss, validation (negative: not measured), learning rate, gradient
                      norm */
  int64_t rows, every;
  double sum, summed;                       /* of losses since the last row, and how many */
  double shown;                             /* the last mean */
  double worth[WORTH_ROWS * WORTH_COLUMNS]; /* step, core-seconds of training until then, fields, effective sample size,
                                               acceptance, spread of log w */
  int64_t weighed;                          /* rows of it */
  double seconds;                           /* of training so far, all sessions */
} stage;

static const char *const train_sections[] = {"lattice", "action", "hmc", "model", "schedule", "train", NULL};
static const char *const langevin_sections[] = {"lattice", "action", "langevin", "model", "schedule", "train", NULL};

/* What the model depends on: of a Langevin equation, the smallest step. */
static uint64_t fingerprint_of(const sq_run *run)
{
  const double *eps;
  int steps = sq_deck_reals(run->deck, "langevin", "eps", &eps);
  return sq_run_ensemble_is_langevin(run) && steps ? sq_run_fingerprint_step(run, langevin_sections, eps[steps - 1]) :
                                                     sq_run_fingerprint(run, train_sections);
}

/* ---- set-up ---- */

static PetscErrorCode load_ensemble(stage *s)
{
  PetscFunctionBeginUser;
  bool exists, langevin = sq_run_ensemble_is_langevin(s->run);
  PetscCall(sq_file_exists(s->run->world, s->ensemble, &exists));
  SqCheck(exists, s->run->world, SQ_ERR_INPUT, "there is no %s to learn from: run `squall %s` first", s->ensemble,
          langevin ? "langevin" : "hmc");
  SqCheck(!langevin || sq_deck_real(s->run->deck, "langevin", "alpha") == 1, s->run->world, SQ_ERR_INPUT,
          "%s: langevin.alpha: %g, but models are of exp(-S): learn from an ensemble with alpha = 1",
          sq_deck_where(s->run->deck, "langevin", "alpha"), sq_deck_real(s->run->deck, "langevin", "alpha"));
  PetscCall(sq_load_fields(s->site.grid, s->site.lattice, s->ensemble, SQ_TRAINING, -1, &s->training.count,
                           &s->training.blocks));
  int64_t most = PetscMax(VALIDATION_FIELDS, sq_deck_int(s->run->deck, "train", "calibrate"));
  PetscCall(sq_load_fields(s->site.grid, s->site.lattice, s->ensemble, SQ_TESTING, most, &s->testing.count,
                           &s->testing.blocks));
  PetscFunctionReturn(0);
}

/* Widest and stiffest mode. */
static void widths(const sq_diffusion_model *model, double *widest, double *stiffest)
{
  *widest = 0;
  *stiffest = INFINITY;
  for (int64_t o = 0; o < model->orbits.count; o++) {
    *widest = fmax(*widest, sqrt(model->propagator[o]));
    *stiffest = fmin(*stiffest, sqrt(model->propagator[o]));
  }
}

/* The range of noise levels: the deck's, that of its schedule, or what the field's own widths ask for. */
static PetscErrorCode choose_range(stage *s, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  const sq_schedule *schedule = &s->set.schedule;
  sq_deck *deck = s->run->deck;
  double widest, stiffest, s_min = sq_deck_real(deck, "train", "s_min"), s_max = sq_deck_real(deck, "train", "s_max"),
                           t_min = sq_deck_real(deck, "schedule", "t_min");
  widths(m, &widest, &stiffest);
  SqCheck(stiffest > 0, s->run->world, SQ_ERR_DATA,
          "%s: a mode of its fields never varies: too few configurations to learn from", s->ensemble);
  SqCheck(!schedule->type || (s_min < 0 && s_max < 0), s->run->world, SQ_ERR_INPUT,
          "train.s_min and train.s_max are for train.levels: geometric; %s has levels of its own (schedule.t_min sets "
          "the lowest)",
          schedule->type->name);
  if (schedule->type) s_min = sq_schedule_ratio(schedule, t_min), s_max = sq_schedule_ratio(schedule, 1);
  m->s_min = s_min > 0 ? s_min : 0.04 * stiffest;
  m->s_max = s_max > 0 ? s_max : 4 * widest;
  SqCheck(m->s_min < m->s_max, s->run->world, SQ_ERR_INPUT, "train.s_min (%g) must be below train.s_max (%g)", m->s_min,
          m->s_max);
  PetscFunctionReturn(0);
}

static PetscErrorCode new_model(stage *s)
{
  PetscFunctionBeginUser;
  sq_deck *deck = s->run->deck;
  sq_diffusion_model *m;
  PetscCall(sq_alloc(1, &m));
  PetscCall(sq_diffusion_shape(deck, &s->run->action, &m->shape));
  m->action = s->run->action;
  m->mixed = !strcmp(sq_deck_text(deck, "train", "target"), "mixed");
  m->parameters = sq_network_parameters(&m->shape);
  PetscCall(sq_orbits_create(s->run->dim, s->run->padded, &m->orbits));
  PetscCall(sq_alloc(m->orbits.count, &m->propagator));
  PetscCall(sq_alloc(m->orbits.count, &m->force_power));
  PetscCall(sq_alloc(m->parameters, &m->weight));
  PetscCall(sq_measure_spectra(s->site.grid, s->site.fft, &m->action, &s->training, m->propagator, m->force_power));
  PetscCall(choose_range(s, m));
  PetscCall(sq_network_init(&m->shape, s->run->seed, m->weight));
  s->model = m;
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(stage *s)
{
  PetscFunctionBeginUser;
  sq_run *run = s->run;
  sq_deck *deck = run->deck;
  sq_network_shape shape;
  char text[SQ_SITE_TEXT];
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)run->padded[mu];
  s->set = (sq_train_options){.seed = run->seed,
                              .learner = {.steps = sq_deck_int(deck, "train", "steps"),
                                          .batch = sq_deck_int(deck, "train", "batch"),
                                          .warm_up = sq_deck_int(deck, "train", "warm_up"),
                                          .adam = {.learning_rate = sq_deck_real(deck, "train", "learning_rate"),
                                                   .beta1 = 0.9,
                                                   .beta2 = 0.99,
                                                   .epsilon = 1e-9,
                                                   .clip = sq_deck_real(deck, "train", "clip")},
                                          .final_rate = 0.01,
                                          .average = sq_deck_real(deck, "train", "ema")},
                              .focus = sq_deck_real(deck, "train", "focus")};
  PetscCall(sq_schedule_from_deck(deck, sq_deck_text(deck, "train", "levels"), &s->set.schedule));
  s->set.loss = sq_parametrisation_find(sq_deck_text(deck, "train", "parametrisation"));
  if (s->set.learner.average < 0) s->set.learner.average = 0.1 * (double)s->set.learner.steps;
  PetscCall(sq_diffusion_shape(deck, &run->action, &shape));
  int micro = sq_network_batch(&shape, (int64_t)volume);
  int64_t pieces = (s->set.learner.batch + micro - 1) / micro;
  PetscCall(sq_site_create(run, run->extents, pieces, sq_network_bytes(&shape, run->padded, micro, true),
                           sq_network_grain(&shape), &s->site));
  PetscCall(load_ensemble(s));
  PetscCall(new_model(s));
  PetscCall(sq_score_matching_create(s->site.fft, &s->set, &s->training, &s->testing, s->model, &s->objective));
  PetscCall(sq_learner_create(s->site.grid, &s->set.learner, &s->objective, s->model->weight, &s->learner));
  sq_info("train: %lld weights on %s; noise levels %.4g to %.4g", (long long)s->model->parameters,
          sq_site_describe(&s->site, text), s->model->s_min, s->model->s_max);
  PetscFunctionReturn(0);
}

/* `minutes` becomes a number of steps: some steps are timed and thrown away, the slowest rank decides. */
static PetscErrorCode choose_length(stage *s)
{
  PetscFunctionBeginUser;
  double minutes = sq_deck_real(s->run->deck, "train", "minutes"), seconds;
  if (minutes <= 0) PetscFunctionReturn(0);
  sq_learner *trial;
  sq_train_record record;
  char text[32];
  PetscCall(sq_learner_create(s->site.grid, &s->set.learner, &s->objective, s->model->weight, &trial));
  PetscCall(sq_learner_step(trial, &record));
  double began = sq_now();
  for (int i = 0; i < TIMED_STEPS; i++) PetscCall(sq_learner_step(trial, &record));
  seconds = (sq_now() - began) / TIMED_STEPS;
  PetscCall(sq_learner_destroy(&trial));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, s->run->world));
  s->set.learner.steps = (int64_t)fmax(1, 60 * minutes / seconds);
  if (sq_deck_real(s->run->deck, "train", "ema") < 0) s->set.learner.average = 0.1 * (double)s->set.learner.steps;
  sq_learner_set_length(s->learner, s->set.learner.steps, s->set.learner.average);
  snprintf(text, sizeof text, "%lld", (long long)s->set.learner.steps);
  PetscCall(sq_deck_resolve(s->run->deck, "train", "steps", text));
  sq_info("train: %.3g minutes are %lld steps at %.3g a second", minutes, (long long)s->set.learner.steps, 1 / seconds);
  PetscFunctionReturn(0);
}

/* The model, and two generations of checkpoints beside a new one: weights, their averages, and two moments of the
 * optimiser. */
static PetscErrorCode check_space(const stage *s)
{
  PetscFunctionBeginUser;
  double numbers = (1 + 3 * 4) * (double)s->model->parameters +
                   (double)(CALIBRATION_LEVELS + 3) * (double)s->model->orbits.count;
  PetscCall(sq_space_check(s->run->world, s->path, 8 * numbers, "the model and its checkpoints"));
  PetscFunctionReturn(0);
}

/* ---- checkpoints ---- */

static PetscErrorCode write_checkpoint(stage *s)
{
  PetscFunctionBeginUser;
  sq_store *store;
  int64_t shape[2] = {s->rows, HISTORY_COLUMNS};
  PetscCall(sq_store_create("checkpoint", &store));
  PetscCall(sq_store_put_reals(store, "partial", 1, (int64_t[]){2}, (double[]){s->sum, s->summed}));
  PetscCall(sq_store_put_reals(store, "seconds", 1, (int64_t[]){1}, &s->seconds));
  if (s->weighed) PetscCall(sq_store_put_reals(store, "worth", 2, (int64_t[]){s->weighed, WORTH_COLUMNS}, s->worth));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)s->fingerprint));
  PetscCall(sq_learner_put(s->learner, "state", store));
  if (s->rows) PetscCall(sq_store_put_reals(store, "history", 2, shape, s->history));
  PetscCall(sq_store_write(s->run->world, store, s->checkpoint, true));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_worth(stage *s, const sq_store *store)
{
  PetscFunctionBeginUser;
  const double *worth;
  int64_t count = sq_store_length(store, "worth");
  SqCheck(count <= WORTH_ROWS * WORTH_COLUMNS, s->run->world, SQ_ERR_DATA, "%s: weighed too often", s->checkpoint);
  if (count > 0) {
    PetscCall(sq_store_reals(store, "worth", count, &worth));
    memcpy(s->worth, worth, (size_t)count * sizeof *worth);
    s->weighed = count / WORTH_COLUMNS;
  }
  if (sq_store_length(store, "seconds") == 1) { /* older checkpoints have none */
    PetscCall(sq_store_reals(store, "seconds", 1, &worth));
    s->seconds = worth[0];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_checkpoint(stage *s, bool *found)
{
  PetscFunctionBeginUser;
  sq_store *store;
  int64_t count;
  const double *history;
  PetscCall(sq_run_read_checkpoint(s->run, s->checkpoint, "checkpoint", true, s->fingerprint, &store, found));
  if (!*found) PetscFunctionReturn(0);
  PetscCall(sq_learner_get(s->learner, "state", store));
  s->set.learner.steps = sq_learner_length(s->learner);
  count = sq_store_length(store, "history");
  SqCheck(count <= (HISTORY_ROWS + 1) * HISTORY_COLUMNS, s->run->world, SQ_ERR_DATA, "%s: its history is too long",
          s->checkpoint);
  if (sq_store_length(store, "partial") == 2) { /* older checkpoints have none */
    PetscCall(sq_store_reals(store, "partial", 2, &history));
    s->sum = history[0];
    s->summed = history[1];
  }
  PetscCall(read_worth(s, store));
  if (count > 0) {
    PetscCall(sq_store_reals(store, "history", count, &history));
    memcpy(s->history, history, (size_t)count * sizeof *history);
    s->rows = count / HISTORY_COLUMNS;
  }
  PetscCall(sq_store_destroy(&store));
  sq_info("train: resumed at step %lld of %lld", (long long)sq_learner_steps(s->learner),
          (long long)s->set.learner.steps);
  PetscFunctionReturn(0);
}

/* Measures the averaged network's posterior on held-out fields, for the sampler's kernel and levels. */
static PetscErrorCode calibrate(stage *s, sq_diffusion_model *m, int64_t most)
{
  PetscFunctionBeginUser;
  int64_t total = PetscMin(PetscMin(s->testing.count, most), sq_deck_int(s->run->deck, "train", "calibrate")), first,
          count;
  int batch = sq_network_batch(&m->shape, s->site.lattice->volume);
  double began = sq_now(), level[CALIBRATION_LEVELS], *ratio;
  sq_score score;
  if (total == 0) {
    sq_info("train: no held-out fields to calibrate on: the sampler will use a Gaussian kernel");
    PetscFunctionReturn(0);
  }
  PetscCall(sq_learned_score_create(s->site.fft, m, batch, false, &score));
  PetscCall(sq_alloc(CALIBRATION_LEVELS * m->orbits.count, &ratio));
  for (int k = 0; k < CALIBRATION_LEVELS; k++)
    level[k] = m->s_min * pow(m->s_max / m->s_min, (double)k / (CALIBRATION_LEVELS - 1));
  sq_share(total, s->site.grid->replicas, s->site.grid->replica, &first, &count);
  PetscCall(sq_posterior_measure(&score, s->site.grid, s->run->seed, first, count,
                                 s->testing.blocks + first * s->site.lattice->local_volume, batch, CALIBRATION_LEVELS,
                                 level, ratio));
  m->ratio = ratio;
  m->levels = CALIBRATION_LEVELS;
  PetscCall(sq_learned_score_destroy(&score));
  sq_info("train: calibrated on %lld held-out fields in %.1f s", (long long)total, sq_now() - began);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_model(stage *s)
{
  PetscFunctionBeginUser;
  sq_store *store;
  char *deck;
  int64_t shape[2] = {s->rows, HISTORY_COLUMNS};
  PetscCall(sq_store_create("model", &store));
  PetscCall(sq_model_put(&(sq_model){sq_model_type_of(s->run->deck), s->model}, store));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)s->fingerprint));
  PetscCall(sq_deck_text_of(s->run->deck, NULL, false, &deck));
  PetscCall(sq_store_put_text(store, "deck", deck));
  PetscCall(sq_store_put_int(store, "steps", sq_learner_steps(s->learner)));
  PetscCall(sq_store_put_reals(store, "history", 2, shape, s->history));
  PetscCall(sq_store_write(s->run->world, store, s->path, false));
  PetscCall(sq_store_destroy(&store));
  sq_free(&deck);
  PetscCall(sq_run_remove_checkpoint(s->run, s->checkpoint));
  PetscFunctionReturn(0);
}

/* ---- what the model is worth so far ---- */

static const sq_column worth_columns[] = {{"step", "%.0f"},
                                          {"core_seconds", "%.6g"},
                                          {"fields", "%.0f"},
                                          {"ess", "%.6g"},
                                          {"acceptance", "%.6g"},
                                          {"spread", "%.6g"},
                                          {0}};

static PetscErrorCode write_worth(const stage *s)
{
  PetscFunctionBeginUser;
  sq_table out;
  PetscCall(sq_table_begin(worth_columns, &out));
  for (int64_t i = 0; i < s->weighed; i++) {
    const double *x = s->worth + i * WORTH_COLUMNS;
    PetscCall(sq_table_add(&out, SQ_ROW(SQ_CELL("step", x[0]), SQ_CELL("core_seconds", x[1]), SQ_CELL("fields", x[2]),
                                        SQ_CELL("ess", x[3]), SQ_CELL("acceptance", x[4]), SQ_CELL("spread", x[5]))));
  }
  PetscCall(sq_run_write(s->run, "training_worth.csv", &out.text));
  PetscFunctionReturn(0);
}

/* Fields of the averaged network as it is now, calibrated on some held-out fields. The training does not notice. */
static PetscErrorCode weigh(stage *s)
{
  PetscFunctionBeginUser;
  enum { CALIBRATION_FIELDS = 256 };
  sq_diffusion_model now = *s->model;
  sq_weighed w;
  PetscCall(sq_alloc(now.parameters, &now.weight));
  memcpy(now.weight, sq_learner_average(s->learner), (size_t)now.parameters * sizeof *now.weight);
  PetscCall(calibrate(s, &now, CALIBRATION_FIELDS));
  PetscCall(sq_weigh(&s->site, &(sq_model){sq_model_type_of(s->run->deck), &now},
                     sq_deck_int(s->run->deck, "sample", "weighed"), &w));
  double *row = s->worth + s->weighed++ * WORTH_COLUMNS;
  memcpy(row,
         (double[]){(double)sq_learner_steps(s->learner), s->seconds * s->run->size, (double)w.fields, w.ess,
                    w.acceptance, w.spread},
         WORTH_COLUMNS * sizeof *row);
  sq_info("train: after %.0f steps, %.3g core-seconds: effective sample size %.3f, acceptance %.3f, spread of log w "
          "%.3g",
          row[0], row[1], w.ess, w.acceptance, w.spread);
  PetscCall(write_worth(s));
  sq_free(&now.weight);
  sq_free(&now.ratio);
  PetscFunctionReturn(0);
}

/* After steps, steps/2, steps/4, ... */
static bool time_to_weigh(const stage *s, int64_t done)
{
  int64_t times = sq_deck_int(s->run->deck, "train", "weigh"),
          last = s->weighed ? (int64_t)s->worth[(s->weighed - 1) * WORTH_COLUMNS] : 0;
  bool now = false;
  for (int64_t i = 0; i < times && !now; i++)
    now = done > last && s->set.learner.steps >> i > 0 && done == s->set.learner.steps >> i;
  return now;
}

/* ---- the loop ---- */

static PetscErrorCode keep_history(stage *s, double loss, const sq_train_record *record)
{
  PetscFunctionBeginUser;
  double *row = s->history + s->rows++ * HISTORY_COLUMNS, validation = -1;
  if (s->testing.count && (s->rows % 10 == 0 || sq_learner_steps(s->learner) == s->set.learner.steps))
    PetscCall(sq_learner_validate(s->learner, VALIDATION_FIELDS, &validation));
  memcpy(
    row,
    (double[]){(double)sq_learner_steps(s->learner), loss, validation, record->learning_rate, record->gradient_norm},
    HISTORY_COLUMNS * sizeof *row);
  PetscFunctionReturn(0);
}

/* Takes the loss of a step into the mean that is shown, which becomes a row of the history now and then. */
static PetscErrorCode note(stage *s, int64_t done, const sq_train_record *record)
{
  PetscFunctionBeginUser;
  s->sum += record->loss;
  s->summed++;
  if (done % s->every && done != s->set.learner.steps) PetscFunctionReturn(0);
  s->shown = s->sum / s->summed;
  PetscCall(keep_history(s, s->shown, record));
  s->sum = s->summed = 0;
  PetscFunctionReturn(0);
}

static PetscErrorCode learn(stage *s)
{
  PetscFunctionBeginUser;
  const int64_t steps = s->set.learner.steps;
  const double before = s->seconds;
  sq_train_record record = {0};
  sq_work work;
  s->shown = NAN;
  s->every = (steps + HISTORY_ROWS - 1) / HISTORY_ROWS;
  sq_work_begin(s->run, "train", sq_learner_steps(s->learner), steps, &work);
  while (work.done < steps) {
    sq_work_start(&work);
    PetscCall(sq_learner_step(s->learner, &record));
    PetscCall(sq_work_unit(&work, work.done + 1));
    s->seconds = before + work.seconds;
    PetscCall(note(s, work.done, &record));
    if (time_to_weigh(s, work.done)) PetscCall(weigh(s));
    if (work.due)
      sq_work_show(&work, "loss %.4f  rate %.2g  gradient %.2g", isnan(s->shown) ? record.loss : s->shown,
                   record.learning_rate, record.gradient_norm);
    if (!work.save) continue;
    PetscCall(write_checkpoint(s));
    PetscCall(sq_work_saved(&work));
  }
  const double *last = s->history + (s->rows - 1) * HISTORY_COLUMNS;
  sq_work_end(&work, "loss %.4f, held-out %.4f (1: the Gaussian part alone)", last[1], last[2]);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  PetscCall(sq_learner_destroy(&s->learner));
  PetscCall(sq_score_matching_destroy(&s->objective));
  PetscCall(sq_diffusion_model_destroy(&s->model));
  sq_free(&s->training.blocks);
  sq_free(&s->testing.blocks);
  sq_free(&s->history);
  PetscCall(sq_site_destroy(&s->site));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stage_train(sq_run *run)
{
  PetscFunctionBeginUser;
  stage s = {.run = run, .fingerprint = fingerprint_of(run)};
  bool finished, resumed;
  sq_run_path(run, "model.h5", s.path);
  sq_run_path(run, "train.checkpoint.h5", s.checkpoint);
  sq_run_ensemble(run, s.ensemble);
  PetscCall(sq_file_exists(run->world, s.path, &finished));
  if (finished) {
    sq_model made;
    uint64_t theirs;
    PetscCall(sq_load_model(run, s.path, &made, &theirs));
    PetscCall(sq_model_destroy(&made));
    PetscCall(sq_run_same_deck(run, s.path, theirs == s.fingerprint));
    sq_info("train: finished before, %s is kept", s.path);
    PetscFunctionReturn(0);
  }
  PetscCall(set_up(&s));
  PetscCall(sq_alloc((HISTORY_ROWS + 1) * HISTORY_COLUMNS, &s.history));
  PetscCall(check_space(&s));
  PetscCall(read_checkpoint(&s, &resumed));
  if (!resumed) PetscCall(choose_length(&s));
  PetscCall(learn(&s));
  memcpy(s.model->weight, sq_learner_average(s.learner), (size_t)s.model->parameters * sizeof *s.model->weight);
  PetscCall(calibrate(&s, s.model, s.testing.count));
  PetscCall(write_model(&s));
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}
