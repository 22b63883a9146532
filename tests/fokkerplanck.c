/* SPDX-License-Identifier: BSD-3-Clause */
/* fokkerplanck: closed forms of harmonic sites, conservation, positivity, equilibrium, rates, and the walkers beside
 * them. */
#include "squall/fokkerplanck.h"
#include "tap.h"
#include <string.h>

static sq_fokker_planck *make(const double *value, int64_t sites, double alpha, double reach, int points)
{
  sq_fokker_planck_problem problem = {.extent = {sites}, .alpha = alpha, .reach = reach, .points = points};
  sq_fokker_planck *fp;
  TAP_CALL(sq_action_make("quartic", 1, value, &problem.action));
  if (reach == 0) TAP_CALL(sq_fokker_planck_reach(&problem.action, problem.extent, alpha, 40, &problem.reach));
  TAP_CALL(sq_fokker_planck_create(MPI_COMM_WORLD, &problem, &fp));
  return fp;
}

/* One harmonic site: rates n mu, M sees the first alone; the rates' errors fall as h^2. */
static void test_harmonic_rates(void)
{
  const double mu = 1.3, value[] = {mu, 0, 0};
  double rate[4], weight[4], error[3];
  for (int k = 0; k < 3; k++) {
    sq_fokker_planck *fp = make(value, 1, 0.7, 7, 50 << k);
    TAP_CALL(sq_fokker_planck_spectrum(fp, 4, rate, weight));
    error[k] = rate[1] - mu;
    TAP_CALL(sq_fokker_planck_destroy(&fp));
  }
  for (int n = 0; n < 4; n++) tap_near(rate[n], n * mu, 2.5e-3 * n * n + 1e-9, "a rate of the harmonic site");
  tap_near(weight[1], 1, 1e-4, "of which M sees the first");
  tap_check(fabs(error[0] / error[1] - 4) < 0.2 && fabs(error[1] / error[2] - 4) < 0.05,
            "rates converge at order 2 (errors %.2e %.2e %.2e)", error[0], error[1], error[2]);
}

/* Two harmonic sites: both links of the periodic pair count, so the normal modes are mu -+ 4 kappa; M = their even one.
 */
static void test_harmonic_pair(void)
{
  const double value[] = {2, 0, 0.25}; /* rates 1 and 3 */
  double rate[5], weight[5];
  sq_fokker_planck *fp = make(value, 2, 1, 0, 96);
  TAP_CALL(sq_fokker_planck_spectrum(fp, 5, rate, weight));
  const double exact[] = {0, 1, 2, 3, 3}; /* sums of 1s and 3s */
  double worst = 0;
  for (int n = 1; n < 5; n++) tap_worst(&worst, fabs(rate[n] / exact[n] - 1));
  tap_check(worst < 0.03 && fabs(rate[0]) < 1e-8, "rates of two coupled harmonic sites (off by %.1e)", worst);
  tap_near(weight[1], 1, 1e-2, "of which M sees the even one");
  TAP_CALL(sq_fokker_planck_destroy(&fp));
}

/* A Gaussian of a harmonic site stays one: mean and variance in closed form, the error of first order in the step. */
static void test_harmonic_time(void)
{
  const double value[] = {1, 0, 0}, start[] = {1.5}, time = 0.8, alpha = 0.5;
  double off[2];
  for (int k = 0; k < 2; k++) {
    sq_fokker_planck_state state;
    sq_fokker_planck *fp = make(value, 1, alpha, 7, 600);
    TAP_CALL(sq_fokker_planck_start(fp, start, 0.4));
    TAP_CALL(sq_fokker_planck_advance(fp, time, 40 << k));
    TAP_CALL(sq_fokker_planck_measure(fp, &state));
    off[k] = state.M - 1.5 * exp(-time);
    double variance = alpha + (0.16 - alpha) * exp(-2 * time);
    tap_near(state.M2 - state.M * state.M, variance, 0.02 * variance / (1 << k),
             "the variance of a harmonic site in time");
    TAP_CALL(sq_fokker_planck_destroy(&fp));
  }
  tap_check(fabs(off[0]) < 0.01 && fabs(off[0] / off[1] - 2) < 0.1, "its mean at first order in the step (%.2e, %.2e)",
            off[0], off[1]);
}

