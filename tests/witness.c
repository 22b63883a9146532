/* SPDX-License-Identifier: BSD-3-Clause */
/* What files say of their fields: numbers that are not those of a field, another action, a field that is there twice,
 * numbers that no field of a theory has, and columns that a file of before does not have. */
#include "run.h"
#include "squall/rng.h"
#include "src/ensemble/load.h"
#include "src/ensemble/ensemble.h"
#include "src/ensemble/witness.h"
#include <math.h>

enum { RECORDS = 40, SITES = 12 };
static const int64_t extents[] = {4, 3};

/* What is wrong with a file. */
typedef enum { NOTHING, NUMBERS, LATE, PERMUTED, TWICE, CHAINS, GROUPS, STILL, FLIPPED, ACTION, NEGATIVE } fault;

/* The field of a record, one of many; a chain that stands still repeats it. */
static void fill(fault what, const sq_lattice *lattice, int group, int64_t index, double *block)
{
  int64_t length = lattice->local[SQ_DIM - 1], number = index + 1000 * group;
  if (what == TWICE && number == 30) number = 3;                 /* the same chain, much later */
  if (what == CHAINS && number == 21) number = 19;               /* the last of a chain, in the next */
  if (what == GROUPS && number == 1005) number = 5;              /* a field of training, held out */
  if (what == STILL && (number == 8 || number == 9)) number = 7; /* rejected twice */
  double sign = what == FLIPPED && number == 8 ? -1 : 1;         /* rejected twice, and its sign turned twice */
  if (what == FLIPPED && (number == 8 || number == 9)) number = 7;
  for (int64_t i = 0; i < lattice->local_volume; i++) {
    int64_t site = sq_lattice_row_site(lattice, i / length) + i % length;
    block[i] = sign * ((double)(sq_site_hash(site, (double)(1 + number)) >> 11) * 0x1p-53 - 0.5);
  }
}

static void write_file(const sq_run *run, fault what, const char *path, bool chains, bool all_columns)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_obs *obs;
  sq_action other = run->action;
  sq_records_info info = {.kind = "ensemble", .dim = 2, .deck = (char[]){""}, .seed = run->seed, .groups = 2};
  double block[SITES], columns[SQ_IO_COLUMNS] = {0};
  if (what == ACTION) other.value[0] += 0.01;
  TAP_CALL(sq_grid_create(run->world, run->size, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, extents, NULL, &lattice));
  TAP_CALL(sq_obs_create(lattice, &other, &obs));
  sq_action_describe(&run->action, info.action, sizeof info.action);
  memcpy(info.extent, lattice->extent, sizeof info.extent);
  for (int g = 0; g < 2; g++) {
    sq_record_group *group = &info.group[g];
    snprintf(group->name, sizeof group->name, "%s", g ? "testing" : "training");
    group->count = RECORDS;
    if (chains) snprintf(group->column[0], SQ_IO_NAME, "chain");
    sq_obs_name_columns(run->action.type, chains, group);
    if (!all_columns) group->columns--;
  }
  TAP_CALL(sq_records_create(grid, lattice, path, &info, &records));
  for (int g = 0; g < 2; g++)
    for (int64_t i = 0; i < RECORDS; i += grid->replicas) {
      int64_t mine = i + grid->replica;
      fill(what, lattice, g, mine, block);
      TAP_CALL(sq_obs_measure(obs, block, columns + chains));
      if (chains) columns[0] = (double)(mine / (RECORDS / 2));
      if (what == NEGATIVE && mine == 5) columns[0] = -3;
      if (what == NUMBERS && mine == 0 && g) columns[chains] += 1e-3;
      if (what == LATE && mine == RECORDS - 3) block[lattice->local_volume - 1] += 1e-3;
      if (what == PERMUTED) fill(what, lattice, g, RECORDS - 1 - mine, block);
      TAP_CALL(sq_records_write(records, g, mine < RECORDS ? mine : -1, block, columns));
    }
  TAP_CALL(sq_records_publish(&records));
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* What a witness of all its fields says. */
static PetscErrorCode judged(const sq_run *run, const char *path)
{
  (void)PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  PetscErrorCode code = sq_look_at_fields(run, path);
  (void)PetscPopErrorHandler();
  return code;
}

