/* SPDX-License-Identifier: BSD-3-Clause */
/* The Langevin equation of a chain: the variance of every mode of free fields in closed form, a double well against the
 * stationary density of the discrete process itself, the adjusted scheme against molecular dynamics, nothing accepted
 * that is not a number, the same bits on any number of ranks and after a restart; the section of a deck. Seeds are
 * fixed, so a statistical test passes always or never. */
#include "chain.h"
#include "squall/hmc.h"

enum { EULER, SECOND, ADJUSTED };

static void advance(setup *s, int scheme, double alpha, double eps, int64_t steps, int intervals)
{
  for (int i = 0; i < intervals; i++)
    TAP_CALL(sq_chain_langevin(s->chain, sq_langevin_schemes[scheme], alpha, eps, steps));
}

/* ---- free fields ---- */

/* <|phi|^2> of a mode over alpha/omega, for steps of x/omega: phi -> a phi + b xi has the variance b^2/(1 - a^2). */
static double expected_ratio(int scheme, double x)
{
  double a = 1 - x, b2 = 2 * x;
  if (scheme == SECOND) a = 1 - x + x * x / 2, b2 = 2 * x * (1 - x / 2) * (1 - x / 2);
  return scheme == ADJUSTED ? 1 : b2 / (1 - a * a);
}

/* The spectrum of the chain's field: V G(p) of one configuration, averaged over orbits. */
static void add_spectrum(setup *s, sq_fft *fft, double *block, sq_sum *sum, double *series, int64_t rows, int64_t row)
{
  memset(sum, 0, (size_t)fft->orbits.count * sizeof *sum);
  sq_field_to_block(s->chain->phi, block);
  TAP_CALL(sq_fft_forward(fft, block, fft->work));
  sq_fft_add_power(fft, fft->work, sum);
  TAP_CALL(sq_sum_reduce(s->lattice->comm, (int)fft->orbits.count, sum));
  for (int64_t k = 0; k < fft->orbits.count; k++) series[k * rows + row] = sq_sum_value(&sum[k]);
}

/* Every orbit within 3.5 errors of the closed form and all together as a chi-square; the bias must show where there is
 * one. */
static void check_modes(setup *s, const sq_fft *fft, int scheme, double alpha, double eps, const double *series,
                        int64_t rows, const char *name)
{
  double worst = 0, chi2 = 0, shift = 0;
  for (int64_t k = 0; k < fft->orbits.count; k++) {
    sq_estimate e;
    double G = sq_action_free_propagator(&s->action, fft->orbits.phase_cos[k]),
           kernel = s->md->mass > 0 ? s->md->kernel[k] : 1;
    TAP_CALL(sq_gamma_mean(rows, series + k * rows, &e));
    double sigmas = (e.value - alpha * G * expected_ratio(scheme, eps * kernel / G)) / e.error;
    tap_worst(&worst, fabs(sigmas));
    tap_worst(&shift, (e.value - alpha * G) / e.error);
    chi2 += sigmas * sigmas;
  }
  double p = sq_chi_square_tail(chi2, (int)fft->orbits.count);
  if (tap.rank == 0)
    printf("# %s, %s: %lld orbits, worst %.2f errors, p = %.3f, largest shift %.1f errors\n", name,
           sq_langevin_schemes[scheme]->name, (long long)fft->orbits.count, worst, p, shift);
  tap_check(worst < 3.5 && p > 0.005, "%s, %s, alpha %g: every mode has the variance of the closed form", name,
            sq_langevin_schemes[scheme]->name, alpha);
  if (scheme == EULER) tap_check(shift > 8, "%s: which is not that of the continuum", name);
}

