/* Fluxes of models that need not know the constraint: the sites where it is broken and |phi|^2 of such fields against
 * loops over the sites, on any ranks; W(n + 2)/W(n) at odd n against gamma functions. */
#include "squall/obs.h"
#include "squall/rng.h"
#include "tap.h"
#include <string.h>

/* ---- W at odd arguments ---- */

/* log W(n) at lambda = 0, and at eta = 0. */
static double gamma_form(double eta, double lambda, double n)
{
  return lambda > 0 ? lgamma((n + 2) / 4) - log(4) - (n + 2) / 4 * log(lambda) :
                      lgamma(n / 2 + 1) - log(2) - (n / 2 + 1) * log(eta);
}

static void test_steps(void)
{
  const double eta[] = {4.25, 0.3, 0, 0}, lambda[] = {0, 0, 1, 7};
  double worst = 0;
  for (int i = 0; i < 4; i++)
    for (int64_t n = 0; n < 500; n += 1 + n / 4) {
      const double exact = exp(gamma_form(eta[i], lambda[i], (double)n + 2) - gamma_form(eta[i], lambda[i], (double)n));
      tap_worst(&worst, fabs(sq_flux_step(eta[i], lambda[i], n) / exact - 1));
    }
  tap_check(worst < 1e-11, "W(n + 2)/W(n) where it is of gamma functions, odd n too");
}

/* ---- fields with a divergence ---- */

enum { MOST_SITES = 64 };

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
} shapes[] = {{1, {7}}, {2, {6, 4}}, {2, {5, 1}}, {3, {4, 2, 3}}, {4, {2, 3, 2, 2}}};

/* Number c of site x: small, of both signs for k. */
static double number_of(int dim, int c, int64_t x)
{
  const double u = sq_rng_uniform(sq_stream_make(5, SQ_RNG_TEST, (uint64_t)c), (uint64_t)x, 0, 0);
  return c < dim ? floor(4 * u) - 1 : floor(1.4 * u);
}

static int64_t below_of(int dim, const int64_t extent[], int nu)
{
  int64_t below = 1;
  for (int mu = dim - 1; mu > nu; mu--) below *= extent[mu];
  return below;
}

/* The share of sites with a divergence, and the mean of W(f + 2)/W(f). */
static void by_loops(int dim, const int64_t extent[], double eta, double lambda, double mean[2])
{
  int64_t volume = 1;
  for (int nu = 0; nu < dim; nu++) volume *= extent[nu];
  mean[0] = mean[1] = 0;
  for (int64_t x = 0; x < volume; x++) {
    double f = 0, divergence = 0;
    for (int nu = 0; nu < dim; nu++) {
      const int64_t below = below_of(dim, extent, nu), at = x / below % extent[nu],
                    y = x + (at ? -1 : extent[nu] - 1) * below;
      f += fabs(number_of(dim, nu, x)) + fabs(number_of(dim, nu, y)) +
           2 * (number_of(dim, dim + nu, x) + number_of(dim, dim + nu, y));
      divergence += number_of(dim, nu, x) - number_of(dim, nu, y);
    }
    mean[0] += (divergence != 0) / (double)volume;
    mean[1] += sq_flux_step(eta, lambda, (int64_t)f) / (double)volume;
  }
}

static void test_shape(int dim, const int64_t extent[])
{
  sq_lattice *lattice;
  sq_action action;
  sq_obs *obs;
  double block[2 * SQ_DIM * MOST_SITES], column[SQ_OBS_MOST], exact[2];
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  TAP_CALL(sq_action_make("complex", dim, (double[]){4.01, 1, 0.7}, &action));
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, dim, extent, NULL, &lattice));
  TAP_CALL(sq_obs_create(lattice, &action, &obs));
  const int64_t n = lattice->local_volume, row = lattice->local[SQ_DIM - 1];
  for (int64_t i = 0; i < 2 * dim * n; i++)
    block[i] = number_of(dim, (int)(i / n), sq_lattice_row_site(lattice, i % n / row) + i % row);
  TAP_CALL(sq_obs_measure(obs, block, column));
  by_loops(dim, extent, 4.01, 1, exact);
  const double violations = column[sq_obs_column(action.type, "violations")],
               phi2 = column[sq_obs_column(action.type, "phi2")];
  tap_check(fabs(violations - exact[0]) < 1e-14 && exact[0] > 0.1 && fabs(phi2 - exact[1]) < 1e-12 &&
              isnan(column[sq_obs_column(action.type, "action_density")]),
            "%dd: %.3g of the sites break the constraint, |phi|^2 = %.6g, no action", dim, violations, phi2);
  memset(block, 0, sizeof block);
  TAP_CALL(sq_obs_measure(obs, block, column));
  const bool none = column[sq_obs_column(action.type, "violations")] == 0;
  block[dim * n] = -1;
  TAP_CALL(sq_obs_measure(obs, block, column));
  tap_check(none && isnan(column[sq_obs_column(action.type, "violations")]) &&
              isnan(column[sq_obs_column(action.type, "phi2")]),
            "%dd: none without flux, not a number where l < 0", dim);
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_steps();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) test_shape(shapes[i].dim, shapes[i].extent);
  return tap_end();
}
