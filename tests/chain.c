/* SPDX-License-Identifier: BSD-3-Clause */
/* hmc, one chain: reversibility, the order of the integrators, exact identities, exact and independent results, the
 * same bits on any number of ranks and after a restart. Seeds are fixed, so a statistical test passes always or never.
 */
#include "../src/action/torus.h"
#include "chain.h"

/* ---- molecular dynamics ---- */

static void test_reversible(const sq_integrator *integrator)
{
  setup s = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 10}, 0.27, 0.022, integrator, 0);
  double moved, missed;
  there_and_back(&s, 10, 20, &moved, &missed);
  tap_check(moved > 0.1 && missed < 1e-12, "%s is reversible to rounding", integrator->name);
  clear(&s);
}

/* The production check: sees an integrator that is not symmetric, and leaves the chain alone. */
static void test_reversibility_check(const sq_integrator *integrator)
{
  const sq_integrator lopsided = {"lopsided", "", 1, 0.9, 3, {0.3, 1, 0.7}};
  setup s = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 12}, 0.27, 0.022, integrator, 0), t;
  double fine, wrong;
  run(&s, 10, 0.1, 10);
  uint64_t before = checksum(s.chain);
  TAP_CALL(sq_chain_reversibility(s.chain, 0.1, 20, &fine));
  tap_check(fine > 0 && fine < 1e-12, "%s is reversible to %.1e", integrator->name, fine);
  run(&s, 1, 0.1, 10);
  uint64_t after = checksum(s.chain);
  t = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 12}, 0.27, 0.022, integrator, 0);
  run(&t, 11, 0.1, 10);
  tap_check(before != after && after == checksum(t.chain), "%s: the check changes nothing", integrator->name);
  clear(&s);
  clear(&t);
  s = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 12}, 0.27, 0.022, &lopsided, 0);
  TAP_CALL(sq_chain_reversibility(s.chain, 0.1, 20, &wrong));
  tap_check(wrong > 1e-4, "an integrator that is not symmetric is found out (%.1e)", wrong);
  clear(&s);
}

/* Serial: several steps in one wavefront give the bits of sweep by sweep. */
static void test_wavefront(int dim, const int64_t extent[], const sq_integrator *integrator)
{
  enum { STEPS = 7 };
  setup s = make(MPI_COMM_SELF, dim, extent, 0.1, 0.3, integrator, 0);
  int64_t n = s.lattice->local_volume, sites;
  double *block[2], *momentum;
  bool same = true;
  char text[64];
  TAP_CALL(sq_alloc(n, &block[0]));
  TAP_CALL(sq_alloc(n, &block[1]));
  TAP_CALL(sq_alloc(n, &momentum));
  for (int64_t front = 1; front <= sq_field_planes(s.chain->phi, &sites) / 2; front++) {
    s.md->front = front;
    sq_block_normals(s.lattice, sq_stream_make(1, SQ_RNG_TEST, 0), 0, 0, s.md->momentum);
    TAP_CALL(sq_md_integrate(s.md, s.chain->phi, s.chain->force, 0.1, STEPS));
    sq_field_to_block(s.md->end, block[front > 1]);
    if (front == 1) memcpy(momentum, s.md->momentum, (size_t)n * sizeof *momentum);
    else
      same = same && !memcmp(block[0], block[1], (size_t)n * sizeof **block) &&
             !memcmp(momentum, s.md->momentum, (size_t)n * sizeof *momentum);
  }
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(same, "%s on %s: a wavefront gives the bits of sweeps", integrator->name, text);
  sq_free(&block[0]);
  sq_free(&block[1]);
  sq_free(&momentum);
  clear(&s);
}

/* Field and momenta after 9 steps of a trajectory, and at the end of one of a single drift. */
static void both_lengths(setup *s, double *block)
{
  const int64_t n = s->lattice->local_volume;
  for (int64_t steps = 1; steps < 10; steps += 8, block += 2 * n) {
    sq_block_normals(s->lattice, sq_stream_make(1, SQ_RNG_TEST, 0), 0, 0, s->md->momentum);
    TAP_CALL(sq_md_integrate(s->md, s->chain->phi, s->chain->force, 0.1, steps));
    sq_field_to_block(s->md->end, block);
    memcpy(block + n, s->md->momentum, (size_t)n * sizeof *block);
  }
}

