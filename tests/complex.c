/* SPDX-License-Identifier: BSD-3-Clause */
/* The complex field with a chemical potential in its other forms: two real numbers a site at mu = 0, against the action
 * written out; complexified, against complex arithmetic, and complex Langevin dynamics against exact results, on any
 * ranks and after restarts; and the verdict on the tail of the drift, where results are right and where they are not.
 */
#include "squall/dynamics.h"
#include "squall/exact.h"
#include "squall/obs.h"
#include "src/verdict/verdict.h"
#include "tap.h"
#include <complex.h>
#include <string.h>

#undef I
typedef double complex number;
static const number unit = _Complex_I;

enum { MOST = 4 * 64, RECORDS = 3000 };

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
  double value[3];
} shapes[] = {{1, {1}, {2.5, 1, 0.4}},        {1, {2}, {2.5, 1, 0.4}},        {1, {7}, {2.01, 1, 1.1}},
              {2, {2, 2}, {4.01, 1, 0.9}},    {2, {1, 6}, {-3, 0.5, 0.2}},    {2, {5, 3}, {4.01, 1, 1.2}},
              {3, {4, 3, 2}, {5, 0.3, -0.6}}, {4, {1, 2, 3, 4}, {7, 1, 0.8}}, {4, {2, 2, 4, 2}, {9, 0.2, 0}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* ---- S by complex arithmetic, of a field that every rank holds: a[V], b[V] ---- */

static int64_t volume_of(int shape)
{
  int64_t volume = 1;
  for (int nu = 0; nu < shapes[shape].dim; nu++) volume *= shapes[shape].extent[nu];
  return volume;
}

/* The site one step further in direction nu. */
static int64_t ahead(int shape, int64_t site, int nu)
{
  int64_t below = 1;
  for (int k = shapes[shape].dim - 1; k > nu; k--) below *= shapes[shape].extent[k];
  int64_t x = site / below % shapes[shape].extent[nu];
  return site + ((x + 1) % shapes[shape].extent[nu] - x) * below;
}

static number action_of(int shape, double mu, const number *a, const number *b)
{
  number S = 0;
  for (int64_t x = 0; x < volume_of(shape); x++) {
    const number bar = a[x] - unit * b[x], phi = a[x] + unit * b[x], square = bar * phi;
    S += shapes[shape].value[0] * square + shapes[shape].value[1] * square * square;
    for (int nu = 0; nu < shapes[shape].dim; nu++) {
      const int64_t y = ahead(shape, x, nu);
      const double m = nu ? 0 : mu;
      S -= exp(m) * bar * (a[y] + unit * b[y]) + exp(-m) * (a[y] - unit * b[y]) * phi;
    }
  }
  return S;
}

/* ---- fields over the ranks ---- */

typedef struct {
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  sq_obs *obs;
  int numbers;
  double *block, column[SQ_OBS_MOST];
} setup;

/* All ranks, if they can share the lattice; else every rank alone. */
static MPI_Comm ranks_for(int dim, const int64_t *extent)
{
  int ranks[SQ_DIM];
  return sq_lattice_can_share(dim, extent, tap.size, ranks) ? MPI_COMM_WORLD : MPI_COMM_SELF;
}

static void setup_make(MPI_Comm comm, int dim, const int64_t *extent, const double *value, const char *type, setup *s)
{
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &s->lattice));
  TAP_CALL(sq_action_make(type, dim, value, &s->action));
  TAP_CALL(sq_md_create(s->lattice, &s->action, sq_integrators[0], &s->md));
  TAP_CALL(sq_chain_create(s->md, 9, 2, &s->chain));
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &s->obs));
  s->numbers = sq_action_components(&s->action);
  TAP_CALL(sq_alloc(s->numbers * s->lattice->local_volume, &s->block));
}

