/* SPDX-License-Identifier: BSD-3-Clause */
/* Moves on fields whose answers are known: free fields (every proposal of the right score is accepted; a wrong score
 * changes acceptances, not averages), double wells by quadrature, the same bits on any number of ranks. */
#include "squall/correct.h"
#include "squall/hmc.h"
#include "squall/obs.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

enum { STEPS = 6 };

static int components = 1;

/* A lattice with its theory and a mover with a Gaussian score, whole or in blocks (block > 0). */
typedef struct {
  sq_action action;
  sq_lattice *lattice, *window_lattice;
  sq_fft *fft, *window_fft;
  double *propagator, *window_propagator; /* what the score believes */
  sq_score score, window_score;
  sq_mixture zero_mode;
  sq_noise_grid levels;
  sq_sampler *sampler;
  sq_tiling tiling;
  sq_mover mover;
  sq_obs *obs;
} setting;

/* The free propagator where lambda = 0, else that of independent sites with variance `width`; times `wrong`, and that
 * once more for the zero mode. */
static void believe(const sq_action *action, const sq_orbits *orbits, double width, double wrong, double *propagator)
{
  for (int64_t o = 0; o < orbits->count; o++) {
    double G = sq_action_free_propagator(action, orbits->phase_cos[o]);
    propagator[o] = (G > 0 ? G : width) * wrong * (o ? 1 : wrong);
  }
}

/* What scores know of the shape of kernels: nothing, what is right for a free field, or a curvature and two peaks of
 * the zero mode that it has not. */
static enum { PLAIN, RIGHT, WRONG } shape = PLAIN;

static double wrong_curvature(const void *self, double a, double s)
{
  (void)self, (void)a, (void)s;
  return 0.2;
}

static void give_shape(const double *propagator, sq_mixture *zero_mode, sq_score *score)
{
  double variance = propagator[0] * (shape == RIGHT ? 1 : 0.5), mean = shape == RIGHT ? 0 : sqrt(variance);
  *zero_mode = (sq_mixture){.count = 2, .weight = {0.4, 0.6}, .mean = {-mean, mean}, .variance = {variance, variance}};
  if (shape != PLAIN && components == 1) score->zero_mode = zero_mode;
  if (shape == WRONG) score->curvature = wrong_curvature;
}

static void begin(MPI_Comm comm, int dim, const int64_t extent[], double kappa, double lambda, double wrong,
                  int64_t block, int64_t rim, setting *s)
{
  const double width = 3;
  memset(s, 0, sizeof *s);
  if (components == 1) TAP_CALL(sq_action_make("phi4", dim, (double[]){kappa, lambda}, &s->action));
  else TAP_CALL(sq_action_make("on", dim, (double[]){components, kappa, lambda}, &s->action));
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &s->lattice));
  TAP_CALL(sq_fft_create(s->lattice, &s->fft));
  TAP_CALL(sq_alloc(s->fft->orbits.count, &s->propagator));
  believe(&s->action, &s->fft->orbits, width, wrong, s->propagator);
  TAP_CALL(sq_gaussian_score_create(s->fft, components, s->propagator, &s->score));
  give_shape(s->propagator, &s->zero_mode, &s->score);
  TAP_CALL(sq_noise_grid_geometric(STEPS, 0.2, 8, &s->levels));
  TAP_CALL(sq_sampler_create(&s->score, &s->levels, 4, &s->sampler));
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &s->obs));
  if (!block) {
    TAP_CALL(sq_mover_whole(s->sampler, &s->action, &s->mover));
    return;
  }
  TAP_CALL(sq_tiling_make(dim, s->lattice->extent, block, rim, &s->tiling));
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, dim, s->tiling.window + SQ_DIM - dim, NULL, &s->window_lattice));
  TAP_CALL(sq_fft_create(s->window_lattice, &s->window_fft));
  TAP_CALL(sq_alloc(s->window_fft->orbits.count, &s->window_propagator));
  believe(&s->action, &s->window_fft->orbits, width, wrong, s->window_propagator);
  TAP_CALL(sq_gaussian_score_create(s->window_fft, components, s->window_propagator, &s->window_score));
  TAP_CALL(sq_mover_blocks(s->lattice, &s->tiling, &s->action, &s->window_score, &s->levels, 3, &s->mover));
}