static void test_free(int dim, const int64_t *extent, double kappa, int scheme, double alpha, double eps, double mass)
{
  enum { STEPS = 6 };
  const int64_t rows = tap.size == 1 ? 10000 : 2000; /* bits do not depend on the ranks: one of them does the most */
  int ranks[SQ_DIM];
  char name[64];
  sq_fft *fft;
  double *block, *series;
  sq_sum *sum;
  sq_extents_text(dim, extent, name, sizeof name);
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup s = make(MPI_COMM_WORLD, dim, extent, kappa, 0, sq_integrators[0], 1);
  TAP_CALL(sq_md_accelerate(s.md, mass));
  TAP_CALL(sq_fft_create(s.lattice, &fft));
  TAP_CALL(sq_alloc(s.lattice->local_volume, &block));
  TAP_CALL(sq_alloc(fft->orbits.count * rows, &series));
  TAP_CALL(sq_alloc(fft->orbits.count, &sum));
  advance(&s, scheme, alpha, eps, STEPS, 100);
  for (int64_t row = 0; row < rows; row++) {
    advance(&s, scheme, alpha, eps, STEPS, 1);
    add_spectrum(&s, fft, block, sum, series, rows, row);
  }
  check_modes(&s, fft, scheme, alpha, eps, series, rows, name);
  sq_free(&block);
  sq_free(&series);
  sq_free(&sum);
  TAP_CALL(sq_fft_destroy(&fft));
  clear(&s);
}

/* ---- one site: a double well ---- */

enum { GRID = 601, NOISES = 81 };
static const double reach = 4, mu = -1, coupling = 3;

static double force_at(double x)
{
  return -mu * x - coupling * x * x * x / 6;
}

static double next_at(int scheme, double x, double eps, double noise)
{
  double there = x + eps * force_at(x) + noise;
  return scheme == SECOND ? x + eps / 2 * (force_at(x) + force_at(there)) + noise : there;
}

/* One step of a density on a grid: the noise by the trapezium rule, shares to the two nearest points. */
static void push(int scheme, double alpha, double eps, const double *p, double *q)
{
  const double h = 2 * reach / (GRID - 1), widest = 6, s = sqrt(2 * alpha * eps);
  double norm = 0;
  for (int i = 0; i < GRID; i++) q[i] = 0;
  for (int k = 0; k < NOISES; k++) norm += exp(-0.5 * pow(widest * (2. * k / (NOISES - 1) - 1), 2));
  for (int k = 0; k < NOISES; k++) {
    double xi = widest * (2. * k / (NOISES - 1) - 1), weight = exp(-0.5 * xi * xi) / norm;
    for (int i = 0; i < GRID; i++) {
      double at = fmin(fmax((next_at(scheme, -reach + i * h, eps, s * xi) + reach) / h, 0), GRID - 1.001),
             share = at - floor(at);
      q[(int)at] += weight * p[i] * (1 - share);
      q[(int)at + 1] += weight * p[i] * share;
    }
  }
}

/* <phi^2>, <phi^4> of the stationary density of the discrete process, or of exp(-S/alpha). */
static void stationary(int scheme, double alpha, double eps, double moment[2])
{
  static double p[GRID], q[GRID];
  double h = 2 * reach / (GRID - 1), sum[3] = {0};
  for (int i = 0; i < GRID; i++) {
    double x = -reach + i * h;
    p[i] = exp(-(mu * x * x / 2 + coupling * pow(x, 4) / 24) / alpha);
  }
  for (int n = 0; n < 60 && scheme != ADJUSTED; n++) {
    push(scheme, alpha, eps, p, q);
    push(scheme, alpha, eps, q, p);
  }
  for (int i = 0; i < GRID; i++)
    for (int k = 0; k < 3; k++) sum[k] += p[i] * pow(-reach + i * h, 2 * k);
  moment[0] = sum[1] / sum[0];
  moment[1] = sum[2] / sum[0];
}

/* Sites that do not know of each other. */
static setup make_wells(MPI_Comm comm, int64_t sites)
{
  setup s = {0};
  const double value[] = {mu, coupling, 0};
  TAP_CALL(sq_lattice_create(comm, 1, &sites, NULL, &s.lattice));
  TAP_CALL(sq_action_make("quartic", 1, value, &s.action));
  TAP_CALL(sq_md_create(s.lattice, &s.action, sq_integrators[0], &s.md));
  TAP_CALL(sq_chain_create(s.md, 11, 3, &s.chain));
  TAP_CALL(sq_chain_start(s.chain, SQ_START_HOT));
  return s;
}

