/* SPDX-License-Identifier: BSD-3-Clause */
/* Theories beside phi^4: Ising spins, which have no force, and angles, in one file's worth of code and one row of a
 * table of this program's own. They pass the tests of the table, run in chains, and give exact results.
 */
#include "../src/action/types.h"
#include "../src/dynamics/internal.h"
#include "squall/mc.h"
#include "squall/obs.h"
#include "theory.h"

static bool beta_valid(const sq_action *action, char *reason, size_t size)
{
  snprintf(reason, size, "beta = %g must be finite", action->value[0]);
  return isfinite(action->value[0]);
}

static const sq_param params[] = {{"action", "beta", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "coupling"}, {0}};
static const char *const columns[] = {"M", "action_density", NULL};

/* Adds -beta sum_mu g(x_i, x_{i+mu}) of every site. */
static void add_links(const sq_action *action, const sq_field *phi, double (*g)(double, double), sq_sum *sum)
{
  const int64_t n = phi->lattice->local[3];
  for (int64_t r = 0; r < phi->lattice->local_volume / n; r++)
    for (int64_t i = 0; i < n; i++) {
      const double *x = phi->data + sq_field_row(phi, r) + i;
      double links = 0;
      for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++) links += g(x[0], x[phi->stride[mu]]);
      sq_sum_add(sum, -action->value[0] * links);
    }
}

/* ---- angles: S = -beta sum cos(theta - theta') ---- */

static double cosine(double a, double b)
{
  return cos(a - b);
}

static void xy_energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  add_links(action, phi, cosine, sum);
}

static double xy_force_at(const sq_action *action, const sq_field *phi, int64_t at)
{
  const double *x = phi->data + at;
  double force = 0;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++)
    force += sin(x[phi->stride[mu]] - x[0]) + sin(x[-phi->stride[mu]] - x[0]);
  return action->value[0] * force;
}

static void xy_force(const sq_action *action, const sq_field *phi, double *out)
{
  const int64_t n = phi->lattice->local[3];
  for (int64_t r = 0; r < phi->lattice->local_volume / n; r++)
    for (int64_t i = 0; i < n; i++) *out++ = xy_force_at(action, phi, sq_field_row(phi, r) + i);
}

static void xy_sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                     int64_t count, const sq_field *previous, sq_field *next)
{
  int64_t plane, planes = sq_field_planes(now, &plane), n = now->lattice->local[3];
  int64_t rows = now->lattice->local_volume / n / planes;
  if (now->lattice->dim == 1) rows = 1;
  for (int64_t r = first * rows; r < (first + count) * rows; r++)
    for (int64_t i = 0, at = sq_field_row(now, r); i < n; i++, at++)
      next->data[at] = (1 + ratio) * now->data[at] - ratio * previous->data[at] + weight * xy_force_at(action, now, at);
}

/* Across the line at right angles to the axis, cos -> -cos of the angle with it (Wolff, Phys. Rev. Lett. 62 (1989)
 * 361).
 */
static void xy_strength(const sq_action *action, const sq_field *phi, const double *axis, int64_t at, int64_t n,
                        double *strength)
{
  const double *x = phi->data + at, angle = atan2(axis[1], axis[0]);
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++, strength += n)
    for (int64_t i = 0; i < n; i++)
      strength[i] = 2 * action->value[0] * cos(x[i] - angle) * cos(x[i + phi->stride[mu]] - angle);
}

static void xy_reflect(const sq_action *action, sq_field *phi, const double *axis, int64_t at, int64_t n,
                       const bool *turn)
{
  const double angle = atan2(axis[1], axis[0]);
  (void)action;
  for (int64_t i = 0; i < n; i++)
    if (turn[i]) phi->data[at + i] = remainder(M_PI + 2 * angle - phi->data[at + i], 2 * M_PI);
}

static const sq_action_type xy = {
  .name = "xy",
  .summary = "-beta sum cos(theta - theta')",
  .params = params,
  .space = &sq_space_circle,
  .columns = columns,
  .symmetric = true,
  .valid = beta_valid,
  .energy = xy_energy,
  .smooth = &(const sq_action_smooth){.force = xy_force, .sweep = xy_sweep},
  .bond = &(const sq_action_bond){.strength = xy_strength, .reflect = xy_reflect},
};

const sq_action_type *const sq_action_types[] = {&sq_action_phi4, &sq_action_ising, &xy, NULL};

/* ---- exact results in d = 2 ---- */

enum { RECORDS = 6000 };

typedef struct {
  const char *type;
  double beta, energy; /* a site, exact on 4 x 4 (enumeration; dual transfer matrix) */
  int clusters, local; /* updates between records, of theories without a force */
} point;