/* Serial: fields without rims, in any front, in parts, by any set of instructions, give the bits of fields with rims.
 */
static void test_torus(int dim, const int64_t extent[], const sq_integrator *integrator)
{
  const char *const set[] = {"generic", "avx2", "avx512"}; /* the best one last: it stays */
  setup s = make(MPI_COMM_SELF, dim, extent, 0.1, 0.3, integrator, 0);
  const int64_t n = 4 * s.lattice->local_volume, second = dim > 2 ? extent[1] : 1;
  double *block[2];
  char text[64];
  int wrong = 0, tried = 0;
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(s.md->torus, "%s goes without rims", text);
  for (int i = 0; i < 2; i++) TAP_CALL(sq_alloc(n, &block[i]));
  s.md->torus = false;
  both_lengths(&s, block[0]);
  s.md->torus = true;
  for (int i = 0; i < 3; i++) {
    if (!sq_torus_choose(set[i])) continue;
    for (s.md->front = 1; s.md->front == 1 || s.md->front <= s.md->planes / 2; s.md->front++)
      for (s.md->together = 1; s.md->together < 4; s.md->together++)
        for (s.md->parts = 1; s.md->parts == 1 || second / s.md->parts >= 2 * s.md->front; s.md->parts++, tried++) {
          both_lengths(&s, block[1]);
          wrong += memcmp(block[0], block[1], (size_t)n * sizeof **block) != 0;
        }
  }
  tap_check(tried > 0 && !wrong, "%s on %s: the bits with rims, %d ways", integrator->name, text, tried);
  for (int i = 0; i < 2; i++) sq_free(&block[i]);
  clear(&s);
}

/* A trajectory, whose ends are made in one pass each, gives the bits of its parts one after the other. */
static void test_ends(int dim, const int64_t extent[], int64_t steps)
{
  setup s = make(MPI_COMM_WORLD, dim, extent, 0.1, 0.3, sq_integrators[0], 0);
  sq_md *md = s.md;
  const sq_stream stream = sq_stream_make(3, SQ_RNG_TEST, 0);
  const size_t bytes = (size_t)md->numbers * sizeof(double);
  sq_sum sum[SQ_MD_SUMS], parts[SQ_MD_SUMS], kinetic = {{0}};
  double *field[2], *force;
  char text[64];
  for (int k = 0; k < 2; k++) TAP_CALL(sq_alloc(md->numbers, &field[k]));
  TAP_CALL(sq_alloc(md->numbers, &force));
  TAP_CALL(sq_md_trajectory(md, s.chain->phi, s.chain->force, 0.1, steps, stream, 5, sum));
  sq_field_to_block(md->end, field[0]);
  memcpy(force, md->end_force, bytes);
  sq_md_normals(md, stream, 5, 0, md->momentum);
  sq_md_sum_half_squares(md->numbers, md->momentum, &kinetic);
  TAP_CALL(sq_md_integrate(md, s.chain->phi, s.chain->force, 0.1, steps));
  sq_md_sums(md, md->end, md->end_force, parts);
  parts[SQ_MD_KINETIC] = kinetic;
  sq_md_sum_half_squares(md->numbers, md->momentum, &parts[SQ_MD_KINETIC_END]);
  sq_field_to_block(md->end, field[1]);
  bool same = !memcmp(field[0], field[1], bytes) && !memcmp(force, md->end_force, bytes);
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(same, "%s, %d steps: ends in one pass give field and force of their parts", text, (int)steps);
  tap_check(!memcmp(sum, parts, (size_t)md->sums * sizeof *sum), "and the sums");
  for (int k = 0; k < 2; k++) sq_free(&field[k]);
  sq_free(&force);
  clear(&s);
}

static void test_order(const sq_integrator *integrator)
{
  setup s = make(MPI_COMM_WORLD, 3, (int64_t[]){4, 6, 3}, 0.15, 0.3, integrator, 0);
  double *block, number[SQ_CHAIN_NUMBERS];
  TAP_CALL(sq_alloc(s.lattice->local_volume, &block));
  run(&s, 50, 0.1, 10);
  sq_chain_save(s.chain, block, number);
  double slope = log2(violation(&s, block, number, 12) / violation(&s, block, number, 24));
  if (tap.rank == 0) printf("# %s: slope %.3f\n", integrator->name, slope);
  tap_check(fabs(slope - integrator->order) < 0.1, "%s: dH falls as eps^%d", integrator->name, integrator->order);
  sq_free(&block);
  clear(&s);
}

