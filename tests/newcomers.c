/* SPDX-License-Identifier: BSD-3-Clause */
/* newcomers: a theory, a model type, a stage and a correction that squall does not have, each known by one row of a
 * table of this program's own, in one run: it makes an ensemble of the theory, learns the model from it, generates,
 * corrects and measures, and the corrected averages are those of the ensemble.
 */
#include "src/ensemble/load.h"
#include "src/action/hopping.h"
#include "src/app/commands.h"
#include "src/model/types.h"
#include "tests/run.h"
#include "tests/white.h"

/* ---- a theory: S = sum -2 hop phi phi' + phi^2 + well phi^4 ---- */

static sq_hopping coefficients(const sq_action *action)
{
  return (sq_hopping){.hop = 2 * action->value[0], .quadratic = 1, .quartic = action->value[1]};
}

static bool toy_valid(const sq_action *action, char *reason, size_t size)
{
  snprintf(reason, size, "well = %g must be positive", action->value[1]);
  return action->value[1] > 0;
}

static const sq_param action_params[] = {{"action", "hop", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "to neighbours"},
                                         {"action", "well", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "quartic"},
                                         {0}};
static const sq_action_type toy_action = {.name = "toy",
                                          .summary = "-2 hop phi phi' + phi^2 + well phi^4",
                                          .params = action_params,
                                          .space = &sq_space_real,
                                          .columns = sq_hopping_columns,
                                          .symmetric = true,
                                          .valid = toy_valid,
                                          .energy = sq_hopping_energy,
                                          .smooth = &sq_hopping_smooth,
                                          .own = &(const sq_hopping_form){coefficients}};
const sq_action_type *const sq_action_types[] = {&sq_action_phi4, &toy_action, NULL};

/* ---- a model: independent normal numbers of one width, which is learned ---- */

static PetscErrorCode model_check(const sq_deck *deck, const sq_action *action)
{
  (void)deck, (void)action;
  return 0;
}

static PetscErrorCode model_destroy(void **self)
{
  sq_free(self);
  return 0;
}

static PetscErrorCode put(const void *self, sq_store *store)
{
  PetscFunctionBeginUser;
  const white *w = self;
  PetscCall(sq_store_put_real(store, "width", w->width));
  PetscCall(sq_store_put_int(store, "dim", w->action.dim));
  PetscCall(sq_store_put_reals(store, "action", 1, (int64_t[]){2}, w->action.value));
  PetscFunctionReturn(0);
}

static PetscErrorCode get(MPI_Comm comm, const sq_store *store, const char *path, void **self)
{
  PetscFunctionBeginUser;
  white *w;
  int64_t dim;
  const double *value;
  (void)comm, (void)path;
  PetscCall(sq_alloc(1, &w));
  PetscCall(sq_store_real(store, "width", &w->width));
  PetscCall(sq_store_int(store, "dim", &dim));
  PetscCall(sq_store_reals(store, "action", 2, &value));
  PetscCall(sq_action_make("toy", (int)dim, value, &w->action));
  *self = w;
  PetscFunctionReturn(0);
}

static const sq_action *action_of(const void *self)
{
  return &((const white *)self)->action;
}

static const double *weights(const void *self, int64_t *count)
{
  *count = 1;
  return &((const white *)self)->width;
}

static sq_generator_needs needs(const void *self, const int64_t extent[SQ_DIM])
{
  (void)self, (void)extent;
  return (sq_generator_needs){.batch = WHITE_BATCH};
}

/* ---- how it learns: -log q of the fields ---- */

static PetscErrorCode needed(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], bool learning,
                             sq_generator_needs *needs)
{
  (void)deck, (void)action, (void)extent, (void)learning;
  *needs = (sq_generator_needs){.batch = WHITE_BATCH};
  return 0;
}

