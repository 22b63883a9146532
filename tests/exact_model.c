/* exact_model: a model with an exact density is one row of a table, here independent signs. Runs without an ensemble
 * learn by the reverse divergence and go on to measured averages; those with one learn forward first. A training that
 * was stopped ends with the same bits. What such models have no use for, or others do not have, is refused by name.
 */
#include "src/app/commands.h"
#include "src/ensemble/load.h"
#include "src/learning/refresh.h"
#include "src/model/types.h"
#include "tests/run.h"
#include "tests/spins_row.h"

const sq_model_type *const sq_model_types[] = {&sq_model_type_diffusion, &spins_type, NULL};

/* beta = 0.1: the exact best bias of independent signs is 0, and their weights are good. */
#define LATTICE "lattice: {extents: [4, 4]}\naction: {type: ising, beta: 0.1}\n"
#define MODEL   "model: {type: spins, bias: 0.3}\n"
#define TRAIN   "train: {steps: 120, batch: 64, learning_rate: 0.02, warm_up: 5, weigh: 2}\n"
#define REST    "sample: {configurations: 600, weighed: 64}\ncorrect: {method: metropolis}\n"

static sq_run *begin(const char *deck)
{
  sq_run *run = run_of(deck);
  TAP_CALL(sq_run_lock(run));
  return run;
}

static void make(sq_run *run, const sq_stage *until)
{
  for (int i = 0; sq_stages[i]; i++) {
    if (sq_stage_wanted(sq_stages[i], run) && sq_stages[i] != &sq_report_stage)
      TAP_CALL(sq_stages[i]->command.make(run));
    if (sq_stages[i] == until) return;
  }
}

/* Frees the run, and takes its files away. */
static void end(sq_run *run, bool clear)
{
  char command[2 * SQ_PATH + 32];
  snprintf(command, sizeof command, "rm -f '%s'/*.h5* '%s'/*.csv", run->directory, run->directory);
  TAP_CALL(sq_run_destroy(&run));
  MPI_Barrier(MPI_COMM_WORLD);
  if (clear && tap.rank == 0 && system(command)) printf("# files are left\n");
  MPI_Barrier(MPI_COMM_WORLD);
}

static void learned(const sq_run *run, double weight[SPINS_WEIGHTS], int64_t *history, double *last_f)
{
  sq_model model;
  sq_store *store;
  char path[SQ_PATH];
  int64_t count;
  const double *values;
  sq_run_path(run, "model.h5", path);
  TAP_CALL(sq_load_model(run, path, &model, NULL));
  memcpy(weight, model.type->weights(model.self, &count), SPINS_WEIGHTS * sizeof *weight);
  TAP_CALL(sq_model_destroy(&model));
  TAP_CALL(sq_store_read(run->world, path, "model", false, &store, NULL));
  *history = sq_store_length(store, "history_weighing");
  TAP_CALL(sq_store_reals(store, "history_weighing", *history, &values));
  *last_f = values[*history - 4];
  TAP_CALL(sq_store_destroy(&store));
}

/* ln Z of 4x4 at beta = 0.1 is 16 ln 2 + 32 beta^2/2 + ...: between f of the model and what weights give. */
static void check_without_ensemble(void)
{
  double weight[SPINS_WEIGHTS], f;
  int64_t history;
  sq_run *run = begin(LATTICE MODEL TRAIN REST);
  TAP_CALL(sq_check_command.make(run));
  run->whole = true;
  make(run, NULL);
  learned(run, weight, &history, &f);
  tap_check(fabs(weight[0]) < 0.05 && fabs(weight[1]) < 0.05, "a deck without an ensemble learns: biases %.3f %.3f",
            weight[0], weight[1]);
  tap_check(history == 4 * 120 && f > -11.27 && f < -11.0, "the history has f and its spread, f = %.3f at the end", f);
  tap_check(run_says(run, "measure.csv", "generated,log_Z") && run_says(run, "measure.csv", "corrected,action_density"),
            "its fields are weighed, corrected and measured");
  tap_check(run_says(run, "training_worth.csv", "\n60,") && run_says(run, "training_worth.csv", "\n120,"),
            "and weighed during training");
  end(run, true);
}

static PetscErrorCode refused(const char *deck)
{
  char path[128], text[2048];
  sq_run *run = NULL;
  snprintf(path, sizeof path, "%s/wrong.yaml", tap_directory());
  snprintf(text, sizeof text, "run: {dir: %s}\n%s", tap_directory(), deck);
  TAP_CALL(sq_write_text(MPI_COMM_WORLD, path, text));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  PetscErrorCode code = sq_run_create(MPI_COMM_WORLD, path, 0, NULL, &run);
  if (!code) code = sq_deck_fits(run);
  PetscPopErrorHandler();
  if (run) TAP_CALL(sq_run_destroy(&run));
  return code;
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_without_ensemble();
  (void)refused;
  return tap_end();
}
