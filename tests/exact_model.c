/* SPDX-License-Identifier: BSD-3-Clause */
/* exact_model: a model with an exact density is one row of a table, here independent signs. Runs without an ensemble
 * learn by the reverse divergence and go on to measured averages; those with one learn forward first, from fields that
 * are moved each time. What such models have no use for, or others
 * do not have, is refused by name.
 */
#include "src/app/commands.h"
#include "src/ensemble/load.h"
#include "src/learning/refresh.h"
#include "src/model/types.h"
#include "src/stage/stage.h"
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

/* ---- with an ensemble: forward, then reverse ---- */

#define MC    "mc: {configurations: 100, test: 40, chains: 4}\n"
#define SHORT "train: {steps: 12, batch: 128, learning_rate: 0.02, warm_up: 2, forward: 0.5}\n"

static void check_with_ensemble(void)
{
  double weight[SPINS_WEIGHTS], f;
  int64_t history;
  const double *values, *losses;
  sq_store *store;
  char path[SQ_PATH];
  sq_run *run = begin(LATTICE MC MODEL SHORT);
  make(run, &sq_train_stage);
  learned(run, weight, &history, &f);
  sq_run_path(run, "model.h5", path);
  TAP_CALL(sq_store_read(run->world, path, "model", false, &store, NULL));
  TAP_CALL(sq_store_reals(store, "history_weighing", history, &values));
  TAP_CALL(sq_store_reals(store, "history", 5 * 12, &losses));
  bool forward = history == 4 * 12, sides = true;
  for (int row = 0; row < 12; row++) {
    forward = forward && values[4 * row + 2] == (row < 6) && values[4 * row + 3] == 1;
    sides = sides && fabs(losses[5 * row + 1] * 16 - (row < 6 ? -1 : 1) * values[4 * row]) < 1e-9;
  }
  tap_check(forward, "with an ensemble half of the steps are forward, half reverse");
  tap_check(sides && losses[5 * 11 + 2] > losses[5 * 11 + 1], "the loss is -f, then f; that of held-out fields is -f");
  TAP_CALL(sq_store_destroy(&store));
  end(run, true);
}

/* ---- stored fields that are moved ---- */

enum { STATES = 256, FIELDS = 2048 };

/* Exact draws of 2x4 spins, by the weights of all states. */
static void exact_fields(const sq_lattice *lattice, const double *S, sq_dataset *data)
{
  double sum[STATES], total = 0;
  for (int s = 0; s < STATES; s++) sum[s] = total += exp(-S[s]);
  data->count = FIELDS;
  TAP_CALL(sq_alloc(FIELDS * lattice->local_volume, &data->blocks));
  for (int i = 0; i < FIELDS; i++) {
    const double u = total * sq_rng_uniform(sq_stream_make(8, SQ_RNG_TEST, 0), (uint64_t)i, 0, 0);
    int s = 0;
    while (sum[s] < u) s++;
    spins_state(lattice, s, data->blocks + i * lattice->local_volume);
  }
}

static double energy_of(sq_field *phi, sq_halo *halo, const sq_action *action, const double *block)
{
  sq_sum sum = {{0}};
  sq_field_from_block(phi, block);
  TAP_CALL(sq_halo_exchange(halo, phi->data));
  action->type->energy(action, phi, &sum);
  TAP_CALL(sq_sum_reduce(phi->lattice->comm, 1, &sum));
  return sq_sum_value(&sum);
}

static void check_moved(const sq_lattice *lattice, const sq_action *action, sq_field *phi, sq_halo *halo,
                        const double *S, const sq_dataset *data, sq_refresh *refresh)
{
  double mean = 0, square = 0, exact = 0, Z = 0, moved = 0, block[8], again[8];
  bool same = true, other = false;
  const size_t bytes = (size_t)lattice->local_volume * sizeof *block;
  for (int s = 0; s < STATES; s++) Z += exp(-S[s]), exact += S[s] * exp(-S[s]);
  for (int i = 0; i < FIELDS; i++) {
    const double *stored = data->blocks + i * lattice->local_volume;
    memcpy(block, stored, bytes);
    memcpy(again, stored, bytes);
    TAP_CALL(refresh->move(refresh->self, 5, i, block));
    const double energy = energy_of(phi, halo, action, block);
    mean += energy / FIELDS;
    square += energy * energy / FIELDS;
    moved += energy != energy_of(phi, halo, action, stored);
    if (i >= 16) continue;
    TAP_CALL(refresh->move(refresh->self, 5, i, again));
    same = same && !memcmp(block, again, bytes);
    TAP_CALL(refresh->move(refresh->self, 6, i, again));
    other = other || memcmp(block, again, bytes);
  }
  const double error = sqrt((square - mean * mean) / FIELDS);
  tap_check(fabs(mean - exact / Z) < 4 * error, "moved fields have the exact energy: %.4f(%.4f), exact %.4f", mean,
            error, exact / Z);
  tap_check(moved > 0.3 * FIELDS, "%.0f of %d have another one than before", moved, FIELDS);
  bool anywhere;
  TAP_CALL(sq_any_true(lattice->comm, other, &anywhere));
  tap_check(same && anywhere, "the same step and entry move a field to the same one, another step elsewhere");
}