static void setup_free(setup *s)
{
  sq_free(&s->block);
  TAP_CALL(sq_obs_destroy(&s->obs));
  TAP_CALL(sq_chain_destroy(&s->chain));
  TAP_CALL(sq_md_destroy(&s->md));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

static void measure(setup *s)
{
  sq_field_to_block(s->chain->phi, s->block);
  TAP_CALL(sq_obs_measure(s->obs, s->block, s->column));
}

static double column(const setup *s, const char *name)
{
  return s->column[sq_obs_column(s->action.type, name)];
}

/* This rank's part of numbers[n][V]. */
static void put(setup *s, const double *numbers)
{
  const int64_t length = s->lattice->local[3], sites = s->lattice->local_volume;
  const double zero[SQ_CHAIN_NUMBERS] = {0};
  for (int64_t i = 0; i < s->numbers * sites; i++) {
    const int64_t at = i % sites, site = sq_lattice_row_site(s->lattice, at / length) + at % length;
    s->block[i] = numbers[i / sites * s->lattice->volume + site];
  }
  TAP_CALL(sq_chain_restore(s->chain, s->block, zero));
}

/* ---- kernels ---- */

static void split(int64_t V, const double *x, number *a, number *b)
{
  for (int64_t i = 0; i < V; i++) {
    a[i] = x[i] + unit * x[2 * V + i];
    b[i] = x[V + i] + unit * x[3 * V + i];
  }
}

/* The largest deviation of this rank's drift from the derivative of S, by differences in the real direction. */
static double drift_error(const setup *s, int shape, number *a, number *b)
{
  const double h = 1e-5, mu = shapes[shape].value[2];
  const int64_t length = s->lattice->local[3], sites = s->lattice->local_volume;
  double worst = 0;
  for (int64_t i = 0; i < 2 * sites; i++) {
    const int64_t at = i % sites, site = sq_lattice_row_site(s->lattice, at / length) + at % length;
    number *x = (i < sites ? a : b) + site, middle = *x;
    *x = middle + h;
    number up = action_of(shape, mu, a, b);
    *x = middle - h;
    number down = action_of(shape, mu, a, b);
    *x = middle;
    number slope = -(up - down) / (2 * h);
    tap_worst(&worst, fabs(s->chain->force[i] - creal(slope)));
    tap_worst(&worst, fabs(s->chain->force[2 * sites + i] - cimag(slope)));
  }
  return worst;
}

static void check_kernels(int shape)
{
  const int64_t V = volume_of(shape);
  const double h = 1e-4, mu = shapes[shape].value[2];
  double x[MOST], worst = 0;
  number a[MOST], b[MOST], square = 0;
  setup s, alone;
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, (uint64_t)shape), 0, 4 * V, 0, 0, x);
  split(V, x, a, b);
  setup_make(ranks_for(shapes[shape].dim, shapes[shape].extent), shapes[shape].dim, shapes[shape].extent,
             shapes[shape].value, "complex_langevin", &s);
  setup_make(MPI_COMM_SELF, shapes[shape].dim, shapes[shape].extent, shapes[shape].value, "complex_langevin", &alone);
  put(&s, x);
  put(&alone, x);
  measure(&s);
  measure(&alone);
  const number S = action_of(shape, mu, a, b), up = action_of(shape, mu + h, a, b),
               down = action_of(shape, mu - h, a, b), n = (down - up) / (2 * h) / V,
               slope = (2 * S - up - down) / (h * h) / V;
  for (int64_t i = 0; i < V; i++) square += (a[i] * a[i] + b[i] * b[i]) / V;
  const double size = 1 + cabs(S);
  tap_worst(&worst, drift_error(&s, shape, a, b) / size);
  tap_worst(&worst, fabs(column(&s, "action_density") * (double)V - creal(S)) / size);
  tap_worst(&worst, fabs(column(&s, "density") - creal(n)) / size);
  tap_worst(&worst, fabs(column(&s, "density_imag") - cimag(n)) / size);
  tap_worst(&worst, fabs(column(&s, "density2") - creal(n * n) - creal(slope) / V) / size / 100); /* 1e-7 of S */
  tap_worst(&worst, fabs(column(&s, "phi2") - creal(square)) / size);
  tap_worst(&worst, fabs(column(&s, "phi2_imag") - cimag(square)) / size);
  tap_check(worst < 1e-8, "drift, action and particles of shape %d are those of the complex action (%.1e)", shape,
            worst);
  tap_check(!memcmp(s.column, alone.column, (size_t)sq_obs_columns(s.action.type) * sizeof(double)), "the same bits on "
                                                                                                     "any ranks");
  setup_free(&s);
  setup_free(&alone);
}