static const point points[] = {{"ising", 0.3, -0.844054073624, 0, 4},
                               {"ising", 0.44, -1.56284702810, 1, 1},
                               {"xy", 0.5, -0.6074095, 0, 0},
                               {"xy", 1.0, -1.4117287, 0, 0},
                               {"xy", 1.119946, -1.4987605, 2, 0}};

static void advance(const point *p, sq_chain *chain)
{
  if (p->local) TAP_CALL(sq_chain_local(chain, p->local));
  else TAP_CALL(sq_chain_trajectory(chain, 0.25, 8));
  TAP_CALL(sq_chain_clusters(chain, 1, p->clusters));
  sq_chain_flip(chain);
}

/* The rows of the table of observables that can be made of the columns M and action_density. */
static void check_rows(const sq_obs_table *t)
{
  bool there = sq_obs_find(t, "M") && sq_obs_find(t, "abs_M") && sq_obs_find(t, "chi2") && sq_obs_find(t, "U_L") &&
               sq_obs_find(t, "action_density");
  tap_check(there && !sq_obs_find(t, "phi2") && !sq_obs_find(t, "schwinger_dyson"), "rows appear where their columns "
                                                                                    "are");
}

/* The chain's order parameter: the mean spin, the length of the mean of e^{i theta}; a symmetry move turns the first.
 */
static void check_order(sq_chain *chain, const sq_lattice *lattice, const double *block)
{
  const bool signs = chain->md->action.type == &sq_action_ising;
  sq_sum sum[2] = {{{0}}};
  for (int64_t i = 0; i < lattice->local_volume; i++) {
    sq_sum_add(&sum[0], signs ? block[i] : cos(block[i]));
    sq_sum_add(&sum[1], signs ? 0 : sin(block[i]));
  }
  TAP_CALL(sq_sum_reduce(lattice->comm, 2, sum));
  double length = hypot(sq_sum_value(&sum[0]), sq_sum_value(&sum[1])) / (double)lattice->volume;
  tap_check(fabs(fabs(chain->magnetisation) - length) < 1e-13 && (signs || chain->magnetisation >= 0), "the order "
                                                                                                       "parameter of a "
                                                                                                       "chain");
}

static void test_point(const point *p, uint64_t id)
{
  static double column[SQ_OBS_MOST][RECORDS];
  const double *series[SQ_OBS_MOST];
  double numbers[SQ_OBS_MOST], *block;
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  sq_obs *obs;
  sq_obs_table table;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){4, 4}, NULL, &lattice));
  TAP_CALL(sq_action_make(p->type, 2, (double[]){p->beta, 1}, &action));
  TAP_CALL(sq_md_create(lattice, &action, sq_integrators[0], &md));
  TAP_CALL(sq_obs_create(lattice, &action, &obs));
  TAP_CALL(sq_chain_create(md, 5, id, &chain));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  TAP_CALL(sq_chain_start(chain, SQ_START_AUTO));
  for (int n = -200; n < RECORDS; n++) {
    advance(p, chain);
    if (n < 0) continue;
    sq_field_to_block(chain->phi, block);
    TAP_CALL(sq_obs_measure(obs, block, numbers));
    for (int c = 0; c < sq_obs_columns(action.type); c++) column[c][n] = numbers[c];
  }
  for (int c = 0; c < SQ_OBS_MOST; c++) series[c] = column[c];
  TAP_CALL(sq_obs_analyse(action.type, 2, lattice->extent, RECORDS, series, NULL, NULL, &table));
  const sq_estimate *S = sq_obs_find(&table, "action_density");
  double exact = p->beta * p->energy, sigmas = (S->value - exact) / S->error;
  tap_check(fabs(sigmas) < 4 && S->error < 0.02 * fabs(exact), "%s at beta = %g: %.5f(%.5f), exact %.5f", p->type,
            p->beta, S->value, S->error, exact);
  check_rows(&table);
  check_order(chain, lattice, block);
  sq_free(&block);
  TAP_CALL(sq_chain_destroy(&chain));
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_md_destroy(&md));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* Many chains of Ising spins, as a deck's section mc makes them: exact, and the same on any layout. */
static void run_many(MPI_Comm world, int replicas, double mean[2], double error[2], sq_hmc_tuning *tuning)
{
  const sq_param *const tables[] = {sq_action_params, sq_mc_params, NULL};
  const sq_watched what[2] = {SQ_WATCH_ACTION, SQ_WATCH_SD};
  sq_hmc_settings set;
  sq_deck *deck;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_hmc *hmc;
  sq_history series;
  sq_estimate e;
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", "mc: {chains: 4}", tables, 0, NULL, &deck));
  TAP_CALL(sq_grid_create(world, replicas, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){4, 4}, NULL, &lattice));
  TAP_CALL(sq_action_make("ising", 2, (double[]){0.3, 1}, &action));
  TAP_CALL(sq_mc_settings_from_deck(deck, &action, &set));
  TAP_CALL(sq_hmc_create(grid, lattice, &action, &set, 3, &hmc));
  TAP_CALL(sq_hmc_thermalise(hmc));
  TAP_CALL(sq_hmc_advance(hmc, 3000));
  TAP_CALL(sq_hmc_gather_series(hmc, &series));
  for (int k = 0; k < 2; k++) {
    TAP_CALL(sq_history_estimate(&series, 0, 4, 0, what[k], &e));
    mean[k] = e.value;
    error[k] = e.error;
  }
  *tuning = hmc->tuning;
  sq_history_clear(&series);
  TAP_CALL(sq_hmc_destroy(&hmc));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
  TAP_CALL(sq_deck_destroy(&deck));
}