/* How far density[cells] is from exp(-S/alpha)/Z at the centres of the cells, over its largest value. */
static double equilibrium_error(const double *value, int64_t sites, double alpha, double reach, int points,
                                const double *density)
{
  const int64_t extent[] = {sites};
  double h = 2 * reach / points, Z = 0, worst = 0, largest = 0;
  int cells = sites == 1 ? points : points * points;
  sq_action action;
  sq_copies *copies;
  double *exact;
  TAP_CALL(sq_action_make("quartic", 1, value, &action));
  TAP_CALL(sq_copies_create(&action, extent, 1, &copies));
  TAP_CALL(sq_alloc(cells, &exact));
  for (int c = 0; c < cells; c++) {
    double x = -reach + h * (c / points + 0.5), y = -reach + h * (c % points + 0.5), phi[2] = {sites == 1 ? y : x, y};
    exact[c] = exp(-sq_copies_action(copies, phi) / alpha);
    Z += exact[c] * pow(h, (double)sites);
  }
  for (int c = 0; c < cells; c++) {
    tap_worst(&worst, fabs(density[c] - exact[c] / Z));
    tap_worst(&largest, exact[c] / Z);
  }
  sq_free(&exact);
  TAP_CALL(sq_copies_destroy(&copies));
  return worst / largest;
}

/* Any start goes to the equilibrium; on the way mass stays, nothing is negative, entropy falls. The end is
 * exp(-S/alpha)/Z at the centres of the cells to rounding, on any grid. */
static void test_conservation(const double *value, int64_t sites, double alpha, double reach, int points)
{
  const double start[] = {2, -1};
  int64_t cells = sites == 1 ? points : points * points;
  double entropy = INFINITY, *density, mass = 0, leak = 0, minimum = INFINITY;
  bool falls = true;
  sq_fokker_planck *fp = make(value, sites, alpha, reach, points);
  sq_fokker_planck_state state;
  TAP_CALL(sq_alloc(cells, &density));
  TAP_CALL(sq_fokker_planck_start(fp, start, 0.3));
  for (int k = 0; k < 10; k++) {
    TAP_CALL(sq_fokker_planck_advance(fp, 0.05 * pow(8, k), k < 6 ? 6 : 12));
    TAP_CALL(sq_fokker_planck_measure(fp, &state));
    tap_worst(&mass, fabs(state.mass - 1));
    if (k < 4) leak = fabs(state.leak); /* time 29 */
    minimum = fmin(minimum, state.minimum);
    falls = falls && state.relative_entropy < entropy + 1e-13;
    entropy = state.relative_entropy;
  }
  TAP_CALL(sq_fokker_planck_density(fp, false, density));
  double off = equilibrium_error(value, sites, alpha, reach, points, density);
  TAP_CALL(sq_fokker_planck_density(fp, true, density));
  tap_near(equilibrium_error(value, sites, alpha, reach, points, density), 0, 1e-13, "which is known");
  tap_check(mass < 1e-12 && leak < 1e-12,
            "%d sites, alpha %g, %d cells: mass is conserved (to %.1e, by itself to %.1e)", (int)sites, alpha, points,
            mass, leak);
  tap_check(minimum >= 0, "%d sites, alpha %g, %d cells: no negative value (%.1e)", (int)sites, alpha, points, minimum);
  tap_check(falls && entropy < 1e-10, "%d sites, alpha %g, %d cells: relative entropy falls to nothing (%.1e)",
            (int)sites, alpha, points, entropy);
  tap_check(off < 1e-9, "%d sites, alpha %g, %d cells: the end is exp(-S/alpha)/Z (off by %.1e)", (int)sites, alpha,
            points, off);
  sq_free(&density);
  TAP_CALL(sq_fokker_planck_destroy(&fp));
}

/* Walkers from a Gaussian against the density at a time, bin by bin; the same walkers on any number of ranks. */
static void test_walkers(void)
{
  enum { BINS = 20, CELLS = 400 };
  const double value[] = {-1, 0.4, 0}, start[] = {1}, reach = 8, alpha = 1;
  const int64_t extent[] = {1}, total = 4001;
  double density[CELLS], share[BINS] = {0};
  int64_t count[BINS], alone[BINS];
  sq_action action;
  sq_walkers *walkers;
  sq_fokker_planck *fp = make(value, 1, alpha, reach, CELLS);
  TAP_CALL(sq_fokker_planck_start(fp, start, 0.5));
  TAP_CALL(sq_fokker_planck_advance(fp, 1, 200));
  TAP_CALL(sq_fokker_planck_density(fp, false, density));
  for (int c = 0; c < CELLS; c++) share[c * BINS / CELLS] += density[c] * 2 * reach / CELLS;
  TAP_CALL(sq_action_make("quartic", 1, value, &action));
  for (int k = 0; k < 2; k++) {
    TAP_CALL(
      sq_walkers_create(k ? MPI_COMM_SELF : MPI_COMM_WORLD, &action, extent, alpha, 0.02, total, 11, 0, &walkers));
    sq_walkers_start(walkers, start, 0.5);
    sq_walkers_advance(walkers, 20);
    sq_walkers_advance(walkers, 30);
    TAP_CALL(sq_walkers_histogram(walkers, BINS, reach, k ? alone : count));
    TAP_CALL(sq_walkers_destroy(&walkers));
  }
  double chi2 = 0;
  for (int b = 0; b < BINS; b++)
    chi2 += pow((double)count[b] - (double)total * share[b], 2) / (1 + (double)total * share[b]);
  tap_check(chi2 < 50, "walkers are distributed as the density says (chi2 %.1f in %d bins)", chi2, BINS);
  tap_check(memcmp(count, alone, sizeof count) == 0, "and are the same on one rank");
  TAP_CALL(sq_fokker_planck_destroy(&fp));
}

