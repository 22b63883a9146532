/* Ensembles of one-dimensional fields against the transfer matrix: part of the stage measure.
 *
 * Each record gives its correlator, its energies and moments, as columns of a series; estimates come from these. Fields
 * of one dimension are short, so every rank of a domain sees the whole of each.
 */
#include "src/ensemble/quantum.h"
#include <math.h>
#include <string.h>

/* Columns of a record after C(0) .. C(L/2). */
enum { ENERGY_0, ENERGY, PHI2, PHI4, NUMBERS };

/* The records of one group. */
typedef struct {
  char name[SQ_IO_NAME];
  int64_t n, sites, times; /* times = L/2 + 1 */
  double *storage;         /* [times + NUMBERS][n], sorted by chains */
  double *visits;          /* [points of the transfer matrix] how often a site is nearest to each */
  double *log_weight;      /* [n] or NULL */
  sq_chains chains;
} sample;

/* What all ensembles are compared with, and where it goes. */
typedef struct {
  sq_run *run;
  sq_transfer *transfer;
  double spacing;
  int64_t exact_for; /* the extent of which the exact correlator was written last */
  bool drawn;        /* the exact density is written */
  sq_table *table, rows, correlator, density;
  sq_quantum_row row[SQ_ENSEMBLES * (NUMBERS + 2)];
  int count;
} comparison;

static const sq_column row_columns[] = {{"ensemble", "%s"}, {"observable", "%s"}, {"value", "%.10g"}, {"error", "%.4g"},
                                        {"exact", "%.10g"}, {"relative", "%.4g"}, {"sigmas", "%.4g"}, {0}};
static const sq_column correlator_columns[] = {
  {"ensemble", "%s"}, {"t", "%.8g"}, {"C", "%.10g"}, {"error", "%.4g"}, {"mass", "%.8g"}, {"mass_error", "%.4g"}, {0}};
static const sq_column density_columns[] = {{"ensemble", "%s"}, {"x", "%.8g"}, {"density", "%.8g"}, {0}};

/* ---- reading ---- */

static void count_visits(const sq_transfer *t, int64_t sites, const double *path, double *visits)
{
  double spacing = t->phi[1] - t->phi[0];
  for (int64_t i = 0; i < sites; i++) {
    double at = rint((path[i] - t->phi[0]) / spacing);
    if (at >= 0 && at < t->points) visits[(int)at] += 1;
  }
}

static void measure_record(const sq_transfer *transfer, const sq_lattice *lattice, const double *path, int64_t record,
                           double *scratch, sample *s)
{
  double *numbers = s->storage + s->times * s->n + record, thermal, ground, phi2 = 0, phi4 = 0;
  sq_obs_correlator(lattice, path, scratch);
  for (int64_t t = 0; t < s->times; t++) s->storage[t * s->n + record] = scratch[t];
  for (int64_t t = 0; t < s->sites; t++) {
    double square = path[t] * path[t];
    phi2 += square / (double)s->sites;
    phi4 += square * square / (double)s->sites;
  }
  sq_particle_energies(&transfer->particle, s->sites, path, &thermal, &ground);
  numbers[ENERGY_0 * s->n] = ground;
  numbers[ENERGY * s->n] = thermal;
  numbers[PHI2 * s->n] = phi2;
  numbers[PHI4 * s->n] = phi4;
}

/* Brings the columns into the order of the chains. */
static PetscErrorCode sort_by_chains(sq_records *records, int group, sample *s)
{
  PetscFunctionBeginUser;
  double *chain = NULL, *sorted;
  PetscCall(sq_records_find_column(records, group, "chain", &chain));
  PetscCall(sq_chains_create(s->n, chain, &s->chains));
  PetscCall(sq_alloc(s->n, &sorted));
  for (int64_t k = 0; k < s->times + NUMBERS; k++) {
    sq_chains_gather(&s->chains, s->storage + k * s->n, sorted);
    memcpy(s->storage + k * s->n, sorted, (size_t)s->n * sizeof *sorted);
  }
  sq_free(&sorted);
  sq_free(&chain);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_sample(const comparison *c, sq_records *records, const sq_grid *grid,
                                  const sq_lattice *lattice, int group, sample *s)
{
  PetscFunctionBeginUser;
  const sq_record_group *about = &sq_records_about(records)->group[group];
  double *block, *path, *scratch;
  int64_t first, mine, most = (about->count + grid->replicas - 1) / grid->replicas;
  *s = (sample){.n = about->count, .sites = lattice->volume, .times = lattice->volume / 2 + 1};
  snprintf(s->name, sizeof s->name, "%s", about->name);
  PetscCall(sq_alloc((s->times + NUMBERS) * s->n, &s->storage));
  PetscCall(sq_alloc(c->transfer->points, &s->visits));
  PetscCall(sq_alloc(lattice->local_volume, &block));
  PetscCall(sq_alloc(2 * s->sites, &path));
  scratch = path + s->sites;
  sq_share(s->n, grid->replicas, grid->replica, &first, &mine);
  for (int64_t i = 0; i < most; i++) {
    PetscCall(sq_records_read(records, group, i < mine ? first + i : -1, block, NULL));
    if (i >= mine) continue;
    PetscCall(sq_obs_slices(lattice, block, path)); /* of one dimension: the field itself */
    measure_record(c->transfer, lattice, path, first + i, scratch, s);
    count_visits(c->transfer, s->sites, path, s->visits);
  }
  for (int64_t k = 0; k < s->times + NUMBERS && grid->across != MPI_COMM_NULL; k++)
    PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, s->storage + k * s->n, (PetscMPIInt)s->n, MPI_DOUBLE, MPI_SUM, grid->across));
  if (grid->across != MPI_COMM_NULL)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->visits, c->transfer->points, MPI_DOUBLE, MPI_SUM, grid->across));
  PetscCall(sort_by_chains(records, group, s));
  PetscCall(sq_path_weights(records, group, &s->log_weight));
  sq_free(&block);
  sq_free(&path);
  PetscFunctionReturn(0);
}

