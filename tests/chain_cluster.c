/* SPDX-License-Identifier: BSD-3-Clause */
/* hmc, one chain with cluster updates: integrals by quadrature, independent results, the same bits on any number of
 * ranks and after a restart. */
#include "chain.h"

/* ---- one, two and three sites: the trapezium rule on a grid, which converges faster than any power ---- */

enum { GRID = 49 };
static const double edge = 3.6; /* of the grid in phi: e^-S is below 1e-16 there */

/* S of a ring of sites; two links join two sites, as on the lattice. */
static double ring_action(int sites, const double *phi, double kappa, double lambda)
{
  double action = 0;
  for (int x = 0; x < sites; x++) {
    double square = phi[x] * phi[x];
    action += square * (1 - 2 * lambda + lambda * square) - 2 * kappa * phi[x] * phi[(x + 1) % sites];
  }
  return action;
}

typedef struct {
  double z, square, M_square, M_fourth, M_abs;
} integrals;

static integrals integrate(int sites, double kappa, double lambda)
{
  integrals sum = {0};
  int64_t points = 1;
  for (int x = 0; x < sites; x++) points *= GRID;
  for (int64_t point = 0; point < points; point++) {
    double phi[3], M = 0, square = 0;
    int64_t rest = point;
    for (int x = 0; x < sites; x++, rest /= GRID) {
      phi[x] = edge * (2 * (double)(rest % GRID) / (GRID - 1) - 1);
      M += phi[x] / sites;
      square += phi[x] * phi[x] / sites;
    }
    double weight = exp(-ring_action(sites, phi, kappa, lambda));
    sum.z += weight;
    sum.square += weight * square;
    sum.M_abs += weight * fabs(M);
    sum.M_square += weight * M * M;
    sum.M_fourth += weight * M * M * M * M;
  }
  return sum;
}

static void test_ring(int sites, double kappa, double lambda)
{
  int grid[SQ_DIM];
  char where[64];
  if (!sq_lattice_can_share(1, (int64_t[]){sites}, tap.size, grid)) return;
  integrals exact = integrate(sites, kappa, lambda);
  setup s = make(MPI_COMM_WORLD, 1, (int64_t[]){sites}, kappa, lambda, sq_integrators[0], 2);
  s.sweeps = 1;
  result r = measure(&s, 50, 40000, 0.55, 2);
  snprintf(where, sizeof where, "%d site%s, kappa = %g", sites, sites > 1 ? "s" : "", kappa);
  identities(&r, where);
  agrees(&r, SQUARE, exact.square / exact.z, 0, 0.03, where);
  agrees(&r, M_SQUARE, exact.M_square / exact.z, 0, 0.03, where);
  agrees(&r, M_FOURTH, exact.M_fourth / exact.z, 0, 0.06, where);
  clear(&s);
}

/* ---- an independent program: single-site Metropolis and embedded Wolff clusters, errors from 64 jackknife bins ----
 */

static void test_critical_2d(void)
{
  setup s = make(MPI_COMM_WORLD, 2, (int64_t[]){16, 16}, 0.27, 0.022, sq_integrators[0], 3);
  s.sweeps = 1;
  result r = measure(&s, 50, 8000, 0.45, 10);
  identities(&r, "16x16, kappa = 0.27");
  agrees(&r, M_ABS, 0.76216874, 0.00088, 0.02, "16x16, kappa = 0.27");
  agrees(&r, M_SQUARE, 0.67468616, 0.0012, 0.04, "16x16, kappa = 0.27");
  agrees(&r, SQUARE, 1.4573258, 0.00098, 0.02, "16x16, kappa = 0.27");
  agrees(&r, DENSITY, 0.39464478, 8.1e-05, 0.02, "16x16, kappa = 0.27");
  clear(&s);
}

static void test_4d(void)
{
  setup s = make(MPI_COMM_WORLD, 4, (int64_t[]){8, 8, 8, 8}, 0.11, 0.5, sq_integrators[0], 4);
  s.sweeps = 2;
  result r = measure(&s, 50, 400, 0.2, 5);
  identities(&r, "8^4");
  agrees(&r, M_ABS, 0.019332718, 6.5e-05, 0.1, "8^4");
  agrees(&r, SQUARE, 0.50824556, 2.2e-05, 0.01, "8^4");
  agrees(&r, DENSITY, 0.22296233, 1.9e-05, 0.02, "8^4");
  clear(&s);
}

/* ---- bits ---- */

static void test_same_bits(int dim, const int64_t *extent, double kappa)
{
  int ranks[SQ_DIM];
  char name[64];
  sq_extents_text(dim, extent, name, sizeof name);
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup cut = make(MPI_COMM_WORLD, dim, extent, kappa, 0.2, sq_integrators[0], 5),
        whole = make(MPI_COMM_SELF, dim, extent, kappa, 0.2, sq_integrators[0], 5);
  cut.sweeps = whole.sweeps = 2;
  run(&cut, 30, 0.4, 4);
  run(&whole, 30, 0.4, 4);
  tap_check(checksum(cut.chain) == checksum(whole.chain), "%s, kappa = %g: the same field on any number of ranks", name,
            kappa);
  tap_check(cut.chain->dH == whole.chain->dH && cut.chain->action == whole.chain->action &&
              cut.chain->magnetisation == whole.chain->magnetisation &&
              cut.chain->schwinger_dyson == whole.chain->schwinger_dyson &&
              cut.chain->counts.sum_exp == whole.chain->counts.sum_exp,
            "%s, kappa = %g: the same numbers on any number of ranks", name, kappa);
  clear(&cut);
  clear(&whole);
}

static void test_restore(void)
{
  setup a = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 10}, 0.3, 0.2, sq_integrators[0], 6),
        b = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 10}, 0.3, 0.2, sq_integrators[0], 6);
  double *block, number[SQ_CHAIN_NUMBERS], end[SQ_CHAIN_NUMBERS];
  a.sweeps = b.sweeps = 1;
  TAP_CALL(sq_alloc(a.lattice->local_volume, &block));
  run(&a, 8, 0.4, 4);
  sq_chain_save(a.chain, block, number);
  TAP_CALL(sq_chain_restore(b.chain, block, number));
  run(&a, 20, 0.4, 4);
  run(&b, 20, 0.4, 4);
  sq_chain_save(a.chain, block, number);
  sq_chain_save(b.chain, block, end);
  tap_check(checksum(a.chain) == checksum(b.chain) && memcmp(number, end, sizeof end) == 0, "a restored chain goes on "
                                                                                            "as the chain does");
  sq_free(&block);
  clear(&a);
  clear(&b);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_ring(1, 0.2, 0.4);
  test_ring(2, 0.3, 0.4);
  test_ring(2, -0.3, 0.4);
  test_ring(3, 0.4, 0.4);
  test_ring(3, -0.4, 0.4);
  test_critical_2d();
  test_4d();
  test_same_bits(1, (int64_t[]){7}, 0.3);
  test_same_bits(2, (int64_t[]){3, 7}, 0.3);
  test_same_bits(2, (int64_t[]){10, 10}, -0.3);
  test_same_bits(3, (int64_t[]){2, 5, 4}, 0.2);
  test_same_bits(4, (int64_t[]){2, 3, 4, 3}, 0.15);
  test_restore();
  return tap_end();
}
