/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes: the weights against closed forms, heat baths and worms against exact sums over fluxes and transfer matrices,
 * in one to four dimensions, where links close on themselves too; equal bits on any ranks. */
#include "squall/exact.h"
#include "squall/flux.h"
#include "squall/stats.h"
#include "tap.h"

/* ---- weights ---- */

/* W(2 m) at lambda = 0, and at eta = 0. */
static double gamma_form(double eta, double lambda, double m)
{
  return lambda > 0 ? lgamma((m + 1) / 2) - log(4) - (m + 1) / 2 * log(lambda) :
                      lgamma(m + 1) - log(2) - (m + 1) * log(eta);
}

static void test_closed_forms(void)
{
  const double eta[] = {4.25, 1e-3, 300, 0, 0, 0}, lambda[] = {0, 0, 0, 1, 1e-6, 50};
  double worst = 0;
  for (int i = 0; i < 6; i++)
    for (int64_t m = 0; m < 3000; m += 1 + m / 3) {
      const double exact = gamma_form(eta[i], lambda[i], (double)m), found = sq_flux_log_weight(eta[i], lambda[i], m);
      tap_worst(&worst, fabs(found - exact) / (1 + fabs(exact)));
    }
  tap_check(worst < 1e-13, "log W(n) where it is a gamma function");
}

/* 2 W(0) = sqrt(pi/(4 lambda)) e^{s^2} erfc(s), s = eta/(2 sqrt(lambda)); erfc(s) e^{s^2} by its series for large s. */
static void test_first(void)
{
  double worst = 0;
  for (double s = -12; s <= 6; s += 0.75) {
    const double lambda = 0.37, exact = log(0.25 * sqrt(M_PI / lambda)) + s * s + log(erfc(s));
    tap_worst(&worst, fabs(sq_flux_log_weight(2 * sqrt(lambda) * s, lambda, 0) - exact) / (1 + fabs(exact)));
  }
  tap_check(worst < 1e-13, "log W(0) of any eta is an error function");
}

/* m + 1 = eta r(m) + 2 lambda r(m) r(m+1), r(m) = W(2m+2)/W(2m); and r is that quotient. */
static void test_recurrence(void)
{
  const double eta[] = {4.01, 0.1, -3, -60, -1000, 1e4, 8}, lambda[] = {1, 0.01, 1, 2.5, 30, 1, 1e-9};
  double worst = 0, quotient = 0;
  for (int i = 0; i < 7; i++)
    for (int64_t m = 0; m < 20000; m += 1 + m / 2) {
      const double r = sq_flux_ratio(eta[i], lambda[i], m), next = sq_flux_ratio(eta[i], lambda[i], m + 1);
      const double sum = fabs(eta[i] * r) + 2 * lambda[i] * r * next;
      tap_worst(&worst, fabs(eta[i] * r + 2 * lambda[i] * r * next - (double)(m + 1)) / sum);
      const double a = sq_flux_log_weight(eta[i], lambda[i], m), b = sq_flux_log_weight(eta[i], lambda[i], m + 1);
      tap_worst(&quotient, fabs(b - a - log(r)) / (1 + fabs(a)));
    }
  tap_check(worst < 1e-13 && quotient < 1e-13, "W(n) satisfies its recurrence, to %.1g", 1e-13);
}

/* ---- fluxes against exact numbers ---- */

typedef struct {
  const char *name;
  int dim;
  int64_t extent[SQ_DIM];
  double eta, lambda, mu, density, phi2; /* exact; 0: not known beforehand */
} point;

/* Transfer matrices of the dual form, d = 1, 2 (two links between two sites). What follows has directions of one, two
 * and odd numbers of sites. */
