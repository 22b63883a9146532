/* SPDX-License-Identifier: BSD-3-Clause */
/* ensembles: the tables of a run's files are read and analysed once as long as a file is the same; files of another
 * method are left out everywhere; more groups than a run can make are refused; measure reads fields of one dimension.
 */
#include "src/measure/measure.h"
#include "src/measure/quantum.h"
#include "src/page/page.h"
#include "src/verdict/verdict.h"
#include "src/report/report.h"
#include "run.h"
#include "squall/rng.h"
#include <unistd.h>

enum { SITES = 8, RECORDS = 40 };
static const char theory[] = "lattice: {extents: [8]}\naction: {type: phi4, kappa: 0.4, lambda: 0.05}\n";

static sq_run *make_run(const char *more)
{
  char deck[512];
  snprintf(deck, sizeof deck, "%s%s", theory, more);
  return run_of(deck);
}

static void add_column(sq_record_group *g, const char *name)
{
  snprintf(g->column[g->columns++], SQ_IO_NAME, "%s", name);
}

/* A file of groups with normal fields; the first group is called name. weights: with log weights. */
static void write_file(const sq_run *run, const char *file, const char *name, int groups, bool weights, uint64_t seed)
{
  char path[SQ_PATH];
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_obs *obs;
  sq_records_info info = {.kind = "ensemble", .dim = 1, .deck = (char[]){""}, .groups = groups};
  double block[SITES], columns[SQ_IO_COLUMNS] = {0};
  sq_run_path(run, file, path);
  info.seed = run->seed;
  if (!strcmp(file, "ode.h5") || !strcmp(file, "samples.h5")) snprintf(info.kind, sizeof info.kind, "samples");
  TAP_CALL(sq_grid_create(run->world, run->size, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 1, (int64_t[]){SITES}, NULL, &lattice));
  TAP_CALL(sq_obs_create(lattice, &run->action, &obs));
  sq_action_describe(&run->action, info.action, sizeof info.action);
  memcpy(info.extent, lattice->extent, sizeof info.extent);
  for (int g = 0; g < groups; g++) {
    sq_record_group *group = &info.group[g];
    snprintf(group->name, sizeof group->name, g ? "%s-%d" : "%s", name, g);
    group->count = RECORDS;
    sq_obs_name_columns(run->action.type, 0, group);
    if (weights) add_column(group, "log_weight");
  }
  TAP_CALL(sq_records_create(grid, lattice, path, &info, &records));
  for (int g = 0; g < groups; g++)
    for (int64_t i = 0; i < RECORDS; i += grid->replicas) {
      int64_t mine = i + grid->replica;
      sq_rng_normals(sq_stream_make(seed, SQ_RNG_BOOTSTRAP, (uint64_t)mine), (uint64_t)g, SITES, 0, 0, block);
      TAP_CALL(sq_obs_measure(obs, block, columns));
      columns[sq_obs_columns(run->action.type)] = 0.1 * block[0];
      TAP_CALL(sq_records_write(records, g, mine < RECORDS ? mine : -1, block, columns));
    }
  TAP_CALL(sq_records_publish(&records));
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

static void remove_files(const sq_run *run)
{
  for (int i = 0; sq_ensemble_file_name(i); i++) {
    char path[SQ_PATH];
    sq_run_path(run, sq_ensemble_file_name(i), path);
    TAP_CALL(sq_file_remove(run->world, path));
  }
}

/* ---- one reading ---- */

static void check_reading(void)
{
  sq_run *run = make_run("");
  sq_ensemble first[SQ_ENSEMBLES], again[SQ_ENSEMBLES], fresh[SQ_IO_GROUPS];
  int count, more;
  char path[SQ_PATH];
  write_file(run, "ensemble.h5", "training", 2, false, 1);
  sq_run_path(run, "ensemble.h5", path);
  TAP_CALL(sq_ensembles_of_run(run, first, &count));
  TAP_CALL(sq_ensembles_of_run(run, again, &more));
  tap_check(count == 2 && more == 2 && again[0].column[0] == first[0].column[0] &&
              again[1].column[0] == first[1].column[0],
            "a file that is the same is not read again");
  double before = first[0].table.row[0].estimate.value;
  write_file(run, "ensemble.h5", "training", 2, false, 2);
  TAP_CALL(sq_ensembles_of_run(run, again, &more));
  TAP_CALL(sq_ensembles_read(run->world, path, fresh, &more));
  tap_check(again[0].table.row[0].estimate.value != before &&
              again[0].table.row[0].estimate.value == fresh[0].table.row[0].estimate.value,
            "a file that is another one under the same name is");
  for (int g = 0; g < more; g++) sq_ensemble_free(&fresh[g]);
  remove_files(run);
  TAP_CALL(sq_ensembles_of_run(run, again, &more));
  tap_check(more == 0, "a file that is gone is not there any more");
  TAP_CALL(sq_run_destroy(&run));
}

/* ---- too many groups ---- */

static void check_bound(void)
{
  sq_run *run = make_run("");
  static sq_ensemble ensembles[SQ_ENSEMBLES];
  int count;
  for (int i = 0; i < 8; i++) {
    char file[32];
    snprintf(file, sizeof file, "langevin-%d.h5", i + 1);
    write_file(run, file, "langevin", i < 7 ? 3 : 1, false, 1);
    if (i == 6) TAP_CALL(sq_ensembles_of_run(run, ensembles, &count));
  }
  tap_check(count == 21, "seven files of three groups fit");
  write_file(run, "ensemble.h5", "training", 1, false, 1);
  PetscCallVoid(PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL));
  PetscErrorCode code = sq_ensembles_of_run(run, ensembles, &count);
  PetscCallVoid(PetscPopErrorHandler());
  tap_check(code == SQ_ERR_DATA, "more groups than a run can make are refused");
  remove_files(run);
  TAP_CALL(sq_run_destroy(&run));
}