static void powers(setup *s, double *block, double *square, double *fourth)
{
  sq_field_to_block(s->chain->phi, block);
  for (int64_t i = 0; i < s->lattice->local_volume; i++) block[i] *= block[i];
  TAP_CALL(sq_block_sum(s->lattice, block, square));
  for (int64_t i = 0; i < s->lattice->local_volume; i++) block[i] *= block[i];
  TAP_CALL(sq_block_sum(s->lattice, block, fourth));
  *square /= (double)s->lattice->volume;
  *fourth /= (double)s->lattice->volume;
}

static void test_well(int scheme, double alpha, double eps)
{
  enum { SITES = 360, ROWS = 12000, STEPS = 5 };
  setup s = make_wells(MPI_COMM_WORLD, SITES);
  double *block, *square, *fourth, exact[2], continuum[2];
  sq_estimate two, four;
  TAP_CALL(sq_alloc(s.lattice->local_volume, &block));
  TAP_CALL(sq_alloc(ROWS, &square));
  TAP_CALL(sq_alloc(ROWS, &fourth));
  advance(&s, scheme, alpha, eps, STEPS, 200);
  for (int row = 0; row < ROWS; row++) {
    advance(&s, scheme, alpha, eps, STEPS, 1);
    powers(&s, block, &square[row], &fourth[row]);
  }
  TAP_CALL(sq_gamma_mean(ROWS, square, &two));
  TAP_CALL(sq_gamma_mean(ROWS, fourth, &four));
  stationary(scheme, alpha, eps, exact);
  stationary(ADJUSTED, alpha, eps, continuum);
  if (tap.rank == 0)
    printf("# %s: phi^2 %.5f(%.5f), discrete process %.5f, continuum %.5f; phi^4 %.4f(%.4f), %.4f, %.4f\n",
           sq_langevin_schemes[scheme]->name, two.value, two.error, exact[0], continuum[0], four.value, four.error,
           exact[1], continuum[1]);
  tap_check(fabs(two.value - exact[0]) < 3.5 * two.error + 2e-4 &&
              fabs(four.value - exact[1]) < 3.5 * four.error + 1e-3 && two.error < 0.003,
            "double well, %s, alpha %g: the density of the discrete process", sq_langevin_schemes[scheme]->name, alpha);
  if (scheme != ADJUSTED)
    tap_check(fabs(two.value - continuum[0]) > 5 * two.error, "which is not that of the continuum");
  tap_check(scheme != ADJUSTED || (s.chain->counts.accepted < s.chain->counts.proposed && s.chain->counts.accepted > 0),
            "decisions where there are some");
  sq_free(&block);
  sq_free(&square);
  sq_free(&fourth);
  clear(&s);
}

/* ---- the adjusted scheme is molecular dynamics ---- */

static double half_squares(setup *s)
{
  double *block, sum;
  TAP_CALL(sq_alloc(s->lattice->local_volume, &block));
  for (int64_t i = 0; i < s->lattice->local_volume; i++) block[i] = s->md->momentum[i] * s->md->momentum[i] / 2;
  TAP_CALL(sq_block_sum(s->lattice, block, &sum));
  sq_free(&block);
  return sum;
}

/* With the noise as momenta, a leapfrog step of sqrt(2 eps) proposes the same field and violates H as much. */
static void test_leapfrog(double mass)
{
  const double eps = 0.08;
  setup s = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 12}, 0.27, 0.3, sq_integrator_find("leapfrog"), 0);
  sq_sum sum[SQ_MD_SUMS];
  int64_t sites = s.lattice->local_volume;
  double *proposed, *taken, apart = 0;
  TAP_CALL(sq_alloc(sites, &proposed));
  TAP_CALL(sq_alloc(sites, &taken));
  TAP_CALL(sq_md_accelerate(s.md, mass));
  advance(&s, ADJUSTED, 1, eps, 1, 50);
  while (true) { /* until one is accepted */
    double before = s.chain->action;
    sq_block_normals(s.lattice, sq_stream_make(11, SQ_RNG_LANGEVIN, 0), (uint64_t)s.chain->trajectory, 0,
                     s.md->momentum);
    double kinetic = half_squares(&s);
    TAP_CALL(sq_md_integrate(s.md, s.chain->phi, s.chain->force, sqrt(2 * eps), 1));
    sq_field_to_block(s.md->end, proposed);
    sq_md_sums(s.md, s.md->end, s.md->end_force, sum);
    TAP_CALL(sq_sum_reduce(s.lattice->comm, SQ_MD_SUMS, sum));
    double dH = sq_sum_value(&sum[SQ_MD_ACTION]) - before + half_squares(&s) - kinetic;
    advance(&s, ADJUSTED, 1, eps, 1, 1);
    if (fabs(dH - s.chain->dH) > 1e-9 || s.chain->accepted) {
      tap_check(fabs(dH - s.chain->dH) < 1e-10 && fabs(dH) > 1e-3, "dH is that of a leapfrog step%s",
                mass > 0 ? ", Fourier accelerated" : "");
      break;
    }
  }
  sq_field_to_block(s.chain->phi, taken);
  for (int64_t i = 0; i < sites; i++) tap_worst(&apart, fabs(taken[i] - proposed[i]));
  tap_check(apart < 1e-13, "and so is the field");
  sq_free(&proposed);
  sq_free(&taken);
  clear(&s);
}

