/* SPDX-License-Identifier: BSD-3-Clause */
/* Ensembles of one-dimensional fields against the transfer matrix: part of the stage measure -> rows energy_0 and gap
 * of measure.csv; quantum.csv, quantum_correlator.csv, quantum_density.csv. What is gathered is in quantum_sample.c.
 */
#include "src/measure/quantum.h"
#include "src/ensemble/correction.h"
#include <math.h>
#include <string.h>

enum { ROWS = SQ_PATH_NUMBERS + 2 }; /* of an ensemble */

/* What all ensembles are compared with, and where it goes. */
typedef struct {
  sq_run *run;
  sq_transfer *transfer;
  double spacing;
  bool drawn;               /* the exact density is written */
  bool unsure;              /* the present analysis is by weights that are not trusted: its errors are not known */
  sq_quantum_length length; /* of the ensemble at hand */
  sq_quantum_sample sample;
  sq_table rows, correlator, density;
  sq_quantum_row row[SQ_ENSEMBLES * ROWS];
  int count;
} comparison;

static const sq_column row_columns[] = {{"ensemble", "%s"}, {"observable", "%s"}, {"value", "%.10g"}, {"error", "%.4g"},
                                        {"exact", "%.10g"}, {"relative", "%.4g"}, {"sigmas", "%.4g"}, {0}};
static const sq_column correlator_columns[] = {
  {"ensemble", "%s"}, {"t", "%.8g"}, {"C", "%.10g"}, {"error", "%.4g"}, {"mass", "%.8g"}, {"mass_error", "%.4g"}, {0}};
static const sq_column density_columns[] = {{"ensemble", "%s"}, {"x", "%.8g"}, {"density", "%.8g"}, {0}};

/* ---- rows ---- */

static PetscErrorCode add_row(comparison *c, const char *ensemble, const char *observable, double unit, sq_estimate e,
                              double exact)
{
  PetscFunctionBeginUser;
  sq_quantum_row *row = &c->row[c->count++];
  PetscCheck((size_t)c->count <= sizeof c->row / sizeof *c->row, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "more rows than ensembles can have");
  if (c->unsure) sq_estimate_unknown_error(&e);
  e.value /= unit;
  e.error /= unit;
  exact /= unit;
  *row = (sq_quantum_row){.measured = e, .exact = exact};
  snprintf(row->ensemble, sizeof row->ensemble, "%s", ensemble);
  snprintf(row->observable, sizeof row->observable, "%s", observable);
  PetscCall(sq_table_add(&c->rows, SQ_ROW(SQ_CELL("ensemble", ensemble), SQ_CELL("observable", observable),
                                          SQ_CELL("value", e.value), SQ_CELL("error", e.error), SQ_CELL("exact", exact),
                                          SQ_CELL("relative", e.value / exact - 1),
                                          SQ_CELL("sigmas", e.error > 0 ? (e.value - exact) / e.error : NAN))));
  PetscFunctionReturn(0);
}

/* E_0 from log Z, for independent path weights. */
static PetscErrorCode add_log_Z(comparison *c, const sq_quantum_sample *s)
{
  PetscFunctionBeginUser;
  sq_estimate e = {.value = sq_transfer_free_energy(c->transfer, s->sites, s->weights.log_mean),
                   .error = s->weights.error / (double)s->sites,
                   .n = s->n};
  sq_quantum_take_free(&c->length, &e);
  PetscCall(add_row(c, s->name, "energy_0_log_Z", c->spacing, e, sq_transfer_energy(c->transfer, 0)));
  PetscFunctionReturn(0);
}

/* Energies, gap and moments of an ensemble beside those of the transfer matrix. */
static PetscErrorCode add_estimates(comparison *c, const sq_quantum_sample *s, const char *name,
                                    const sq_series *series)
{
  PetscFunctionBeginUser;
  sq_transfer_average exact;
  sq_gap_fit fit;
  sq_estimate e[SQ_PATH_NUMBERS], gap;
  const sq_quantum_settings *set = &c->run->quantum;
  double ground = sq_transfer_energy(c->transfer, 0);
  for (int k = 0; k < SQ_PATH_NUMBERS; k++) {
    sq_derived derived = {.primaries = 1, .column = (int[]){(int)s->times + k}};
    PetscCall(sq_gamma(series, &derived, &e[k]));
  }
  PetscCall(sq_gap_estimate(series, s->sites, set->first, set->last, &fit, &gap));
  PetscCall(sq_transfer_averages(c->transfer, s->sites, &exact));
  sq_quantum_length_fit(&c->length, &fit, &gap);
  sq_quantum_take_energy(&c->length, &e[SQ_PATH_GROUND]);
  sq_quantum_tell_length(&c->length, name);
  PetscCall(add_row(c, name, "energy_0", c->spacing, e[SQ_PATH_GROUND], ground));
  PetscCall(add_row(c, name, "gap", c->spacing, gap, sq_transfer_energy(c->transfer, 1) - ground));
  PetscCall(add_row(c, name, "energy", c->spacing, e[SQ_PATH_THERMAL], exact.thermal));
  PetscCall(add_row(c, name, "phi2", 1, e[SQ_PATH_PHI2], exact.phi2));
  PetscCall(add_row(c, name, "phi4", 1, e[SQ_PATH_PHI4], exact.phi4));
  PetscFunctionReturn(0);
}

