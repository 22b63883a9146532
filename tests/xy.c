/* SPDX-License-Identifier: BSD-3-Clause */
/* Angles (the XY model): energy, helicity modulus, order parameter and vortices against exact numbers, each way of
 * moving a chain for itself; columns against their definitions; the same bits on any number of ranks and after a
 * restart.
 *
 * Exact numbers of two dimensions: the dual transfer matrix (squall/exact.h). Of rings: Z = sum_n I_n(beta)^L,
 * <e^{i(theta_0 - theta_r)}> = sum_n I_n^{L-r} I_{n+1}^r / Z, helicity modulus L <n^2>/beta.
 */
#include "../src/dynamics/internal.h"
#include "squall/exact.h"
#include "squall/hmc.h"
#include "squall/obs.h"
#include "tap.h"
#include <string.h>

/* ---- chains ---- */

typedef struct {
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  sq_obs *obs;
  double *block;
} setup;

static void make(MPI_Comm comm, int dim, const int64_t *extent, double beta, uint64_t id, setup *s)
{
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &s->lattice));
  TAP_CALL(sq_action_make("xy", dim, (double[]){beta}, &s->action));
  TAP_CALL(sq_md_create(s->lattice, &s->action, sq_integrators[0], &s->md));
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &s->obs));
  TAP_CALL(sq_chain_create(s->md, 7, id, &s->chain));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &s->block));
  TAP_CALL(sq_chain_start(s->chain, SQ_START_HOT));
}

static void clear(setup *s)
{
  sq_free(&s->block);
  TAP_CALL(sq_chain_destroy(&s->chain));
  TAP_CALL(sq_obs_destroy(&s->obs));
  TAP_CALL(sq_md_destroy(&s->md));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

/* What moves a chain: so many steps of 0.25 of a trajectory, heat baths, over-relaxation and clusters. */
typedef struct {
  const char *name;
  int steps, local, relax, clusters;
} way;

static const way ways[] = {
  {"hmc", 8, 0, 0, 0}, {"heat baths and over-relaxation", 0, 1, 2, 0}, {"clusters", 0, 0, 0, 2}, {"all", 4, 1, 1, 1}};
enum { WAYS = sizeof ways / sizeof *ways };

static void move(setup *s, const way *w)
{
  if (w->steps) TAP_CALL(sq_chain_trajectory(s->chain, 0.25, w->steps));
  if (w->local) TAP_CALL(sq_chain_local(s->chain, w->local));
  TAP_CALL(sq_chain_relax(s->chain, w->relax));
  TAP_CALL(sq_chain_clusters(s->chain, 1, w->clusters));
  if (!w->steps && !w->local) s->chain->trajectory++; /* the address of random numbers */
  sq_chain_flip(s->chain);
}

static void run(setup *s, const way *w, int records, sq_obs_table *table)
{
  const double *series[SQ_OBS_MOST];
  double *column[SQ_OBS_MOST], numbers[SQ_OBS_MOST];
  const int columns = sq_obs_columns(s->action.type);
  for (int c = 0; c < columns; c++) TAP_CALL(sq_alloc(records, &column[c]));
  for (int n = -records / 20; n < records; n++) {
    move(s, w);
    if (n < 0) continue;
    sq_field_to_block(s->chain->phi, s->block);
    TAP_CALL(sq_obs_measure(s->obs, s->block, numbers));
    for (int c = 0; c < columns; c++) column[c][n] = numbers[c];
  }
  for (int c = 0; c < columns; c++) series[c] = column[c];
  TAP_CALL(sq_obs_analyse(s->action.type, s->lattice->dim, s->lattice->extent, records, series, NULL, NULL, table));
  for (int c = 0; c < columns; c++) sq_free(&column[c]);
}

/* ---- tori of two dimensions ---- */

static double sigmas(const sq_estimate *e, double exact)
{
  return e && e->error > 0 ? (e->value - exact) / e->error : NAN;
}

typedef struct {
  int64_t extent[2];
  double beta;
  int way;
} torus;

static const torus tori[] = {{{3, 3}, 1, 0},   {{4, 4}, 0.5, 1}, {{4, 4}, 1, 2},   {{4, 4}, 1.119946, 3},
                             {{5, 3}, 0.8, 1}, {{2, 4}, 1.2, 3}, {{1, 6}, 0.9, 2}, {{2, 2}, 0.7, 0}};
enum { TORI = sizeof tori / sizeof *tori };

/* 4 sigma each of three numbers: false alarms once in 5000 seeds. */
static void test_torus(const torus *t, uint64_t id)
{
  const way *w = &ways[t->way];
  setup s;
  sq_obs_table table;
  sq_exact_angles exact;
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(2, t->extent, tap.size, ranks)) return;
  TAP_CALL(sq_exact_xy(2, t->extent, t->beta, &exact));
  make(MPI_COMM_WORLD, 2, t->extent, t->beta, id, &s);
  run(&s, w, 6000, &table);
  const sq_estimate *S = sq_obs_find(&table, "action_density"), *Y0 = sq_obs_find(&table, "helicity_0"),
                    *Y1 = sq_obs_find(&table, "helicity_1");
  const double a = sigmas(S, t->beta * exact.thermal.energy),
               b = t->extent[0] > 1 ? sigmas(Y0, exact.helicity[0]) : Y0->value - 1, c = sigmas(Y1, exact.helicity[1]);
  tap_check(fabs(a) < 4 && fabs(b) < 4 && fabs(c) < 4 && S->error < 0.02 && Y1->error < 0.03,
            "%dx%d, beta = %g, %s: S/V %.4f(%.4f), helicities %.4f(%.4f), %.4f(%.4f): %.1f, %.1f, %.1f sigmas",
            (int)t->extent[0], (int)t->extent[1], t->beta, w->name, S->value, S->error, Y0->value, Y0->error, Y1->value,
            Y1->error, a, b, c);
  tap_check((sq_obs_find(&table, "xi") || t->extent[0] == 1) && sq_obs_find(&table, "chi2") &&
              sq_obs_find(&table, "U_L") && sq_obs_find(&table, "vortices") && sq_obs_find(&table, "helicity") &&
              !sq_obs_find(&table, "helicity_2") && !sq_obs_find(&table, "phi2"),
            "rows of two dimensions");
  clear(&s);
}

