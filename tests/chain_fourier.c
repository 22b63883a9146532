/* SPDX-License-Identifier: BSD-3-Clause */
/* hmc, one chain with Fourier acceleration: the free field is forgotten in one trajectory, the order of the
 * integrators, reversibility, exact and independent results, the same bits on any number of ranks. */
#include "chain.h"

static setup accelerated(MPI_Comm comm, int dim, const int64_t *extent, double kappa, double lambda,
                         const sq_integrator *integrator, uint64_t id, double mass)
{
  setup s = make(comm, dim, extent, kappa, lambda, integrator, id);
  TAP_CALL(sq_md_accelerate(s.md, mass));
  return s;
}

/* 1/G(p) = 2 kappa (p_hat^2 + m^2) of the free field; with that mass all modes have frequency sqrt(2). */
static double free_mass(int dim, double kappa)
{
  return sqrt((1 - 2 * dim * kappa) / kappa);
}

static double *end_of(setup *s)
{
  double *block;
  TAP_CALL(sq_alloc(s->lattice->local_volume, &block));
  sq_block_normals(s->lattice, sq_stream_make(4, SQ_RNG_TEST, 0), 0, 0, s->md->momentum);
  TAP_CALL(sq_md_integrate(s->md, s->chain->phi, s->chain->force, M_PI / 2 / sqrt(2) / 40, 40));
  sq_field_to_block(s->md->end, block);
  return block;
}

/* After a quarter of a period nothing is left of the first field, in any mode. */
static void test_quarter_period(int dim, const int64_t *extent, double kappa)
{
  int ranks[SQ_DIM];
  char name[64];
  sq_extents_text(dim, extent, name, sizeof name);
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  const sq_integrator *omf4 = sq_integrator_find("omf4");
  setup a = accelerated(MPI_COMM_WORLD, dim, extent, kappa, 0, omf4, 1, free_mass(dim, kappa)),
        b = accelerated(MPI_COMM_WORLD, dim, extent, kappa, 0, omf4, 2, free_mass(dim, kappa));
  double *x = end_of(&a), *y = end_of(&b), apart = 0, size = 0;
  for (int64_t i = 0; i < a.lattice->local_volume; i++) {
    tap_worst(&apart, fabs(x[i] - y[i]));
    tap_worst(&size, fabs(x[i]));
  }
  tap_check(apart < 1e-7 && size > 0.01, "%s: a quarter of a period forgets every mode of the free field", name);
  sq_free(&x);
  sq_free(&y);
  clear(&a);
  clear(&b);
}

static void test_free_field(void)
{
  setup s = accelerated(MPI_COMM_WORLD, 2, (int64_t[]){4, 7}, 0.24, 0, sq_integrators[0], 1, free_mass(2, 0.24));
  result r = measure(&s, 20, 4000, M_PI / 2 / sqrt(2) / 2, 2);
  double trace = 0, V = 28;
  for (int p = 0; p < 4; p++)
    for (int q = 0; q < 7; q++)
      trace += sq_action_free_propagator(&s.action, cos(2 * M_PI * p / 4) + cos(2 * M_PI * q / 7));
  double error, mean = sq_metropolis_exp_mean(&r.counts, &error);
  tap_check(fabs(mean - 1) < 3 * error && error < 0.01, "free field: <exp(-dH)> = 1");
  agrees(&r, SD, 1, 0, 0.05, "free field");
  agrees(&r, M_SQUARE, sq_action_free_propagator(&s.action, 2) / V, 0, 0.06, "free field");
  agrees(&r, SQUARE, trace / V, 0, 0.03, "free field");
  agrees(&r, DENSITY, 0.5, 0, 0.03, "free field");
  tap_check(fabs(r.tau[M_SQUARE] - 0.5) < 0.05 && fabs(r.tau[DENSITY] - 0.5) < 0.05, "free field: tau_int is 1/2");
  clear(&s);
}

static void test_reversible(const sq_integrator *integrator)
{
  setup s = accelerated(MPI_COMM_WORLD, 2, (int64_t[]){10, 10}, 0.27, 0.022, integrator, 0, 0.4);
  double moved, missed;
  there_and_back(&s, 5, 15, &moved, &missed);
  tap_check(moved > 0.1 && missed < 1e-12, "%s is reversible to rounding", integrator->name);
  clear(&s);
}