static void end(setting *s)
{
  TAP_CALL(sq_mover_destroy(&s->mover));
  TAP_CALL(sq_sampler_destroy(&s->sampler));
  TAP_CALL(sq_obs_destroy(&s->obs));
  sq_noise_grid_destroy(&s->levels);
  TAP_CALL(sq_gaussian_score_destroy(&s->score));
  TAP_CALL(sq_gaussian_score_destroy(&s->window_score));
  TAP_CALL(sq_fft_destroy(&s->fft));
  TAP_CALL(sq_fft_destroy(&s->window_fft));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
  TAP_CALL(sq_lattice_destroy(&s->window_lattice));
  sq_free(&s->propagator);
  sq_free(&s->window_propagator);
}

static void hot(const setting *s, int64_t count, sq_move_chain *chains)
{
  for (int64_t c = 0; c < count; c++)
    sq_block_random(s->lattice, components, sq_rng_normals, sq_stream_make(5, SQ_RNG_TEST, chains[c].id), 0, 0,
                    chains[c].block);
}

static const char *describe(const setting *s, char *text, size_t size)
{
  char extents[64];
  sq_extents_text(s->lattice->dim, s->lattice->extent + s->lattice->first_dir, extents, sizeof extents);
  if (s->tiling.total)
    snprintf(text, size, "%s, %d components, %lld blocks of %lld in windows of %lld sites", extents, components,
             (long long)s->tiling.total, (long long)s->tiling.block_sites, (long long)s->tiling.window_sites);
  else snprintf(text, size, "%s, %d components, whole", extents, components);
  return text;
}

/* ---- the right score: nothing is rejected ---- */

static void check_right(int dim, const int64_t extent[], int64_t block, int64_t rim, int depth)
{
  enum { CHAINS = 3, MOVES = 4 };
  setting s;
  sq_move_chain *w;
  char text[160];
  double error = 0;
  begin(MPI_COMM_WORLD, dim, extent, 0.4 / dim, 0, 1, block, rim, &s);
  TAP_CALL(sq_move_chains_create(0, CHAINS, components * s.lattice->local_volume, &w));
  hot(&s, CHAINS, w);
  for (int i = 0; i < MOVES; i++) TAP_CALL(s.mover.move(s.mover.self, 3, depth, CHAINS, w));
  for (int c = 0; c < CHAINS; c++)
    tap_worst(&error, fabs(w[c].counts.sum_exp - (double)w[c].counts.proposed) +
                        fabs(w[c].counts.sum_exp2 - (double)w[c].counts.proposed));
  tap_check(error < 1e-8 && w[0].counts.proposed == MOVES * (block ? s.tiling.total : 1),
            "%s, depth %d: every ratio is 1", describe(&s, text, sizeof text), depth);
  sq_move_chains_destroy(CHAINS, &w);
  end(&s);
}

/* ---- averages ---- */

enum { PHI2, LINK, MAGNETISATION2, AVERAGES };

/* Averages over one chain with their errors, and the acceptance. */
static void run(setting *s, int depth, int64_t moves, sq_estimate average[AVERAGES], double *acceptance)
{
  sq_move_chain *w;
  double *series[AVERAGES], columns[SQ_OBS_MOST];
  TAP_CALL(sq_move_chains_create(0, 1, components * s->lattice->local_volume, &w));
  for (int i = 0; i < AVERAGES; i++) TAP_CALL(sq_alloc(moves, &series[i]));
  hot(s, 1, w);
  for (int64_t n = -moves / 10; n < moves; n++) {
    TAP_CALL(s->mover.move(s->mover.self, 3, depth, 1, w));
    TAP_CALL(sq_obs_measure(s->obs, w->block, columns));
    if (n < 0) continue;
    series[PHI2][n] = columns[sq_obs_column(s->action.type, "phi2")];
    series[LINK][n] = columns[sq_obs_column(s->action.type, "link")];
    series[MAGNETISATION2][n] = columns[SQ_OBS_ORDER] * columns[SQ_OBS_ORDER];
  }
  for (int i = 0; i < AVERAGES; i++) {
    TAP_CALL(sq_gamma_mean(moves, series[i], &average[i]));
    sq_free(&series[i]);
  }
  *acceptance = sq_metropolis_acceptance(&w->counts);
  sq_move_chains_destroy(1, &w);
}