/* A step size with about the acceptance that omelyan has at eps. */
static double step_of(const sq_integrator *integrator, double eps)
{
  return eps * (integrator->order == 4 ? 2 : integrator->count > 3 ? 1 : 0.6);
}

/* In equilibrium dH is normal on a large lattice, so <dH> = var(dH)/2 and the acceptance is erfc(sqrt(<dH>)/2) (M.
 * Creutz, Phys. Rev. D 38 (1988) 1228; S. Gupta et al., Phys. Lett. B 242 (1990) 437), between a half and nine tenths
 * here. */
static void test_acceptance(const sq_integrator *integrator, double eps, int64_t steps)
{
  enum { TRAJECTORIES = 6000 };
  if (tap.size > 1) return;
  setup s = make(MPI_COMM_WORLD, 2, (int64_t[]){48, 48}, 0.21, 0.022, integrator, 8);
  sq_running dH = {0};
  run(&s, 100, eps / 3, 3 * steps);
  s.chain->counts = (sq_metropolis){0};
  for (int i = 0; i < TRAJECTORIES; i++) {
    run(&s, 1, eps, steps);
    sq_running_add(&dH, s.chain->dH);
  }
  double rate = sq_metropolis_acceptance(&s.chain->counts), mean = erfc(sqrt(dH.mean) / 2),
         variance = erfc(sqrt(sq_running_variance(&dH) / 8));
  printf("# %s: acceptance %.4f, from <dH> %.4f, from var(dH) %.4f\n", integrator->name, rate, mean, variance);
  tap_check(rate > 0.5 && rate < 0.9, "%s: dH is of order 1", integrator->name);
  tap_check(fabs(mean / rate - 1) < 0.02, "%s: the acceptance follows from <dH>", integrator->name);
  tap_check(fabs(variance / rate - 1) < 0.02, "%s: the acceptance follows from the variance of dH", integrator->name);
  clear(&s);
}

/* ---- statistics ---- */

/* Free field: <M^2> = G(0)/V, <phi^2> = sum_p G(p)/V, <S>/V = 1/2. */
static void test_free_field(const sq_integrator *integrator)
{
  const int64_t extent[] = {3, 7};
  setup s = make(MPI_COMM_WORLD, 2, extent, 0.2, 0, integrator, 1);
  result r = measure(&s, 50, 4000, step_of(integrator, 1.0), integrator->count > 3 ? 1 : 2);
  double trace = 0, V = 21;
  for (int p = 0; p < 3; p++)
    for (int q = 0; q < 7; q++)
      trace += sq_action_free_propagator(&s.action, cos(2 * M_PI * p / 3) + cos(2 * M_PI * q / 7));
  identities(&r, "free field");
  agrees(&r, M_SQUARE, sq_action_free_propagator(&s.action, 2) / V, 0, 0.1, "free field");
  agrees(&r, SQUARE, trace / V, 0, 0.03, "free field");
  agrees(&r, DENSITY, 0.5, 0, 0.03, "free field");
  clear(&s);
}

/* One site without neighbours: integrals over phi, here by the trapezium rule. */
static void test_one_site(void)
{
  if (tap.size > 1) return;
  const double lambda = 0.4;
  double z = 0, moment2 = 0, moment4 = 0;
  for (double phi = -6; phi < 6; phi += 1.0 / 256) {
    double weight = exp(-(1 - 2 * lambda) * phi * phi - lambda * pow(phi, 4));
    z += weight;
    moment2 += weight * phi * phi;
    moment4 += weight * pow(phi, 4);
  }
  setup s = make(MPI_COMM_WORLD, 1, (int64_t[]){1}, 0, lambda, sq_integrators[0], 2);
  result r = measure(&s, 50, 100000, 0.6, 3);
  identities(&r, "one site");
  agrees(&r, SQUARE, moment2 / z, 0, 0.03, "one site");
  agrees(&r, M_FOURTH, moment4 / z, 0, 0.06, "one site");
  clear(&s);
}

/* Numbers of an independent program: single-site Metropolis and embedded Wolff clusters, errors from 64 jackknife bins.
 */
