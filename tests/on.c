/* SPDX-License-Identifier: BSD-3-Clause */
/* O(N): of one component phi4, bit for bit; rings of vectors, one and two sites among them, against the transfer matrix
 * in polar coordinates; the free field mode by mode; random orthogonal matrices; restarts, wavefronts and any number of
 * ranks with the same bits. False alarms of the averages, 4 sigma each: less than one seed in 200.
 */
#include "../src/dynamics/internal.h"
#include "squall/exact.h"
#include "squall/hmc.h"
#include "squall/obs.h"
#include "tap.h"
#include <string.h>

typedef struct {
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
} setup;

static setup make(MPI_Comm comm, const char *type, int dim, const int64_t *extent, const double *value)
{
  setup s = {0};
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &s.lattice));
  TAP_CALL(sq_action_make(type, dim, value, &s.action));
  TAP_CALL(sq_md_create(s.lattice, &s.action, sq_integrators[0], &s.md));
  TAP_CALL(sq_chain_create(s.md, 11, 3, &s.chain));
  TAP_CALL(sq_chain_start(s.chain, SQ_START_HOT));
  return s;
}

static void clear(setup *s)
{
  TAP_CALL(sq_chain_destroy(&s->chain));
  TAP_CALL(sq_md_destroy(&s->md));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

static uint64_t checksum(const setup *s)
{
  uint64_t sum;
  double *block;
  TAP_CALL(sq_alloc(s->md->numbers, &block));
  sq_field_to_block(s->chain->phi, block);
  TAP_CALL(sq_block_checksum(s->lattice, s->md->components, block, &sum));
  sq_free(&block);
  return sum;
}

/* Some of everything that a chain can do. */
static void wander(setup *s, int rounds)
{
  for (int i = 0; i < rounds; i++) {
    TAP_CALL(sq_md_accelerate(s->md, i % 3 == 2 ? 0.7 : 0));
    TAP_CALL(sq_chain_trajectory(s->chain, 0.3, 4));
    TAP_CALL(sq_chain_clusters(s->chain, 1, i % 2));
    sq_chain_flip(s->chain);
    TAP_CALL(sq_chain_langevin(s->chain, sq_langevin_schemes[i % 3], 1, 0.02, 3));
    sq_chain_flip(s->chain);
  }
}

static bool same_chains(const setup *a, const setup *b)
{
  const sq_chain *x = a->chain, *y = b->chain;
  return checksum(a) == checksum(b) && x->action == y->action && x->dH == y->dH &&
         x->magnetisation == y->magnetisation && x->schwinger_dyson == y->schwinger_dyson &&
         x->counts.sum_exp == y->counts.sum_exp && x->trajectory == y->trajectory;
}

/* ---- of one component ---- */

static void test_one(int dim, const int64_t *extent, sq_start start)
{
  const double value[] = {1, 0.27, 0.4};
  int ranks[SQ_DIM];
  double columns[SQ_OBS_MOST], other[SQ_OBS_MOST], *block;
  sq_obs *obs;
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup phi4 = make(MPI_COMM_WORLD, "phi4", dim, extent, value + 1),
        on = make(MPI_COMM_WORLD, "on", dim, extent, value);
  TAP_CALL(sq_chain_start(phi4.chain, start));
  TAP_CALL(sq_chain_start(on.chain, start));
  bool same = same_chains(&phi4, &on);
  wander(&phi4, 12);
  wander(&on, 12);
  tap_check(same && same_chains(&phi4, &on), "one component in d = %d: the chain of phi4, bit for bit", dim);
  TAP_CALL(sq_alloc(on.md->numbers, &block));
  sq_field_to_block(on.chain->phi, block);
  TAP_CALL(sq_obs_create(on.lattice, &on.action, &obs));
  TAP_CALL(sq_obs_measure(obs, block, columns));
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_obs_create(phi4.lattice, &phi4.action, &obs));
  TAP_CALL(sq_obs_measure(obs, block, other));
  TAP_CALL(sq_obs_destroy(&obs));
  same = columns[1] == fabs(columns[0]) && columns[0] == other[0]; /* abs_M stands second */
  for (int c = 1; phi4.action.type->columns[c]; c++) same = same && columns[c + 1] == other[c];
  tap_check(same, "one component in d = %d: its columns", dim);
  sq_free(&block);
  clear(&phi4);
  clear(&on);
}

