/* SPDX-License-Identifier: BSD-3-Clause */
/* Ising spins against exact results: enumeration, Kaufman's torus, transfer matrices of strips; with heat baths alone,
 * clusters alone and both, in 1 to 4 dimensions, antiferromagnets and couplings that differ among them, extents 1, 2
 * and odd ones. And the numbers of a configuration against their definitions.
 */
#include "squall/dynamics.h"
#include "squall/exact.h"
#include "squall/obs.h"
#include "tap.h"

enum { RECORDS = 20000, APART = 2 };

typedef enum { BOX, TORUS, STRIP } oracle;

typedef struct {
  int dim;
  int64_t extent[SQ_DIM];
  double beta, ratio;
  int sweeps, clusters; /* between records */
  oracle known_by;
} point;

static const point points[] = {
  {1, {7}, 0.6, 1, 3, 0, BOX},
  {1, {1}, 0.7, 1, 1, 0, BOX},
  {1, {40}, -0.9, 1, 0, 1, STRIP},
  {2, {3, 5}, -0.35, 1, 2, 0, BOX},
  {2, {4, 4}, 0.3, -1.5, 2, 0, BOX},
  {2, {1, 6}, 0.5, 2, 2, 0, BOX},
  {2, {5, 2}, -0.3, 0.5, 2, 0, BOX},
  {3, {2, 2, 3}, 0.25, 0.5, 2, 0, BOX},
  {4, {2, 1, 2, 3}, 0.2, 1, 2, 0, BOX},
  {2, {3, 4}, 0.5, 1, 0, 1, BOX},
  {2, {2, 5}, -0.6, -2, 0, 1, BOX},
  {3, {1, 2, 5}, -0.3, 1.5, 0, 1, BOX},
  {2, {16, 16}, 0.4406868, 1, 1, 1, TORUS},
  {2, {12, 10}, 0.5, 0.4, 1, 1, TORUS},
  {2, {30, 6}, 0.35, 1, 1, 1, STRIP},
  {3, {9, 3, 3}, 0.2, 1.3, 1, 1, STRIP},
};

static void known(const point *p, sq_exact_thermal *t, sq_exact_moments *m)
{
  double coupling[SQ_DIM] = {p->ratio, 1, 1, 1};
  *m = (sq_exact_moments){NAN, NAN, NAN};
  if (p->known_by == BOX) TAP_CALL(sq_exact_ising_box(p->dim, p->extent, p->beta, coupling, NULL, t, m));
  else if (p->known_by == TORUS) *t = sq_exact_ising_torus(p->extent, p->beta, coupling, NULL);
  else TAP_CALL(sq_exact_ising_strip(p->dim, p->extent, p->beta, coupling, NULL, t, m));
}

/* ---- a simulation ---- */

static void move(sq_chain *chain, const point *p)
{
  if (p->sweeps) TAP_CALL(sq_chain_local(chain, p->sweeps));
  else chain->trajectory++;
  TAP_CALL(sq_chain_clusters(chain, 1, p->clusters));
  sq_chain_flip(chain);
}

static void run(const sq_lattice *lattice, const sq_action *action, const point *p, uint64_t id, sq_obs_table *table)
{
  static double column[SQ_OBS_MOST][RECORDS];
  const double *series[SQ_OBS_MOST];
  double numbers[SQ_OBS_MOST], *block;
  sq_md *md;
  sq_chain *chain;
  sq_obs *obs;
  TAP_CALL(sq_md_create(lattice, action, sq_integrators[0], &md));
  TAP_CALL(sq_obs_create(lattice, action, &obs));
  TAP_CALL(sq_chain_create(md, 7, id, &chain));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  TAP_CALL(sq_chain_start(chain, SQ_START_AUTO));
  for (int n = -100; n < RECORDS; n++) {
    for (int k = 0; k < APART; k++) move(chain, p);
    if (n < 0) continue;
    sq_field_to_block(chain->phi, block);
    TAP_CALL(sq_obs_measure(obs, block, numbers));
    for (int c = 0; c < sq_obs_columns(action->type); c++) column[c][n] = numbers[c];
  }
  for (int c = 0; c < SQ_OBS_MOST; c++) series[c] = column[c];
  TAP_CALL(sq_obs_analyse(action->type, p->dim, lattice->extent, RECORDS, series, NULL, NULL, table));
  sq_free(&block);
  TAP_CALL(sq_chain_destroy(&chain));
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_md_destroy(&md));
}