/* ---- correlators ---- */

static PetscErrorCode add_correlator(comparison *c, const char *name, const sq_quantum_sample *s,
                                     const sq_series *series)
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
    if (c->unsure) C.error = error[t] = NAN;
    PetscCall(sq_table_add(&c->correlator,
                           SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("t", c->spacing * t), SQ_CELL("C", C.value),
                                  SQ_CELL("error", sq_estimate_known_error(&C)), SQ_CELL("mass", mass[t] / c->spacing),
                                  SQ_CELL("mass_error", error[t] / c->spacing))));
  }
  sq_free(&mass);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_exact_correlator(comparison *c, int64_t sites)
{
  PetscFunctionBeginUser;
  char mass[32]; /* two digits more than measured ones */
  PetscCall(sq_quantum_length_make(c->transfer, sites, &c->length));
  const double *C = c->length.correlator;
  for (int64_t t = 0; t < (sites - 1) / 2; t++) {
    snprintf(mass, sizeof mass, "%.10g", sq_effective_mass(sites, t, C[t], C[t + 1]) / c->spacing);
    PetscCall(sq_table_add(&c->correlator,
                           SQ_ROW(SQ_CELL("ensemble", "exact"), SQ_CELL("t", c->spacing * t), SQ_CELL("C", C[t]),
                                  SQ_CELL("error", 0), SQ_CELL("mass", mass), SQ_CELL("mass_error", 0))));
  }
  PetscFunctionReturn(0);
}

/* ---- densities ---- */

static PetscErrorCode add_point(comparison *c, const char *name, double x, double density)
{
  PetscFunctionBeginUser;
  PetscCall(sq_table_add(&c->density, SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("x", x), SQ_CELL("density", density))));
  PetscFunctionReturn(0);
}

/* The potential and the levels. */
static PetscErrorCode add_potential(comparison *c, const double *x)
{
  PetscFunctionBeginUser;
  const sq_transfer *t = c->transfer;
  double slope;
  for (int i = 0; i < t->points; i++)
    PetscCall(add_point(c, "potential", x[i],
                        sq_particle_potential(&t->particle, t->phi[i] * sqrt(t->particle.hop), &slope) / c->spacing));
  for (int n = 0; n < c->run->quantum.levels; n++)
    PetscCall(add_point(c, "level", n, sq_transfer_energy(t, n) / c->spacing));
  PetscFunctionReturn(0);
}

/* The density of x per x, left out where the exact one is nothing; the exact one before the first. */
static PetscErrorCode compare_density(comparison *c, const sq_quantum_sample *s)
{
  PetscFunctionBeginUser;
  const sq_transfer *t = c->transfer;
  const double nothing = 1e-5;
  double *exact, *x, *measured;
  PetscCall(sq_alloc(3 * t->points, &exact));
  x = exact + t->points;
  measured = x + t->points;
  sq_transfer_distribution(t, s->sites, measured);
  sq_transfer_density(t, c->spacing, 1, measured, x, exact);
  for (int i = 0; i < t->points && !c->drawn; i++)
    if (exact[i] > nothing) PetscCall(add_point(c, "exact", x[i], exact[i]));
  if (!c->drawn) PetscCall(add_potential(c, x));
  c->drawn = true;
  sq_transfer_density(t, c->spacing, (double)(s->n * s->sites), s->visits, x, measured);
  for (int i = 0; i < t->points; i++)
    if (exact[i] > nothing) PetscCall(add_point(c, s->name, x[i], measured[i]));
  sq_free(&exact);
  PetscFunctionReturn(0);
}

/* ---- one ensemble ---- */

