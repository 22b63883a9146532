/* SPDX-License-Identifier: BSD-3-Clause */
/* obs: the whole way from fields to estimates on the free field (lambda = 0), drawn exactly by filtering white noise
 * with the square root of its propagator. Everything is known: G(p), the correlator, all moments. Records are shared
 * out over replicas. */
#include "squall/obs.h"
#include "tap.h"
#include <string.h>

enum { OBS_COLUMNS = 7 }; /* of phi^4 */
enum { RECORDS = 1500, BINS = 0 };

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
  double kappa;
} shapes[] = {
  {1, {12}, 0.4}, {2, {8, 6}, 0.21}, {3, {4, 4, 5}, 0.13}, {4, {4, 3, 2, 4}, 0.1}, {2, {32, 24}, 0.23},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_obs *obs;
  sq_spectra *spectra;
  double *filter, *block; /* sqrt G over orbits; a field */
} setup;

static void setup_make(MPI_Comm comm, int replicas, int shape, setup *s)
{
  TAP_CALL(sq_action_make("phi4", shapes[shape].dim, (double[]){shapes[shape].kappa, 0}, &s->action));
  TAP_CALL(sq_grid_create(comm, replicas, &s->grid));
  TAP_CALL(sq_lattice_create(s->grid->domain, shapes[shape].dim, shapes[shape].extent, NULL, &s->lattice));
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &s->obs));
  TAP_CALL(sq_spectra_create(s->lattice, 1, RECORDS, NULL, BINS, &s->spectra));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &s->block));
  const sq_orbits *orbits = &s->spectra->fft->orbits;
  TAP_CALL(sq_alloc(orbits->count, &s->filter));
  for (int64_t k = 0; k < orbits->count; k++)
    s->filter[k] = sqrt(sq_action_free_propagator(&s->action, orbits->phase_cos[k]));
}

static void setup_free(setup *s)
{
  sq_free(&s->filter);
  sq_free(&s->block);
  TAP_CALL(sq_spectra_destroy(&s->spectra));
  TAP_CALL(sq_obs_destroy(&s->obs));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
  TAP_CALL(sq_grid_destroy(&s->grid));
}

/* This replica's share of the records; the columns of all of them on every rank. */
static void measure(setup *s, double *columns)
{
  int64_t first, count;
  sq_share(RECORDS, s->grid->replicas, s->grid->replica, &first, &count);
  memset(columns, 0, OBS_COLUMNS * RECORDS * sizeof *columns);
  for (int64_t r = first; r < first + count; r++) {
    double here[OBS_COLUMNS];
    sq_block_normals(s->lattice, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)r), 0, 0, s->block);
    TAP_CALL(sq_fft_filter(s->spectra->fft, s->filter, s->block, s->block));
    TAP_CALL(sq_obs_measure(s->obs, s->block, here));
    for (int k = 0; k < OBS_COLUMNS; k++) columns[k * RECORDS + r] = here[k];
    TAP_CALL(sq_spectra_add(s->spectra, r, s->block));
  }
  MPI_Allreduce(MPI_IN_PLACE, columns, OBS_COLUMNS * RECORDS, MPI_DOUBLE, MPI_SUM, s->grid->across);
  TAP_CALL(sq_spectra_finish(s->spectra, s->grid->across));
}

static void check_row(const sq_obs_table *table, const char *shape, const char *name, double exact)
{
  const sq_estimate *e = sq_obs_find(table, name);
  double pull = e ? (e->value - exact) / e->error : NAN;
  if (tap.rank == 0 && e)
    printf("# %s %s: %g +- %g, exact %g, tau_int %g +- %g\n", shape, name, e->value, e->error, exact, e->tau_int,
           e->tau_int_error);
  tap_check(fabs(pull) < 4 && e->error < 0.1 * (fabs(exact) + 1) && fabs(e->tau_int - 0.5) < 6 * e->tau_int_error,
            "%s: %s", shape, name);
}

static void check_table(const setup *s, const char *shape, const sq_obs_table *table)
{
  const sq_orbits *orbits = &s->spectra->fft->orbits;
  double volume = (double)s->lattice->volume, kappa = s->action.value[0], d = s->lattice->dim, phi2 = 0;
  double p = 2 * M_PI / (double)s->lattice->extent[s->lattice->first_dir], g0 = 1 / (2 - 4 * kappa * d);
  double g1 = 1 / (2 - 4 * kappa * (d - 1 + cos(p)));
  for (int64_t k = 0; k < orbits->count; k++)
    phi2 += (double)orbits->multiplicity[k] * s->filter[k] * s->filter[k] / volume;
  check_row(table, shape, "schwinger_dyson", 1);
  check_row(table, shape, "M", 0);
  check_row(table, shape, "M2", g0 / volume);
  check_row(table, shape, "abs_M", sqrt(2 / M_PI * g0 / volume));
  check_row(table, shape, "chi2", g0);
  check_row(table, shape, "chi_abs", g0 * (1 - 2 / M_PI));
  check_row(table, shape, "U_L", 0);
  check_row(table, shape, "phi2", phi2);
  check_row(table, shape, "phi4", 3 * phi2 * phi2);
  check_row(table, shape, "link", (2 * phi2 - 1) / (4 * kappa));
  check_row(table, shape, "action_density", 0.5);
  check_row(table, shape, "G_pmin", g1);
  if (volume < 500) check_row(table, shape, "xi", sqrt(g0 / g1 - 1) / (2 * sin(p / 2))); /* else too noisy: check_fit */
}

