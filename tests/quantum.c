/* SPDX-License-Identifier: BSD-3-Clause */
/* quantum: the transfer matrix against closed forms and direct integrals, the energies of a path against derivatives of
 * log Z and the continuum, the gap from correlators that are known. */
#include "squall/quantum.h"
#include "squall/rng.h"
#include "tap.h"
#include <string.h>

static const double tight = 1e-10;

static void make(double kappa, double lambda, sq_transfer **t)
{
  sq_action action;
  TAP_CALL(sq_action_make("phi4", 1, (double[]){kappa, lambda}, &action));
  TAP_CALL(sq_transfer_create(&action, t));
}

/* kappa and lambda of mass 1 in V = c_2 x^2 + c_4 x^4 with spacing a: x^2 = z phi^2 with 2 a c_4 z^2 + (1/a + a c_2) z
 * = 1. */
static void oscillator(double a, double c2, double c4, double value[2])
{
  double linear = 1 / a + a * c2, z = 2 / (linear + sqrt(linear * linear + 8 * a * c4));
  value[0] = z / (2 * a);
  value[1] = a * c4 * z * z;
}

/* ---- the free field: everything in closed form ---- */

static void check_harmonic(double omega, int64_t sites)
{
  sq_transfer *t;
  sq_transfer_average mean;
  double kappa = 1 / (2 + omega * omega), slow = 2 * asinh(omega / 2), worst = 0, log_Z = 0, C[256], ground[256],
         phi2 = 0;
  make(kappa, 0, &t);
  for (int n = 0; n < 6; n++) tap_worst(&worst, fabs(sq_transfer_energy(t, n) - slow * (n + 0.5)));
  if (tap.rank == 0) printf("# omega %g: %d points\n", omega, t->points);
  tap_near(worst, 0, tight, "harmonic: E_n = w (n + 1/2) with 2 sinh(w/2) = omega");
  TAP_CALL(sq_transfer_correlator(t, sites, C));
  worst = 0;
  for (int64_t time = 0; time < sites; time++) {
    double exact = 0;
    for (int64_t n = 0; n < sites; n++) {
      double p = 2 * M_PI * (double)n / (double)sites, G = sq_action_free_propagator(&t->particle.action, cos(p));
      exact += cos(p * (double)time) * G / (double)sites;
      if (time == 0) log_Z += 0.5 * log(2 * M_PI * G);
    }
    if (time == 0) phi2 = exact;
    tap_worst(&worst, fabs(C[time] / exact - 1));
  }
  tap_near(worst, 0, tight, "C(t) is the free propagator");
  TAP_CALL(sq_transfer_ground_correlator(t, sites, ground));
  worst = 0;
  for (int64_t time = 0; time < sites; time++)
    tap_worst(&worst, fabs(ground[time] / (C[time] * -expm1(-slow * (double)sites)) - 1));
  tap_near(worst, 0, tight, "its part with the ground state is C(t) (1 - e^{-w L})");
  tap_near(sq_transfer_log_Z(t, sites), log_Z, tight * fabs(log_Z), "log Z is the product over modes");
  TAP_CALL(sq_transfer_averages(t, sites, &mean));
  tap_near(mean.phi2, phi2, tight * phi2, "<phi^2>");
  tap_near(mean.phi4, 3 * phi2 * phi2, tight * 3 * phi2 * phi2, "<phi^4> = 3 <phi^2>^2");
  tap_near(sq_transfer_free_energy(t, sites, log_Z),
           sq_transfer_energy(t, 0) + log1p(-exp(-slow * (double)sites)) / (double)sites, tight, "log Z as an energy");
  TAP_CALL(sq_transfer_destroy(&t));
}

/* ---- paths ---- */

