/* SPDX-License-Identifier: BSD-3-Clause */
/* The complex field as fluxes: its action against the weights written out, its columns, chains that worms move, and
 * that all of it has the same bits on any ranks and after any restart.
 */
#include "squall/hmc.h"
#include "squall/obs.h"
#include "tap.h"
#include <string.h>

enum { MOST = 8 * 64 }; /* numbers of a field */

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
  double value[3];
} shapes[] = {{1, {1}, {2.5, 1, 0.4}},        {1, {7}, {2.01, 1, 1.1}},       {2, {2, 2}, {4.01, 1, 0.9}},
              {2, {1, 6}, {-3, 0.5, 0.2}},    {2, {5, 3}, {4.01, 1, 1.2}},    {2, {8, 8}, {4.25, 0, 0.4}},
              {3, {4, 3, 2}, {5, 0.3, -0.6}}, {4, {1, 2, 3, 4}, {7, 1, 0.8}}, {4, {2, 2, 4, 2}, {9, 0.2, 1}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* A chain of a theory of fluxes over the ranks of a communicator. */
typedef struct {
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  sq_obs *obs;
  double *block, column[SQ_OBS_MOST];
} setup;

static void setup_make(MPI_Comm comm, int shape, setup *s)
{
  TAP_CALL(sq_lattice_create(comm, shapes[shape].dim, shapes[shape].extent, NULL, &s->lattice));
  TAP_CALL(sq_action_make("complex", shapes[shape].dim, shapes[shape].value, &s->action));
  TAP_CALL(sq_md_create(s->lattice, &s->action, sq_integrators[0], &s->md));
  TAP_CALL(sq_chain_create(s->md, 8, (uint64_t)shape, &s->chain));
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &s->obs));
  TAP_CALL(sq_alloc(2 * s->lattice->dim * s->lattice->local_volume, &s->block));
}