/* At mu = 0, with imaginary parts 0, both forms are the same field. */
static void check_field(int shape)
{
  const double value[3] = {shapes[shape].value[0], shapes[shape].value[1], 0};
  const int64_t V = volume_of(shape);
  double x[MOST] = {0}, worst = 0;
  setup field, wide;
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, (uint64_t)shape), 0, 2 * V, 0, 0, x);
  setup_make(ranks_for(shapes[shape].dim, shapes[shape].extent), shapes[shape].dim, shapes[shape].extent, value,
             "complex_field", &field);
  setup_make(ranks_for(shapes[shape].dim, shapes[shape].extent), shapes[shape].dim, shapes[shape].extent, value,
             "complex_langevin", &wide);
  put(&field, x);
  put(&wide, x);
  measure(&field);
  measure(&wide);
  for (int64_t i = 0; i < 2 * field.lattice->local_volume; i++)
    tap_worst(&worst, fabs(field.chain->force[i] - wide.chain->force[i]));
  static const char *const names[] = {"action_density", "phi2", "schwinger_dyson", "density_imag"};
  for (int i = 0; i < 4; i++) tap_worst(&worst, fabs(column(&field, names[i]) - column(&wide, names[i])));
  tap_check(worst < 1e-11 && column(&wide, "density") == 0, "shape %d as two real numbers a site (%.1e)", shape, worst);
  setup_free(&field);
  setup_free(&wide);
}

/* ---- dynamics ---- */

static const double interval = 0.5;

static void advance(setup *s, const char *scheme, double eps, int count)
{
  for (int i = 0; i < count; i++)
    TAP_CALL(sq_chain_langevin(s->chain, sq_langevin_scheme_find(scheme), 1, eps, (int64_t)round(interval / eps)));
}

/* Steps are cut into parts from a start far out; a chain goes on from what was saved with the same bits. */
static void check_bits(void)
{
  static const int64_t extent[] = {6, 4};
  static const double value[] = {4.01, 1, 1.1};
  double state[SQ_CHAIN_NUMBERS];
  setup s, alone;
  setup_make(MPI_COMM_WORLD, 2, extent, value, "complex_langevin", &s);
  setup_make(MPI_COMM_SELF, 2, extent, value, "complex_langevin", &alone);
  double *all;
  TAP_CALL(sq_alloc(4 * 24, &all));
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 0), 0, 96, 0, 0, all);
  for (int i = 0; i < 96; i++) all[i] *= 3;
  put(&s, all);
  put(&alone, all);
  advance(&s, "second", 0.05, 3);
  advance(&alone, "second", 0.05, 1);
  sq_chain_save(alone.chain, alone.block, state);
  TAP_CALL(sq_chain_start(alone.chain, SQ_START_HOT));
  TAP_CALL(sq_chain_restore(alone.chain, alone.block, state));
  advance(&alone, "second", 0.05, 2);
  measure(&s);
  measure(&alone);
  tap_check(s.chain->counts.invalid == 0 && alone.chain->accepted, "a drift far beyond the usual does not run away");
  tap_check(!memcmp(s.column, alone.column, (size_t)sq_obs_columns(s.action.type) * sizeof(double)), "the same bits on "
                                                                                                     "any ranks and "
                                                                                                     "after a restart");
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_chain_langevin(s.chain, sq_langevin_scheme_find("adjusted"), 1, 0.1, 2) == SQ_ERR_INPUT,
            "there are no decisions with a complex weight");
  PetscPopErrorHandler();
  sq_free(&all);
  setup_free(&s);
  setup_free(&alone);
}