/* A path that jumps between two values: averages by hand; visits and density of a path that sits on points. */
static void check_paths(void)
{
  enum { SITES = 6, MOST = 2048 };
  static double visits[MOST], x[MOST], density[MOST];
  sq_transfer *t;
  double phi[SITES] = {1, -2, 1, -2, 1, -2}, number[SQ_PATH_NUMBERS], thermal, ground, integral = 0, second = 0;
  const double spacing = 0.25;
  make(0.45, 0.05, &t);
  sq_path_measure(&t->particle, SITES, phi, number);
  sq_particle_energies(&t->particle, SITES, phi, &thermal, &ground);
  tap_near(number[SQ_PATH_PHI2], 2.5, 1e-14, "phi^2 of a path");
  tap_near(number[SQ_PATH_PHI4], 8.5, 1e-14, "phi^4 of a path");
  tap_check(number[SQ_PATH_GROUND] == ground && number[SQ_PATH_THERMAL] == thermal, "energies of a path");
  for (int i = 0; i < SITES; i++) phi[i] = t->phi[i + 3] + 0.4 * (i % 3 - 1) * (t->phi[1] - t->phi[0]);
  phi[SITES - 1] = t->phi[t->points - 1] + 1;
  sq_transfer_visit(t, SITES, phi, visits);
  for (int i = 0; i < t->points; i++) integral += visits[i];
  tap_check(t->points <= MOST && integral == SITES - 1 && visits[3] == 1 && visits[7] == 1 && visits[8] == 0,
            "a site visits the nearest point, or none beyond the ends");
  sq_transfer_distribution(t, SITES, visits);
  sq_transfer_density(t, spacing, 1, visits, x, density);
  integral = 0;
  for (int i = 0; i < t->points; i++) integral += density[i] * (x[1] - x[0]);
  for (int i = 0; i < t->points; i++) second += density[i] * (x[1] - x[0]) * x[i] * x[i];
  sq_transfer_average mean;
  TAP_CALL(sq_transfer_averages(t, SITES, &mean));
  tap_near(integral, 1, tight, "the density of x is one");
  tap_near(second, 2 * 0.45 * spacing * mean.phi2, tight, "x^2 = hop spacing phi^2");
  TAP_CALL(sq_transfer_destroy(&t));
}

/* ---- two sites by direct integration ---- */

static void check_two_sites(double kappa, double lambda)
{
  enum { N = 801 };
  sq_transfer *t;
  sq_transfer_average mean;
  double C[2], Z = 0, phi2 = 0, phi4 = 0, link = 0, slope, density[N], at[N], reach;
  make(kappa, lambda, &t);
  reach = t->particle.reach / sqrt(t->particle.hop) * 1.1;
  for (int i = 0; i < N; i++) {
    at[i] = reach * (2.0 * i / (N - 1) - 1);
    density[i] = t->particle.action.type->transfer->site(&t->particle.action, at[i], &slope);
  }
  double h = at[1] - at[0], bottom = 2 * t->particle.bottom;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double w = h * h * exp(-density[i] - density[j] + 4 * kappa * at[i] * at[j] + bottom);
      Z += w;
      phi2 += w * at[i] * at[i];
      phi4 += w * pow(at[i], 4);
      link += w * at[i] * at[j];
    }
  TAP_CALL(sq_transfer_averages(t, 2, &mean));
  TAP_CALL(sq_transfer_correlator(t, 2, C));
  tap_near(sq_transfer_log_Z(t, 2), log(Z) - bottom, tight, "two sites: log Z");
  tap_near(mean.phi2, phi2 / Z, tight * phi2 / Z, "two sites: <phi^2>");
  tap_near(mean.phi4, phi4 / Z, tight * phi4 / Z, "two sites: <phi^4>");
  tap_near(C[0], phi2 / Z, tight * phi2 / Z, "two sites: C(0)");
  tap_near(C[1], link / Z, tight * phi2 / Z, "two sites: C(1)");
  TAP_CALL(sq_transfer_destroy(&t));
}

/* ---- identities ---- */

static void check_identities(double c2, double c4, double a, int64_t sites)
{
  sq_transfer *t;
  sq_transfer_average mean;
  double value[2], C[64], free_energy[2], step = 1e-4;
  oscillator(a, c2, c4, value);
  make(value[0], value[1], &t);
  TAP_CALL(sq_transfer_correlator(t, sites, C));
  TAP_CALL(sq_transfer_averages(t, sites, &mean));
  double sd = -4 * value[0] * C[1] + 2 * (1 - 2 * value[1]) * mean.phi2 + 4 * value[1] * mean.phi4;
  tap_near(sd, 1, tight, "Schwinger-Dyson");
  double bottom = t->particle.bottom;
  TAP_CALL(sq_transfer_destroy(&t));
  for (int k = 0; k < 2; k++) { /* a F(a) = -log Z/L, potential from its zero */
    oscillator(a * (1 + (2 * k - 1) * step), c2, c4, value);
    make(value[0], value[1], &t);
    free_energy[k] = sq_transfer_free_energy(t, sites, sq_transfer_log_Z(t, sites)) + t->particle.bottom;
    TAP_CALL(sq_transfer_destroy(&t));
  }
  tap_near((free_energy[1] - free_energy[0]) / (2 * step) - bottom, mean.thermal, 1e-7 * fabs(mean.thermal),
           "the thermal energy is -d log Z/d beta");
}