static void check_averages(const setting *s, const char *score, const sq_estimate average[AVERAGES],
                           const double exact[AVERAGES], double acceptance)
{
  char text[160];
  double worst = 0;
  for (int i = 0; i < AVERAGES; i++) tap_worst(&worst, fabs(average[i].value - exact[i]) / average[i].error);
  if (worst >= 3)
    for (int i = 0; i < AVERAGES; i++)
      printf("# %d: %g +- %g, exact %g, tau %g\n", i, average[i].value, average[i].error, exact[i], average[i].tau_int);
  tap_check(worst < 3, "%s, %s, acceptance %.3f: averages are exact", describe(s, text, sizeof text), score,
            acceptance);
}

static void check_wrong(int dim, const int64_t extent[], double wrong, int64_t block, int64_t rim, int depth,
                        int64_t moves)
{
  setting s;
  sq_estimate average[AVERAGES];
  double exact[AVERAGES] = {0}, acceptance;
  begin(MPI_COMM_WORLD, dim, extent, 0.4 / dim, 0, wrong, block, rim, &s);
  for (int64_t o = 0; o < s.fft->orbits.count; o++) {
    double G = sq_action_free_propagator(&s.action, s.fft->orbits.phase_cos[o]),
           share = (double)s.fft->orbits.multiplicity[o] / (double)s.lattice->volume;
    exact[PHI2] += components * share * G;
    exact[LINK] += components * share * G * s.fft->orbits.phase_cos[o];
    if (o == 0) exact[MAGNETISATION2] = G / (double)s.lattice->volume;
  }
  run(&s, depth, moves, average, &acceptance);
  tap_check(acceptance > 0.15 && acceptance < 0.95, "a wrong score is noticed (acceptance %.3f)", acceptance);
  check_averages(&s, "wrong score", average, exact, acceptance);
  /* without the decision the averages would be those of the score: the check above can fail */
  double blocks[4 * 128], log_path[4], power = 0;
  const int64_t numbers = components * s.lattice->local_volume;
  for (int64_t i = 0; i < 400 && numbers <= 128; i += 4) {
    TAP_CALL(sq_sampler_generate(s.sampler, 3, i, 4, blocks, log_path, NULL, NULL));
    for (int64_t x = 0; x < 4 * numbers; x++) power += blocks[x] * blocks[x];
  }
  MPI_Allreduce(MPI_IN_PLACE, &power, 1, MPI_DOUBLE, MPI_SUM, s.lattice->comm);
  tap_check(fabs(power / (400 * (double)s.lattice->volume) - exact[PHI2]) > 3 * average[PHI2].error, "which what it "
                                                                                                     "generates are "
                                                                                                     "not");
  end(&s);
}

/* ---- double wells: L sites in a ring, by the transfer matrix ---- */

/* exact[AVERAGES] of the ring with extent L: traces of powers of T(x, y) = exp(-v(x)/2 + 2 kappa x y - v(y)/2) on a
 * grid. */