/* ---- rings ---- */

enum { FLUXES = 40 };

/* exp(-beta) I_n(beta). */
static double bessel(int n, double beta)
{
  const int points = 4 * FLUXES + 64;
  double sum = 0;
  for (int i = 0; i < points; i++) sum += exp(beta * (cos(2 * M_PI * i / points) - 1)) * cos(2 * M_PI * i * n / points);
  return sum / points;
}

typedef struct {
  double action, helicity, M2;
} ring;

static ring exact_ring(int64_t length, double beta)
{
  double Z = 0, slope = 0, square = 0, correlation = 0;
  for (int n = -FLUXES; n < FLUXES; n++) {
    const double here = bessel(n, beta), next = bessel(n + 1, beta), before = bessel(n - 1, beta),
                 all = pow(here, (double)length);
    Z += all;
    slope += 0.5 * (before + next) * pow(here, (double)length - 1);
    square += n * n * all;
    for (int64_t r = 0; r < length; r++) correlation += pow(here, (double)(length - r)) * pow(next, (double)r);
  }
  return (ring){.action = -beta * slope / Z,
                .helicity = (double)length * square / (beta * Z),
                .M2 = correlation / (Z * (double)length)};
}

static void test_ring(int64_t length, double beta, const way *w)
{
  const ring exact = exact_ring(length, beta);
  setup s;
  sq_obs_table table;
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(1, &length, tap.size, ranks)) return;
  make(MPI_COMM_WORLD, 1, &length, beta, 20 + (uint64_t)length, &s);
  run(&s, w, 6000, &table);
  const sq_estimate *S = sq_obs_find(&table, "action_density"), *Y = sq_obs_find(&table, "helicity"),
                    *M2 = sq_obs_find(&table, "M2");
  const double a = sigmas(S, exact.action), b = sigmas(Y, exact.helicity), c = sigmas(M2, exact.M2);
  tap_check(fabs(a) < 4 && fabs(b) < 4 && fabs(c) < 4 && !sq_obs_find(&table, "vortices"),
            "a ring of %d, %s: S/V %.4f(%.4f), helicity %.4f(%.4f), M2 %.4f(%.4f): %.1f, %.1f, %.1f sigmas",
            (int)length, w->name, S->value, S->error, Y->value, Y->error, M2->value, M2->error, a, b, c);
  clear(&s);
}