static void free_sample(sample *s)
{
  sq_free(&s->storage);
  sq_free(&s->visits);
  sq_free(&s->log_weight);
  sq_chains_destroy(&s->chains);
}

/* ---- one ensemble ---- */

static PetscErrorCode add_row(comparison *c, const char *ensemble, const char *observable, double unit,
                              const sq_estimate *e, double exact)
{
  PetscFunctionBeginUser;
  sq_quantum_row *row = &c->row[c->count++];
  PetscCheck((size_t)c->count <= sizeof c->row / sizeof *c->row, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "more rows than ensembles can have");
  *row = (sq_quantum_row){.value = e->value / unit, .error = e->error / unit, .exact = exact / unit};
  snprintf(row->ensemble, sizeof row->ensemble, "%s", ensemble);
  snprintf(row->observable, sizeof row->observable, "%s", observable);
  PetscCall(
    sq_table_add(&c->rows, SQ_ROW(SQ_CELL("ensemble", ensemble), SQ_CELL("observable", observable),
                                  SQ_CELL("value", row->value), SQ_CELL("error", row->error),
                                  SQ_CELL("exact", row->exact), SQ_CELL("relative", row->value / row->exact - 1),
                                  SQ_CELL("sigmas", row->error > 0 ? (row->value - row->exact) / row->error : NAN))));
  PetscFunctionReturn(0);
}