static void test_many(void)
{
  double mean[2], error[2], other[2], ignored[2];
  sq_hmc_tuning tuning, tuned;
  run_many(MPI_COMM_SELF, 1, mean, error, &tuning);
  run_many(MPI_COMM_WORLD, tap.size < 4 ? tap.size : 2, other, ignored, &tuned);
  const double exact = points[0].beta * points[0].energy;
  tap_check(fabs(mean[0] - exact) < 4 * error[0] && error[0] < 0.02 * fabs(exact),
            "many chains without a force: %.5f(%.5f), exact %.5f", mean[0], error[0], exact);
  tap_check(tuning.steps == 1 && tuning.tau_int > 0 && tuning.separation >= 1, "thermalised and measured");
  tap_check(mean[0] == other[0] && tuning.separation == tuned.separation, "the same on any layout of ranks");
}

/* What a theory cannot do is refused. */
static void test_refusals(void)
{
  sq_lattice *lattice;
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){4, 4}, NULL, &lattice));
  TAP_CALL(sq_action_make("ising", 2, (double[]){0.4, 1}, &action));
  TAP_CALL(sq_md_create(lattice, &action, sq_integrators[0], &md));
  TAP_CALL(sq_chain_create(md, 5, 0, &chain));
  TAP_CALL(sq_chain_start(chain, SQ_START_AUTO));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_chain_trajectory(chain, 0.1, 2) == SQ_ERR_INPUT, "no trajectories without a force");
  tap_check(sq_chain_langevin(chain, sq_langevin_schemes[0], 1, 0.1, 2) == SQ_ERR_INPUT, "no Langevin steps either");
  sq_action_type bare = xy;
  sq_copies *copies = NULL;
  bare.bond = NULL;
  md->action.type = &bare;
  tap_check(sq_copies_create(&md->action, (int64_t[]){2, 2}, 1, &copies) == SQ_ERR_INPUT, "no grid in angles");
  tap_check(sq_chain_local(chain, 1) == SQ_ERR_INPUT, "no local updates where there are none");
  tap_check(sq_chain_clusters(chain, 1, 1) == SQ_ERR_INPUT, "no clusters without bonds");
  PetscPopErrorHandler();
  TAP_CALL(sq_chain_destroy(&chain));
  TAP_CALL(sq_md_destroy(&md));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* A deck knows the parameters of a row that was added, does not ask others for them, and does not echo them there. */
static void test_deck(void)
{
  const sq_param *const tables[] = {sq_action_params, NULL};
  sq_deck *deck;
  sq_action action;
  char *text;
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", "action: {type: ising, beta: 0.4}", tables, 0, NULL, &deck));
  TAP_CALL(sq_action_from_deck(deck, 2, &action));
  TAP_CALL(sq_deck_text_of(deck, NULL, false, &text));
  tap_check(action.type == &sq_action_ising && action.value[0] == 0.4 && !strstr(text, "kappa"), "a deck of Ising "
                                                                                                 "spins");
  sq_free(&text);
  TAP_CALL(sq_deck_destroy(&deck));
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", "action: {kappa: 0.2, lambda: 1}", tables, 0, NULL, &deck));
  TAP_CALL(sq_action_from_deck(deck, 2, &action));
  TAP_CALL(sq_deck_text_of(deck, NULL, false, &text));
  tap_check(action.type == &sq_action_phi4 && !strstr(text, "beta"), "a deck of phi^4 beside it");
  sq_free(&text);
  TAP_CALL(sq_deck_destroy(&deck));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_theory(&sq_action_ising);
  test_theory(&xy);
  if (tap.size != 3)
    for (uint64_t i = 0; i < sizeof points / sizeof *points; i++) test_point(&points[i], i);
  test_many();
  test_refusals();
  test_deck();
  return tap_end();
}