static const point points[] = {
  {"2d, N_t = 4", 2, {4, 2}, 4.01, 1, 0.9, 0.443511, 0.420143},
  {"2d, below the gap", 2, {8, 2}, 4.01, 1, 0.5, 0.0107285, 0.2948851},
  {"2d, above the gap", 2, {8, 2}, 4.01, 1, 1.0, 0.5038990, 0.4404752},
  {"2d, N_t = 16", 2, {16, 2}, 4.01, 1, 0.9, 0.1194646, 0.3289299},
  {"1d, N_t = 8", 1, {8}, 2.01, 1, 1, 0.4300390, 0.4876705},
  {"1d, N_t = 32", 1, {32}, 2.01, 1, 1.1, 0.6293924, 0.5417623},
  {"free", 2, {16, 8}, 4.25, 0, 0.4, 0.03514685, 0.41462083},
  {"free, one time", 2, {1, 5}, 5.5, 0, 0.8, 0, 0},
  {"free, odd", 2, {5, 3}, 5, 0, 0.5, 0, 0},
  {"free, 3d", 3, {3, 2, 1}, 8, 0, 0.7, 0, 0},
  {"free, 4d", 4, {2, 3, 1, 2}, 10, 0, 1, 0, 0},
  {"odd, a condensate", 2, {5, 2}, 2, 0.7, 0.4, 0, 0},
  {"two times, mu < 0", 2, {2, 2}, 4.5, 0.3, -0.8, 0, 0},
  {"one time", 2, {1, 2}, 3, 0.5, 0.9, 0, 0},
  {"a double well", 1, {7}, -4, 1.5, 0.25, 0, 0},
  {"one site, 3d", 3, {1, 1, 1}, -2, 0.5, 0.3, 0, 0},
  {"one site, large fluxes", 1, {1}, -30, 0.1, 0.05, 0, 0},
};

/* <phi* phi> and n = d log Z/d mu /V of 1/V sum_p log D(p), D = eta - 2 sum_s cos p_s - 2 cos(p_0 - i mu). */
static void free_field(const point *p, double exact[2])
{
  int64_t volume = 1;
  exact[0] = exact[1] = 0;
  for (int nu = 0; nu < p->dim; nu++) volume *= p->extent[nu];
  for (int64_t i = 0; i < volume; i++) {
    double d = p->eta, angle = 0;
    int64_t rest = i;
    for (int nu = p->dim - 1; nu >= 0; rest /= p->extent[nu--]) {
      angle = 2 * M_PI * (double)(rest % p->extent[nu]) / (double)p->extent[nu];
      if (nu) d -= 2 * cos(angle);
    }
    const double re = d - 2 * cosh(p->mu) * cos(angle), im = -2 * sinh(p->mu) * sin(angle), norm = re * re + im * im;
    exact[1] += re / norm / (double)volume;
    exact[0] += (2 * sinh(p->mu) * cos(angle) * re + 2 * cosh(p->mu) * sin(angle) * im) / norm / (double)volume;
  }
}

static void exact_of(const point *p, double exact[2])
{
  exact[0] = p->density;
  exact[1] = p->phi2;
  if (p->phi2 > 0) return;
  if (p->lambda == 0) {
    free_field(p, exact);
    return;
  }
  if (p->extent[0] > 1 || p->dim == 2) {
    sq_exact_complex box;
    TAP_CALL(sq_exact_complex_box(p->dim, p->extent, p->eta, p->lambda, p->mu, &box));
    exact[0] = box.density;
    exact[1] = box.phi2;
    return;
  }
  exact[1] = sq_flux_ratio(p->eta - 2 * (p->dim - 1) - 2 * cosh(p->mu), p->lambda, 0);
  exact[0] = 2 * sinh(p->mu) * exact[1];
}

/* Means of a block over the sites: k_0, and W(f+2)/W(f). */
static void observe(const sq_lattice *lattice, const point *p, const double *block, const double *ratio, double mean[2])
{
  const int64_t n = lattice->volume;
  mean[0] = mean[1] = 0;
  for (int64_t x = 0; x < n; x++) {
    int64_t f = 0;
    for (int nu = 0; nu < p->dim; nu++) {
      int64_t below = 1;
      for (int mu = p->dim - 1; mu > nu; mu--) below *= p->extent[mu];
      const int64_t at = x / below % p->extent[nu], y = x + (at ? -1 : p->extent[nu] - 1) * below;
      f += (int64_t)(fabs(block[nu * n + x]) + fabs(block[nu * n + y]) +
                     2 * (block[(p->dim + nu) * n + x] + block[(p->dim + nu) * n + y]));
    }
    mean[0] += block[x] / (double)n;
    mean[1] += ratio[f / 2] / (double)n;
  }
}

enum { UNITS = 4000 };

