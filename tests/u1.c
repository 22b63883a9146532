/* SPDX-License-Identifier: BSD-3-Clause */
/* U(1) gauge theory in two dimensions: plaquette, topological charge and Wilson loops against exact sums over
 * characters; columns against their definitions; frozen charges and the instantons that move them; the same bits on any
 * number of ranks. */
#include "squall/exact.h"
#include "squall/hmc.h"
#include "squall/obs.h"
#include "tap.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  sq_obs *obs;
  double *block;
} setup;

static void make(MPI_Comm comm, const int64_t *extent, double beta, setup *s)
{
  TAP_CALL(sq_lattice_create(comm, 2, extent, NULL, &s->lattice));
  TAP_CALL(sq_action_make("u1", 2, (double[]){beta}, &s->action));
  TAP_CALL(sq_md_create(s->lattice, &s->action, sq_integrators[0], &s->md));
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &s->obs));
  TAP_CALL(sq_chain_create(s->md, 7, 1, &s->chain));
  TAP_CALL(sq_alloc(2 * s->lattice->local_volume, &s->block));
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

static double at(const sq_action *action, const double *numbers, const char *name)
{
  return numbers[sq_obs_column(action->type, name)];
}

/* ---- averages ---- */

typedef struct {
  double beta;
  int64_t extent[2];
  int records, steps;
  double eps;
} point;

static const point points[] = {{1, {6, 6}, 3000, 4, 0.3},  {3, {8, 8}, 2000, 5, 0.12}, {-2, {4, 6}, 3000, 5, 0.15},
                               {4, {5, 7}, 3000, 5, 0.11}, {2, {2, 6}, 3000, 5, 0.15}, {0.7, {3, 2}, 3000, 4, 0.3},
                               {1, {1, 5}, 2000, 4, 0.3}};

static void run(setup *s, const point *p, sq_obs_table *table)
{
  const double *series[SQ_OBS_MOST];
  double *column[SQ_OBS_MOST], numbers[SQ_OBS_MOST];
  const int columns = sq_obs_columns(s->action.type);
  for (int c = 0; c < columns; c++) TAP_CALL(sq_alloc(p->records, &column[c]));
  for (int n = -100; n < p->records; n++) {
    TAP_CALL(sq_chain_trajectory(s->chain, p->eps, p->steps));
    TAP_CALL(sq_chain_jumps(s->chain, 1));
    sq_chain_flip(s->chain);
    if (n < 0) continue;
    sq_field_to_block(s->chain->phi, s->block);
    TAP_CALL(sq_obs_measure(s->obs, s->block, numbers));
    for (int c = 0; c < columns; c++) column[c][n] = numbers[c];
  }
  for (int c = 0; c < columns; c++) series[c] = column[c];
  TAP_CALL(sq_obs_analyse(s->action.type, 2, s->lattice->extent, p->records, series, NULL, NULL, table));
  for (int c = 0; c < columns; c++) sq_free(&column[c]);
}

/* Within 4 errors: 25 numbers, a false alarm in 600 changes of their seed. */
static void compare(const sq_obs_table *t, const point *p, const char *name, double exact, double most)
{
  const sq_estimate *e = sq_obs_find(t, name);
  const double sigmas = (e->value - exact) / e->error;
  const bool constant = fabs(e->value - exact) < 1e-12 && e->error < 1e-12; /* where links close on themselves */
  tap_check((fabs(sigmas) < 4 && e->error < most) || constant,
            "beta %g, %dx%d: %s %.5f(%.5f), exact %.5f (%+.1f errors)", p->beta, (int)p->extent[0], (int)p->extent[1],
            name, e->value, e->error, exact, sigmas);
}

static void test_point(const point *p)
{
  setup s;
  sq_obs_table table;
  sq_exact_gauge gauge;
  double loop;
  make(MPI_COMM_SELF, p->extent, p->beta, &s);
  run(&s, p, &table);
  TAP_CALL(sq_exact_u1(p->extent, p->beta, &gauge));
  compare(&table, p, "plaquette", gauge.plaquette, 0.01);
  compare(&table, p, "energy", -gauge.plaquette, 0.01);
  compare(&table, p, "specific_heat", gauge.thermal.specific_heat, 0.15 * gauge.thermal.specific_heat + 0.02);
  compare(&table, p, "Q2", gauge.Q2, 0.1 * (gauge.Q2 + 0.1));
  if (p->extent[0] >= 3 && p->extent[1] >= 2) {
    TAP_CALL(sq_exact_u1_wilson(p->extent, p->beta, 6, &loop));
    compare(&table, p, "wilson_2x3", loop, 0.02);
    TAP_CALL(sq_exact_u1_wilson(p->extent, p->beta, 2, &loop));
    compare(&table, p, "wilson_2x1", loop, 0.02);
  }
  clear(&s);
}