static void test_chain_of_64(void)
{
  setup s = make(MPI_COMM_WORLD, 1, (int64_t[]){64}, 0.4, 0.1, sq_integrators[0], 3);
  result r = measure(&s, 100, 10000, 0.5, 3);
  identities(&r, "64 sites in d = 1");
  agrees(&r, M_ABS, 0.12537591, 5.7e-05, 0.03, "64 sites in d = 1");
  agrees(&r, M_SQUARE, 0.024622497, 2.1e-05, 0.05, "64 sites in d = 1");
  agrees(&r, SQUARE, 0.63903701, 8.8e-05, 0.01, "64 sites in d = 1");
  agrees(&r, DENSITY, 0.3975399, 5.8e-05, 0.01, "64 sites in d = 1");
  clear(&s);
}

static void test_8_to_the_4(void)
{
  setup s = make(MPI_COMM_WORLD, 4, (int64_t[]){8, 8, 8, 8}, 0.11, 0.5, sq_integrators[0], 4);
  result r = measure(&s, 50, 500, 0.2, 6);
  identities(&r, "8^4");
  agrees(&r, M_ABS, 0.019332718, 6.5e-05, 0.1, "8^4");
  agrees(&r, M_SQUARE, 0.00058702441, 4e-06, 0.2, "8^4");
  agrees(&r, SQUARE, 0.50824556, 2.2e-05, 0.01, "8^4");
  agrees(&r, DENSITY, 0.22296233, 1.9e-05, 0.02, "8^4");
  clear(&s);
}

/* ---- bits ---- */

/* Cut over all ranks, and whole on every rank. */
static void test_same_bits(int dim, const int64_t *extent, const sq_integrator *integrator)
{
  const double eps = integrator->order == 4 ? 0.75 * (dim < 3  ? 2 :
                                                      dim == 3 ? 1.55 :
                                                                 1.3) :
                                              step_of(integrator, 0.75) * (dim > 3 ? 0.75 : 1);
  int ranks[SQ_DIM];
  char name[64];
  sq_extents_text(dim, extent, name, sizeof name);
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  setup cut = make(MPI_COMM_WORLD, dim, extent, 0.3, 0.2, integrator, 5),
        whole = make(MPI_COMM_SELF, dim, extent, 0.3, 0.2, integrator, 5);
  run(&cut, 30, eps, 4);
  run(&whole, 30, eps, 4);
  tap_check(checksum(cut.chain) == checksum(whole.chain), "%s %s: the same field on any number of ranks", name,
            integrator->name);
  tap_check(cut.chain->dH == whole.chain->dH && cut.chain->action == whole.chain->action &&
              cut.chain->magnetisation == whole.chain->magnetisation &&
              cut.chain->schwinger_dyson == whole.chain->schwinger_dyson &&
              cut.chain->counts.sum_exp == whole.chain->counts.sum_exp,
            "%s %s: the same numbers on any number of ranks", name, integrator->name);
  tap_check(cut.chain->counts.accepted > 0 && cut.chain->counts.accepted < 30, "%s %s: with both decisions taken", name,
            integrator->name);
  clear(&cut);
  clear(&whole);
}

static void test_restore(void)
{
  setup a = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 10}, 0.3, 0.2, sq_integrators[0], 6),
        b = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 10}, 0.3, 0.2, sq_integrators[0], 6);
  double *block, number[SQ_CHAIN_NUMBERS], again[SQ_CHAIN_NUMBERS], end[SQ_CHAIN_NUMBERS];
  TAP_CALL(sq_alloc(a.lattice->local_volume, &block));
  bool same = true;
  for (int i = 0; i < 8; i++) { /* after accepted and rejected, flipped and unflipped ones */
    run(&a, 1, 0.4, 4);
    sq_chain_save(a.chain, block, number);
    TAP_CALL(sq_chain_restore(b.chain, block, number));
    sq_chain_save(b.chain, block, again);
    same = same && memcmp(number, again, sizeof again) == 0 && b.chain->action == a.chain->action &&
           b.chain->magnetisation == a.chain->magnetisation && b.chain->schwinger_dyson == a.chain->schwinger_dyson &&
           memcmp(a.chain->force, b.chain->force, (size_t)a.lattice->local_volume * 8) == 0;
  }
  tap_check(same, "a restored chain is the chain");
  run(&a, 20, 0.3, 4);
  run(&b, 20, 0.3, 4);
  sq_chain_save(a.chain, block, number);
  sq_chain_save(b.chain, block, end);
  tap_check(checksum(a.chain) == checksum(b.chain) && memcmp(number, end, sizeof end) == 0, "and goes on as the chain "
                                                                                            "does");
  sq_free(&block);
  clear(&a);
  clear(&b);
}