/* ---- rings of vectors ----
 * Z = sum_l d_l Tr T_l^L, T_l(r, s) = e^{-(V(r) + V(s))/2} f_l(h r s) with the measure r^{N-1} dr: the harmonics of
 * e^{h r s cos gamma} (sq_exact_bessel) do not mix. One more power of cos gamma moves l by one: the vector correlator.
 */

enum { GRID = 64, HARMONICS = 24 };

typedef struct {
  int components, length;
  double hop, quadratic, quartic; /* S = sum [quadratic r^2 + quartic r^4 - hop phi phi'] */
  double most;                    /* beyond that r nothing is */
} ring;

typedef struct {
  double phi2, phi4, product, M2; /* product: phi phi' of neighbours */
} means;

/* A matrix for each l, between points of 0 < r < most. */
typedef double matrices[HARMONICS][GRID][GRID];

static double most_of(const ring *g)
{
  double r = 1;
  while (g->quadratic * r * r + g->quartic * r * r * r * r - g->hop * r * r < 45) r *= 1.02;
  return r;
}

/* r = most u^2 with the midpoint rule in u: smooth and small at both ends. */
static double radius(const ring *g, int i)
{
  return g->most * (i + 0.5) * (i + 0.5) / (GRID * GRID);
}

static void transfer(const ring *g, matrices T)
{
  double root[GRID];
  for (int i = 0; i < GRID; i++) {
    const double r = radius(g, i), step = 2 * g->most * (i + 0.5) / (GRID * GRID),
                 S = g->quadratic * r * r + g->quartic * r * r * r * r;
    root[i] = sqrt(step * pow(r, g->components - 1)) * exp(-S / 2);
  }
  for (int i = 0; i < GRID; i++)
    for (int k = 0; k < GRID; k++) {
      const double x = g->hop * radius(g, i) * radius(g, k);
      long double f[HARMONICS];
      sq_exact_bessel(g->components, x, HARMONICS, f);
      for (int l = 0; l < HARMONICS; l++) T[l][i][k] = root[i] * root[k] * exp(fabs(x)) * (double)f[l];
    }
}

/* C = A B for each l. */
static void multiply(matrices A, matrices B, matrices C)
{
  for (int l = 0; l < HARMONICS; l++)
    for (int i = 0; i < GRID; i++) {
      for (int k = 0; k < GRID; k++) C[l][i][k] = 0;
      for (int j = 0; j < GRID; j++)
        for (int k = 0; k < GRID; k++) C[l][i][k] += A[l][i][j] * B[l][j][k];
    }
}

/* sum_l d_l Tr(P_l r^power). */
static double trace(const ring *g, matrices P, int power)
{
  double sum = 0;
  for (int l = 0; l < HARMONICS; l++)
    for (int i = 0; i < GRID; i++) sum += sq_exact_harmonics(g->components, l) * P[l][i][i] * pow(radius(g, i), power);
  return sum;
}

/* sum over neighbouring l of K_{l l'} Tr(r A_l r B_l'), cos gamma C_l = a_l C_{l+1} + b_l C_{l-1}. */
static double vector_trace(const ring *g, matrices A, matrices B)
{
  const double n = g->components;
  double sum = 0;
  for (int l = 0; l + 1 < HARMONICS; l++) {
    const double a = l ? (l + n - 2) / (2 * l + n - 2) : 1, K = sq_exact_harmonics(g->components, l) * a;
    for (int i = 0; i < GRID; i++)
      for (int k = 0; k < GRID; k++)
        sum += K * radius(g, i) * radius(g, k) * (A[l][i][k] * B[l + 1][k][i] + A[l + 1][i][k] * B[l][k][i]);
  }
  return sum;
}