/* ---- columns ---- */

/* Number c of site x of a field that one rank holds whole. */
static double angle_at(const double *block, const int64_t *extent, int c, int64_t t, int64_t x)
{
  return block[(c * extent[0] + (t + extent[0]) % extent[0]) * extent[1] + (x + extent[1]) % extent[1]];
}

/* The mean cosine of the angles along the edge of R x T plaquettes. */
static double loop_walked(const double *block, const int64_t *extent, int R, int T)
{
  double sum = 0;
  for (int64_t t = 0; t < extent[0]; t++)
    for (int64_t x = 0; x < extent[1]; x++) {
      double angle = 0;
      for (int k = 0; k < T; k++)
        angle += angle_at(block, extent, 0, t + k, x) - angle_at(block, extent, 0, t + k, x + R);
      for (int k = 0; k < R; k++)
        angle += angle_at(block, extent, 1, t + T, x + k) - angle_at(block, extent, 1, t, x + k);
      sum += cos(angle);
    }
  return sum / (double)(extent[0] * extent[1]);
}

static double charge_walked(const double *block, const int64_t *extent)
{
  double sum = 0;
  for (int64_t t = 0; t < extent[0]; t++)
    for (int64_t x = 0; x < extent[1]; x++)
      sum += remainder(angle_at(block, extent, 0, t, x) + angle_at(block, extent, 1, t + 1, x) -
                         angle_at(block, extent, 0, t, x + 1) - angle_at(block, extent, 1, t, x),
                       2 * M_PI);
  return sum / (2 * M_PI);
}

/* theta_mu(x) + a(x) - a(x + mu). */
static void transform(double *block, const int64_t *extent)
{
  double a[64], moved[128];
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 3), 0, extent[0] * extent[1], 0, 0, a);
  for (int64_t t = 0; t < extent[0]; t++)
    for (int64_t x = 0; x < extent[1]; x++) {
      const int64_t here = t * extent[1] + x, V = extent[0] * extent[1];
      moved[here] = block[here] + a[here] - a[(t + 1) % extent[0] * extent[1] + x];
      moved[V + here] = block[V + here] + a[here] - a[t * extent[1] + (x + 1) % extent[1]];
    }
  memcpy(block, moved, (size_t)(2 * extent[0] * extent[1]) * sizeof *block);
}

static void test_columns(const int64_t *extent)
{
  setup s;
  double numbers[SQ_OBS_MOST], again[SQ_OBS_MOST], worst = 0;
  char name[32];
  make(MPI_COMM_SELF, extent, 1.3, &s);
  sq_field_to_block(s.chain->phi, s.block);
  TAP_CALL(sq_obs_measure(s.obs, s.block, numbers));
  for (int R = 1; R <= 4; R++)
    for (int T = 1; T <= 4; T++) {
      snprintf(name, sizeof name, "wilson_%dx%d", R, T);
      tap_worst(&worst, fabs(at(&s.action, numbers, name) - loop_walked(s.block, extent, R, T)));
    }
  tap_check(worst < 1e-12, "%dx%d: Wilson loops are those along their edge", (int)extent[0], (int)extent[1]);
  const double plaquette = at(&s.action, numbers, "plaquette");
  tap_check(plaquette == at(&s.action, numbers, "wilson_1x1") &&
              fabs(at(&s.action, numbers, "action_density") + 1.3 * plaquette) < 1e-12,
            "the plaquette is the smallest, and the action is made of it");
  const double Q = charge_walked(s.block, extent);
  tap_check(at(&s.action, numbers, "Q") == nearbyint(Q) && fabs(Q - nearbyint(Q)) < 1e-9, "Q is a whole number");
  tap_check(fabs(s.chain->magnetisation * (double)s.lattice->volume - Q) < 1e-9, "and what a chain watches");
  transform(s.block, extent);
  TAP_CALL(sq_obs_measure(s.obs, s.block, again));
  worst = 0;
  for (int c = 0; c < sq_obs_columns(s.action.type); c++) tap_worst(&worst, fabs(again[c] - numbers[c]));
  tap_check(worst < 1e-11, "%dx%d: gauge transformations change nothing", (int)extent[0], (int)extent[1]);
  clear(&s);
}

/* ---- frozen charges ---- */