/* Heun's scheme on a harmonic site has the variance alpha/mu (1 - (eps mu)^2/4 + ...)^-1 and no error of first order;
 * Euler's would be off by eps mu/2. */
static void test_walkers_equilibrium(void)
{
  enum { CELLS = 300 };
  const double mu = 2, value[] = {mu, 0, 0}, alpha = 0.8, eps = 0.2;
  const int64_t extent[] = {2};
  double density[CELLS * CELLS], *M, square = 0;
  int64_t total = 30000;
  sq_action action;
  sq_walkers *w;
  sq_fokker_planck *fp = make(value, 2, alpha, 6, CELLS);
  TAP_CALL(sq_fokker_planck_density(fp, true, density));
  TAP_CALL(sq_action_make("quartic", 1, value, &action));
  TAP_CALL(sq_walkers_create(MPI_COMM_WORLD, &action, extent, alpha, eps, total, 12, 0, &w));
  TAP_CALL(sq_walkers_start_density(w, CELLS, 6, density));
  TAP_CALL(sq_alloc(w->count, &M));
  for (int late = 0; late < 2; late++) {
    double sum = 0, factor = 1 - eps * mu + 0.5 * eps * eps * mu * mu,
           noise = 2 * alpha * eps * pow(1 - 0.5 * eps * mu, 2);
    sq_walkers_average(w, M);
    for (int64_t i = 0; i < w->count; i++) sum += M[i] * M[i];
    TAP_CALL(MPI_Allreduce(&sum, &square, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
    double exact = 0.5 * (late ? noise / (1 - factor * factor) : alpha / mu);
    tap_near(square / (double)total, exact, 4 * exact * sqrt(2. / (double)total),
             late ? "Heun's variance in equilibrium" : "walkers drawn from the equilibrium");
    sq_walkers_advance(w, 60);
  }
  sq_free(&M);
  TAP_CALL(sq_walkers_destroy(&w));
  TAP_CALL(sq_fokker_planck_destroy(&fp));
}

/* A double well: rates from the operator, from the decay of <M> and from walkers agree; and grids converge. */
static void test_rates(void)
{
  enum { CELLS = 200 };
  const double value[] = {-1, 0.4, 0}, start[] = {1}, alpha = 1, reach = 8;
  const int64_t extent[] = {1}, total = 20000;
  double rate[SQ_FP_MODES], weight[SQ_FP_MODES], decay, off, coarse, log_Z;
  sq_action action;
  sq_walkers *w;
  sq_estimate measured;
  sq_fokker_planck *fp = make(value, 1, alpha, reach, CELLS);
  sq_fokker_planck_problem problem = {.extent = {1}, .alpha = alpha, .reach = reach, .points = CELLS};
  TAP_CALL(sq_action_make("quartic", 1, value, &action));
  problem.action = action;
  TAP_CALL(sq_fokker_planck_spectrum(fp, SQ_FP_MODES, rate, weight));
  const int mode = sq_fokker_planck_slowest(SQ_FP_MODES, weight);
  tap_check(mode == 1 && sq_fokker_planck_slowest(4, (double[]){0, 1e-9, 0.2, 0.8}) == 2, "the slowest mode that M "
                                                                                          "sees");
  TAP_CALL(sq_fokker_planck_start(fp, start, 0.5));
  TAP_CALL(sq_fokker_planck_decay(fp, rate[mode], &decay));
  tap_near(decay, rate[mode], 1e-3 * rate[mode], "the rate of the decay of <M>");
  TAP_CALL(sq_fokker_planck_off(fp, &off));
  tap_check(off > 1e-4 && off < 1e-2, "the density is not stationary yet (off by %.1e)", off);
  TAP_CALL(sq_fokker_planck_advance(fp, 100 / rate[mode], 20));
  TAP_CALL(sq_fokker_planck_off(fp, &off));
  tap_check(off < 1e-9, "and becomes so (off by %.1e)", off);
  TAP_CALL(sq_fokker_planck_coarse(MPI_COMM_WORLD, &problem, CELLS / 2, mode, &coarse, &log_Z));
  tap_check(fabs(coarse / rate[mode] - 1) < 1e-2 && coarse != rate[mode] &&
              fabs(log_Z - sq_fokker_planck_log_Z(fp)) < 1e-3,
            "a coarser grid is nearly as good");
  double *first, *product[2], wait = sq_walkers_wait(SQ_FP_MODES, rate, weight, mode), window = 1 / rate[mode];
  TAP_CALL(sq_walkers_create(MPI_COMM_WORLD, &action, extent, alpha, 0.02, total, 8, 0, &w));
  TAP_CALL(sq_walkers_start_equilibrium(w, fp));
  TAP_CALL(sq_alloc(w->count, &first));
  sq_walkers_average(w, first);
  for (int k = 0; k < 2; k++) {
    sq_walkers_advance(w, (int64_t)round((k ? window : wait) / w->eps));
    TAP_CALL(sq_walkers_correlate(w, first, &product[k]));
  }
  window = round(window / w->eps) * w->eps;
  TAP_CALL(sq_walkers_rate(total, product[0], product[1], window, &measured));
  tap_check(fabs(measured.value - rate[mode]) < 4 * measured.error && measured.error < 0.05 * rate[mode],
            "walkers have the rate %.4g: %.4g(%.1g)", rate[mode], measured.value, measured.error);
  for (int k = 0; k < 2; k++) sq_free(&product[k]);
  sq_free(&first);
  TAP_CALL(sq_walkers_destroy(&w));
  TAP_CALL(sq_fokker_planck_destroy(&fp));
}

/* Densities on bins: shares of the equilibrium of a harmonic pair by the error function. */
static void test_bins(void)
{
  enum { CELLS = 240, BINS = 8 };
  const double value[] = {2, 0, 0}, reach = 5;
  double share[BINS * BINS], worst = 0, sum = 0;
  sq_fokker_planck *fp = make(value, 2, 1, reach, CELLS);
  TAP_CALL(sq_fokker_planck_shares(fp, true, BINS, share));
  for (int b = 0; b < BINS * BINS; b++) {
    double exact = 1;
    for (int site = 0; site < 2; site++) {
      double low = -reach + 2 * reach / BINS * (site ? b % BINS : b / BINS);
      exact *= 0.5 * (erf(low + 2 * reach / BINS) - erf(low));
    }
    sum += share[b];
    tap_worst(&worst, fabs(share[b] - exact));
  }
  tap_check(worst < 1e-3 && fabs(sum - 1) < 1e-9, "probabilities of bins (off by %.1e)", worst);
  TAP_CALL(sq_fokker_planck_destroy(&fp));
}

static void test_deck(void)
{
  const sq_param *const tables[] = {sq_fokker_planck_params, NULL};
  sq_fokker_planck_settings s;
  sq_action action;
  sq_deck *deck;
  TAP_CALL(sq_action_make("quartic", 1, (const double[]){-1, 0.6, 0}, &action));
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", "fokker-planck: {alpha: 2, points: 100, time: 3}", tables, 0,
                         NULL, &deck));
  sq_fokker_planck_settings_from_deck(deck, &action, (int64_t[]){1}, &s);
  tap_check(s.problem.alpha == 2 && s.bins == 48 && s.problem.points == 144 && s.time == 3, "points are whole bins");
  tap_near(s.start, sqrt(10), 1e-12, "the start is the minimum of S");
  sq_fokker_planck_settings_from_deck(deck, &action, (int64_t[]){2}, &s);
  tap_check(s.bins == 24 && s.problem.points == 120 && sq_fokker_planck_cells(&s.problem, 10) == 100, "for two sites");
  TAP_CALL(sq_deck_destroy(&deck));
}