/* The estimator of E_0 is right up to the fourth order of the spacing; the energies go to those of the continuum. */
static void check_orders(double c2, double c4, double exact, double exact_gap)
{
  double error[2], energy[2], gap[2], a[2] = {0.2, 0.1};
  for (int k = 0; k < 2; k++) {
    sq_transfer *t;
    sq_transfer_average mean;
    double value[2];
    oscillator(a[k], c2, c4, value);
    make(value[0], value[1], &t);
    TAP_CALL(sq_transfer_averages(t, (int64_t)(40 / a[k]), &mean));
    error[k] = (mean.ground - sq_transfer_energy(t, 0)) / a[k];
    energy[k] = (sq_transfer_energy(t, 0) + t->particle.bottom) / a[k];
    gap[k] = (sq_transfer_energy(t, 1) - sq_transfer_energy(t, 0)) / a[k];
    if (tap.rank == 0)
      printf("# a = %g: %d points, E_0 %.9f, estimator off by %.3g, thermal %.9f\n", a[k], t->points, energy[k],
             error[k], (mean.thermal + t->particle.bottom) / a[k]);
    TAP_CALL(sq_transfer_destroy(&t));
  }
  tap_check(fabs(error[0] / error[1]) > 12 && fabs(error[0] / error[1]) < 22,
            "c_4 = %g: the estimator of E_0 is of fourth order", c4);
  tap_near(energy[1] + (energy[1] - energy[0]) / 3, exact, 2e-4 * exact, "E_0 of the continuum");
  tap_near(gap[1] + (gap[1] - gap[0]) / 3, exact_gap, 4e-4 * exact_gap, "E_1 - E_0 of the continuum");
  sq_action action;
  double value[2], limit[2];
  oscillator(a[0], c2, c4, value);
  TAP_CALL(sq_action_make("phi4", 1, value, &action));
  TAP_CALL(sq_transfer_continuum(&action, 2, limit));
  tap_near(limit[0] / a[0], exact, 4e-5 * exact, "E_0 extrapolated to continuous time");
  tap_near((limit[1] - limit[0]) / a[0], exact_gap, 4e-5 * exact_gap, "E_1 - E_0 extrapolated to continuous time");
}

/* ---- the gap ---- */

static void check_effective_mass(void)
{
  double m = 0.3, sites = 20, C[2];
  for (int t = 0; t < 2; t++) C[t] = cosh(m * (sites / 2 - 3 - t));
  tap_near(sq_effective_mass(20, 3, C[0], C[1]), m, 1e-12, "the effective mass of a cosh");
  tap_check(isnan(sq_effective_mass(20, 3, 1, 1.1)) && isnan(sq_effective_mass(20, 3, 1, -0.1)) &&
              isnan(sq_effective_mass(20, 10, 1, 0.9)),
            "a correlator that does not fall has none");
}

/* Correlators of periodic Gaussian paths whose modes have the propagator sum_k share[k]/(p_hat^2 + 4
 * sinh^2(mass[k]/2)), so C(t) is the sum of two cosh. The amplitudes of a mode go from record to record like AR(1) with
 * the coefficient root(memory): their squares remember like memory^t. */
enum { L = 24, TRIALS = 60 };
typedef struct {
  double mass[2], share[2], memory;
  int64_t records;
} paths;

static void propagator(const paths *p, double G[L])
{
  for (int n = 0; n < L; n++) {
    G[n] = 0;
    for (int k = 0; k < 2; k++)
      G[n] += p->share[k] / (2 * (1 - cos(2 * M_PI * n / L)) + pow(2 * sinh(p->mass[k] / 2), 2));
  }
}

