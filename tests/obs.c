/* SPDX-License-Identifier: BSD-3-Clause */
/* obs: columns of one configuration against the definitions written out on the whole lattice, against fields with
 * closed forms, and with the same bits on any number of ranks. */
#include "squall/obs.h"
#include "tap.h"
#include <complex.h>
#include <string.h>

enum { MAX_SITES = 512 };
/* The columns of phi^4 in their order, which files rely on. */
enum { OBS_M, OBS_PHI2, OBS_PHI4, OBS_LINK, OBS_ACTION, OBS_SCHWINGER_DYSON, OBS_G_PMIN, OBS_COLUMNS };
static const double kappa = 0.21, lambda = 0.022;

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
} shapes[] = {
  {1, {4}},    {1, {7}},       {2, {1, 6}},    {2, {2, 8}},       {2, {10, 10}},
  {2, {3, 7}}, {3, {4, 6, 2}}, {3, {3, 4, 5}}, {4, {4, 3, 2, 5}}, {4, {4, 4, 2, 4}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* A lattice and what is measured on it. */
typedef struct {
  sq_lattice *lattice;
  sq_obs *obs;
  double *block;
} setup;

static void setup_make(MPI_Comm comm, int shape, setup *s)
{
  sq_action action;
  TAP_CALL(sq_action_make("phi4", shapes[shape].dim, (double[]){kappa, lambda}, &action));
  TAP_CALL(sq_lattice_create(comm, shapes[shape].dim, shapes[shape].extent, NULL, &s->lattice));
  TAP_CALL(sq_obs_create(s->lattice, &action, &s->obs));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &s->block));
}

static void setup_free(setup *s)
{
  sq_free(&s->block);
  TAP_CALL(sq_obs_destroy(&s->obs));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

/* Measures this rank's part of a field that every rank holds in full. */
static void measure(setup *s, const double *global, double *columns, double *slice)
{
  int64_t length = s->lattice->local[3];
  for (int64_t i = 0; i < s->lattice->local_volume; i++)
    s->block[i] = global[sq_lattice_row_site(s->lattice, i / length) + i % length];
  TAP_CALL(sq_obs_measure(s->obs, s->block, columns));
  TAP_CALL(sq_obs_slices(s->lattice, s->block, slice));
}

/* ---- the definitions, on the whole lattice ---- */

static void site_coordinates(const sq_lattice *l, int64_t site, int64_t x[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; site /= l->extent[mu--]) x[mu] = site % l->extent[mu];
}

static int64_t neighbour(const sq_lattice *l, int64_t site, int mu, int step)
{
  int64_t x[SQ_DIM], index = 0;
  site_coordinates(l, site, x);
  x[mu] = (x[mu] + step + l->extent[mu]) % l->extent[mu];
  for (int nu = 0; nu < SQ_DIM; nu++) index = index * l->extent[nu] + x[nu];
  return index;
}

static void brute_force(const sq_lattice *l, const double *phi, double *columns)
{
  double complex mode = 0;
  memset(columns, 0, OBS_COLUMNS * sizeof *columns);
  for (int64_t site = 0; site < l->volume; site++) {
    int64_t x[SQ_DIM];
    double f = phi[site], forward = 0, around = 0;
    for (int mu = l->first_dir; mu < SQ_DIM; mu++) {
      forward += phi[neighbour(l, site, mu, 1)];
      around += phi[neighbour(l, site, mu, 1)] + phi[neighbour(l, site, mu, -1)];
    }
    site_coordinates(l, site, x);
    mode += f * cexp(-2 * M_PI * I * (double)x[l->first_dir] / (double)l->extent[l->first_dir]);
    columns[OBS_M] += f;
    columns[OBS_PHI2] += f * f;
    columns[OBS_PHI4] += f * f * f * f;
    columns[OBS_LINK] += f * forward;
    columns[OBS_ACTION] += -2 * kappa * f * forward + (1 - 2 * lambda) * f * f + lambda * f * f * f * f;
    columns[OBS_SCHWINGER_DYSON] += f * (-2 * kappa * around + 2 * (1 - 2 * lambda) * f + 4 * lambda * f * f * f);
  }
  columns[OBS_G_PMIN] = creal(mode * conj(mode));
  for (int k = 0; k < OBS_COLUMNS; k++) columns[k] /= (double)l->volume;
}

static bool close_columns(const double *a, const double *b)
{
  bool close = true;
  for (int k = 0; k < OBS_COLUMNS; k++) {
    bool here = fabs(a[k] - b[k]) <= 1e-12 * (1 + fabs(b[k]));
    if (!here) printf("# %s is %.17g, expected %.17g\n", sq_action_types[0]->columns[k], a[k], b[k]);
    close = close && here;
  }
  return close;
}

static void check_random(int shape, const char *name, setup *shared, setup *alone)
{
  double phi[MAX_SITES], columns[OBS_COLUMNS], serial[OBS_COLUMNS], expected[OBS_COLUMNS], slice[16], serial_slice[16];
  int64_t slices = shared->lattice->extent[shared->lattice->first_dir];
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, (uint64_t)shape), 0, shared->lattice->volume, 0, 0, phi);
  for (int64_t i = 0; i < shared->lattice->volume; i++) phi[i] += 0.3;
  measure(shared, phi, columns, slice);
  measure(alone, phi, serial, serial_slice);
  brute_force(shared->lattice, phi, expected);
  tap_check(close_columns(columns, expected), "%s: columns by their definitions", name);
  tap_check(!memcmp(columns, serial, sizeof columns), "%s: the same bits as on one rank", name);
  tap_check(!memcmp(slice, serial_slice, (size_t)slices * sizeof *slice), "%s: slices with the same bits", name);
}