/* How far a row is off in its errors, the largest so far in worst; what is not known, or does not move, is exact. */
static void compare(const sq_obs_table *table, const char *name, double exact, double *worst)
{
  const sq_estimate *e = sq_obs_find(table, name);
  if (isnan(exact)) return;
  if (fabs(e->value - exact) < 1e-10) return;
  tap_worst(worst, fabs(e->value - exact) / e->error);
}

/* Some 50 numbers within 4.5 errors: they are not by chance 1 time in 3000. */
static void test_point(const point *p, uint64_t id)
{
  sq_lattice *lattice;
  sq_action action;
  sq_obs_table table;
  sq_exact_thermal t;
  sq_exact_moments m;
  int ranks[SQ_DIM];
  double worst = 0;
  char text[64];
  if (!sq_lattice_can_share(p->dim, p->extent, tap.size, ranks)) return;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, p->dim, p->extent, NULL, &lattice));
  TAP_CALL(sq_action_make("ising", p->dim, (double[]){p->beta, p->ratio}, &action));
  run(lattice, &action, p, id, &table);
  known(p, &t, &m);
  compare(&table, "energy", t.energy, &worst);
  compare(&table, "action_density", p->beta * t.energy, &worst);
  compare(&table, "specific_heat", t.specific_heat, &worst);
  compare(&table, "abs_M", m.abs_M, &worst);
  compare(&table, "M2", m.M2, &worst);
  sq_extents_text(p->dim, p->extent, text, sizeof text);
  tap_check(worst < 4.5, "%s, beta = %g, ratio = %g: energy %.5f(%.5f), exact %.5f; all within %.1f errors", text,
            p->beta, p->ratio, sq_obs_find(&table, "energy")->value, sq_obs_find(&table, "energy")->error, t.energy,
            worst);
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* ---- one configuration ---- */

/* Spins that alternate with the sum of their coordinates, but for one at the origin. */
static void test_columns(void)
{
  const int64_t extent[] = {4, 6};
  double column[SQ_OBS_MOST], *block;
  sq_lattice *lattice;
  sq_action action;
  sq_obs *obs;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, extent, NULL, &lattice));
  TAP_CALL(sq_action_make("ising", 2, (double[]){0.3, 2}, &action));
  TAP_CALL(sq_obs_create(lattice, &action, &obs));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  for (int64_t i = 0; i < lattice->local_volume; i++) {
    int64_t site = sq_lattice_row_site(lattice, i / lattice->local[3]) + i % lattice->local[3];
    block[i] = (site / 6 + site % 6) % 2 || site == 0 ? -1 : 1;
  }
  TAP_CALL(sq_obs_measure(obs, block, column));
  const double *energy = &column[sq_obs_column(action.type, "energy")];
  tap_near(*energy, (24 * 3 - 2 * 6) / 24., 1e-14, "the energy of an antiferromagnet with one spin turned");
  tap_near(column[sq_obs_column(action.type, "action_density")], 0.3 * *energy, 1e-15, "S is beta times the energy");
  tap_near(column[sq_obs_column(action.type, "M")], -2 / 24., 1e-15, "its magnetisation");
  tap_near(column[sq_obs_column(action.type, "M_staggered")], 22 / 24., 1e-15, "its staggered magnetisation");
  TAP_CALL(sq_action_make("ising", 2, (double[]){0, 2}, &action));
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_obs_create(lattice, &action, &obs));
  TAP_CALL(sq_obs_measure(obs, block, column));
  tap_near(column[sq_obs_column(action.type, "energy")], (24 * 3 - 2 * 6) / 24., 1e-14, "it is there without coupling");
  sq_free(&block);
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_columns();
  for (uint64_t i = 0; i < sizeof points / sizeof *points; i++) test_point(&points[i], i);
  return tap_end();
}