/* storage[L/2 + 1][records] */
static void make_correlators(const paths *p, uint64_t trial, double *storage)
{
  double G[L], cosine[L], amplitude[L] = {0}, fresh[L];
  propagator(p, G);
  for (int n = 0; n < L; n++) cosine[n] = cos(2 * M_PI * n / L);
  for (int64_t i = 0; i < p->records; i++) {
    sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, trial * (uint64_t)p->records + (uint64_t)i), 0, L, 0, 0, fresh);
    for (int n = 0; n < L; n++)
      amplitude[n] = i == 0 ? fresh[n] : sqrt(p->memory) * amplitude[n] + sqrt(1 - p->memory) * fresh[n];
    for (int t = 0; t <= L / 2; t++) storage[t * p->records + i] = 0;
    for (int n = 0; n < L; n++) { /* |phi_p|^2/V of each mode */
      int lower = n < L - n ? n : L - n;
      double power = G[n] * (lower == 0 || 2 * lower == L ?
                               pow(amplitude[lower], 2) :
                               0.5 * (pow(amplitude[lower], 2) + pow(amplitude[L - lower], 2)));
      for (int t = 0; t <= L / 2; t++) storage[t * p->records + i] += power * cosine[n * t % L] / L;
    }
  }
}

/* Over many realisations, so that value and error can be judged. */
typedef struct {
  double mean, square, error, worst; /* mean gap; mean square of its deviation in errors; mean and largest error */
  double mass_square;                /* of the effective mass at t = 3 from the exact one */
  int correlated;                    /* fits with a covariance */
} outcome;

static outcome try_paths(const paths *p, double exact)
{
  outcome o = {0};
  double *storage, G[L], C[2] = {0};
  const double *column[L / 2 + 1];
  propagator(p, G);
  for (int n = 0; n < L; n++)
    for (int k = 0; k < 2; k++) C[k] += G[n] * cos(2 * M_PI * n * (3 + k) / L);
  TAP_CALL(sq_alloc(p->records * (L / 2 + 1), &storage));
  for (int t = 0; t <= L / 2; t++) column[t] = storage + t * p->records;
  for (int trial = 0; trial < TRIALS; trial++) {
    double mass[L / 2], error[L / 2];
    sq_gap_fit fit;
    sq_estimate gap;
    sq_series series = {.n = p->records, .column = column, .chains = 1};
    make_correlators(p, (uint64_t)trial, storage);
    TAP_CALL(sq_gap_estimate(&series, L, -1, -1, &fit, &gap));
    TAP_CALL(sq_effective_masses(&series, L, mass, error));
    o.correlated += fit.correlated;
    o.mean += gap.value / TRIALS;
    o.square += pow((gap.value - exact) / gap.error, 2) / TRIALS;
    o.mass_square += pow((mass[3] - sq_effective_mass(L, 3, C[0], C[1])) / error[3], 2) / TRIALS;
    o.error += gap.error / TRIALS;
    tap_worst(&o.worst, gap.error / exact);
  }
  sq_free(&storage);
  if (tap.rank == 0)
    printf("# gap of %lld records, memory %g, second state %g: mean %.5f of %.5f, error %.5f, chi^2 %.3f, of the "
           "effective mass %.3f, largest error %.3f, %d correlated\n",
           (long long)p->records, p->memory, p->share[1], o.mean, exact, o.error, o.square, o.mass_square, o.worst,
           o.correlated);
  return o;
}

static void check_gap(int64_t records, bool correlated)
{
  double m = 2 * asinh(0.25);
  outcome o = try_paths(&(paths){.mass = {m, m}, .share = {1, 0}, .records = records}, m);
  tap_check(fabs(o.square - 1) < 5 * sqrt(2.0 / TRIALS) && o.worst < 3 / sqrt((double)records) &&
              o.correlated == (correlated ? TRIALS : 0),
            "gaps of %lld records scatter as their errors say", (long long)records);
  tap_check(fabs(o.mean - m) < 4 * o.worst * m / sqrt(TRIALS), "without a bias");
}

