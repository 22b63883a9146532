/* SPDX-License-Identifier: BSD-3-Clause */
/* hmc, many chains: the same ensemble on any layout of replicas and domains and after a restart; series and monitors.
 */
#include "hmc.h"

/* The sum of the checksums of all chains, each times its number. */
static uint64_t checksum(const setup *s)
{
  uint64_t sum = 0, one;
  double *block;
  TAP_CALL(sq_alloc(s->lattice->local_volume, &block));
  for (int64_t i = 0; i < s->hmc->count; i++) {
    sq_field_to_block(s->hmc->chain[i]->phi, block);
    TAP_CALL(sq_block_checksum(s->lattice, 1, block, &one));
    sum += one * (2 * s->hmc->chain[i]->id + 1);
  }
  sq_free(&block);
  (void)MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, s->grid->across);
  return sum;
}

static bool same_history(const sq_history *a, const sq_history *b)
{
  bool same = a->chains == b->chains && a->rows == b->rows;
  for (int64_t c = 0; c < a->chains && same; c++)
    same = memcmp(a->value + c * a->capacity * SQ_HISTORY_COLUMNS, b->value + c * b->capacity * SQ_HISTORY_COLUMNS,
                  (size_t)(a->rows * SQ_HISTORY_COLUMNS) * sizeof(double)) == 0;
  return same;
}

static bool same_tuning(const sq_hmc *a, const sq_hmc *b)
{
  double x[SQ_HMC_TUNING_NUMBERS], y[SQ_HMC_TUNING_NUMBERS];
  sq_hmc_tuning_save(&a->tuning, x);
  sq_hmc_tuning_save(&b->tuning, y);
  return memcmp(x, y, sizeof x) == 0;
}

/* ---- layouts of ranks ---- */

static void compare(setup *a, setup *b, const char *what)
{
  sq_history x, y;
  sq_metropolis m, n;
  TAP_CALL(sq_hmc_gather_series(a->hmc, &x));
  TAP_CALL(sq_hmc_gather_series(b->hmc, &y));
  TAP_CALL(sq_hmc_counts(a->hmc, &m));
  TAP_CALL(sq_hmc_counts(b->hmc, &n));
  tap_check(checksum(a) == checksum(b), "%s: the same fields", what);
  tap_check(same_tuning(a->hmc, b->hmc), "%s: the same tuning", what);
  tap_check(x.rows > 0 && same_history(&x, &y), "%s: the same series", what);
  tap_check(m.proposed == n.proposed && m.accepted == n.accepted && m.sum_exp == n.sum_exp, "%s: the same counts",
            what);
  sq_history_clear(&x);
  sq_history_clear(&y);
}

static void test_layouts(int chains, int dim, const int64_t *extent, int64_t cluster, sq_acceleration acceleration)
{
  sq_hmc_settings set = settings(chains);
  set.cluster = cluster;
  set.acceleration = acceleration;
  setup alone = make(MPI_COMM_SELF, 1, dim, extent, 0.21, 0.1, &set);
  TAP_CALL(sq_hmc_thermalise(alone.hmc));
  TAP_CALL(sq_hmc_advance(alone.hmc, 12));
  for (int replicas = 1; replicas <= tap.size; replicas++) {
    char what[96];
    int ranks[SQ_DIM];
    if (tap.size % replicas || !sq_lattice_can_share(dim, extent, tap.size / replicas, ranks)) continue;
    snprintf(what, sizeof what, "%d chains on %d replicas", chains, replicas);
    setup spread = make(MPI_COMM_WORLD, replicas, dim, extent, 0.21, 0.1, &set);
    TAP_CALL(sq_hmc_thermalise(spread.hmc));
    TAP_CALL(sq_hmc_advance(spread.hmc, 12));
    tap_check(same_history(&spread.hmc->warmup, &alone.hmc->warmup), "%s: the same thermalisation", what);
    compare(&spread, &alone, what);
    clear(&spread);
  }
  clear(&alone);
}

/* ---- restart ---- */

static void hand_over(const setup *from, setup *to)
{
  double *block, number[SQ_CHAIN_NUMBERS], tuning[SQ_HMC_TUNING_NUMBERS];
  sq_history series;
  TAP_CALL(sq_alloc(from->lattice->local_volume, &block));
  sq_hmc_tuning_save(&from->hmc->tuning, tuning);
  sq_hmc_tuning_restore(&to->hmc->tuning, tuning);
  for (int64_t i = 0; i < from->hmc->count; i++) {
    sq_chain_save(from->hmc->chain[i], block, number);
    TAP_CALL(sq_chain_restore(to->hmc->chain[i], block, number));
  }
  TAP_CALL(sq_hmc_gather_series(from->hmc, &series));
  TAP_CALL(sq_hmc_set_series(to->hmc, &series));
  sq_history_clear(&series);
  sq_free(&block);
}