/* What whoever reads the numbers of a file says. */
static PetscErrorCode read_code(const sq_run *run, const char *path)
{
  sq_ensemble read[SQ_IO_GROUPS] = {0};
  int count = 0;
  (void)PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  PetscErrorCode code = sq_ensembles_read(run->world, path, read, &count);
  (void)PetscPopErrorHandler();
  for (int g = 0; g < count && !code; g++) sq_ensemble_free(&read[g]);
  return code;
}

/* Most of the records are glanced at: what is wrong everywhere is seen. */
static void check_glance(void)
{
  static const struct {
    fault what;
    PetscErrorCode code;
    const char *text;
  } test[] = {{NOTHING, 0, "nothing is wrong"},
              {STILL, 0, "a chain that stood still"},
              {PERMUTED, SQ_ERR_DATA, "fields in another order"},
              {ACTION, SQ_ERR_DATA, "another action"}};
  sq_run *run = run_of("lattice: {extents: [4, 3]}\naction: {type: phi4, kappa: 0.21, lambda: 0.022}\n");
  char path[128];
  snprintf(path, sizeof path, "%s/glance.h5", tap_directory());
  for (size_t i = 0; i < sizeof test / sizeof *test; i++) {
    write_file(run, test[i].what, path, true, true);
    tap_check(read_code(run, path) == test[i].code, "%s by whoever reads numbers: %s",
              test[i].code ? "noticed" : "not doubted", test[i].text);
  }
  TAP_CALL(sq_run_destroy(&run));
}

static void check_witness(void)
{
  static const struct {
    fault what;
    bool chains;
    PetscErrorCode code;
    const char *text;
  } test[] = {{NOTHING, true, 0, "nothing is wrong"},
              {NOTHING, false, 0, "nothing is wrong, without chains"},
              {NUMBERS, true, SQ_ERR_DATA, "a number that is not that of its field"},
              {LATE, true, SQ_ERR_DATA, "one late field that was changed"},
              {PERMUTED, true, SQ_ERR_DATA, "fields in another order"},
              {ACTION, false, SQ_ERR_DATA, "another action"},
              {TWICE, true, SQ_ERR_DATA, "a field of the chain once more, later"},
              {TWICE, false, SQ_ERR_DATA, "a field twice where there are no chains"},
              {CHAINS, true, SQ_ERR_DATA, "a field in two chains"},
              {NEGATIVE, true, SQ_ERR_DATA, "a chain that has no number"},
              {GROUPS, true, SQ_ERR_DATA, "a field in two groups"},
              {STILL, true, 0, "a chain that stood still"},
              {FLIPPED, true, 0, "one that did, but for its sign"},
              {FLIPPED, false, SQ_ERR_DATA, "the same without chains"},
              {STILL, false, SQ_ERR_DATA, "the same without chains"}};
  sq_run *run = run_of("lattice: {extents: [4, 3]}\naction: {type: phi4, kappa: 0.21, lambda: 0.022}\n");
  char path[128];
  snprintf(path, sizeof path, "%s/witness.h5", tap_directory());
  for (size_t i = 0; i < sizeof test / sizeof *test; i++) {
    write_file(run, test[i].what, path, test[i].chains, true);
    tap_check(judged(run, path) == test[i].code, "%s%s", test[i].code ? "noticed: " : "", test[i].text);
  }
  TAP_CALL(sq_run_destroy(&run));
}

/* ---- numbers that no field of a theory has, with the columns that are made of them ---- */

/* Fields of the theory: signs, angles, no flux at all, real numbers; `wrong` is the first number of the
 * record 5, unless it is one that fields have. model: a model generated them. */