static void ring(double kappa, double lambda, int L, double exact[AVERAGES])
{
  enum { N = 81 };
  const double edge = 5.5;
  static double T[N][N], R[N][N], next[N][N]; /* R = T^n */
  double x[N], phi2 = 0, pair[8] = {0}, Z = 0;
  for (int i = 0; i < N; i++) x[i] = edge * (2. * i / (N - 1) - 1);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double v = (1 - 2 * lambda) * (x[i] * x[i] + x[j] * x[j]) / 2 + lambda * (pow(x[i], 4) + pow(x[j], 4)) / 2;
      T[i][j] = exp(2 * kappa * x[i] * x[j] - v);
    }
  /* <phi_0 phi_t> = sum_ij x_i (T^t)_ij x_j (T^{L-t})_ji / Z: powers in turn */
  static double power[9][N][N];
  memset(power, 0, sizeof power);
  for (int i = 0; i < N; i++) power[0][i][i] = 1;
  for (int n = 1; n <= L; n++) {
    memcpy(R, power[n - 1], sizeof R);
    memset(next, 0, sizeof next);
    for (int i = 0; i < N; i++)
      for (int k = 0; k < N; k++)
        for (int j = 0; j < N; j++) next[i][j] += R[i][k] * T[k][j];
    memcpy(power[n], next, sizeof next);
  }
  for (int i = 0; i < N; i++) {
    Z += power[L][i][i];
    phi2 += x[i] * x[i] * power[L][i][i];
  }
  for (int t = 1; t <= L; t++)
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) pair[t - 1] += x[i] * power[t][i][j] * x[j] * power[L - t][j][i] / Z;
  exact[PHI2] = phi2 / Z;
  exact[LINK] = pair[0];
  exact[MAGNETISATION2] = 0;
  for (int t = 0; t < L; t++) exact[MAGNETISATION2] += pair[t] / L; /* pair[L - 1] is t = 0 */
}

/* Two sites with vectors of two components, which two links join: by the radii, with I_0 and I_1 from the angle. */
static void two_vectors(double kappa, double lambda, double exact[AVERAGES])
{
  enum { N = 400 };
  const double edge = 4;
  double Z = 0, phi2 = 0, pair = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double r = edge * (i + 0.5) / N, q = edge * (j + 0.5) / N, I0 = 0, I1 = 0;
      double v = (1 - 2 * lambda) * (r * r + q * q) + lambda * (pow(r, 4) + pow(q, 4));
      for (int k = 0; k < 32; k++) {
        double angle = M_PI * (k + 0.5) / 32;
        I0 += exp(4 * kappa * r * q * cos(angle) - v) / 32;
        I1 += exp(4 * kappa * r * q * cos(angle) - v) * cos(angle) / 32;
      }
      Z += r * q * I0;
      phi2 += r * q * I0 * (r * r + q * q) / 2;
      pair += r * q * I1 * r * q;
    }
  exact[PHI2] = phi2 / Z;
  exact[LINK] = pair / Z;
  exact[MAGNETISATION2] = (phi2 + pair) / Z / 4; /* of one component: |phi_0 + phi_1|^2/8 */
}

static void check_vectors(double kappa, double lambda, int64_t block, int64_t rim, int64_t moves)
{
  setting s;
  sq_estimate average[AVERAGES];
  double exact[AVERAGES], acceptance;
  begin(MPI_COMM_SELF, 1, (int64_t[]){2}, kappa, lambda, 1, block, rim, &s);
  two_vectors(kappa, lambda, exact);
  run(&s, STEPS, moves, average, &acceptance);
  check_averages(&s, "two vectors, Gaussian score", average, exact, acceptance);
  end(&s);
}

static void check_well(double kappa, double lambda, int64_t L, int64_t block, int64_t rim, int depth, int64_t moves)
{
  setting s;
  sq_estimate average[AVERAGES];
  double exact[AVERAGES], acceptance;
  begin(MPI_COMM_SELF, 1, &L, kappa, lambda, 1, block, rim, &s);
  ring(kappa, lambda, (int)L, exact);
  run(&s, depth, moves, average, &acceptance);
  check_averages(&s, "double well, Gaussian score", average, exact, acceptance);
  end(&s);
}