static void test_order(const sq_integrator *integrator)
{
  setup s = accelerated(MPI_COMM_WORLD, 3, (int64_t[]){4, 6, 3}, 0.15, 0.3, integrator, 0, 1);
  double *block, number[SQ_CHAIN_NUMBERS];
  TAP_CALL(sq_alloc(s.lattice->local_volume, &block));
  run(&s, 50, 0.1, 10);
  sq_chain_save(s.chain, block, number);
  double slope = log2(violation(&s, block, number, 16) / violation(&s, block, number, 32));
  if (tap.rank == 0) printf("# %s: slope %.3f\n", integrator->name, slope);
  tap_check(fabs(slope - integrator->order) < (integrator->order == 4 ? 0.2 : 0.1), "%s: dH falls as eps^%d",
            integrator->name, integrator->order);
  sq_free(&block);
  clear(&s);
}

/* Numbers of an independent program, with and without cluster updates between trajectories. */
static void test_critical_2d(int64_t sweeps)
{
  setup s = accelerated(MPI_COMM_WORLD, 2, (int64_t[]){16, 16}, 0.27, 0.022, sq_integrators[0], 3, 0.25);
  s.sweeps = sweeps;
  result r = measure(&s, 50, sweeps ? 3000 : 6000, 0.2, 6);
  identities(&r, "16x16, kappa = 0.27");
  agrees(&r, M_ABS, 0.76216874, 0.00088, 0.03, "16x16, kappa = 0.27");
  agrees(&r, M_SQUARE, 0.67468616, 0.0012, 0.06, "16x16, kappa = 0.27");
  agrees(&r, SQUARE, 1.4573258, 0.00098, 0.03, "16x16, kappa = 0.27");
  agrees(&r, DENSITY, 0.39464478, 8.1e-05, 0.02, "16x16, kappa = 0.27");
  clear(&s);
}

static void test_same_bits(int dim, const int64_t *extent)
{
  int ranks[SQ_DIM];
  char name[64];
  sq_extents_text(dim, extent, name, sizeof name);
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup cut = accelerated(MPI_COMM_WORLD, dim, extent, 0.3, 0.2, sq_integrators[0], 5, 0.7),
        whole = accelerated(MPI_COMM_SELF, dim, extent, 0.3, 0.2, sq_integrators[0], 5, 0.7);
  run(&cut, 20, 0.2, 4);
  run(&whole, 20, 0.2, 4);
  tap_check(checksum(cut.chain) == checksum(whole.chain) && cut.chain->dH == whole.chain->dH &&
              cut.chain->action == whole.chain->action && cut.chain->counts.sum_exp == whole.chain->counts.sum_exp &&
              cut.chain->counts.accepted > 0,
            "%s: the same bits on any number of ranks", name);
  clear(&cut);
  clear(&whole);
}

/* A propagator of the assumed form gives its mass and its frequency back. */
static void test_fit(void)
{
  sq_orbits orbits;
  double *G, mass = 0, frequency;
  const int64_t extent[SQ_DIM] = {1, 6, 8, 8};
  TAP_CALL(sq_orbits_create(3, extent, &orbits));
  TAP_CALL(sq_alloc(orbits.count, &G));
  for (int64_t k = 0; k < orbits.count; k++) G[k] = 1.7 / (orbits.phat2[k] + 0.49);
  G[0] = 1e4; /* as in a broken phase */
  sq_md_fit_mass(&orbits, G, &mass, &frequency);
  tap_check(fabs(mass - 0.7) < 1e-10 && fabs(frequency - sqrt(6.49 / 1.7)) < 1e-10, "mass and frequency from the "
                                                                                    "propagator");
  for (int64_t k = 0; k < orbits.count; k++) G[k] = 0.5;
  mass = 0;
  sq_md_fit_mass(&orbits, G, &mass, &frequency);
  tap_check(mass > 10 && fabs(frequency - sqrt(2)) < 0.1, "where nothing propagates the kernel is flat");
  sq_free(&G);
  sq_orbits_destroy(&orbits);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_quarter_period(1, (int64_t[]){9}, 0.45);
  test_quarter_period(2, (int64_t[]){6, 5}, 0.24);
  test_quarter_period(3, (int64_t[]){4, 3, 4}, 0.15);
  test_quarter_period(4, (int64_t[]){2, 3, 4, 3}, 0.12);
  test_free_field();
  for (int i = 0; sq_integrators[i]; i++) {
    test_reversible(sq_integrators[i]);
    test_order(sq_integrators[i]);
  }
  test_critical_2d(0);
  test_critical_2d(1);
  test_same_bits(1, (int64_t[]){7});
  test_same_bits(2, (int64_t[]){10, 10});
  test_same_bits(3, (int64_t[]){2, 5, 4});
  test_same_bits(4, (int64_t[]){2, 3, 4, 3});
  test_fit();
  return tap_end();
}