static void write_numbers(const sq_run *run, const char *path, bool model, double wrong)
{
  const sq_action *action = &run->action;
  const bool signs = action->type->space == &sq_space_sign, fluxes = action->type->space == &sq_space_flux;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_obs *obs;
  sq_records_info info = {.kind = "ensemble", .dim = 2, .deck = (char[]){""}, .seed = run->seed, .groups = 1};
  double block[4 * SITES], columns[SQ_IO_COLUMNS] = {0};
  TAP_CALL(sq_grid_create(run->world, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, extents, NULL, &lattice));
  TAP_CALL(sq_obs_create(lattice, action, &obs));
  sq_action_describe(action, info.action, sizeof info.action);
  memcpy(info.extent, lattice->extent, sizeof info.extent);
  info.components = sq_action_components(action);
  snprintf(info.group[0].name, sizeof info.group[0].name, "%s", model ? "generated" : "training");
  info.group[0].count = RECORDS;
  if (model) snprintf(info.group[0].column[0], SQ_IO_NAME, "log_weight");
  sq_obs_name_columns(action->type, model, &info.group[0]);
  TAP_CALL(sq_records_create(grid, lattice, path, &info, &records));
  for (int64_t r = 0; r < RECORDS; r++) {
    for (int c = 0; c < info.components; c++) fill(NOTHING, lattice, c, r, block + c * lattice->local_volume);
    for (int64_t i = 0; i < info.components * lattice->local_volume; i++)
      block[i] = fluxes ? 0 : signs ? copysign(1, block[i]) : block[i];
    if (r == 5 && sq_lattice_row_site(lattice, 0) == 0) block[0] = wrong;
    columns[0] = NAN;
    TAP_CALL(sq_obs_measure(obs, block, columns + model));
    TAP_CALL(sq_records_write(records, 0, r, block, columns));
  }
  TAP_CALL(sq_records_publish(&records));
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

static void check_numbers(void)
{
  static const struct {
    const char *action;
    bool model;
    double number;
    PetscErrorCode code;
  } test[] = {{"type: ising, beta: 0.4", false, 1, 0},
              {"type: ising, beta: 0.4", false, 0.5, SQ_ERR_DATA},
              {"type: ising, beta: 0.4", true, 2, SQ_ERR_DATA},
              {"type: xy, beta: 0.4", false, -3, 0},
              {"type: xy, beta: 0.4", false, 3.5, SQ_ERR_DATA},
              {"type: u1, beta: 0.4", false, -4, SQ_ERR_DATA},
              {"type: complex, eta: 5, lambda: 1, mu: 0.5", false, 0, 0},
              {"type: complex, eta: 5, lambda: 1, mu: 0.5", false, 1, SQ_ERR_DATA},
              {"type: complex, eta: 5, lambda: 1, mu: 0.5", true, 1, 0},
              {"type: complex, eta: 5, lambda: 1, mu: 0.5", true, 0.5, SQ_ERR_DATA}};
  char path[128], deck[160];
  snprintf(path, sizeof path, "%s/numbers.h5", tap_directory());
  for (size_t i = 0; i < sizeof test / sizeof *test; i++) {
    snprintf(deck, sizeof deck, "lattice: {extents: [4, 3]}\naction: {%s}\n", test[i].action);
    sq_run *run = run_of(deck);
    write_numbers(run, path, test[i].model, test[i].number);
    tap_check(judged(run, path) == test[i].code, "%s: a number %g%s is %s", test[i].action, test[i].number,
              test[i].model ? " that a model generated" : "", test[i].code ? "noticed" : "one of its own");
    TAP_CALL(sq_run_destroy(&run));
  }
}

/* A column that is new is measured, the same as if it were there. */
static void check_columns(void)
{
  sq_run *run = run_of("lattice: {extents: [4, 3]}\naction: {type: phi4, kappa: 0.21, lambda: 0.022}\n");
  sq_ensemble with[SQ_IO_GROUPS] = {0}, without[SQ_IO_GROUPS] = {0};
  int count, last = sq_obs_columns(run->action.type) - 1;
  char path[128];
  snprintf(path, sizeof path, "%s/columns.h5", tap_directory());
  write_file(run, NOTHING, path, true, true);
  TAP_CALL(sq_ensembles_read(run->world, path, with, &count));
  write_file(run, NOTHING, path, true, false);
  TAP_CALL(sq_ensembles_read(run->world, path, without, &count));
  bool same = true;
  for (int g = 0; g < 2; g++) {
    same = same && !memcmp(with[g].column[last], without[g].column[last], RECORDS * sizeof(double));
    sq_ensemble_free(&with[g]);
    sq_ensemble_free(&without[g]);
  }
  tap_check(same, "a column that a file lacks is measured anew");
  TAP_CALL(sq_run_destroy(&run));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_witness();
  check_glance();
  check_numbers();
  check_columns();
  return tap_end();
}