/* ---- closed forms ---- */

static void fill_density(double *c)
{
  c[OBS_ACTION] = -2 * kappa * c[OBS_LINK] + (1 - 2 * lambda) * c[OBS_PHI2] + lambda * c[OBS_PHI4];
  c[OBS_SCHWINGER_DYSON] = -4 * kappa * c[OBS_LINK] + 2 * (1 - 2 * lambda) * c[OBS_PHI2] + 4 * lambda * c[OBS_PHI4];
}

static void check_constant(const char *name, setup *s)
{
  double phi[MAX_SITES], columns[OBS_COLUMNS], slice[16], correlator[16], v = -0.75, d = s->lattice->dim;
  int64_t slices = s->lattice->extent[s->lattice->first_dir];
  double volume = (double)s->lattice->volume;
  double expected[OBS_COLUMNS] = {[OBS_M] = v, [OBS_PHI2] = v * v, [OBS_PHI4] = pow(v, 4), [OBS_LINK] = d * v * v};
  fill_density(expected);
  if (slices == 1) expected[OBS_G_PMIN] = volume * v * v;
  for (int i = 0; i < MAX_SITES; i++) phi[i] = v;
  measure(s, phi, columns, slice);
  sq_obs_correlator(s->lattice, slice, correlator);
  tap_check(close_columns(columns, expected), "%s: constant field", name);
  bool flat = true;
  for (int64_t t = 0; t < slices; t++) flat = flat && fabs(correlator[t] - volume * v * v / (double)slices) < 1e-12;
  tap_check(flat, "%s: its correlator", name);
}

/* cos(2 pi x_0/L_0), L_0 not 1, 2, 4. */
static void check_wave(const char *name, setup *s)
{
  double phi[MAX_SITES], columns[OBS_COLUMNS], slice[16], correlator[16];
  const sq_lattice *l = s->lattice;
  int64_t slices = l->extent[l->first_dir];
  if (slices == 1 || slices == 2 || slices == 4) return;
  double p = 2 * M_PI / (double)slices, volume = (double)l->volume;
  double expected[OBS_COLUMNS] = {
    [OBS_PHI2] = 0.5, [OBS_PHI4] = 0.375, [OBS_LINK] = (cos(p) + l->dim - 1) / 2, [OBS_G_PMIN] = volume / 4};
  if (slices == 3) expected[OBS_PHI4] = (1 + 2.0 / 16) / 3;
  fill_density(expected);
  for (int64_t i = 0; i < l->volume; i++) {
    int64_t x[SQ_DIM];
    site_coordinates(l, i, x);
    phi[i] = cos(p * (double)x[l->first_dir]);
  }
  measure(s, phi, columns, slice);
  sq_obs_correlator(l, slice, correlator);
  tap_check(close_columns(columns, expected), "%s: plane wave", name);
  bool wave = true;
  for (int64_t t = 0; t < slices; t++)
    wave = wave && fabs(correlator[t] - volume / (double)slices * cos(p * (double)t) / 2) < 1e-12;
  tap_check(wave, "%s: its correlator", name);
}