/* An instanton adds 1 to Q and the same angle to every plaquette. */
static void test_instanton(const int64_t *extent)
{
  setup s;
  double Q[3];
  make(MPI_COMM_SELF, extent, 1, &s);
  memset(s.block, 0, (size_t)(2 * s.lattice->volume) * sizeof *s.block);
  sq_field_from_block(s.chain->phi, s.block);
  for (int k = 0; k < 2; k++) {
    s.action.type->jump->move(&s.action, k ? 0.7 : 0.2, s.chain->phi);
    sq_field_to_block(s.chain->phi, s.block);
    Q[k] = charge_walked(s.block, extent);
    if (!k) Q[2] = loop_walked(s.block, extent, 1, 1);
  }
  tap_check(fabs(Q[0] - 1) < 1e-12 && fabs(Q[1]) < 1e-12 &&
              fabs(Q[2] - cos(2 * M_PI / (double)s.lattice->volume)) < 1e-12,
            "%dx%d: an instanton adds 1 to Q, evenly, and another takes it away", (int)extent[0], (int)extent[1]);
  clear(&s);
}

/* How often Q changes, at beta = 7 on 16x16. */
static int changes(int64_t jumps, double *Q2)
{
  enum { TRAJECTORIES = 400 };
  setup s;
  int count = 0;
  double last = NAN;
  make(MPI_COMM_SELF, (int64_t[]){16, 16}, 7, &s);
  *Q2 = 0;
  for (int n = -100; n < TRAJECTORIES; n++) {
    TAP_CALL(sq_chain_trajectory(s.chain, 0.08, 6));
    TAP_CALL(sq_chain_jumps(s.chain, jumps));
    const double Q = nearbyint(s.chain->magnetisation * (double)s.lattice->volume);
    if (n >= 0) count += Q != last;
    if (n >= 0) *Q2 += Q * Q / TRAJECTORIES;
    last = Q;
  }
  clear(&s);
  return count;
}

/* Exact: <Q^2> = 1.0064; with some 150 changes of Q in 400 trajectories its error is about 0.2. */
static void test_frozen(void)
{
  double Q2, frozen;
  const int without = changes(0, &frozen), with = changes(1, &Q2);
  tap_check(without <= 4, "beta = 7: hybrid Monte Carlo alone leaves Q where it is (%d changes, <Q^2> %.2f)", without,
            frozen);
  tap_check(with > 100 && Q2 > 0.4 && Q2 < 1.9, "instantons move it (%d changes, <Q^2> %.2f, exact 1.01)", with, Q2);
}

/* ---- ranks ---- */

static uint64_t checksum_after(MPI_Comm comm, const int64_t *extent, double numbers[SQ_OBS_MOST])
{
  setup s;
  uint64_t sum;
  make(comm, extent, 2, &s);
  for (int n = 0; n < 5; n++) {
    TAP_CALL(sq_chain_trajectory(s.chain, 0.15, 4));
    TAP_CALL(sq_chain_jumps(s.chain, 2));
    sq_chain_flip(s.chain);
  }
  sq_field_to_block(s.chain->phi, s.block);
  TAP_CALL(sq_block_checksum(s.lattice, 2, s.block, &sum));
  TAP_CALL(sq_obs_measure(s.obs, s.block, numbers));
  clear(&s);
  return sum;
}

static void test_ranks(const int64_t *extent)
{
  double numbers[SQ_OBS_MOST], alone[SQ_OBS_MOST];
  int ranks[SQ_DIM];
  sq_action action;
  if (!sq_lattice_can_share(2, extent, tap.size, ranks)) return;
  TAP_CALL(sq_action_make("u1", 2, (double[]){2}, &action));
  const uint64_t shared = checksum_after(MPI_COMM_WORLD, extent, numbers),
                 whole = checksum_after(MPI_COMM_SELF, extent, alone);
  tap_check(shared == whole && !memcmp(numbers, alone, (size_t)sq_obs_columns(action.type) * sizeof *alone),
            "%dx%d: the same bits however it is cut", (int)extent[0], (int)extent[1]);
}

int main(int argc, char **argv)
{
  static const int64_t shapes[][2] = {{4, 6}, {5, 3}, {8, 8}, {2, 7}, {7, 1}, {3, 4}};
  tap_begin(&argc, &argv);
  for (size_t i = 0; tap.size == 1 && i < sizeof points / sizeof *points; i++) test_point(&points[i]);
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    if (tap.size == 1) test_columns(shapes[i]);
    if (tap.size == 1) test_instanton(shapes[i]);
    test_ranks(shapes[i]);
  }
  if (tap.size == 1) test_frozen();
  return tap_end();
}