static void test_start(void)
{
  setup s = make(MPI_COMM_WORLD, 2, (int64_t[]){10, 10}, 0.5, 0.022, sq_integrators[0], 0);
  int plus = 0;
  double value = sq_action_ordered_value(&s.action);
  bool uniform = true;
  for (uint64_t id = 0; id < 64; id++) {
    s.chain->id = id;
    TAP_CALL(sq_chain_start(s.chain, SQ_START_AUTO));
    plus += s.chain->magnetisation > 0;
    uniform = uniform && fabs(fabs(s.chain->magnetisation) - value) < 1e-12;
  }
  tap_check(uniform, "the broken phase starts ordered");
  tap_check(plus > 16 && plus < 48, "with both signs");
  clear(&s);
}

/* A step size far beyond stability ends in overflow: rejected, counted, and the chain lives on. */
static void test_runaway(void)
{
  setup s = make(MPI_COMM_WORLD, 2, (int64_t[]){4, 4}, 0.2, 1, sq_integrators[0], 7);
  uint64_t before = checksum(s.chain);
  for (int i = 0; i < 5; i++) TAP_CALL(sq_chain_trajectory(s.chain, 50, 20));
  tap_check(s.chain->counts.invalid == 5 && s.chain->counts.accepted == 0 && checksum(s.chain) == before,
            "a runaway trajectory is rejected and counted");
  run(&s, 5, 0.1, 5);
  tap_check(s.chain->counts.accepted > 0 && isfinite(s.chain->dH), "and the chain goes on");
  clear(&s);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; sq_integrators[i]; i++) {
    test_reversible(sq_integrators[i]);
    test_reversibility_check(sq_integrators[i]);
    test_order(sq_integrators[i]);
    test_acceptance(sq_integrators[i],
                    sq_integrators[i]->order == 4 ? 1.4 :
                    sq_integrators[i]->count > 3  ? 0.7 :
                                                    0.18,
                    sq_integrators[i]->count > 3 ? 3 : 6);
    test_free_field(sq_integrators[i]);
    test_same_bits(1, (int64_t[]){7}, sq_integrators[i]);
    test_same_bits(2, (int64_t[]){3, 7}, sq_integrators[i]);
    test_same_bits(2, (int64_t[]){10, 10}, sq_integrators[i]);
    test_same_bits(3, (int64_t[]){2, 5, 4}, sq_integrators[i]);
    test_same_bits(4, (int64_t[]){2, 3, 4, 3}, sq_integrators[i]);
    test_wavefront(2, (int64_t[]){9, 5}, sq_integrators[i]);
    test_wavefront(3, (int64_t[]){8, 3, 4}, sq_integrators[i]);
    test_wavefront(4, (int64_t[]){7, 2, 3, 8}, sq_integrators[i]);
    test_torus(2, (int64_t[]){9, 21}, sq_integrators[i]);
    test_torus(2, (int64_t[]){1, 16}, sq_integrators[i]);
    test_torus(3, (int64_t[]){8, 13, 8}, sq_integrators[i]);
    test_torus(3, (int64_t[]){5, 1, 11}, sq_integrators[i]);
    test_torus(4, (int64_t[]){6, 9, 2, 16}, sq_integrators[i]);
    test_torus(4, (int64_t[]){2, 3, 1, 34}, sq_integrators[i]);
  }
  test_ends(1, (int64_t[]){1300}, 2);
  test_ends(2, (int64_t[]){6, 1041}, 1);
  test_ends(2, (int64_t[]){140, 36}, 3);
  test_ends(3, (int64_t[]){6, 12, 40}, 2);
  test_ends(4, (int64_t[]){6, 4, 5, 16}, 2);
  test_restore();
  test_start();
  test_runaway();
  test_one_site();
  test_chain_of_64();
  test_8_to_the_4();
  return tap_end();
}