static void check_board(const char *name, setup *s)
{
  double phi[MAX_SITES], columns[OBS_COLUMNS], slice[16];
  const sq_lattice *l = s->lattice;
  for (int mu = l->first_dir; mu < SQ_DIM; mu++)
    if (l->extent[mu] % 2) return;
  double expected[OBS_COLUMNS] = {[OBS_PHI2] = 1, [OBS_PHI4] = 1, [OBS_LINK] = -l->dim};
  if (l->dim == 1 && l->extent[3] == 2) expected[OBS_G_PMIN] = 2;
  fill_density(expected);
  for (int64_t i = 0; i < l->volume; i++) {
    int64_t x[SQ_DIM];
    site_coordinates(l, i, x);
    phi[i] = (x[0] + x[1] + x[2] + x[3]) % 2 ? -1 : 1;
  }
  measure(s, phi, columns, slice);
  tap_check(close_columns(columns, expected), "%s: checkerboard", name);
}

static void check_nan(setup *s)
{
  double phi[MAX_SITES] = {0}, columns[OBS_COLUMNS], slice[16];
  bool all = true;
  phi[s->lattice->volume - 1] = NAN;
  measure(s, phi, columns, slice);
  for (int k = 0; k < OBS_COLUMNS; k++) all = all && isnan(columns[k]);
  tap_check(all, "a NaN at one site makes every column NaN on every rank");
}

/* Names are found, and written into records in their order; a theory with an unknown one is refused. */
static void check_names(const sq_lattice *lattice)
{
  static const char *const names[] = {"M", "phi2", "phi4", "link", "action_density", "schwinger_dyson", "G_pmin"};
  static const char *const unknown[] = {"M", "action_density", "entropy", NULL};
  sq_record_group group = {.columns = 0};
  sq_action action;
  sq_obs *obs = NULL;
  TAP_CALL(sq_action_make("phi4", lattice->dim, (double[]){kappa, lambda}, &action));
  bool right = sq_obs_columns(action.type) == OBS_COLUMNS && sq_obs_column(action.type, "entropy") == -1;
  sq_obs_name_columns(action.type, 2, &group);
  for (int c = 0; c < OBS_COLUMNS; c++)
    right = right && sq_obs_column(action.type, names[c]) == c && !strcmp(group.column[2 + c], names[c]);
  tap_check(right && group.columns == OBS_COLUMNS + 2, "phi^4 has its columns, in the order of files");
  sq_action_type other = *action.type;
  other.columns = unknown;
  action.type = &other;
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_obs_create(lattice, &action, &obs) == SQ_ERR_INPUT, "a column that nobody measures is refused");
  PetscPopErrorHandler();
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int shape = 0; shape < SHAPES; shape++) {
    setup shared, alone;
    char name[40];
    int ranks[SQ_DIM];
    if (!sq_lattice_can_share(shapes[shape].dim, shapes[shape].extent, tap.size, ranks)) continue;
    setup_make(MPI_COMM_WORLD, shape, &shared);
    setup_make(MPI_COMM_SELF, shape, &alone);
    sq_extents_text(shapes[shape].dim, shapes[shape].extent, name, sizeof name);
    if (shape == 0) check_names(alone.lattice);
    check_random(shape, name, &shared, &alone);
    check_constant(name, &shared);
    check_wave(name, &shared);
    check_board(name, &shared);
    if (shape == 4) check_nan(&shared);
    setup_free(&alone);
    setup_free(&shared);
  }
  return tap_end();
}