/* ---- measure ---- */

/* Whether a table of the run has a row of this ensemble and observable. */
static bool has_row(const sq_run *run, const char *file, const char *ensemble, const char *observable)
{
  char path[SQ_PATH];
  sq_cells t;
  bool found = false;
  MPI_Barrier(run->world); /* rank 0 writes */
  sq_run_path(run, file, path);
  TAP_CALL(sq_cells_read(path, &t));
  for (int64_t i = 0; i < t.rows; i++)
    found = found || (!strcmp(sq_cells_word(&t, i, "ensemble"), ensemble) &&
                      (!observable || !strcmp(sq_cells_word(&t, i, "observable"), observable)));
  sq_cells_clear(&t);
  MPI_Barrier(run->world);
  return found;
}

static void check_other_methods(void)
{
  sq_run *run = make_run("correct: {method: metropolis}\n");
  write_file(run, "ensemble.h5", "training", 1, false, 1);
  write_file(run, "ode.h5", "ode", 1, true, 2);
  TAP_CALL(sq_measure_stage.command.make(run));
  tap_check(has_row(run, "measure.csv", "training", "energy_0") && has_row(run, "quantum.csv", "training", "phi4") &&
              has_row(run, "measure_correlator.csv", "training", NULL),
            "measure takes spectra and energies of fields of one dimension");
  tap_check(!has_row(run, "measure.csv", "ode", NULL) && !has_row(run, "quantum.csv", "ode", NULL) &&
              !has_row(run, "quantum_density.csv", "ode", NULL),
            "fields that another method left behind are not measured");
  TAP_CALL(sq_run_destroy(&run));
  run = make_run("correct: {method: ode}\n");
  TAP_CALL(sq_measure_stage.command.make(run));
  tap_check(has_row(run, "measure.csv", "reweighted", "M2") && has_row(run, "quantum.csv", "ode", "energy_0_log_Z") &&
              has_row(run, "quantum.csv", "reweighted", "gap") && has_row(run, "measure.csv", "reweighted", "energy_0"),
            "those of the method are, and their energies by their weights");
  remove_files(run);
  TAP_CALL(sq_run_destroy(&run));
}

/* ---- verdicts ---- */

/* What is said of a chain of n records with these estimates, thermalised for so many trajectories with tau_int 1 +-
 * 0.1.
 */
static bool says(const sq_run *run, int64_t n, double tau, bool window, double thermalisation, double sigmas,
                 const char *what, bool *trusted)
{
  sq_verdicts v = {0};
  bool found = false;
  sq_ensemble e = {.name = "training", .count = n, .order = NAN, .thermalisation = thermalisation, .tau_int = 1};
  e.exp_dH = NAN;
  e.tau_int_error = 0.1;
  e.disagreement = sigmas;
  e.table.count = 2;
  e.table.row[0].name = "fast";
  e.table.row[0].estimate = (sq_estimate){.tau_int = 0.5, .window_found = true, .n = n};
  e.table.row[1].name = "slow";
  e.table.row[1].estimate = (sq_estimate){.tau_int = tau, .window_found = window, .n = n};
  for (int r = 0; r < e.table.count; r++) e.table.row[r].agreement = (sq_agreement){.p = NAN, .r_hat_p = NAN};
  TAP_CALL(sq_alloc(n, &e.chain));
  TAP_CALL(sq_verdicts_judge(run, &e, 1, &v));
  *trusted = sq_verdicts_trusted(&v, "training");
  for (int i = 0; i < v.count; i++) found = found || strstr(v.row[i].sentence, what);
  for (int i = 0; i < v.count && !found; i++) printf("# %s\n", v.row[i].sentence);
  sq_verdicts_clear(&v);
  sq_free(&e.chain);
  return found;
}