static void test_refusals(void)
{
  const double value[] = {1, 0, 0}, far[] = {50};
  sq_fokker_planck_problem problem = {.extent = {3}, .alpha = 1, .reach = 5, .points = 20};
  sq_fokker_planck *none, *fp = make(value, 1, 1, 5, 20);
  TAP_CALL(sq_action_make("quartic", 1, value, &problem.action));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_fokker_planck_create(MPI_COMM_WORLD, &problem, &none) == SQ_ERR_INPUT, "three sites are refused");
  tap_check(sq_fokker_planck_start(fp, far, 1) == SQ_ERR_INPUT, "a start outside of the box is refused");
  PetscPopErrorHandler();
  TAP_CALL(sq_fokker_planck_destroy(&fp));
}

int main(int argc, char **argv)
{
  const double well[] = {-1, 0.4, 0}, pair[] = {-1, 0.4, 0.1};
  tap_begin(&argc, &argv);
  test_harmonic_rates();
  test_harmonic_pair();
  test_harmonic_time();
  test_conservation(well, 1, 1, 8, 100);
  test_conservation(well, 1, 2, 9, 200);
  test_conservation(pair, 2, 1, 9, 40);
  test_conservation(pair, 2, 2, 10, 80);
  test_walkers();
  test_walkers_equilibrium();
  test_rates();
  test_bins();
  test_deck();
  test_refusals();
  return tap_end();
}