static void setup_free(setup *s)
{
  sq_free(&s->block);
  TAP_CALL(sq_obs_destroy(&s->obs));
  TAP_CALL(sq_chain_destroy(&s->chain));
  TAP_CALL(sq_md_destroy(&s->md));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

/* An interval of so many worms. */
static PetscErrorCode worms(sq_chain *chain, int64_t count)
{
  return sq_dynamics_worm.move(chain, &(sq_pace){.steps = count}, 1);
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

/* The site one step back along direction nu of the shape. */
static int64_t before(int shape, int64_t x, int nu)
{
  const int64_t *extent = shapes[shape].extent;
  int64_t below = 1;
  for (int mu = shapes[shape].dim - 1; mu > nu; mu--) below *= extent[mu];
  return x + (x / below % extent[nu] ? -1 : extent[nu] - 1) * below;
}

/* -log of the weight of the fluxes all[2 d][volume]; *squares: sum W(f+2)/W(f). */
static double formula(int shape, int64_t volume, const double *all, double *squares)
{
  const int d = shapes[shape].dim;
  const double *value = shapes[shape].value;
  double S = 0;
  *squares = 0;
  for (int64_t x = 0; x < volume; x++) {
    double f = 0;
    for (int nu = 0; nu < d; nu++) {
      const int64_t y = before(shape, x, nu);
      const double k = all[nu * volume + x], l = all[(d + nu) * volume + x];
      f += fabs(k) + 2 * l + fabs(all[nu * volume + y]) + 2 * all[(d + nu) * volume + y];
      S += lgamma(fabs(k) + l + 1) + lgamma(l + 1) - (nu ? 0 : value[2] * k);
    }
    S -= sq_flux_log_weight(value[0], value[1], (int64_t)f / 2);
    *squares += exp(sq_flux_log_weight(value[0], value[1], (int64_t)f / 2 + 1) -
                    sq_flux_log_weight(value[0], value[1], (int64_t)f / 2));
  }
  return S;
}

static void test_columns(int shape, const setup *s)
{
  const int64_t n = s->lattice->volume;
  const int d = s->lattice->dim;
  double squares, S = formula(shape, n, s->block, &squares), particles = 0, shifted[MOST];
  for (int64_t x = 0; x < n / shapes[shape].extent[0]; x++) particles += s->block[x];
  tap_check(fabs(s->chain->action - S) < 1e-11 * (1 + fabs(S)) && s->chain->magnetisation == column(s, "density") &&
              fabs(column(s, "action_density") - S / (double)n) < 1e-12 * (1 + fabs(S)) &&
              fabs(column(s, "phi2") - squares / (double)n) < 1e-11 * squares && column(s, "winding") == particles &&
              fabs(column(s, "density") - particles * (double)shapes[shape].extent[0] / (double)n) < 1e-13,
            "shape %d: action and columns are those of the formula, %g particles", shape, particles);
  for (int64_t x = 0; x < n; x++)
    for (int c = 0; c < 2 * d; c++) shifted[c * n + before(shape, x, d - 1)] = s->block[c * n + x];
  setup moved;
  setup_make(MPI_COMM_SELF, shape, &moved);
  TAP_CALL(sq_chain_restore(moved.chain, shifted, (double[SQ_CHAIN_NUMBERS]){0}));
  tap_check(moved.chain->action == s->chain->action, "shape %d: translations leave it alone to the last bit", shape);
  setup_free(&moved);
}

/* Whole on every rank, and cut over all of them with a restart after each interval. */
static void test_shape(int shape)
{
  int ranks[SQ_DIM];
  double number[SQ_CHAIN_NUMBERS];
  bool same = true;
  setup whole, cut;
  setup_make(MPI_COMM_SELF, shape, &whole);
  TAP_CALL(sq_chain_start(whole.chain, SQ_START_ORDERED));
  for (int n = 0; n < 20; n++) TAP_CALL(worms(whole.chain, 5));
  measure(&whole);
  test_columns(shape, &whole);
  if (sq_lattice_can_share(shapes[shape].dim, shapes[shape].extent, tap.size, ranks)) {
    setup_make(MPI_COMM_WORLD, shape, &cut);
    TAP_CALL(sq_chain_start(cut.chain, SQ_START_ORDERED));
    for (int n = 0; n < 20; n++) {
      TAP_CALL(worms(cut.chain, 5));
      sq_chain_save(cut.chain, cut.block, number);
      TAP_CALL(sq_chain_restore(cut.chain, cut.block, number));
    }
    measure(&cut);
    for (int c = 0; whole.action.type->columns[c]; c++) same = same && whole.column[c] == cut.column[c];
    const int64_t n = cut.lattice->local_volume;
    for (int64_t i = 0; i < 2 * whole.lattice->dim * n; i++) {
      const int64_t x = sq_lattice_row_site(cut.lattice, i % n / cut.lattice->local[3]) + i % cut.lattice->local[3];
      same = same && cut.block[i] == whole.block[i / n * whole.lattice->volume + x];
    }
    tap_check(same && cut.chain->action == whole.chain->action, "shape %d: the same on any ranks and after restarts",
              shape);
    setup_free(&cut);
  }
  setup_free(&whole);
}

/* ---- starts and refusals ---- */

static void test_starts(void)
{
  setup s;
  setup_make(MPI_COMM_SELF, 4, &s);
  TAP_CALL(sq_chain_start(s.chain, SQ_START_HOT));
  measure(&s);
  bool none = column(&s, "density") == 0;
  TAP_CALL(sq_chain_start(s.chain, SQ_START_ORDERED));
  measure(&s);
  tap_check(none && column(&s, "density") == 2 && isfinite(s.chain->action), "a hot start has no flux, an ordered one "
                                                                             "the classical density");
  setup_free(&s);
}

static void test_refusals(void)
{
  setup s;
  sq_action action;
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_action_make("complex", 2, (double[]){4.2, 0, 0.5}, &action) == SQ_ERR_INPUT &&
              sq_action_make("complex", 2, (double[]){4.2, -1, 0}, &action) == SQ_ERR_INPUT &&
              sq_action_make("complex", 2, (double[]){4.2, 1, 100}, &action) == SQ_ERR_INPUT &&
              sq_action_make("complex", 2, (double[]){-4.2, 1, -1}, &action) == 0 &&
              sq_action_make("complex", 2, (double[]){4.2, 0, 0.1}, &action) == 0,
            "values that make no measure are refused");
  setup_make(MPI_COMM_SELF, 2, &s);
  s.block[0] = 1;
  TAP_CALL(sq_chain_restore(s.chain, s.block, (double[SQ_CHAIN_NUMBERS]){0}));
  measure(&s);
  tap_check(!isfinite(s.chain->action) && !isfinite(column(&s, "action_density")) && isfinite(column(&s, "phi2")) &&
              column(&s, "violations") > 0,
            "a divergence has no weight");
  tap_check(worms(s.chain, 1) == SQ_ERR_DATA, "and no worm moves it");
  tap_check(sq_chain_local(s.chain, 1) == SQ_ERR_INPUT && sq_chain_trajectory(s.chain, 0.1, 1) == SQ_ERR_INPUT &&
              sq_chain_clusters(s.chain, 1, 1) == SQ_ERR_INPUT,
            "nothing else moves fluxes");
  setup_free(&s);
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 2, (int64_t[]){4, 4}, NULL, &s.lattice));
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.2, 1}, &action));
  TAP_CALL(sq_md_create(s.lattice, &action, sq_integrators[0], &s.md));
  TAP_CALL(sq_chain_create(s.md, 8, 1, &s.chain));
  tap_check(worms(s.chain, 1) == SQ_ERR_INPUT, "no worms without fluxes");
  PetscPopErrorHandler();
  TAP_CALL(sq_chain_destroy(&s.chain));
  TAP_CALL(sq_md_destroy(&s.md));
  TAP_CALL(sq_lattice_destroy(&s.lattice));
}