static void test_restart(void)
{
  const int64_t extent[] = {3, 7};
  sq_hmc_settings set = settings(4);
  setup a = make(MPI_COMM_WORLD, 1, 2, extent, 0.21, 0.1, &set),
        b = make(MPI_COMM_WORLD, 1, 2, extent, 0.21, 0.1, &set);
  TAP_CALL(sq_hmc_thermalise(a.hmc));
  TAP_CALL(sq_hmc_advance(a.hmc, 7));
  hand_over(&a, &b);
  TAP_CALL(sq_hmc_advance(a.hmc, 9));
  TAP_CALL(sq_hmc_advance(b.hmc, 9));
  compare(&a, &b, "after a restart");
  clear(&a);
  clear(&b);
}

/* All walkers and all that is known of them, from one thermalisation into another that has only begun. */
static void hand_over_thermalisation(const setup *from, setup *to)
{
  double *block, *numbers, number[SQ_CHAIN_NUMBERS];
  int64_t first, count, n;
  TAP_CALL(sq_alloc(from->lattice->local_volume, &block));
  TAP_CALL(sq_hmc_start(to->hmc));
  for (int64_t i = 0; i < from->hmc->count; i++) {
    sq_chain_save(from->hmc->chain[i], block, number);
    TAP_CALL(sq_chain_restore(to->hmc->chain[i], block, number));
  }
  sq_chain **old = sq_hmc_probes(from->hmc, &first, &count), **fresh = sq_hmc_probes(to->hmc, &first, &count);
  for (int64_t i = 0; i < count; i++) {
    sq_chain_save(old[i], block, number);
    TAP_CALL(sq_chain_restore(fresh[i], block, number));
  }
  TAP_CALL(sq_hmc_thermalisation_save(from->hmc, &n, &numbers));
  TAP_CALL(sq_hmc_thermalisation_restore(to->hmc, n, numbers));
  sq_free(&numbers);
  sq_free(&block);
}

/* Thermalisation that is handed over after every few steps, and after the last, is the same to the last bit: where
 * algorithms are chosen, and where probes get help. */
static void test_thermalisation_restart(int64_t extent, double kappa, int64_t cluster, int64_t thermalisation)
{
  const int64_t extents[] = {extent, extent};
  sq_hmc_settings set = settings(4);
  bool done = false;
  set.cluster = cluster;
  set.acceleration = cluster ? SQ_ACCELERATION_AUTO : SQ_ACCELERATION_NONE;
  set.thermalisation = thermalisation;
  setup a = make(MPI_COMM_WORLD, tap.size, 2, extents, kappa, 0.022, &set),
        b = make(MPI_COMM_WORLD, tap.size, 2, extents, kappa, 0.022, &set);
  TAP_CALL(sq_hmc_thermalise(a.hmc));
  TAP_CALL(sq_hmc_start(b.hmc));
  for (int n = 0; !done; n++) {
    TAP_CALL(sq_hmc_thermalise_step(b.hmc, &done));
    if (n % 7 && !done) continue;
    setup c = make(MPI_COMM_WORLD, tap.size, 2, extents, kappa, 0.022, &set);
    hand_over_thermalisation(&b, &c);
    clear(&b);
    b = c;
  }
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_hmc_thermalisation_restore(b.hmc, 3, (double[3]){0}) == SQ_ERR_DATA, "what is none is refused");
  PetscPopErrorHandler();
  tap_check(sq_hmc_thermalised(b.hmc) && b.hmc->agreement.sigmas == a.hmc->agreement.sigmas, "thermalisation in pieces "
                                                                                             "finds the same");
  TAP_CALL(sq_hmc_end_thermalisation(b.hmc));
  tap_check(same_history(&b.hmc->warmup, &a.hmc->warmup), "with the same history");
  if (!cluster) tap_check(a.hmc->thermal->helped, "for which the probes had help");
  TAP_CALL(sq_hmc_advance(a.hmc, 5));
  TAP_CALL(sq_hmc_advance(b.hmc, 5));
  compare(&b, &a, "thermalised in pieces");
  clear(&a);
  clear(&b);
}