/* E_0 from log Z, for independent path weights. */
static PetscErrorCode add_log_Z(comparison *c, const sample *s)
{
  PetscFunctionBeginUser;
  sq_weights w = sq_weights_summary(s->n, s->log_weight);
  sq_estimate e = {.value = sq_transfer_free_energy(c->transfer, s->sites, w.log_mean),
                   .error = w.error / (double)s->sites,
                   .n = s->n};
  PetscCall(add_row(c, s->name, "energy_0_log_Z", c->spacing, &e, sq_transfer_energy(c->transfer, 0)));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_correlator(comparison *c, const char *name, const sample *s, const sq_series *series)
{
  PetscFunctionBeginUser;
  double *mass, *error;
  PetscCall(sq_alloc(2 * s->times, &mass));
  error = mass + s->times;
  PetscCall(sq_effective_masses(series, s->sites, mass, error));
  for (int64_t t = 0; t < (s->sites - 1) / 2; t++) {
    sq_estimate C;
    sq_derived derived = {.primaries = 1, .column = (int[]){(int)t}};
    PetscCall(sq_gamma(series, &derived, &C));
    PetscCall(sq_table_add(&c->correlator,
                           SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("t", c->spacing * t), SQ_CELL("C", C.value),
                                  SQ_CELL("error", C.error), SQ_CELL("mass", mass[t] / c->spacing),
                                  SQ_CELL("mass_error", error[t] / c->spacing))));
  }
  sq_free(&mass);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_exact_correlator(comparison *c, int64_t sites)
{
  PetscFunctionBeginUser;
  double *C;
  char mass[32];
  PetscCall(sq_alloc(sites + 1, &C));
  PetscCall(sq_transfer_correlator(c->transfer, sites, C));
  for (int64_t t = 0; t < (sites - 1) / 2; t++) {
    snprintf(mass, sizeof mass, "%.10g", sq_effective_mass(sites, t, C[t], C[t + 1]) / c->spacing);
    PetscCall(sq_table_add(&c->correlator,
                           SQ_ROW(SQ_CELL("ensemble", "exact"), SQ_CELL("t", c->spacing * t), SQ_CELL("C", C[t]),
                                  SQ_CELL("error", 0), SQ_CELL("mass", mass), SQ_CELL("mass_error", 0))));
  }
  c->exact_for = sites;
  sq_free(&C);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_level(comparison *c, const char *name, double x, double density)
{
  PetscFunctionBeginUser;
  PetscCall(sq_table_add(&c->density, SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("x", x), SQ_CELL("density", density))));
  PetscFunctionReturn(0);
}

/* density[points] per x, where x = sqrt(hop spacing) phi, from weights of the points; left out where the exact one is
 * nothing. */
static PetscErrorCode add_density(comparison *c, const char *name, const double *weight, double total,
                                  const double *exact)
{
  PetscFunctionBeginUser;
  const sq_transfer *t = c->transfer;
  double unit = sqrt(t->particle.hop * c->spacing), width = (t->phi[1] - t->phi[0]) * unit;
  for (int i = 0; i < t->points; i++)
    if (exact[i] > 1e-5 * width) PetscCall(add_level(c, name, t->phi[i] * unit, weight[i] / (total * width)));
  PetscFunctionReturn(0);
}

/* The exact one, the potential and the levels. */
static PetscErrorCode add_exact_density(comparison *c, const double *exact)
{
  PetscFunctionBeginUser;
  const sq_transfer *t = c->transfer;
  double unit = sqrt(t->particle.hop * c->spacing), slope;
  PetscCall(add_density(c, "exact", exact, 1, exact));
  for (int i = 0; i < t->points; i++)
    PetscCall(add_level(c, "potential", t->phi[i] * unit,
                        sq_particle_potential(&t->particle, t->phi[i] * sqrt(t->particle.hop), &slope) / c->spacing));
  for (int n = 0; n < sq_deck_int(c->run->deck, "quantum", "levels"); n++)
    PetscCall(add_level(c, "level", n, sq_transfer_energy(t, n) / c->spacing));
  PetscFunctionReturn(0);
}

static PetscErrorCode compare_density(comparison *c, const sample *s)
{
  PetscFunctionBeginUser;
  double *exact;
  PetscCall(sq_alloc(c->transfer->points, &exact));
  sq_transfer_distribution(c->transfer, s->sites, exact);
  if (!c->drawn) PetscCall(add_exact_density(c, exact));
  c->drawn = true;
  PetscCall(add_density(c, s->name, s->visits, (double)(s->n * s->sites), exact));
  sq_free(&exact);
  PetscFunctionReturn(0);
}

/* energy_0 and gap, in measure.csv as in quantum.csv. */
static PetscErrorCode add_energy(comparison *c, const char *name, const char *observable, sq_estimate e, double exact)
{
  PetscFunctionBeginUser;
  PetscCall(add_row(c, name, observable, c->spacing, &e, exact));
  e.value /= c->spacing;
  e.error /= c->spacing;
  PetscCall(sq_measure_row(c->table, name, observable, &e));
  PetscFunctionReturn(0);
}

/* Energies, gap and moments of an ensemble beside those of the transfer matrix. */
static PetscErrorCode add_estimates(comparison *c, const sample *s, const char *name, const sq_series *series)
{
  PetscFunctionBeginUser;
  sq_transfer_average exact;
  sq_gap_fit fit;
  sq_estimate e[NUMBERS], gap;
  const sq_deck *deck = c->run->deck;
  double ground = sq_transfer_energy(c->transfer, 0);
  for (int k = 0; k < NUMBERS; k++) {
    sq_derived derived = {.primaries = 1, .column = (int[]){(int)s->times + k}};
    PetscCall(sq_gamma(series, &derived, &e[k]));
  }
  PetscCall(sq_gap_estimate(series, s->sites, sq_deck_int(deck, "quantum", "first"),
                            sq_deck_int(deck, "quantum", "last"), &fit, &gap));
  PetscCall(sq_transfer_averages(c->transfer, s->sites, &exact));
  PetscCall(add_energy(c, name, "energy_0", e[ENERGY_0], ground));
  PetscCall(add_energy(c, name, "gap", gap, sq_transfer_energy(c->transfer, 1) - ground));
  PetscCall(add_row(c, name, "energy", c->spacing, &e[ENERGY], exact.thermal));
  PetscCall(add_row(c, name, "phi2", 1, &e[PHI2], exact.phi2));
  PetscCall(add_row(c, name, "phi4", 1, &e[PHI4], exact.phi4));
  PetscFunctionReturn(0);
}

/* name: of the ensemble; weight: importance weights or NULL. */
static PetscErrorCode analyse(comparison *c, const sample *s, const char *name, const double *weight)
{
  PetscFunctionBeginUser;
  const double **column;
  PetscCall(sq_alloc(s->times + NUMBERS, &column));
  for (int64_t k = 0; k < s->times + NUMBERS; k++) column[k] = s->storage + k * s->n;
  sq_series series = {.n = s->n,
                      .column = column,
                      .weight = weight,
                      .chains = s->chains.chains,
                      .length = s->chains.length}; /* weighted samples are one chain */
  if (c->exact_for != s->sites) PetscCall(add_exact_correlator(c, s->sites));
  PetscCall(add_estimates(c, s, name, &series));
  PetscCall(add_correlator(c, name, s, &series));
  sq_free(&column);
  PetscFunctionReturn(0);
}

/* A group as it is; the generated one also by its path weights. */
static PetscErrorCode compare_sample(comparison *c, const sample *s, bool reweighted)
{
  PetscFunctionBeginUser;
  double *weight;
  bool weighted = s->log_weight && !strcmp(s->name, "generated");
  PetscCall(analyse(c, s, s->name, NULL));
  PetscCall(compare_density(c, s));
  if (weighted) PetscCall(add_log_Z(c, s));
  if (weighted && reweighted) {
    PetscCall(sq_alloc(s->n, &weight));
    sq_weights_relative(s->n, s->log_weight, weight);
    PetscCall(analyse(c, s, "corrected", weight));
    sq_free(&weight);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode compare_file(comparison *c, const char *path, bool reweighted)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sample s;
  double alpha;
  PetscCall(sq_open_fields(c->run, path, &grid, &lattice, &records));
  PetscCall(sq_records_find_real(records, "alpha", &alpha)); /* NaN: 1 */
  bool fits = lattice->volume >= 4 && !(alpha < 1) &&
              !(alpha > 1); /* shorter ones have no correlator to speak of; other noise is another theory */
  int groups = fits ? sq_records_about(records)->groups : 0;
  for (int g = 0; g < groups; g++) {
    PetscCall(read_sample(c, records, grid, lattice, g, &s));
    PetscCall(compare_sample(c, &s, reweighted));
    free_sample(&s);
  }
  PetscCall(sq_records_close(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- the whole run ---- */

static PetscErrorCode log_verdicts(const comparison *c)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < c->count; i++) {
    sq_text line = {0};
    if (strcmp(c->row[i].observable, "energy_0")) continue;
    PetscCall(sq_quantum_verdict(c->row, c->count, c->row[i].ensemble, &line));
    sq_info("%s", line.text);
    sq_text_clear(&line);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_measure_quantum(sq_run *run, sq_table *table)
{
  PetscFunctionBeginUser;
  bool reweighted = sq_deck_has_section(run->deck, "correct") &&
                    !strcmp(sq_deck_text(run->deck, "correct", "method"), "reweight");
  if (!sq_action_is_particle(&run->action)) PetscFunctionReturn(0);
  sq_transfer *transfer;
  comparison *c;
  bool missing;
  PetscCall(sq_transfer_try(&run->action, &transfer));
  PetscCall(sq_any_true(run->world, !transfer, &missing)); /* found by each rank for itself */
  if (missing) {
    PetscCall(sq_transfer_destroy(&transfer));
    sq_warn("measure: the transfer matrix of this action needs too many points (a very small lattice spacing): no "
            "energies are measured");
    PetscFunctionReturn(0);
  }
  PetscCall(sq_alloc(1, &c));
  c->run = run;
  c->table = table;
  c->transfer = transfer;
  c->spacing = sq_deck_real(run->deck, "quantum", "spacing");
  PetscCall(sq_table_begin(row_columns, &c->rows));
  PetscCall(sq_table_begin(correlator_columns, &c->correlator));
  PetscCall(sq_table_begin(density_columns, &c->density));
  for (int i = 0; sq_ensemble_files[i]; i++) {
    char path[SQ_PATH];
    bool exists;
    sq_run_path(run, sq_ensemble_files[i], path);
    PetscCall(sq_file_exists(run->world, path, &exists));
    if (exists && !(reweighted && !strcmp(sq_ensemble_files[i], "corrected.h5")))
      PetscCall(compare_file(c, path, reweighted));
  }
  PetscCall(log_verdicts(c));
  PetscCall(sq_run_write(run, "quantum.csv", &c->rows.text));
  PetscCall(sq_run_write(run, "quantum_correlator.csv", &c->correlator.text));
  PetscCall(sq_run_write(run, "quantum_density.csv", &c->density.text));
  PetscCall(sq_transfer_destroy(&c->transfer));
  sq_free(&c);
  PetscFunctionReturn(0);
}
