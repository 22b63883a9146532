/* SPDX-License-Identifier: BSD-3-Clause */
/* quantum: ensembles of one-dimensional fields against the transfer matrix. Hybrid Monte Carlo must have its averages,
 * energies, correlator and gap; path weights of a score that knows only the Gaussian part must average to its Z. */
#include "squall/diffusion.h"
#include "squall/hmc.h"
#include "squall/obs.h"
#include "squall/quantum.h"
#include "squall/score.h"
#include "tap.h"
#include <string.h>

enum { SITES = 16 };

typedef struct {
  const char *name;
  double kappa, lambda;
} theory;
static const theory theories[] = {{"anharmonic", 0.4, 0.05}, {"double well", 0.58, 0.1}};

/* ---- hybrid Monte Carlo ---- */

enum { CHAINS = 8, RECORDS = 2000, PHI2 = SITES / 2 + 1, PHI4, THERMAL, GROUND, COLUMNS };

static void measure(const sq_particle *particle, const sq_lattice *lattice, const double *block, double *column)
{
  double slice[SITES], C[SITES], sum[2] = {0};
  TAP_CALL(sq_obs_slices(lattice, block, slice)); /* in one dimension the field itself, whole on every rank */
  sq_obs_correlator(lattice, slice, C);
  for (int t = 0; t <= SITES / 2; t++) column[t] = C[t];
  for (int t = 0; t < SITES; t++) {
    sum[0] += slice[t] * slice[t] / SITES;
    sum[1] += pow(slice[t], 4) / SITES;
  }
  column[PHI2] = sum[0];
  column[PHI4] = sum[1];
  sq_particle_energies(particle, SITES, slice, &column[THERMAL], &column[GROUND]);
}

/* storage[COLUMNS][CHAINS * RECORDS], chain by chain. */
static void simulate(const sq_action *action, double *storage)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_hmc *hmc;
  sq_particle particle;
  sq_hmc_settings set = {.section = "hmc",
                         .configurations = CHAINS * RECORDS,
                         .chains = CHAINS,
                         .integrator = sq_integrators[0],
                         .vary_length = true,
                         .start = SQ_START_AUTO,
                         .flip = true,
                         .dynamics = &sq_dynamics_trajectory};
  double column[COLUMNS], block[SITES], number[SQ_CHAIN_NUMBERS];
  const int64_t all = CHAINS * RECORDS;
  TAP_CALL(sq_particle_make(action, &particle));
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 1, (int64_t[]){SITES}, NULL, &lattice));
  TAP_CALL(sq_hmc_create(grid, lattice, action, &set, 7, &hmc));
  TAP_CALL(sq_hmc_thermalise(hmc));
  for (int64_t r = 0; r < RECORDS; r++) {
    TAP_CALL(sq_hmc_advance(hmc, hmc->tuning.separation));
    for (int64_t c = 0; c < CHAINS; c++) {
      sq_chain_save(hmc->chain[c], block, number);
      measure(&particle, lattice, block, column);
      for (int k = 0; k < COLUMNS; k++) storage[k * all + c * RECORDS + r] = column[k];
    }
  }
  TAP_CALL(sq_hmc_destroy(&hmc));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

static void check_mean(const sq_series *series, int column, double exact, const char *theory_name, const char *what)
{
  sq_estimate e;
  sq_derived derived = {.primaries = 1, .column = &column};
  TAP_CALL(sq_gamma(series, &derived, &e));
  if (tap.rank == 0) printf("# %s %s: %.6f(%.6f), exact %.6f\n", theory_name, what, e.value, e.error, exact);
  tap_check(fabs(e.value - exact) < 3.5 * e.error && e.error < 0.04 * fabs(exact), "%s: %s", theory_name, what);
}