/* Series of both on one rank. */
static void run(const point *p, uint64_t id, double series[2][UNITS])
{
  enum { TABLE = 4000, SETTLE = 100 };
  static double ratio[TABLE];
  sq_lattice *lattice;
  sq_fluxes *fluxes;
  double *block, mean[2];
  int64_t worms;
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, p->dim, p->extent, NULL, &lattice));
  TAP_CALL(sq_fluxes_create(lattice, &(sq_flux_coupling){p->eta, p->lambda, p->mu}, &fluxes));
  TAP_CALL(sq_alloc(2 * p->dim * lattice->volume, &block));
  for (int64_t m = 0; m < TABLE; m++) ratio[m] = sq_flux_ratio(p->eta, p->lambda, m);
  TAP_CALL(sq_fluxes_choose_worms(fluxes, 1, id, &worms));
  TAP_CALL(sq_fluxes_load(fluxes, block));
  for (int n = -SETTLE; n < UNITS; n++) {
    TAP_CALL(sq_fluxes_move(fluxes, 1, id, (uint64_t)(n + SETTLE), worms));
    if (n < 0) continue;
    sq_fluxes_store(fluxes, block);
    observe(lattice, p, block, ratio, mean);
    for (int k = 0; k < 2; k++) series[k][n] = mean[k];
  }
  sq_free(&block);
  TAP_CALL(sq_fluxes_destroy(&fluxes));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* Both within 4 errors: a false alarm of all points together once in six hundred seeds. */
static void test_point(const point *p, uint64_t id)
{
  static double series[2][UNITS];
  sq_estimate e[2];
  double exact[2];
  exact_of(p, exact);
  run(p, id, series);
  for (int k = 0; k < 2; k++) TAP_CALL(sq_gamma_mean(UNITS, series[k], &e[k]));
  const double n = (e[0].value - exact[0]) / e[0].error, phi2 = (e[1].value - exact[1]) / e[1].error;
  tap_check(fabs(n) < 4 && fabs(phi2) < 4 && e[1].error < 0.02 * exact[1],
            "%s: n = %.5f(%.5f), exact %.5f; |phi|^2 = %.5f(%.5f), exact %.5f", p->name, e[0].value, e[0].error,
            exact[0], e[1].value, e[1].error, exact[1]);
  if (tap.rank == 0) printf("# off by %.2f and %.2f errors; tau_int %.2f, %.2f\n", n, phi2, e[0].tau_int, e[1].tau_int);
}

/* V (<n^2> - <n>^2) against dn/dmu, by differences of the exact n. */
static void test_susceptibility(const point *p, const double *n)
{
  const double h = 1e-4, volume = (double)(p->extent[0] * (p->dim > 1 ? p->extent[1] : 1));
  sq_exact_complex low, high, here;
  double square[UNITS];
  sq_estimate e;
  TAP_CALL(sq_exact_complex_box(p->dim, p->extent, p->eta, p->lambda, p->mu - h, &low));
  TAP_CALL(sq_exact_complex_box(p->dim, p->extent, p->eta, p->lambda, p->mu + h, &high));
  TAP_CALL(sq_exact_complex_box(p->dim, p->extent, p->eta, p->lambda, p->mu, &here));
  for (int i = 0; i < UNITS; i++) square[i] = volume * (n[i] - here.density) * (n[i] - here.density);
  TAP_CALL(sq_gamma_mean(UNITS, square, &e));
  const double exact = (high.density - low.density) / (2 * h);
  tap_check(fabs(e.value - exact) < 4 * e.error, "%s: dn/dmu = %.4f(%.4f) from fluctuations, exact %.4f", p->name,
            e.value, e.error, exact);
}

/* The distribution of the particle number against e^{mu K N_t} Z_K/Z;. */
static void test_windings(const point *p)
{
  static double series[2][UNITS];
  sq_exact_complex box;
  double worst = 0, inside[UNITS];
  int compared = 0;
  TAP_CALL(sq_exact_complex_box(p->dim, p->extent, p->eta, p->lambda, p->mu, &box));
  run(p, 40, series);
  const double times = (double)p->extent[0], slice = p->dim > 1 ? (double)p->extent[1] : 1;
  for (int K = 1 - box.sectors; K < box.sectors; K++) {
    const double exact = exp(p->mu * K * times + box.log_sector[abs(K)] - box.log_Z);
    sq_estimate e;
    if (exact < 0.01) continue;
    for (int i = 0; i < UNITS; i++) inside[i] = rint(series[0][i] * slice) == K;
    TAP_CALL(sq_gamma_mean(UNITS, inside, &e));
    tap_worst(&worst, fabs(e.value - exact) / e.error);
    compared++;
  }
  tap_check(compared >= 2 && worst < 4.2, "%s: the numbers of particles, %d of them, come as often as they should",
            p->name, compared);
  test_susceptibility(p, series[0]);
}