/* ---- series ---- */

static void test_thinning(void)
{
  const int64_t extent[] = {1};
  sq_hmc_settings set = settings(2);
  sq_history series;
  set.thermalisation = 20;
  setup s = make(MPI_COMM_SELF, 1, 1, extent, 0.1, 0.1, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  for (int i = 0; i < 20; i++) TAP_CALL(sq_hmc_advance(s.hmc, SQ_HISTORY_ROWS / 8));
  TAP_CALL(sq_hmc_gather_series(s.hmc, &series));
  bool even = true;
  for (int64_t r = 1; r < series.rows; r++)
    even = even &&
           series.value[r * SQ_HISTORY_COLUMNS] - series.value[(r - 1) * SQ_HISTORY_COLUMNS] == (double)s.hmc->stride;
  tap_check(series.rows > SQ_HISTORY_ROWS / 4 && series.rows <= SQ_HISTORY_ROWS && s.hmc->stride == 4, "a long series "
                                                                                                       "is thinned");
  tap_check(even, "at equal distances");
  sq_history_clear(&series);
  clear(&s);
}

/* Euler steps of a free site are an AR(1) process of coefficient 1 - x, x = eps omega: M^2 has the square of it, and
 * <phi F> is off by 1 - x/2. In rows that are two steps apart the coefficient is squared again. */
static void test_monitor(void)
{
  const double eps = 0.1, x = eps * 2 * (1 - 2 * 0.1);
  double slow = (1 - x) * (1 - x);
  sq_hmc_settings set = settings(4);
  set.dynamics = &sq_dynamics_langevin;
  set.scheme = sq_langevin_scheme_find("euler");
  set.alpha = 1;
  set.steps = 1;
  set.length = eps;
  set.vary_length = set.flip = false;
  set.thermalisation = 200;
  set.separation = 1;
  setup s = make(MPI_COMM_WORLD, tap.size, 1, (int64_t[]){1}, 0.1, 0, &set);
  sq_monitor m;
  char json[512];
  sq_monitor_begin(&m, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  TAP_CALL(sq_hmc_advance(s.hmc, SQ_HISTORY_ROWS - 1));
  TAP_CALL(sq_monitor_look(&m, s.hmc, false));
  double tau = 0.5 + slow / (1 - slow), identity = 1 / (1 - x / 2);
  if (tap.rank == 0)
    printf("# tau_int %g(%g) of %g, Schwinger-Dyson %g(%g) of %g\n", m.tau_int, m.tau_int_error, tau, m.schwinger_dyson,
           m.schwinger_dyson_error, identity);
  tap_check(fabs(m.tau_int - tau) < 4 * m.tau_int_error && m.tau_int_error < 0.1 * tau, "the monitor finds tau_int of "
                                                                                        "a "
                                                                                        "known process");
  tap_check(fabs(m.schwinger_dyson - identity) < 4 * m.schwinger_dyson_error && m.schwinger_dyson_error < 0.03, "and "
                                                                                                                "its "
                                                                                                                "bias");
  TAP_CALL(sq_hmc_advance(s.hmc, SQ_HISTORY_ROWS / 2));
  TAP_CALL(sq_monitor_look(&m, s.hmc, false));
  slow = pow(slow, 2), tau = 0.5 + 2 * slow / (1 - slow);
  tap_check(s.hmc->stride == 2 && fabs(m.tau_int - tau) < 4 * m.tau_int_error, "in trajectories, whatever the distance "
                                                                               "of rows");
  sq_monitor_json(&m, json, sizeof json);
  tap_check(strstr(json, ", \"acceptance\": null, ") && strstr(json, ", \"tau_int\": 2."), "and says so in JSON");
  TAP_CALL(sq_monitor_step(&m, s.hmc, 1000, 1000));
  tap_check(m.checks == 0, "without looking for what Langevin steps do not have");
  clear(&s);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_layouts(5, 2, (int64_t[]){3, 7}, 0, SQ_ACCELERATION_FOURIER);
  test_layouts(2, 3, (int64_t[]){4, 3, 4}, SQ_HMC_AUTO, SQ_ACCELERATION_AUTO);
  test_layouts(4, 2, (int64_t[]){10, 10}, SQ_HMC_AUTO, SQ_ACCELERATION_NONE);
  test_restart();
  test_thermalisation_restart(8, 0.26, SQ_HMC_AUTO, 0);
  test_thermalisation_restart(32, 1, 0, 60);
  test_thinning();
  test_monitor();
  return tap_end();
}