/* The Langevin step with a decision, which is a trajectory of one leapfrog step, on one site. */
static void check_langevin(void)
{
  enum { MOVES = 60000 };
  const double eps = 0.6;
  setting s;
  sq_md *md;
  sq_chain *chain;
  sq_estimate average;
  double exact[AVERAGES], *phi2;
  begin(MPI_COMM_SELF, 1, (int64_t[]){1}, 0.7, 0.1, 1, 0, 0, &s);
  ring(0.7, 0.1, 1, exact);
  TAP_CALL(sq_alloc(MOVES, &phi2));
  TAP_CALL(sq_md_create(s.lattice, &s.action, sq_integrator_find("leapfrog"), &md));
  TAP_CALL(sq_chain_create(md, 4, 0, &chain));
  TAP_CALL(sq_chain_start(chain, SQ_START_HOT));
  for (int i = 0; i < MOVES; i++) {
    TAP_CALL(sq_chain_trajectory(chain, eps, 1));
    phi2[i] = chain->magnetisation * chain->magnetisation;
  }
  TAP_CALL(sq_gamma_mean(MOVES, phi2, &average));
  double acceptance = sq_metropolis_acceptance(&chain->counts);
  tap_check(fabs(average.value - exact[PHI2]) < 3 * average.error && average.error < 0.02 * exact[PHI2] &&
              acceptance < 0.97,
            "Langevin steps with a decision sample a double well: phi^2 = %.3f(%.3f), exact %.3f, acceptance %.3f",
            average.value, average.error, exact[PHI2], acceptance);
  TAP_CALL(sq_chain_destroy(&chain));
  TAP_CALL(sq_md_destroy(&md));
  sq_free(&phi2);
  end(&s);
}

/* ---- ranks ---- */

static void fingerprint(MPI_Comm comm, int dim, const int64_t extent[], int64_t block, int64_t rim,
                        uint64_t checksum[2], double number[2 * SQ_MOVE_CHAIN_NUMBERS])
{
  setting s;
  sq_move_chain *w;
  begin(comm, dim, extent, 0.4 / dim, 0.1, 0.3, block, rim, &s);
  TAP_CALL(sq_move_chains_create(7, 2, components * s.lattice->local_volume, &w));
  hot(&s, 2, w);
  for (int i = 0; i < 6; i++) TAP_CALL(s.mover.move(s.mover.self, 3, 1 + i % STEPS, 2, w));
  for (int c = 0; c < 2; c++) {
    TAP_CALL(sq_block_checksum(s.lattice, components, w[c].block, &checksum[c]));
    sq_move_chain_save(&w[c], number + c * SQ_MOVE_CHAIN_NUMBERS);
  }
  sq_move_chains_destroy(2, &w);
  end(&s);
}

static void check_ranks(int dim, const int64_t extent[], int64_t block, int64_t rim)
{
  uint64_t checksum[2][2];
  double number[2][2 * SQ_MOVE_CHAIN_NUMBERS];
  fingerprint(MPI_COMM_SELF, dim, extent, block, rim, checksum[0], number[0]);
  fingerprint(MPI_COMM_WORLD, dim, extent, block, rim, checksum[1], number[1]);
  tap_check(!memcmp(checksum[0], checksum[1], sizeof checksum[0]) && !memcmp(number[0], number[1], sizeof number[0]) &&
              number[0][3] > 0,
            "%s moves have the bits of one rank in %d dimensions, %d components", block ? "block" : "whole", dim,
            components);
}

/* ---- what does not depend on fields ---- */