static means ring_means(const ring *g)
{
  matrices *power; /* [length + 1], the first is not used */
  means m = {0};
  TAP_CALL(sq_alloc(g->length + 1, &power));
  transfer(g, power[1]);
  for (int t = 2; t <= g->length; t++) multiply(power[t - 1], power[1], power[t]);
  const double Z = trace(g, power[g->length], 0);
  m.phi2 = trace(g, power[g->length], 2) / Z;
  m.phi4 = trace(g, power[g->length], 4) / Z;
  m.product = g->length > 1 ? vector_trace(g, power[1], power[g->length - 1]) / Z : m.phi2;
  m.M2 = m.phi2;
  for (int t = 1; t < g->length; t++) m.M2 += vector_trace(g, power[t], power[g->length - t]) / Z;
  m.M2 /= g->length;
  sq_free(&power);
  return m;
}

/* A lattice that is a ring, or becomes one where its links are counted: directions of one site join sites to
 * themselves, on 2 x 2 all four pairs have two links. */
typedef struct {
  int components, dim;
  int64_t extent[SQ_DIM];
  double kappa, lambda;
  int length, doubled, selves; /* of the ring; links of a pair; links of a site to itself */
  int clusters, records;
} point;

static const point points[] = {
  {2, 1, {1}, 0.1, 0.5, 1, 1, 0, 0, 60000},      {3, 1, {1}, 0.2, 1, 1, 1, 0, 1, 60000},
  {4, 2, {1, 1}, 0.1, 0.3, 1, 1, 1, 0, 60000},   {2, 1, {2}, 0.3, 1, 2, 1, 0, 1, 60000},
  {3, 1, {2}, 0.4, 0.6, 2, 1, 0, 1, 60000},      {4, 1, {2}, -0.3, 0.8, 2, 1, 0, 1, 60000},
  {2, 1, {7}, 0.45, 1, 7, 1, 0, 1, 20000},       {3, 2, {1, 5}, 0.2, 0.7, 5, 1, 1, 1, 30000},
  {4, 2, {2, 2}, 0.22, 0.5, 4, 2, 0, 1, 30000},  {1, 1, {5}, 0.4, 1, 5, 1, 0, 1, 30000},
  {2, 3, {2, 1, 2}, 0.15, 3, 4, 2, 1, 1, 30000},
};

enum { PHI2, PHI4, LINK, M2, WATCHED };

/* Averages of a chain with flips, and of what obs measures of its fields. */
static void simulate(const point *p, setup *s, sq_estimate e[WATCHED])
{
  static const char *const name[] = {"phi2", "phi4", "link", "abs_M"};
  double *column[WATCHED], columns[SQ_OBS_MOST], *block;
  sq_obs *obs;
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &obs));
  TAP_CALL(sq_alloc(s->md->numbers, &block));
  for (int k = 0; k < WATCHED; k++) TAP_CALL(sq_alloc(p->records, &column[k]));
  for (int n = -200; n < p->records; n++) {
    TAP_CALL(sq_chain_trajectory(s->chain, 0.4, 2 + s->chain->trajectory % 3));
    TAP_CALL(sq_chain_clusters(s->chain, 1, p->clusters));
    sq_chain_flip(s->chain);
    sq_field_to_block(s->chain->phi, block);
    TAP_CALL(sq_obs_measure(obs, block, columns));
    for (int k = 0; k < WATCHED && n >= 0; k++) column[k][n] = columns[sq_obs_column(s->action.type, name[k])];
    if (n >= 0) column[M2][n] *= column[M2][n];
  }
  for (int k = 0; k < WATCHED; k++) {
    TAP_CALL(sq_gamma_mean(p->records, column[k], &e[k]));
    sq_free(&column[k]);
  }
  sq_free(&block);
  TAP_CALL(sq_obs_destroy(&obs));
}

/* The ring once more, by the library, which knows lattices of one direction. */
static void check_again(const point *p, const means *m, const ring *g)
{
  sq_exact_field field;
  if (p->doubled > 1) return;
  TAP_CALL(sq_exact_field_box(p->components, p->dim, p->extent, 1 - 2 * p->lambda, g->quartic, 2 * p->kappa, &field));
  tap_check(fabs(field.phi2 - m->phi2) < 5e-5 && fabs(field.phi4 - m->phi4) < 5e-5,
            "O(%d), length %d: two ways to the exact means, %.0e apart", p->components, p->length,
            fabs(field.phi2 - m->phi2));
}