static void check_verdicts(void)
{
  sq_run *run = make_run("");
  bool t;
  tap_check(says(run, 400, 4, true, NAN, NAN, "are 100 autocorrelation times of the slowest observable (slow", &t) && t,
            "100 autocorrelation times of the slowest are long enough");
  tap_check(says(run, 399, 4, true, NAN, NAN, "TOO SHORT: fewer than 100 autocorrelation times of slow", &t) && !t,
            "fewer are not");
  tap_check(says(run, 200, 0.6, false, NAN, NAN, "the autocorrelation of slow cannot be told", &t) && !t, "nor is what "
                                                                                                          "has no "
                                                                                                          "window");
  tap_check(says(run, 400, 4, true, 8, 1, "tau_int 1; ten of it, within two of its errors)", &t) && t,
            "10 autocorrelation times less two errors forget a start");
  tap_check(says(run, 400, 4, true, 7, 1, "less than 10 autocorrelation times", &t) && !t, "fewer do not");
  tap_check(says(run, 400, 4, true, 8, 4.5, "disagree by 4.5 combined errors", &t) && !t, "starts disagree beyond 4");
  tap_check(says(run, 400, 4, true, 8, NAN, "could not be compared", &t) && !t, "or where they cannot be compared");
  TAP_CALL(sq_run_destroy(&run));
}

/* ---- the report ---- */

static void check_report(void)
{
  enum { ROWS = 144 };
  sq_run *run = make_run("");
  sq_report report = {.run = run};
  sq_text table = {0}, page = {0};
  int shown = 0;
  TAP_CALL(sq_text_add(&table, "ensemble,observable,value,error,exact,relative,sigmas\n"));
  for (int i = 0; i < ROWS; i++) TAP_CALL(sq_text_add(&table, "e%d,phi2,1.5,0.1,1.4,0,0\n", i));
  TAP_CALL(sq_run_write(run, "quantum.csv", &table));
  TAP_CALL(sq_section_quantum(&report, &page));
  for (const char *at = page.text; at && (at = strstr(at, "&emsp;e")); at++) shown++;
  tap_check(shown == ROWS || !sq_log_speaks(), "the report shows every row of quantum.csv");
  sq_text_clear(&page);
  TAP_CALL(sq_run_destroy(&run));
}

/* ---- notes ---- */

/* What is said of the width where xi and U_L are these, on 16 x 32 sites; empty: nothing. */
static void width_says(double xi, double U_L, double error, char word[16], bool *trusted)
{
  sq_ensemble e = {.name = "training", .dim = 2, .extent = {1, 1, 16, 32}, .table = {.count = 2}};
  sq_verdicts v = {0};
  e.table.row[0].name = "U_L";
  e.table.row[0].estimate = (sq_estimate){.value = U_L, .error = error};
  e.table.row[1].name = "xi";
  e.table.row[1].estimate = (sq_estimate){.value = xi, .error = 0.1};
  TAP_CALL(sq_check_width(NULL, &e, &v));
  *trusted = sq_verdicts_trusted(&v, "training");
  snprintf(word, 16, "%s", !v.count ? "" : strstr(v.row[0].sentence, "ordered") ? "ordered" : "box");
  if (v.count && strcmp(sq_verdict_word(&v.row[0]), "note")) snprintf(word, 16, "no note");
  sq_verdicts_clear(&v);
}

static void check_width(void)
{
  static const struct {
    double xi, U_L, error;
    const char *word;
  } cases[] = {{3.9, 0.1, 1e-3, ""},        {4.1, 0.2, 1e-3, "box"}, {14, 0.61, 1e-3, "box"},
               {24, 0.66, 1e-3, "ordered"}, {NAN, 0.66, 1e-3, ""},   {24, 0.66, NAN, ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char word[16];
    bool trusted;
    width_says(cases[i].xi, cases[i].U_L, cases[i].error, word, &trusted);
    tap_check(trusted && !strcmp(word, cases[i].word), "xi = %g on 16 x 32 sites, U_L = %g: %s", cases[i].xi,
              cases[i].U_L, cases[i].word[0] ? cases[i].word : "no note");
  }
}

/* <M> ten errors from 0, of n records: of few of them the error says nothing. */
static void check_symmetry(void)
{
  for (int n = 2; n <= 100; n += 98) {
    sq_verdicts v = {0};
    sq_ensemble e = {.name = "training", .count = n, .theory = sq_action_described("phi4 kappa=0.2 lambda=0.1")};
    e.table.count = 1;
    e.table.row[0].name = "M";
    e.table.row[0].estimate = (sq_estimate){.value = 1, .error = 0.1, .tau_int = 0.5, .n = n, .window_found = true};
    TAP_CALL(sq_alloc(n, &e.chain));
    TAP_CALL(sq_check_symmetry(NULL, &e, &v));
    tap_check(v.count == (n > 2), "%d configurations with <M> 10 errors from 0 are %s", n,
              n > 2 ? "in one of the modes" : "too few to tell");
    sq_verdicts_clear(&v);
    sq_free(&e.chain);
  }
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_reading();
  check_bound();
  check_other_methods();
  check_verdicts();
  check_width();
  check_symmetry();
  check_report();
  return tap_end();
}