static PetscErrorCode create(const sq_deck *deck, const sq_model_data *data, void **self)
{
  PetscFunctionBeginUser;
  white *w;
  (void)deck;
  PetscCall(sq_alloc(1, &w));
  *w = (white){.width = 1, .action = *data->action};
  *self = w;
  PetscFunctionReturn(0);
}

static void add_terms(const sq_model_data *data, const sq_dataset *set, const sq_microbatch *m, double width,
                      sq_sum *loss, double *slope)
{
  int64_t volume = data->fft->lattice->local_volume;
  for (int e = 0; e < m->count; e++) {
    const double *x = set->blocks + (m->step * m->total + m->first + e) % set->count * volume;
    for (int64_t i = 0; i < volume; i++) {
      sq_sum_add(loss, 0.5 * x[i] * x[i] / (width * width) + log(width));
      *slope += (1 - x[i] * x[i] / (width * width)) / width;
    }
  }
}

static PetscErrorCode evaluate(void *self, const sq_microbatch *m, const float *weight, sq_sum *loss, float *gradient)
{
  const sq_model_data *data = self;
  double slope = 0;
  add_terms(data, &data->training, m, weight[0], loss, &slope);
  gradient[0] += (float)(slope / (double)(m->total * data->fft->lattice->volume));
  return 0;
}

static PetscErrorCode validate(void *self, const sq_microbatch *m, const float *weight, sq_sum *loss)
{
  const sq_model_data *data = self;
  double slope = 0;
  const sq_microbatch held = {.total = m->total, .first = m->first, .count = m->count};
  add_terms(data, &data->testing, &held, weight[0], loss, &slope);
  return 0;
}

static PetscErrorCode objective(const sq_model_data *data, const void *self, sq_objective *o)
{
  (void)self;
  *o = (sq_objective){.self = (void *)data,
                      .parameters = 1,
                      .held_out = data->testing.count,
                      .terms = data->fft->lattice->volume,
                      .micro = WHITE_BATCH,
                      .evaluate = evaluate,
                      .validate = validate};
  return 0;
}

static PetscErrorCode objective_destroy(sq_objective *o)
{
  *o = (sq_objective){0};
  return 0;
}

static PetscErrorCode update(void *self, const sq_model_data *data, const double *weight, int64_t most)
{
  (void)data, (void)most;
  ((white *)self)->width = weight[0];
  return 0;
}

static void describe(const void *self, char *text, size_t size)
{
  snprintf(text, size, "width %g", ((const white *)self)->width);
}

static double numbers(const void *self)
{
  (void)self;
  return 4;
}

static const sq_param no_params[] = {{0}};
static const sq_model_type toy_model = {.name = "toy",
                                        .summary = "noise",
                                        .params = no_params,
                                        .check = model_check,
                                        .destroy = model_destroy,
                                        .put = put,
                                        .get = get,
                                        .action = action_of,
                                        .weights = weights,
                                        .needs = needs,
                                        .generator = white_generator,
                                        .needed = needed,
                                        .create = create,
                                        .objective = objective,
                                        .objective_destroy = objective_destroy,
                                        .update = update,
                                        .describe = describe,
                                        .numbers = numbers};
const sq_model_type *const sq_model_types[] = {&sq_model_type_diffusion, &toy_model, NULL};

/* ---- a correction, and a stage ---- */

static int made[2]; /* how often both worked */

static PetscErrorCode correct(sq_run *run, const char *from, const char *to, const sq_ensemble *e, uint64_t fingerprint)
{
  made[0]++;
  return sq_correct_chain(run, from, to, e, fingerprint);
}

static PetscErrorCode plan_nothing(const sq_run *run, const sq_correct_work *work, sq_budget *budget)
{
  (void)run, (void)work, (void)budget;
  return 0;
}

static const sq_correction toy_correction = {
  .name = "toy", .weighted = true, .from = "samples.h5", .make = correct, .plan = plan_nothing};