static void test_point(const point *p)
{
  static const char *const name[] = {"phi2", "phi4", "link", "M2"};
  const double value[] = {p->components, p->kappa, p->lambda}, per_site = p->doubled;
  ring g = {.components = p->components,
            .length = p->length,
            .hop = 2 * p->kappa * p->doubled,
            .quadratic = 1 - 2 * p->lambda - 2 * p->kappa * p->selves,
            .quartic = p->lambda};
  char extents[64];
  sq_estimate e[WATCHED];
  g.most = most_of(&g);
  setup s = make(MPI_COMM_SELF, "on", p->dim, p->extent, value);
  const means m = ring_means(&g);
  const double exact[WATCHED] = {m.phi2, m.phi4, per_site * m.product + p->selves * m.phi2, m.M2};
  check_again(p, &m, &g);
  simulate(p, &s, e);
  sq_extents_text(p->dim, p->extent, extents, sizeof extents);
  for (int k = 0; k < WATCHED; k++)
    tap_check(fabs(e[k].value - exact[k]) < 4 * e[k].error && e[k].error < 0.006 * (1 + fabs(exact[k])),
              "O(%d) on %s, kappa %g, lambda %g: %s %.5f(%.5f), exact %.5f", p->components, extents, p->kappa,
              p->lambda, name[k], e[k].value, e[k].error, exact[k]);
  clear(&s);
}

/* ---- the free field ---- */

/* G(p) of all components in every mode, by trajectories with Fourier acceleration and by clusters. */
static void test_free(int components, int dim, const int64_t *extent, double kappa)
{
  enum { RECORDS = 4000, MOST = 64 };
  const double value[] = {components, kappa, 0};
  int ranks[SQ_DIM];
  double *block, worst = 0, largest = 0;
  sq_spectra *spectra;
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup s = make(MPI_COMM_WORLD, "on", dim, extent, value);
  TAP_CALL(sq_alloc(s.md->numbers, &block));
  TAP_CALL(sq_spectra_create(s.lattice, components, RECORDS, NULL, MOST, &spectra));
  TAP_CALL(sq_md_accelerate(s.md, sqrt(1 / kappa - 2 * dim)));
  for (int n = -50; n < RECORDS; n++) {
    TAP_CALL(sq_chain_trajectory(s.chain, 0.2, 3 + s.chain->trajectory % 4));
    TAP_CALL(sq_chain_clusters(s.chain, 1, n % 4 == 0));
    sq_chain_flip(s.chain);
    sq_field_to_block(s.chain->phi, block);
    if (n >= 0) TAP_CALL(sq_spectra_add(spectra, n, block));
  }
  TAP_CALL(sq_spectra_finish(spectra, MPI_COMM_NULL));
  for (int64_t o = 0; o < spectra->fft->orbits.count; o++) {
    const double G = components * sq_action_free_propagator(&s.action, spectra->fft->orbits.phase_cos[o]);
    tap_worst(&worst, fabs(spectra->power[o] - G) / spectra->power_error[o]);
    tap_worst(&largest, spectra->power_error[o] / G);
  }
  tap_check(worst < 4.5 && largest < 0.05, "O(%d), free, d = %d: %lld modes within %.1f sigmas, to %.1f %%", components,
            dim, (long long)spectra->fft->orbits.count, worst, 100 * largest);
  sq_free(&block);
  TAP_CALL(sq_spectra_destroy(&spectra));
  clear(&s);
}

/* ---- random orthogonal matrices ---- */