/* A second state, and records that remember. */
static void check_states_and_memory(void)
{
  paths one = {.mass = {0.3, 1.5}, .share = {1, 0}, .records = 4000}, two = one, slow = one, slower = one;
  two.share[1] = 0.6;
  slow.memory = 0.5;   /* tau_int = 1.5 */
  slower.memory = 0.9; /* tau_int = 9.5: errors of independent records would be 4.4 times too small */
  outcome a = try_paths(&one, 0.3), b = try_paths(&two, 0.3), c = try_paths(&slow, 0.3), d = try_paths(&slower, 0.3);
  const double many = 5 * sqrt(2.0 / TRIALS);
  tap_check(fabs(a.mean - 0.3) < 0.5 * a.error && fabs(a.square - 1) < many, "one state: the gap");
  tap_check(fabs(b.mean - 0.3) < 0.5 * b.error && fabs(b.square - 1) < many, "two states: the gap has little of the "
                                                                             "second");
  tap_check(b.error < 3 * a.error, "and is not much less precise");
  tap_check(fabs(c.mean - 0.3) < 0.5 * c.error && fabs(c.square - 1) < many, "records that remember: the gap scatters "
                                                                             "as its error says");
  tap_check(fabs(c.error / a.error / sqrt(3) - 1) < 0.25, "which knows their autocorrelation");
  tap_check(fabs(d.mean - 0.3) < 0.5 * d.error && fabs(d.square - 1) < many, "also of records that remember long");
  tap_check(fabs(c.mass_square - 1) < many && fabs(d.mass_square - 1) < many, "effective masses scatter as their "
                                                                              "errors say");
}

/* Fields that forget within a time that the lattice is far too short for: C hardly falls. */
static void check_no_gap(void)
{
  enum { N = 1000, HALF = 5 };
  static double storage[HALF + 1][N];
  const double *column[HALF + 1];
  sq_gap_fit fit;
  sq_estimate gap;
  for (int t = 0; t <= HALF; t++) column[t] = storage[t];
  for (int64_t i = 0; i < N; i++) {
    double x[HALF + 1];
    sq_rng_normals(sq_stream_make(6, SQ_RNG_TEST, (uint64_t)i), 0, HALF + 1, 0, 0, x);
    for (int t = 0; t <= HALF; t++) storage[t][i] = 10 + x[0] + 1e-4 * (x[t] - t);
  }
  TAP_CALL(sq_gap_estimate(&(sq_series){.n = N, .column = column, .chains = 1}, 2 * HALF, -1, -1, &fit, &gap));
  tap_check(isnan(gap.value) && isnan(gap.error), "a correlator that hardly falls has no gap, rather than the least "
                                                  "that was looked for");
}

static void check_refusals(void)
{
  sq_action action;
  sq_transfer *t;
  double small[2];
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.2, 0.1}, &action));
  tap_check(!sq_action_is_particle(&action) && sq_transfer_create(&action, &t) == SQ_ERR_INPUT, "two dimensions are no "
                                                                                                "particle");
  TAP_CALL(sq_action_make("phi4", 1, (double[]){-0.2, 0.1}, &action));
  tap_check(!sq_action_is_particle(&action) && sq_transfer_create(&action, &t) == SQ_ERR_INPUT, "a negative kappa is "
                                                                                                "no particle");
  oscillator(0.0005, 0.5, 0.1, small);
  TAP_CALL(sq_action_make("phi4", 1, small, &action));
  tap_check(sq_transfer_create(&action, &t) == SQ_ERR_INPUT, "a spacing that needs too fine a grid is refused");
  PetscPopErrorHandler();
  TAP_CALL(sq_transfer_try(&action, &t));
  TAP_CALL(sq_transfer_continuum(&action, 1, small));
  tap_check(!t && isnan(small[0]), "or has no transfer matrix, where that is allowed");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_harmonic(0.25, 64);
  check_harmonic(1, 7);
  check_paths();
  check_two_sites(0.4, 0.022);
  check_two_sites(0.7, 0.5);
  check_identities(0.5, 0.25, 0.5, 12);
  check_identities(-1, 0.25, 0.4, 10);
  check_orders(0, 1, 0.667986259155777, 2.393644016 - 0.667986259);
  check_orders(0.5, 0, 0.5, 1);
  check_effective_mass();
  check_gap(200, true);
  check_gap(30, false);
  check_states_and_memory();
  check_no_gap();
  check_refusals();
  return tap_end();
}