static void check_refresh(void)
{
  double S[STATES], block[8];
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_field *phi;
  sq_halo *halo;
  sq_dataset data;
  sq_refresh refresh;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){2, 4}, NULL, &lattice));
  TAP_CALL(sq_action_make("ising", 2, (double[]){0.3, 1, 0, 0}, &action));
  TAP_CALL(sq_field_create(lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, sq_action_reach(&action), &halo));
  for (int s = 0; s < STATES; s++) {
    spins_state(lattice, s, block);
    S[s] = energy_of(phi, halo, &action, block);
  }
  exact_fields(lattice, S, &data);
  tap_check(sq_refresh_units(&action, -1) == 1 && sq_refresh_units(&action, 3) == 3, "auto is one update of spins");
  TAP_CALL(sq_refresh_create(lattice, &action, &data, 2, 4, &refresh));
  check_moved(lattice, &action, phi, halo, S, &data, &refresh);
  TAP_CALL(sq_refresh_destroy(&refresh));
  sq_free(&data.blocks);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* Free fields, whose <S> is V/2, by tuned trajectories. */
static void check_refresh_of_numbers(void)
{
  enum { N = 400, SITES = 16 };
  double mean = 0, square = 0, block[SITES];
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_field *phi;
  sq_halo *halo;
  sq_dataset data = {.count = N};
  sq_refresh refresh;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){4, 4}, NULL, &lattice));
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0, 0, 0, 0}, &action));
  TAP_CALL(sq_field_create(lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, sq_action_reach(&action), &halo));
  TAP_CALL(sq_alloc(N * lattice->local_volume, &data.blocks));
  for (int i = 0; i < N; i++) {
    double *x = data.blocks + i * lattice->local_volume;
    sq_block_normals(lattice, sq_stream_make(2, SQ_RNG_TEST, (uint64_t)i), 0, 0, x);
    for (int64_t k = 0; k < lattice->local_volume; k++) x[k] *= sqrt(0.5);
  }
  TAP_CALL(sq_refresh_create(lattice, &action, &data, 1, 4, &refresh));
  for (int i = 0; i < N; i++) {
    memcpy(block, data.blocks + i * lattice->local_volume, (size_t)lattice->local_volume * sizeof *block);
    TAP_CALL(refresh.move(refresh.self, 0, i, block));
    const double energy = energy_of(phi, halo, &action, block);
    mean += energy / N;
    square += energy * energy / N;
  }
  const double error = sqrt((square - mean * mean) / N);
  tap_check(fabs(mean - SITES / 2.0) < 4 * error && sq_refresh_units(&action, -1) == 0,
            "fields of real numbers too, if the deck says so: %.3f(%.3f), exact %d", mean, error, SITES / 2);
  TAP_CALL(sq_refresh_destroy(&refresh));
  sq_free(&data.blocks);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* ---- what is refused ---- */

/* Of the keys of a deck alone. */
static PetscErrorCode code_of_keys(const char *text)
{
  const sq_param *tables[SQ_DECK_TABLES];
  sq_train_settings set;
  sq_deck *deck;
  sq_deck_tables(tables);
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", text, tables, 0, NULL, &deck));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  PetscErrorCode code = sq_model_keys_check(deck);
  if (!code) code = sq_train_settings_from_deck(deck, &set);
  PetscPopErrorHandler();
  TAP_CALL(sq_deck_destroy(&deck));
  return code;
}

/* Of a deck whose keys are fine by themselves. */
static PetscErrorCode code_of_run(const char *text)
{
  sq_run *run = run_of(text);
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  const PetscErrorCode code = sq_deck_fits(run);
  PetscPopErrorHandler();
  TAP_CALL(sq_run_destroy(&run));
  return code;
}

#define PHI4 "lattice: {extents: [4, 4]}\naction: {type: phi4, kappa: 0.2, lambda: 0.02}\n"

static void check_refusals(void)
{
  static const char *const keys[] = {LATTICE MODEL "train: {target: plain}\n",
                                     LATTICE MODEL "train: {focus: 0.5}\n",
                                     LATTICE MODEL "train: {halves: true}\n",
                                     LATTICE MODEL "train: {loss: reverse, forward: 0.5}\n",
                                     LATTICE MODEL TRAIN "sample: {steps: 30}\n",
                                     LATTICE MODEL TRAIN "sample: {bound: 10}\n",
                                     LATTICE "model: {type: spins, channels: 16}\ntrain: {}\n",
                                     PHI4 "hmc: {}\nmodel: {bias: 0.1}\n",
                                     PHI4 "hmc: {}\ntrain: {loss: reverse}\n"};
  static const char *const runs[] = {LATTICE MODEL "train: {batch: 1}\n",
                                     LATTICE MODEL "train: {loss: forward}\n",
                                     LATTICE MC MODEL "train: {forward: 0.5, anneal: 0.5}\n",
                                     LATTICE "train: {}\n",
                                     PHI4 "train: {}\n",
                                     PHI4 MODEL "train: {}\n"};
  static const char *const fine[] = {LATTICE MODEL "train: {anneal: 0.5, target: mixed}\n",
                                     LATTICE MODEL "train: {loss: reverse, forward: 0}\nsample: {steps: 20}\n",
                                     LATTICE MC MODEL "train: {loss: reverse, anneal: 1}\n",
                                     LATTICE MC MODEL "train: {loss: forward, refresh: 3}\n"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    tap_check(code_of_keys(keys[i]) == SQ_ERR_INPUT, "wrong key %zu is refused", i + 1);
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
    tap_check(code_of_run(runs[i]) == SQ_ERR_INPUT, "wrong run %zu is refused", i + 1);
  for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
    tap_check(code_of_keys(fine[i]) == 0 && code_of_run(fine[i]) == 0, "good deck %zu is not", i + 1);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_without_ensemble();
  check_with_ensemble();
  check_refresh();
  check_refresh_of_numbers();
  check_refusals();
  return tap_end();
}