const sq_correction *const sq_corrections[] = {&sq_correction_metropolis, &toy_correction, NULL};

static PetscErrorCode stage(sq_run *run)
{
  made[1] += run->sample.configurations == 600;
  return 0;
}

static const sq_param stage_params[] = {{"novel", "number", SQ_PARAM_INT, "3", 1, 9, NULL, "", "a number"}, {0}};
static const sq_stage toy_stage = {.command = {.name = "novel",
                                               .usage = "DECK",
                                               .summary = "a new stage",
                                               .sections = SQ_DECK("novel"),
                                               .params = SQ_TABLES(stage_params),
                                               .make = stage},
                                   .section = "novel"};
const sq_stage *const sq_stages[] = {&sq_hmc_stage,     &sq_mc_stage,     &sq_import_stage,  &sq_langevin_stage,
                                     &sq_train_stage,   &sq_sample_stage, &sq_correct_stage, &sq_likelihood_stage,
                                     &sq_measure_stage, &toy_stage,       &sq_report_stage,  NULL};
const sq_command *const sq_commands[] = {&sq_check_command, &sq_run_command, NULL};

/* ---- the run ---- */

static const char deck[] = "lattice: {extents: [4, 4]}\naction: {type: toy, hop: 0.05, well: 0.1}\n"
                           "hmc: {configurations: 600, test: 40, chains: 4}\nmodel: {type: toy}\ntrain: {steps: 400, "
                           "batch: 8, learning_rate: "
                           "0.02}\nsample: {configurations: 600}\ncorrect: {method: toy}\nnovel: {number: 7}\n";

static const sq_ensemble *find(int count, const sq_ensemble *e, const char *name)
{
  for (int i = 0; i < count; i++)
    if (!strcmp(e[i].name, name)) return &e[i];
  return NULL;
}

static void check_averages(const sq_run *run)
{
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  int count;
  TAP_CALL(sq_ensembles_of_run(run, e, &count));
  const sq_ensemble *given = find(count, e, "training"), *corrected = find(count, e, "corrected");
  if (!tap_check(given && corrected, "the run has made fields, and corrected ones")) return;
  const char *const names[] = {"phi2", "action_density"};
  for (int i = 0; i < 2; i++) {
    const sq_estimate *a = sq_obs_find(&given->table, names[i]), *b = sq_obs_find(&corrected->table, names[i]);
    tap_check(fabs(a->value - b->value) < 4.5 * hypot(a->error, b->error),
              "%s: %.4f(%.4f) of the ensemble, "
              "%.4f(%.4f) corrected",
              names[i], a->value, a->error, b->value, b->error);
  }
  tap_check(corrected->acceptance > 0.3 && corrected->acceptance < 1, "the corrections' chain accepts %.3f",
            corrected->acceptance);
}

int main(int argc, char **argv)
{
  sq_model model;
  char path[SQ_PATH];
  tap_begin(&argc, &argv);
  sq_run *run = run_of(deck);
  TAP_CALL(sq_check_command.make(run));
  for (int i = 0; sq_stages[i] != &sq_report_stage; i++)
    if (sq_stage_wanted(sq_stages[i], run) || sq_stages[i] == &sq_measure_stage)
      TAP_CALL(sq_stages[i]->command.make(run));
  tap_check(made[0] == 1 && made[1] == 1, "a new stage and a new correction have worked in a run");
  sq_run_path(run, "model.h5", path);
  TAP_CALL(sq_load_model(run, path, &model, NULL));
  double width = ((const white *)model.self)->width;
  tap_check(model.type == &toy_model && width > 0.5 && width < 0.71, "a new type of model has learned: width %.3f",
            width);
  TAP_CALL(sq_model_destroy(&model));
  check_averages(run);
  tap_check(run_says(run, "measure.csv", "generated,phi2,"), "and it was measured");
  TAP_CALL(sq_run_destroy(&run));
  return tap_end();
}