static void check_monte_carlo(const theory *th)
{
  static double storage[COLUMNS * CHAINS * RECORDS];
  const double *column[COLUMNS];
  int64_t length[CHAINS];
  double C[SITES];
  sq_action action;
  sq_transfer *t;
  sq_gap_fit fit;
  sq_estimate gap;
  sq_transfer_average exact;
  TAP_CALL(sq_action_make("phi4", 1, (double[]){th->kappa, th->lambda}, &action));
  TAP_CALL(sq_transfer_create(&action, &t));
  TAP_CALL(sq_transfer_averages(t, SITES, &exact));
  TAP_CALL(sq_transfer_correlator(t, SITES, C));
  simulate(&action, storage);
  for (int k = 0; k < COLUMNS; k++) column[k] = storage + k * CHAINS * RECORDS;
  for (int c = 0; c < CHAINS; c++) length[c] = RECORDS;
  sq_series series = {.n = CHAINS * RECORDS, .column = column, .chains = CHAINS, .length = length};
  check_mean(&series, PHI2, exact.phi2, th->name, "<phi^2>");
  check_mean(&series, PHI4, exact.phi4, th->name, "<phi^4>");
  check_mean(&series, THERMAL, exact.thermal, th->name, "the energy");
  check_mean(&series, GROUND, exact.ground, th->name, "the energy of the ground state");
  check_mean(&series, 2, C[2], th->name, "C(2)");
  check_mean(&series, 3, C[3], th->name, "C(3)");
  TAP_CALL(sq_gap_estimate(&series, SITES, -1, -1, &fit, &gap));
  double of_exact[SQ_GAP_POINTS];
  for (int a = 0; a < fit.points; a++) of_exact[a] = C[fit.t[a]];
  double expected = sq_gap_fit_mass(of_exact, &fit), ideal = sq_transfer_energy(t, 1) - sq_transfer_energy(t, 0);
  if (tap.rank == 0)
    printf("# %s gap: %.6f(%.6f), of the exact correlator %.6f, E_1 - E_0 %.6f\n", th->name, gap.value, gap.error,
           expected, ideal);
  tap_check(fabs(gap.value - expected) < 3.5 * gap.error && gap.error < 0.05 * expected, "%s: the gap", th->name);
  tap_check(fabs(expected / ideal - 1) < 0.01, "%s: the window has only the first excitation", th->name);
  TAP_CALL(sq_transfer_destroy(&t));
}

/* ---- path weights ---- */

static void check_path_weights(const theory *th)
{
  enum { L = 4, COUNT = 4000, BATCH = 8, STEPS = 12 };
  sq_action action;
  sq_transfer *t;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_score score;
  sq_noise_grid levels;
  sq_sampler *sampler;
  sq_field *field;
  sq_halo *halo;
  double C[L], *propagator, *blocks, log_path[BATCH], log_weight[COUNT];
  TAP_CALL(sq_action_make("phi4", 1, (double[]){th->kappa, th->lambda}, &action));
  TAP_CALL(sq_transfer_create(&action, &t));
  TAP_CALL(sq_transfer_correlator(t, L, C));
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 1, (int64_t[]){L}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_alloc(fft->orbits.count, &propagator));
  for (int64_t o = 0; o < fft->orbits.count; o++)
    for (int time = 0; time < L; time++) propagator[o] += C[time] * cos(acos(fft->orbits.phase_cos[o]) * time);
  TAP_CALL(sq_gaussian_score_create(fft, 1, propagator, &score));
  TAP_CALL(sq_noise_grid_geometric(STEPS, 0.1, 6, &levels));
  TAP_CALL(sq_sampler_create(&score, &levels, BATCH, &sampler));
  TAP_CALL(sq_field_create(lattice, 1, &field));
  TAP_CALL(sq_halo_create_field(field, SQ_HALO_FACES, &halo));
  TAP_CALL(sq_alloc(BATCH * lattice->local_volume, &blocks));
  for (int i = 0; i < COUNT; i += BATCH) {
    TAP_CALL(sq_sampler_generate(sampler, 3, i, BATCH, blocks, log_path, NULL, NULL));
    for (int b = 0; b < BATCH; b++) {
      sq_sum S = {{0}};
      sq_field_from_block(field, blocks + b * lattice->local_volume);
      TAP_CALL(sq_halo_exchange(halo, field->data));
      action.type->energy(&action, field, &S);
      TAP_CALL(sq_sum_reduce(lattice->comm, 1, &S));
      log_weight[i + b] = log_path[b] - sq_sum_value(&S);
    }
  }
  sq_weights w;
  TAP_CALL(sq_weights_summary(COUNT, log_weight, &w));
  double exact = sq_transfer_log_Z(t, L);
  if (tap.rank == 0)
    printf("# %s log Z: %.5f(%.5f), exact %.5f, effective sample size %.3f\n", th->name, w.log_mean, w.error, exact,
           w.ess);
  tap_check(fabs(w.log_mean - exact) < 3.5 * w.error && w.error < 0.05, "%s: path weights average to Z", th->name);
  sq_free(&blocks);
  sq_free(&propagator);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&field));
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  TAP_CALL(sq_gaussian_score_destroy(&score));
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_transfer_destroy(&t));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (size_t i = 0; i < sizeof theories / sizeof *theories; i++) {
    check_monte_carlo(&theories[i]);
    check_path_weights(&theories[i]);
  }
  return tap_end();
}