/* One site is its own neighbour: nothing but its direction moves. */
static void test_site(void)
{
  double numbers[SQ_OBS_MOST];
  setup s;
  make(MPI_COMM_SELF, 2, (int64_t[]){1, 1}, 0.7, 1, &s);
  for (int n = 0; n < 10; n++) move(&s, &ways[3]);
  sq_field_to_block(s.chain->phi, s.block);
  TAP_CALL(sq_obs_measure(s.obs, s.block, numbers));
  tap_check(s.chain->action == -1.4 && s.chain->dH == 0 && numbers[sq_obs_column(s.action.type, "helicity_1")] == 1 &&
              fabs(numbers[sq_obs_column(s.action.type, "abs_M")] - 1) < 1e-15,
            "a single site");
  clear(&s);
}

/* ---- three dimensions: ways against each other, 4 sigma of six numbers ---- */

static void test_cube(void)
{
  const char *const names[] = {"action_density", "helicity", "helicity_0", "abs_M", "U_L", "vortices"};
  sq_obs_table table[3];
  for (int w = 0; w < 3; w++) {
    setup s;
    make(MPI_COMM_WORLD, 3, (int64_t[]){2, 3, 4}, 0.45, 40 + (uint64_t)w, &s);
    run(&s, &ways[w], 5000, &table[w]);
    clear(&s);
  }
  for (int w = 1; w < 3; w++) {
    double worst = 0;
    for (int k = 0; k < 6; k++)
      tap_worst(&worst, fabs(sq_sigmas(sq_obs_find(&table[0], names[k]), sq_obs_find(&table[w], names[k]))));
    tap_check(worst < 4, "2x3x4: %s as hmc, %.1f sigmas at most", ways[w].name, worst);
  }
}

/* ---- columns by their definitions ---- */

enum { MAX_SITES = 256 };

static int64_t neighbour(const sq_lattice *l, int64_t site, int mu)
{
  int64_t below = 1;
  for (int nu = SQ_DIM - 1; nu > mu; nu--) below *= l->extent[nu];
  int64_t x = site / below % l->extent[mu];
  return site + ((x + 1) % l->extent[mu] - x) * below;
}

static double difference(const double *x, int64_t from, int64_t to)
{
  return remainder(x[to] - x[from], 2 * M_PI);
}

static double winding(const sq_lattice *l, const double *x, int64_t a, int mu, int nu)
{
  const int64_t b = neighbour(l, a, mu), c = neighbour(l, b, nu), d = neighbour(l, a, nu);
  return round((difference(x, a, b) + difference(x, b, c) + difference(x, c, d) + difference(x, d, a)) / (2 * M_PI));
}

static double helicity(const sq_lattice *l, const double *x, int mu, double beta)
{
  double cosine = 0, sine = 0;
  for (int64_t a = 0; a < l->volume; a++) {
    cosine += cos(difference(x, a, neighbour(l, a, mu)));
    sine += sin(difference(x, a, neighbour(l, a, mu)));
  }
  return (cosine - beta * sine * sine) / (double)l->volume;
}

static void written_out(const sq_lattice *l, const sq_action_type *type, const double *x, double beta, double *columns)
{
  double plaquettes = 0, vortices = 0, re = 0, im = 0, mode[4] = {0};
  const double V = (double)l->volume;
  memset(columns, 0, SQ_OBS_MOST * sizeof *columns);
  for (int64_t a = 0; a < l->volume; a++) {
    const double p = 2 * M_PI * (double)(a / (l->volume / l->extent[l->first_dir])) / (double)l->extent[l->first_dir];
    re += cos(x[a]) / V;
    im += sin(x[a]) / V;
    mode[0] += cos(x[a]) * cos(p);
    mode[1] += cos(x[a]) * sin(p);
    mode[2] += sin(x[a]) * cos(p);
    mode[3] += sin(x[a]) * sin(p);
    for (int mu = l->first_dir; mu < SQ_DIM; mu++) {
      columns[sq_obs_column(type, "energy")] -= cos(x[a] - x[neighbour(l, a, mu)]) / V;
      for (int nu = mu + 1; nu < SQ_DIM; nu++, plaquettes++) vortices += fabs(winding(l, x, a, mu, nu));
    }
  }
  columns[sq_obs_column(type, "action_density")] = beta * columns[sq_obs_column(type, "energy")];
  columns[sq_obs_column(type, "M")] = re;
  columns[sq_obs_column(type, "abs_M")] = hypot(re, im);
  for (int k = 0; k < 4; k++) columns[sq_obs_column(type, "G_pmin")] += mode[k] * mode[k] / V;
  for (int k = 0; k < l->dim; k++)
    columns[sq_obs_column(type, "helicity_0") + k] = helicity(l, x, l->first_dir + k, beta);
  columns[sq_obs_column(type, "vortices")] = plaquettes > 0 ? vortices / plaquettes : 0;
}