/* exp(-S/alpha) with alpha and S scaled alike is one density: the same steps in another time. */
static void test_scaled(int scheme)
{
  const double alpha = 4; /* a power of 2: no rounding */
  setup a = make_wells(MPI_COMM_WORLD, 12), b = make_wells(MPI_COMM_WORLD, 12);
  TAP_CALL(sq_action_make("quartic", 1, (const double[]){alpha * mu, alpha * coupling, 0}, &b.md->action));
  TAP_CALL(sq_chain_settle(b.chain));
  advance(&a, scheme, 1, 0.0625, 3, 20);
  advance(&b, scheme, alpha, 0.0625 / alpha, 3, 20);
  tap_check(checksum(a.chain) == checksum(b.chain), "%s: alpha and S scaled alike", sq_langevin_schemes[scheme]->name);
  clear(&a);
  clear(&b);
}

/* ---- what is not a number ---- */

static void test_runaway(int scheme)
{
  setup s = make_wells(MPI_COMM_WORLD, 60);
  uint64_t before = checksum(s.chain);
  double action = s.chain->action;
  advance(&s, scheme, 1, 1e3, 30, 3);
  tap_check(checksum(s.chain) == before && s.chain->action == action && !s.chain->accepted && s.chain->refused == 3,
            "%s: steps that run away are refused", sq_langevin_schemes[scheme]->name);
  tap_check(scheme == ADJUSTED || (s.chain->counts.invalid == 3 && isnan(s.chain->dH)), "and counted");
  advance(&s, scheme, 1, 1e3, 1, 3);
  tap_check(checksum(s.chain) == before && s.chain->refused == 6, "so is a single step to a far field with numbers");
  advance(&s, scheme, 1, 0.01, 5, 10);
  tap_check(isfinite(s.chain->action) && s.chain->counts.accepted > 0 && checksum(s.chain) != before, "the chain goes "
                                                                                                      "on from where "
                                                                                                      "it was");
  clear(&s);
}

/* ---- the same bits ---- */

static void test_same_bits(int dim, const int64_t *extent, int scheme, double mass)
{
  int ranks[SQ_DIM];
  char name[64];
  double *block, number[SQ_CHAIN_NUMBERS];
  sq_extents_text(dim, extent, name, sizeof name);
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup cut = make(MPI_COMM_WORLD, dim, extent, 0.3, 0.2, sq_integrators[0], 5),
        whole = make(MPI_COMM_SELF, dim, extent, 0.3, 0.2, sq_integrators[0], 5);
  TAP_CALL(sq_md_accelerate(cut.md, mass));
  TAP_CALL(sq_md_accelerate(whole.md, mass));
  advance(&cut, scheme, 1, 0.05, 4, 10);
  advance(&whole, scheme, 1, 0.05, 4, 6);
  TAP_CALL(sq_alloc(whole.lattice->local_volume, &block));
  sq_chain_save(whole.chain, block, number);
  clear(&whole);
  whole = make(MPI_COMM_SELF, dim, extent, 0.3, 0.2, sq_integrators[0], 5);
  TAP_CALL(sq_md_accelerate(whole.md, mass));
  TAP_CALL(sq_chain_restore(whole.chain, block, number));
  advance(&whole, scheme, 1, 0.05, 4, 4);
  tap_check(checksum(cut.chain) == checksum(whole.chain) && cut.chain->action == whole.chain->action &&
              cut.chain->dH == whole.chain->dH && cut.chain->counts.sum_exp == whole.chain->counts.sum_exp &&
              cut.chain->counts.accepted == whole.chain->counts.accepted && cut.chain->counts.accepted > 0,
            "%s, %s: the same bits on any number of ranks and after a restart", name,
            sq_langevin_schemes[scheme]->name);
  sq_free(&block);
  clear(&cut);
  clear(&whole);
}