/* ---- any ranks ---- */

static void advance(MPI_Comm comm, const int64_t extent[2], sq_lattice **lattice, double **block)
{
  sq_fluxes *fluxes;
  int64_t worms;
  TAP_CALL(sq_lattice_create(comm, 2, extent, NULL, lattice));
  TAP_CALL(sq_fluxes_create(*lattice, &(sq_flux_coupling){4.01, 1, 1.1}, &fluxes));
  TAP_CALL(sq_alloc(4 * (*lattice)->local_volume, block));
  TAP_CALL(sq_fluxes_choose_worms(fluxes, 4, 2, &worms));
  for (uint64_t unit = 0; unit < 30; unit++) { /* a restart after each */
    TAP_CALL(sq_fluxes_load(fluxes, *block));
    TAP_CALL(sq_fluxes_move(fluxes, 4, 2, unit, worms));
    sq_fluxes_store(fluxes, *block);
  }
  TAP_CALL(sq_fluxes_destroy(&fluxes));
}

static void test_ranks(const int64_t extent[2])
{
  sq_lattice *whole, *mine;
  double *all, *block;
  bool same = true;
  advance(MPI_COMM_SELF, extent, &whole, &all);
  advance(MPI_COMM_WORLD, extent, &mine, &block);
  const int64_t n = mine->local_volume;
  for (int c = 0; c < 4; c++)
    for (int64_t i = 0; i < n; i++) {
      const int64_t x = sq_lattice_row_site(mine, i / mine->local[3]) + i % mine->local[3];
      same = same && block[c * n + i] == all[c * whole->volume + x];
    }
  tap_check(same, "%lld x %lld: the same fluxes on any ranks", (long long)extent[0], (long long)extent[1]);
  sq_free(&all);
  sq_free(&block);
  TAP_CALL(sq_lattice_destroy(&whole));
  TAP_CALL(sq_lattice_destroy(&mine));
}

/* ---- what is refused ---- */

static void test_refusals(void)
{
  sq_lattice *lattice;
  sq_fluxes *fluxes;
  double block[4 * 16] = {0};
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 2, (int64_t[]){4, 4}, NULL, &lattice));
  TAP_CALL(sq_fluxes_create(lattice, &(sq_flux_coupling){-1, 1e-9, 0}, &fluxes));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_fluxes_move(fluxes, 1, 1, 0, 1) == SQ_ERR_INPUT, "fluxes beyond the table are an error");
  block[5] = 1;
  tap_check(sq_fluxes_load(fluxes, block) == SQ_ERR_DATA, "a divergence is refused");
  block[5] = 0.5;
  tap_check(sq_fluxes_load(fluxes, block) == SQ_ERR_DATA, "half a flux is refused");
  block[5] = NAN;
  tap_check(sq_fluxes_load(fluxes, block) == SQ_ERR_DATA, "a flux that is no number is refused");
  block[5] = 0;
  block[40] = -1;
  tap_check(sq_fluxes_load(fluxes, block) == SQ_ERR_DATA, "a negative l is refused");
  PetscPopErrorHandler();
  block[40] = 0;
  for (int x = 0; x < 4; x++) block[4 * x + 1] = -2;
  tap_check(sq_fluxes_load(fluxes, block) == 0, "a flux around the lattice is none");
  TAP_CALL(sq_fluxes_destroy(&fluxes));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_closed_forms();
  test_first();
  test_recurrence();
  for (uint64_t i = 0; i < sizeof points / sizeof *points && tap.size == 1; i++) test_point(&points[i], i);
  for (int i = 0; i < 6 && tap.size == 1; i++) test_windings(&points[i]);
  test_ranks((int64_t[]){8, 6});
  test_ranks((int64_t[]){5, 7});
  test_ranks((int64_t[]){1, 4});
  test_refusals();
  return tap_end();
}