/* G(p) of an orbit of m momenta averages m squares of normal numbers: error G sqrt(2/(m n)). */
static void check_power(const setup *s, const char *shape)
{
  const sq_orbits *orbits = &s->spectra->fft->orbits;
  bool values = true, errors = true;
  double square = 0;
  for (int64_t k = 0; k < orbits->count; k++) {
    double exact = s->filter[k] * s->filter[k], error = exact * sqrt(2.0 / ((double)orbits->multiplicity[k] * RECORDS));
    double pull = (s->spectra->power[k] - exact) / error;
    square += pull * pull / (double)orbits->count;
    values = values && fabs(pull) < 4.5;
    errors = errors && fabs(s->spectra->power_error[k] / error - 1) < 0.45;
  }
  tap_check(values && fabs(square - 1) < 5 * sqrt(2.0 / (double)orbits->count), "%s: G(p)", shape);
  tap_check(errors, "%s: errors of G(p)", shape);
}

static void check_correlator(const setup *s, const char *shape)
{
  int64_t slices = s->spectra->slices;
  double kappa = s->action.value[0], d = s->lattice->dim;
  bool right = true;
  for (int64_t t = 0; t < slices; t++) {
    double exact = 0;
    for (int64_t n = 0; n < slices; n++) {
      double p = 2 * M_PI * (double)n / (double)slices;
      exact += cos(p * (double)t) / (2 - 4 * kappa * (d - 1 + cos(p))) / (double)slices;
    }
    right = right && fabs(s->spectra->correlator[t] - exact) < 4.5 * s->spectra->correlator_error[t];
  }
  tap_check(right, "%s: C(t)", shape);
}

/* The free propagator is what is fitted: chi2 and xi in closed form; where many modes are low, with far less noise than
 * from the two lowest ones. */
static void check_fit(const setup *s, const char *shape, const sq_obs_table *table)
{
  double kappa = s->action.value[0], d = s->lattice->dim, chi2 = 1 / (2 - 4 * kappa * d), xi = sqrt(2 * kappa * chi2);
  sq_propagator fit;
  TAP_CALL(sq_spectra_fit(s->spectra, &fit));
  if (tap.rank == 0)
    printf("# %s: chi2 %g +- %g, exact %g, xi %g +- %g, exact %g, %lld orbits\n", shape, fit.chi2.value, fit.chi2.error,
           chi2, fit.xi.value, fit.xi.error, xi, (long long)fit.orbits);
  if (s->spectra->fft->lattice->extent[2] == 2) { /* 2 sites of the shape {4, 3, 2, 4} are 2.8 xi */
    tap_check(fit.width < SQ_XI_WIDTH && isnan(fit.chi2.value) && isnan(fit.xi.error), "%s: too small for chi2 and xi",
              shape);
    return;
  }
  tap_check(fabs(fit.chi2.value - chi2) < 4 * fit.chi2.error && fabs(fit.xi.value - xi) < 4 * fit.xi.error,
            "%s: chi2 and xi from a fit to G(p)", shape);
  if (s->lattice->volume < 500) return;
  tap_check(fit.xi.error < 0.3 * sq_obs_find(table, "xi")->error &&
              fit.chi2.error < 0.6 * sq_obs_find(table, "chi2")->error,
            "%s: with less noise", shape);
}

static void check_shape(int shape)
{
  static double columns[OBS_COLUMNS * RECORDS], serial[OBS_COLUMNS * RECORDS];
  const double *column[OBS_COLUMNS];
  setup shared, alone;
  sq_obs_table table;
  char name[40];
  setup_make(MPI_COMM_WORLD, tap.size % 2 ? 1 : 2, shape, &shared);
  setup_make(MPI_COMM_SELF, 1, shape, &alone);
  sq_extents_text(shapes[shape].dim, shapes[shape].extent, name, sizeof name);
  measure(&shared, columns);
  measure(&alone, serial);
  for (int k = 0; k < OBS_COLUMNS; k++) column[k] = columns + k * RECORDS;
  TAP_CALL(
    sq_obs_analyse(shared.action.type, shapes[shape].dim, shared.lattice->extent, RECORDS, column, NULL, NULL, &table));
  check_table(&shared, name, &table);
  check_power(&shared, name);
  check_correlator(&shared, name);
  check_fit(&shared, name, &table);
  size_t bytes = (size_t)shared.spectra->fft->orbits.count * sizeof(double);
  tap_check(!memcmp(columns, serial, sizeof columns), "%s: columns with the same bits as on one rank", name);
  tap_check(!memcmp(shared.spectra->power, alone.spectra->power, bytes) &&
              !memcmp(shared.spectra->power_error, alone.spectra->power_error, bytes),
            "%s: G(p) with the same bits as on one rank", name);
  bytes = (size_t)shared.spectra->slices * sizeof(double);
  tap_check(!memcmp(shared.spectra->correlator, alone.spectra->correlator, bytes),
            "%s: C(t) with the same bits as on one rank", name);
  setup_free(&alone);
  setup_free(&shared);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int shape = 0; shape < SHAPES; shape++) check_shape(shape);
  return tap_end();
}