/* An ensemble of one chain, its columns. */
static void run(int dim, const int64_t *extent, const double *value, double eps, sq_ensemble *e)
{
  static double columns[SQ_OBS_MOST][RECORDS];
  setup s;
  setup_make(MPI_COMM_SELF, dim, extent, value, "complex_langevin", &s);
  TAP_CALL(sq_chain_start(s.chain, SQ_START_HOT));
  *e = (sq_ensemble){.count = RECORDS, .dim = dim, .theory = s.action.type};
  snprintf(e->name, sizeof e->name, "langevin-%g", eps);
  advance(&s, "second", eps, 40);
  for (int n = 0; n < RECORDS; n++) {
    advance(&s, "second", eps, 3);
    measure(&s);
    for (int c = 0; c < sq_obs_columns(e->theory); c++) columns[c][n] = s.column[c];
  }
  for (int c = 0; c < sq_obs_columns(e->theory); c++) e->column[c] = columns[c];
  TAP_CALL(sq_obs_analyse(e->theory, dim, s.lattice->extent, RECORDS, (const double *const *)e->column, NULL, NULL,
                          &e->table));
  setup_free(&s);
}

static void check_mean(const sq_ensemble *e, const char *name, double exact)
{
  const sq_estimate *x = sq_obs_find(&e->table, name);
  tap_check(fabs(x->value - exact) < 4 * x->error, "%s: %.4f(%.4f), exact %.4f", name, x->value, x->error, exact);
}

/* Whether the tail is passed. */
static bool believed(const sq_ensemble *e)
{
  sq_verdicts v = {0};
  TAP_CALL(sq_check_drift(NULL, e, &v));
  bool passed = v.count == 1 && v.row[0].passed;
  if (v.count && tap.rank == 0) printf("# %s\n", v.row[0].sentence);
  sq_verdicts_clear(&v);
  return passed;
}

/* Steps are so short that their error, of order eps^2, is a small part of the statistical one. */
static void check_right(void)
{
  static const int64_t two[] = {4, 2}, free_extent[] = {8, 4};
  static const double value[] = {4.01, 1, 0.9}, free_value[] = {4.5, 0, 0.4};
  sq_exact_complex exact;
  sq_ensemble e;
  run(2, two, value, 0.01, &e);
  TAP_CALL(sq_exact_complex_box(2, two, value[0], value[1], value[2], &exact));
  check_mean(&e, "density", exact.density);
  check_mean(&e, "phi2", exact.phi2);
  check_mean(&e, "density_imag", 0);
  check_mean(&e, "schwinger_dyson", 2);
  tap_check(believed(&e), "the drift has no tail where the results are right");
  run(2, free_extent, free_value, 0.025, &e);
  TAP_CALL(sq_exact_complex_free(2, free_extent, free_value[0], free_value[2], &exact));
  check_mean(&e, "density", exact.density);
  check_mean(&e, "phi2", exact.phi2);
  tap_check(believed(&e), "nor has that of a free field");
}

/* Where |phi| hardly moves and neighbours are little coupled. */
static void check_wrong(void)
{
  static const int64_t extent[] = {4};
  static const double value[] = {-20, 20, 1};
  sq_ensemble e;
  run(1, extent, value, 0.0025, &e);
  tap_check(!believed(&e), "it has one where they are wrong");
  e.count = 100;
  tap_check(!believed(&e), "few fields tell nothing");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; i < SHAPES; i++) check_kernels(i);
  for (int i = 0; i < SHAPES; i++) check_field(i);
  check_bits();
  if (tap.size == 1) {
    check_right();
    check_wrong();
  }
  return tap_end();
}