/* No block is in another's window, wherever they begin. */
static void check_tiling(int dim, const int64_t extent[], int64_t block, int64_t rim, int64_t total)
{
  sq_tiling t;
  int64_t padded[SQ_DIM] = {1, 1, 1, 1};
  bool apart = true;
  memcpy(padded + SQ_DIM - dim, extent, (size_t)dim * sizeof *extent);
  TAP_CALL(sq_tiling_make(dim, padded, block, rim, &t));
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t margin = (t.window[mu] - t.block[mu]) / 2, reach = t.window[mu] - t.block[mu] - margin;
    for (int64_t i = 1; i < t.blocks[mu]; i++)
      for (int64_t x = 0; x < t.block[mu]; x++) {
        int64_t at = (i * t.pitch[mu] + x) %
                     padded[mu]; /* a site of block i, with the window of block 0 from -margin to block + reach */
        apart = apart && at >= t.block[mu] + reach && at < padded[mu] - margin;
      }
    apart = apart && (t.window[mu] == padded[mu] || t.window[mu] == t.block[mu] + 2 * rim);
  }
  tap_check(apart && t.total == total, "%lld blocks, none in the window of another", (long long)total);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_tiling(2, (int64_t[]){64, 32}, 16, 8, 2);
  check_tiling(1, (int64_t[]){30}, 4, 2, 5);
  check_tiling(3, (int64_t[]){8, 12, 5}, 3, 1, 6);
  check_tiling(2, (int64_t[]){4, 4}, 8, 2, 1);
  check_right(2, (int64_t[]){8, 6}, 0, 0, 1);
  check_right(2, (int64_t[]){8, 6}, 0, 0, STEPS);
  check_right(1, (int64_t[]){9}, 0, 0, 3);
  check_right(3, (int64_t[]){4, 4, 5}, 0, 0, 4);
  check_right(1, (int64_t[]){24}, 4, 2, STEPS);
  check_right(2, (int64_t[]){12, 10}, 3, 2, STEPS);
  check_right(2, (int64_t[]){8, 6}, 4, 3, 2);
  check_right(2, (int64_t[]){5, 16}, 8, 2, 3);
  check_right(3, (int64_t[]){8, 6, 5}, 2, 1, 4);
  check_right(4, (int64_t[]){4, 4, 3, 4}, 2, 1, 2);
  if (tap.size <= 2) check_wrong(2, (int64_t[]){8, 8}, 1.4, 3, 1, STEPS, 2000);
  if (tap.size <= 2) check_wrong(2, (int64_t[]){4, 4}, 1.3, 0, 0, 4, 3000);
  if (tap.size == 1) { /* long chains: beyond, what the ranks do is checked by its bits */
    check_wrong(2, (int64_t[]){4, 4}, 1.3, 0, 0, 4, 20000);
    check_wrong(1, (int64_t[]){16}, 0.75, 4, 2, 4, 10000);
    check_well(1, 0.1, 1, 0, 0, STEPS, 40000);
    check_well(0.45, 0.1, 4, 0, 0, STEPS, 40000);
    check_well(0.45, 0.1, 4, 2, 1, STEPS, 40000);
    check_well(0.45, 0.1, 5, 1, 1, 3, 40000);
    check_langevin();
    components = 2;
    check_vectors(0.3, 0.1, 0, 0, 20000);
    check_vectors(0.3, 0.1, 1, 1, 20000);
    components = 1;
  }
  check_ranks(1, (int64_t[]){23}, 0, 0);
  check_ranks(2, (int64_t[]){7, 9}, 0, 0);
  check_ranks(3, (int64_t[]){4, 3, 5}, 0, 0);
  check_ranks(1, (int64_t[]){23}, 3, 2);
  check_ranks(2, (int64_t[]){7, 12}, 3, 1);
  check_ranks(3, (int64_t[]){6, 3, 5}, 2, 1);
  shape = RIGHT;
  check_right(2, (int64_t[]){8, 6}, 0, 0, STEPS);
  check_right(1, (int64_t[]){11}, 0, 0, 3);
  shape = WRONG;
  check_ranks(2, (int64_t[]){7, 9}, 0, 0);
  if (tap.size <= 2) check_wrong(2, (int64_t[]){4, 4}, 1.1, 0, 0, 4, 4000);
  if (tap.size <= 2) check_wrong(1, (int64_t[]){8}, 1.1, 0, 0, 2, 4000);
  shape = PLAIN;
  components = 3;
  check_right(2, (int64_t[]){8, 6}, 0, 0, STEPS);
  check_right(2, (int64_t[]){12, 10}, 3, 2, STEPS);
  check_ranks(2, (int64_t[]){7, 12}, 3, 1);
  components = 2;
  check_right(1, (int64_t[]){24}, 4, 2, STEPS);
  check_ranks(2, (int64_t[]){7, 9}, 0, 0);
  if (tap.size <= 2) check_wrong(2, (int64_t[]){4, 4}, 1.3, 0, 0, 4, 2000);
  if (tap.size <= 2) check_wrong(2, (int64_t[]){8, 8}, 1.3, 3, 1, STEPS, 1000);
  return tap_end();
}