/* ---- decks ---- */

static PetscErrorCode settings_of(const char *text, sq_langevin_settings *s)
{
  const sq_param *const tables[] = {sq_langevin_params, NULL};
  sq_deck *deck;
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "test.yaml", text, tables, 0, NULL, &deck));
  PetscErrorCode code = sq_langevin_settings_from_deck(deck, s);
  TAP_CALL(sq_deck_destroy(&deck));
  return code;
}

static void test_deck(void)
{
  sq_langevin_settings s;
  TAP_CALL(settings_of("langevin: {scheme: euler, eps: [0.3, 0.1, 2.5e-2], alpha: 2, interval: 0.7, separation: 1.5, "
                       "thermalisation: 10}",
                       &s));
  tap_check(s.count == 3 && s.eps[2] == 0.025 && s.set[0].steps == 2 && s.set[1].steps == 7 && s.set[2].steps == 28,
            "steps are whole ones");
  tap_check(fabs(s.set[0].length - 0.6) < 1e-12 && s.set[0].separation == 3 && s.set[1].separation == 3 &&
              s.set[0].thermalisation == 17,
            "times are in intervals, rounded up");
  tap_check(s.set[0].scheme == sq_langevin_schemes[EULER] && s.set[0].alpha == 2 &&
              s.set[0].first_id != s.set[1].first_id && s.set[0].first_id > 65536,
            "chains of step sizes are different ones");
  TAP_CALL(settings_of("langevin: {}", &s));
  tap_check(s.count == 2 && !s.set[0].separation && !s.set[0].thermalisation && s.set[0].steps == 5, "defaults");
  for (const sq_param *p = sq_langevin_params; p->section; p++)
    for (int i = 0; p->names && p->names(i); i++)
      tap_check(sq_langevin_scheme_find(p->names(i)) == sq_langevin_schemes[i], "%s finds its row", p->names(i));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(settings_of("langevin: {eps: [0.1, 0.2]}", &s) == SQ_ERR_INPUT, "the largest step comes first");
  tap_check(settings_of("langevin: {eps: [0.1, 0.1]}", &s) == SQ_ERR_INPUT, "and each once");
  tap_check(settings_of("langevin: {eps: []}", &s) == SQ_ERR_INPUT, "there must be one");
  tap_check(settings_of("langevin: {eps: [0.2, 0.1], degree: 2}", &s) == SQ_ERR_INPUT, "a parabola needs three");
  tap_check(settings_of("langevin: {configurations: 3}", &s) == SQ_ERR_INPUT, "more chains than configurations are "
                                                                              "refused");
  PetscPopErrorHandler();
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int scheme = EULER; scheme <= ADJUSTED; scheme++) {
    test_free(1, (int64_t[]){12}, 0.3, scheme, 1, 0.3, 0);
    test_free(2, (int64_t[]){6, 4}, 0.15, scheme, 2.5, 0.25, 0);
    test_free(3, (int64_t[]){4, 3, 4}, 0.1, scheme, 1, 0.2, 0);
    test_free(2, (int64_t[]){6, 4}, 0.24, scheme, 0.5, 0.3, 0.5);
    if (tap.size == 1) test_well(scheme, 1, scheme == SECOND ? 0.16 : 0.05);
    test_scaled(scheme);
    test_runaway(scheme);
    test_same_bits(1, (int64_t[]){7}, scheme, 0);
    test_same_bits(2, (int64_t[]){10, 10}, scheme, 0);
    test_same_bits(3, (int64_t[]){2, 5, 4}, scheme, 0.7);
    test_same_bits(4, (int64_t[]){2, 3, 4, 3}, scheme, 0);
  }
  test_leapfrog(0);
  test_leapfrog(0.4);
  test_deck();
  return tap_end();
}