/* name: of the ensemble; weight: importance weights or NULL. */
static PetscErrorCode analyse(comparison *c, const sq_quantum_sample *s, const char *name, const double *weight)
{
  PetscFunctionBeginUser;
  const double **column;
  PetscCall(sq_alloc(s->times + SQ_PATH_NUMBERS, &column));
  for (int64_t k = 0; k < s->times + SQ_PATH_NUMBERS; k++) column[k] = s->storage + k * s->n;
  sq_series series = {.n = s->n,
                      .column = column,
                      .weight = weight,
                      .chains = s->chains.chains,
                      .length = s->chains.length}; /* weighted samples are one chain */
  if (c->length.sites != s->sites) PetscCall(add_exact_correlator(c, s->sites));
  PetscCall(add_estimates(c, s, name, &series));
  PetscCall(add_correlator(c, name, s, &series));
  sq_free(&column);
  PetscFunctionReturn(0);
}

/* A group as it is; those with path weights also by them, where the deck's correction does so. */
static PetscErrorCode compare_sample(comparison *c, const sq_quantum_sample *s)
{
  PetscFunctionBeginUser;
  double *weight;
  const char *reweighted = sq_reweighted_name(c->run, s->name);
  PetscCall(analyse(c, s, s->name, NULL));
  PetscCall(compare_density(c, s));
  if (!s->log_weight) PetscFunctionReturn(0);
  PetscCall(add_log_Z(c, s));
  if (!reweighted) PetscFunctionReturn(0);
  PetscCall(sq_alloc(s->n, &weight));
  PetscCall(sq_correct_weights(c->run, s->n, s->log_weight, weight));
  c->unsure = s->weights.verdict != SQ_WEIGHTS_TRUSTED;
  PetscCall(analyse(c, s, reweighted, weight));
  c->unsure = false;
  sq_free(&weight);
  PetscFunctionReturn(0);
}

/* ---- the gatherer ---- */

static PetscErrorCode create(sq_run *run, void **self)
{
  PetscFunctionBeginUser;
  sq_transfer *transfer;
  comparison *c;
  bool missing;
  *self = NULL;
  if (!sq_action_is_particle(&run->action)) PetscFunctionReturn(0);
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
  c->transfer = transfer;
  c->spacing = run->quantum.spacing;
  PetscCall(sq_table_begin(row_columns, &c->rows));
  PetscCall(sq_table_begin(correlator_columns, &c->correlator));
  PetscCall(sq_table_begin(density_columns, &c->density));
  *self = c;
  PetscFunctionReturn(0);
}

/* Shorter fields have no correlator to speak of; other noise is another theory. */
static PetscErrorCode begin(void *self, const sq_group *group, bool *wanted)
{
  PetscFunctionBeginUser;
  comparison *c = self;
  double alpha;
  PetscCall(sq_records_find_real(group->records, "alpha", &alpha)); /* NaN: 1 */
  *wanted = group->lattice->volume >= 4 && !(alpha < 1) && !(alpha > 1);
  if (*wanted) PetscCall(sq_quantum_sample_begin(group, c->transfer, &c->sample));
  PetscFunctionReturn(0);
}

static PetscErrorCode add(void *self, int64_t record, const double *block)
{
  comparison *c = self;
  return sq_quantum_sample_add(&c->sample, c->transfer, record, block);
}

static PetscErrorCode end(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  comparison *c = self;
  (void)measure;
  PetscCall(sq_quantum_sample_end(&c->sample, c->transfer));
  PetscCall(compare_sample(c, &c->sample));
  sq_quantum_sample_free(&c->sample);
  PetscFunctionReturn(0);
}

/* energy_0 and gap, in measure.csv as in quantum.csv; a verdict on each ensemble. */
static PetscErrorCode finish(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  comparison *c = self;
  for (int i = 0; i < c->count; i++) {
    const sq_quantum_row *row = &c->row[i];
    sq_text line = {0};
    bool ground = !strcmp(row->observable, "energy_0");
    if (ground || !strcmp(row->observable, "gap"))
      PetscCall(sq_measure_row(measure, row->ensemble, row->observable, &row->measured));
    if (!ground) continue;
    PetscCall(sq_quantum_verdict(c->row, c->count, row->ensemble, &line));
    sq_info("%s", line.text);
    sq_text_clear(&line);
  }
  PetscCall(sq_run_write(c->run, "quantum.csv", &c->rows.text));
  PetscCall(sq_run_write(c->run, "quantum_correlator.csv", &c->correlator.text));
  PetscCall(sq_run_write(c->run, "quantum_density.csv", &c->density.text));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBeginUser;
  comparison *c = *self;
  PetscCall(sq_transfer_destroy(&c->transfer));
  sq_quantum_length_free(&c->length);
  sq_free(self);
  PetscFunctionReturn(0);
}

const sq_gatherer sq_gather_quantum = {create, begin, add, end, finish, destroy};