/* Moments of their entries: 1/N, 3/(N (N + 2)), (N + 1)/((N - 1) N (N + 2)) for rows and columns that differ. */
static void test_matrices(int n)
{
  enum { MANY = 20000 };
  double matrix[SQ_COMPONENTS * SQ_COMPONENTS], off = 0, sum[4] = {0}, det = 0;
  for (uint64_t i = 0; i < MANY; i++) {
    sq_turn_random(n, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)n), i, 0, matrix);
    for (int a = 0; a < n; a++)
      for (int b = 0; b < n; b++) {
        double product = 0;
        for (int c = 0; c < n; c++) product += matrix[a * n + c] * matrix[b * n + c];
        tap_worst(&off, fabs(product - (a == b)));
      }
    const double x = matrix[0], y = matrix[n + 1];
    sum[0] += x;
    sum[1] += x * x;
    sum[2] += x * x * x * x;
    sum[3] += x * x * y * y;
    det += n == 2 ? matrix[0] * matrix[3] - matrix[1] * matrix[2] : 0;
  }
  const double N = n, exact[4] = {0, 1 / N, 3 / (N * (N + 2)), (N + 1) / ((N - 1) * N * (N + 2))};
  double worst = 0;
  for (int k = 0; k < 4; k++) tap_worst(&worst, fabs(sum[k] / MANY - exact[k]));
  tap_check(off < 1e-14 && worst < 4.5 / sqrt(MANY) && fabs(det / MANY) < 4.5 / sqrt(MANY),
            "random matrices of O(%d): orthogonal to %.0e, moments off by %.4f", n, off, worst);
}

/* ---- the same bits ---- */

static void test_ranks(int components, int dim, const int64_t *extent)
{
  const double value[] = {components, 0.25, 0.6};
  int ranks[SQ_DIM];
  double deviation, other;
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup cut = make(MPI_COMM_WORLD, "on", dim, extent, value), whole = make(MPI_COMM_SELF, "on", dim, extent, value);
  wander(&cut, 12);
  wander(&whole, 12);
  tap_check(same_chains(&cut, &whole), "O(%d) in d = %d: the same chain on any number of ranks", components, dim);
  TAP_CALL(sq_md_accelerate(cut.md, 0));
  TAP_CALL(sq_md_accelerate(whole.md, 0));
  TAP_CALL(sq_chain_reversibility(cut.chain, 0.2, 10, &deviation));
  TAP_CALL(sq_chain_reversibility(whole.chain, 0.2, 10, &other));
  tap_check(deviation == other && deviation > 0 && deviation < 1e-13, "O(%d) in d = %d: reversible to %.0e", components,
            dim, deviation);
  clear(&cut);
  clear(&whole);
}

/* After turns too: force and action are those of the stored field. */
static void test_restore(void)
{
  const double value[] = {3, 0.25, 0.6};
  double *block, number[SQ_CHAIN_NUMBERS];
  bool same = true;
  setup a = make(MPI_COMM_WORLD, "on", 2, (int64_t[]){6, 5}, value),
        b = make(MPI_COMM_WORLD, "on", 2, (int64_t[]){6, 5}, value);
  TAP_CALL(sq_alloc(a.md->numbers, &block));
  for (int i = 0; i < 6; i++) {
    wander(&a, 1);
    sq_chain_save(a.chain, block, number);
    TAP_CALL(sq_chain_restore(b.chain, block, number));
    TAP_CALL(sq_chain_trajectory(a.chain, 0.3, 3));
    TAP_CALL(sq_chain_trajectory(b.chain, 0.3, 3));
    same = same && same_chains(&a, &b);
  }
  tap_check(same, "a chain that is put back goes on as if it had never stopped");
  sq_free(&block);
  clear(&a);
  clear(&b);
}

/* Several steps in one wavefront. */
static void test_wavefront(int dim, const int64_t *extent)
{
  const double value[] = {2, 0.25, 0.6};
  setup a = make(MPI_COMM_SELF, "on", dim, extent, value), b = make(MPI_COMM_SELF, "on", dim, extent, value);
  b.md->front = 3;
  for (int i = 0; i < 3; i++) {
    TAP_CALL(sq_chain_trajectory(a.chain, 0.2, 5));
    TAP_CALL(sq_chain_trajectory(b.chain, 0.2, 5));
  }
  tap_check(same_chains(&a, &b), "wavefronts in d = %d: the same chain", dim);
  clear(&a);
  clear(&b);
}