/* ---- many chains, as a deck's section mc makes them ---- */

static void run_many(MPI_Comm world, int replicas, double mu, sq_estimate mean[2], sq_hmc_tuning *tuning, double *apart)
{
  const sq_watched what[2] = {SQ_WATCH_ACTION, SQ_WATCH_M_ABS};
  sq_hmc_settings set = {.section = "mc",
                         .configurations = 64,
                         .chains = 4,
                         .integrator = sq_integrators[0],
                         .length = 1,
                         .cluster = SQ_HMC_AUTO,
                         .acceleration = SQ_ACCELERATION_NONE,
                         .dynamics = &sq_dynamics_worm};
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_hmc *hmc;
  sq_history series;
  TAP_CALL(sq_grid_create(world, replicas, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){8, 2}, NULL, &lattice));
  TAP_CALL(sq_action_make("complex", 2, (double[]){4.01, 1, mu}, &action));
  TAP_CALL(sq_hmc_create(grid, lattice, &action, &set, 3, &hmc));
  TAP_CALL(sq_hmc_thermalise(hmc));
  TAP_CALL(sq_hmc_advance(hmc, 2000));
  TAP_CALL(sq_hmc_gather_series(hmc, &series));
  for (int k = 0; k < 2; k++) TAP_CALL(sq_history_estimate(&series, 0, 4, 0, what[k], &mean[k]));
  *tuning = hmc->tuning;
  *apart = hmc->agreement.sigmas;
  sq_history_clear(&series);
  TAP_CALL(sq_hmc_destroy(&hmc));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* |n| >= n: at mu = 1 the particles are hardly ever fewer than antiparticles, 0.5039 exact for n. */
static void test_many(void)
{
  sq_estimate mean[2], other[2];
  sq_hmc_tuning tuning, tuned;
  double apart, ignored;
  run_many(MPI_COMM_SELF, 1, 1, mean, &tuning, &apart);
  run_many(MPI_COMM_WORLD, tap.size < 4 ? tap.size : 2, 1, other, &tuned, &ignored);
  tap_check(fabs(mean[1].value - 0.504) < 4 * mean[1].error + 2e-3 && mean[1].error < 0.01,
            "many chains: |n| = %.4f(%.4f)", mean[1].value, mean[1].error);
  tap_check(tuning.steps > 1 && tuning.steps == tuned.steps && tuning.separation == tuned.separation &&
              mean[0].value == other[0].value && mean[1].value == other[1].value,
            "with %lld worms an interval, the same on any layout of ranks", (long long)tuning.steps);
  run_many(MPI_COMM_SELF, 1, 0, mean, &tuning, &ignored);
  tap_check(apart < 4 && ignored < 4 && tuning.thermalisation < 2000, "hot and ordered starts agree, with particles "
                                                                      "and without");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; i < SHAPES; i++) test_shape(i);
  test_starts();
  test_refusals();
  test_many();
  return tap_end();
}