static void measure(setup *s, const double *global, double *columns)
{
  const int64_t n = s->lattice->local[3];
  for (int64_t i = 0; i < s->lattice->local_volume; i++)
    s->block[i] = global[sq_lattice_row_site(s->lattice, i / n) + i % n];
  TAP_CALL(sq_obs_measure(s->obs, s->block, columns));
}

static void test_columns(int dim, const int64_t *extent)
{
  double x[MAX_SITES], columns[SQ_OBS_MOST] = {0}, serial[SQ_OBS_MOST] = {0}, expected[SQ_OBS_MOST], worst = 0;
  setup shared, alone;
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  make(MPI_COMM_WORLD, dim, extent, 0.8, 3, &shared);
  make(MPI_COMM_SELF, dim, extent, 0.8, 3, &alone);
  sq_space_circle.random(sq_stream_make(3, SQ_RNG_TEST, (uint64_t)dim), 0, alone.lattice->volume, 0, 0, x);
  measure(&shared, x, columns);
  measure(&alone, x, serial);
  written_out(alone.lattice, alone.action.type, x, 0.8, expected);
  for (int c = 0; c < sq_obs_columns(alone.action.type); c++) tap_worst(&worst, fabs(columns[c] - expected[c]));
  tap_check(worst < 1e-11, "d = %d: columns by their definitions, %.1e", dim, worst);
  tap_check(!memcmp(columns, serial, sizeof columns), "d = %d: the same bits as on one rank", dim);
  clear(&shared);
  clear(&alone);
}

/* ---- bits ---- */

static bool same_field(setup *cut, setup *whole)
{
  const int64_t n = cut->lattice->local[3];
  bool same = cut->chain->action == whole->chain->action && cut->chain->dH == whole->chain->dH;
  sq_field_to_block(cut->chain->phi, cut->block);
  sq_field_to_block(whole->chain->phi, whole->block);
  for (int64_t i = 0; i < cut->lattice->local_volume; i++)
    same = same && cut->block[i] == whole->block[sq_lattice_row_site(cut->lattice, i / n) + i % n] &&
           cut->block[i] >= -M_PI && cut->block[i] < M_PI;
  return same;
}

/* The same on any ranks, and from a saved state on. */
static void test_bits(int dim, const int64_t *extent, const way *w)
{
  setup cut, whole, later;
  double number[SQ_CHAIN_NUMBERS];
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  make(MPI_COMM_WORLD, dim, extent, 0.9, 5, &cut);
  make(MPI_COMM_SELF, dim, extent, 0.9, 5, &whole);
  make(MPI_COMM_WORLD, dim, extent, 0.9, 5, &later);
  for (int n = 0; n < 6; n++) {
    move(&cut, w);
    move(&whole, w);
    if (n != 2) continue;
    sq_chain_save(cut.chain, later.block, number);
    TAP_CALL(sq_chain_restore(later.chain, later.block, number));
  }
  tap_check(same_field(&cut, &whole), "d = %d, %s: the same bits on any ranks, angles in [-pi, pi)", dim, w->name);
  for (int n = 3; n < 6; n++) move(&later, w);
  sq_field_to_block(later.chain->phi, later.block);
  tap_check(!memcmp(later.block, cut.block, (size_t)cut.lattice->local_volume * sizeof(double)),
            "d = %d, %s: the same bits after a restart", dim, w->name);
  clear(&cut);
  clear(&whole);
  clear(&later);
}

int main(int argc, char **argv)
{
  const int64_t shapes[][SQ_DIM] = {{7}, {5, 6}, {3, 4, 5}, {2, 3, 4, 5}};
  tap_begin(&argc, &argv);
  for (int i = 0; i < TORI; i++)
    if (tap.size < 3 || i == 4) test_torus(&tori[i], (uint64_t)i); /* the same bits on more */
  test_ring(2, 0.8, &ways[0]);
  if (tap.size < 3) test_ring(7, 1.3, &ways[1]);
  if (tap.size < 3) test_ring(8, 1.3, &ways[2]);
  test_site();
  if (tap.size < 3) test_cube();
  for (int d = 1; d <= SQ_DIM; d++) test_columns(d, shapes[d - 1]);
  for (int d = 1; d <= SQ_DIM; d++)
    for (int w = 0; w < WAYS; w++) test_bits(d, shapes[d - 1], &ways[w]);
  return tap_end();
}