/* An ordered start is a vector of least action, the same everywhere. */
static void test_start(void)
{
  const double value[] = {4, 0.4, 0.1};
  double *block, square = 0;
  bool uniform = true;
  setup s = make(MPI_COMM_SELF, "on", 2, (int64_t[]){4, 4}, value);
  TAP_CALL(sq_chain_start(s.chain, SQ_START_AUTO));
  TAP_CALL(sq_alloc(s.md->numbers, &block));
  sq_field_to_block(s.chain->phi, block);
  for (int c = 0; c < 4; c++) {
    square += block[16 * c] * block[16 * c];
    for (int i = 0; i < 16; i++) uniform = uniform && block[16 * c + i] == block[16 * c];
  }
  tap_check(uniform && block[0] != block[16], "an ordered start is uniform, in a random direction");
  tap_near(sqrt(square), sq_action_ordered_value(&s.action), 1e-14, "its length");
  tap_near(s.chain->magnetisation, sqrt(square), 1e-14, "and that is the order parameter");
  sq_free(&block);
  clear(&s);
}

/* ---- many chains ---- */

static void run_many(MPI_Comm world, int replicas, sq_hmc_tuning *tuning, sq_history *series)
{
  const sq_param *const tables[] = {sq_hmc_params, NULL};
  const double value[] = {2, 0.24, 0.5};
  sq_hmc_settings set;
  sq_deck *deck;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_hmc *hmc;
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml",
                         "hmc: {chains: 4, configurations: 40, thermalisation: 200, acceleration: auto}", tables, 0,
                         NULL, &deck));
  TAP_CALL(sq_hmc_settings_from_deck(deck, &set));
  TAP_CALL(sq_grid_create(world, replicas, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){4, 6}, NULL, &lattice));
  TAP_CALL(sq_action_make("on", 2, value, &action));
  TAP_CALL(sq_hmc_create(grid, lattice, &action, &set, 3, &hmc));
  TAP_CALL(sq_hmc_thermalise(hmc));
  TAP_CALL(sq_hmc_advance(hmc, 50));
  TAP_CALL(sq_hmc_gather_series(hmc, series));
  *tuning = hmc->tuning;
  TAP_CALL(sq_hmc_destroy(&hmc));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
  TAP_CALL(sq_deck_destroy(&deck));
}

static void test_many(void)
{
  sq_hmc_tuning tuning, other;
  sq_history series, others;
  run_many(MPI_COMM_SELF, 1, &tuning, &series);
  run_many(MPI_COMM_WORLD, tap.size % 2 ? 1 : 2, &other, &others);
  tap_check(series.rows == others.rows &&
              !memcmp(series.value, others.value, (size_t)(4 * series.rows * SQ_HISTORY_COLUMNS) * sizeof(double)),
            "many chains are the same on any layout");
  tap_check(tuning.steps == other.steps && tuning.eps == other.eps && tuning.mass == other.mass, "and tuned alike");
  sq_history_clear(&series);
  sq_history_clear(&others);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_one(1, (int64_t[]){7}, SQ_START_HOT);
  test_one(2, (int64_t[]){6, 5}, SQ_START_ORDERED);
  test_one(3, (int64_t[]){2, 3, 4}, SQ_START_AUTO);
  test_one(4, (int64_t[]){2, 1, 3, 4}, SQ_START_HOT);
  test_ranks(2, 1, (int64_t[]){9});
  test_ranks(3, 2, (int64_t[]){7, 6});
  test_ranks(4, 3, (int64_t[]){3, 4, 5});
  test_ranks(2, 4, (int64_t[]){2, 4, 3, 2});
  test_restore();
  test_start();
  test_many();
  test_free(2, 2, (int64_t[]){4, 5}, 0.2);
  test_free(3, 1, (int64_t[]){7}, 0.4);
  if (tap.size == 1) {
    test_free(4, 3, (int64_t[]){2, 3, 4}, 0.13);
    test_free(2, 4, (int64_t[]){2, 1, 3, 2}, 0.1);
    for (uint64_t i = 0; i < sizeof points / sizeof *points; i++) test_point(&points[i]);
    for (int n = 2; n <= 4; n++) test_matrices(n);
    test_wavefront(2, (int64_t[]){9, 5});
    test_wavefront(3, (int64_t[]){8, 3, 4});
    test_wavefront(4, (int64_t[]){7, 2, 3, 8});
  }
  return tap_end();
}
