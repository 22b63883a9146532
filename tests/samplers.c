/* SPDX-License-Identifier: BSD-3-Clause */
/* The samplers on fields where everything is known: their orders of convergence in the covariance, mode by mode and
 * without statistics; path weights that average to Z; the variational bound in closed form; the same bits on any number
 * of ranks. */
#include "squall/diffusion.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

enum { ORBITS = 64 };

typedef struct {
  sq_lattice *lattice;
  sq_fft *fft;
  double G[ORBITS], log_Z;
  sq_score score;
} free_field;

/* L x 6 sites. believed: times G is what the score takes for the propagator. */
static void begin(MPI_Comm comm, int64_t L, double believed, free_field *f)
{
  TAP_CALL(sq_lattice_create(comm, 2, (int64_t[]){L, 6}, NULL, &f->lattice));
  TAP_CALL(sq_fft_create(f->lattice, &f->fft));
  f->log_Z = 0;
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    double G = 1 / (2 - 4 * 0.22 * f->fft->orbits.phase_cos[o]);
    f->log_Z += 0.5 * (double)f->fft->orbits.multiplicity[o] * log(2 * M_PI * G);
    f->G[o] = believed * G;
  }
  TAP_CALL(sq_gaussian_score_create(f->fft, 1, f->G, &f->score));
}

static void end(free_field *f)
{
  TAP_CALL(sq_gaussian_score_destroy(&f->score));
  TAP_CALL(sq_fft_destroy(&f->fft));
  TAP_CALL(sq_lattice_destroy(&f->lattice));
}

static void make_levels(const char *schedule, int steps, double lowest, sq_noise_grid *grid)
{
  sq_schedule s = {.type = sq_schedule_find(schedule), .sigma = 25, .beta_min = 0.1, .beta_max = 20, .timesteps = 1000};
  if (s.type) TAP_CALL(sq_noise_grid_scheduled(&s, steps, lowest, grid));
  else TAP_CALL(sq_noise_grid_geometric(steps, lowest, 10, grid));
}

/* The largest relative error of the covariance at level `level`, over modes. */
static double covariance_error(free_field *f, const char *sampler, const char *schedule, int steps, int level,
                               double snr)
{
  sq_noise_grid grid;
  sq_sampler *s;
  double *variance, worst = 0;
  make_levels(schedule, steps, 0.3, &grid);
  TAP_CALL(sq_sampler_create(&f->score, &grid, 1, &s));
  TAP_CALL(sq_sampler_set_type(s, sq_sampler_find(sampler), 1, snr));
  TAP_CALL(sq_alloc((steps + 1) * f->fft->orbits.count, &variance));
  TAP_CALL(sq_sampler_variance(s, variance));
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    double exact = pow(grid.a[level], 2) * f->G[o] + pow(grid.s[level], 2);
    tap_worst(&worst, fabs(variance[level * f->fft->orbits.count + o] / exact - 1));
  }
  sq_free(&variance);
  TAP_CALL(sq_sampler_destroy(&s));
  sq_noise_grid_destroy(&grid);
  return worst;
}

/* Halving the steps above the lowest level divides the error there by 2^order. */
static void check_order(free_field *f, const char *sampler, const char *schedule, int steps)
{
  double c = 0.5, one = covariance_error(f, sampler, schedule, steps + 1, 1, c / sqrt(steps)),
         two = covariance_error(f, sampler, schedule, 2 * steps + 1, 1, c / sqrt(2 * steps));
  double order = log2(one / two);
  tap_check(fabs(order - sq_sampler_find(sampler)->order) < 0.2,
            "%s on %s: errors %.2g and %.2g in %d and %d steps, order %.2f", sampler, schedule, one, two, steps,
            2 * steps, order);
}

static void check_orders(void)
{
  static const char *const schedules[] = {"geometric", "ve", "vp-linear", "vp-cosine", "ddpm"};
  free_field f;
  begin(MPI_COMM_WORLD, 4, 1, &f);
  for (int i = 0; i < 5; i++)
    for (int steps = 1; steps <= 20; steps = steps < 20 ? 20 : 21) {
      double error = covariance_error(&f, "ancestral", schedules[i], steps, 0, 0);
      tap_check(error < 1e-10, "ancestral on %s is exact in %d steps (off by %.1e)", schedules[i], steps, error);
    }
  for (int i = 0; i < 3; i++) {
    check_order(&f, "euler", schedules[i], 80);
    check_order(&f, "ddpm", schedules[i], 80);
    check_order(&f, "predictor-corrector", schedules[i], 80);
    check_order(&f, "heun", schedules[i], 40);
    check_order(&f, "dpm-solver", schedules[i], 40);
  }
  end(&f);
}

/* ---- the plain prior ---- */

/* What it does is the gain times what is missing. */
static void check_prior(void)
{
  enum { STEPS = 12 };
  free_field f;
  sq_noise_grid grid;
  sq_sampler *s;
  double variance[(STEPS + 1) * ORBITS], plain[(STEPS + 1) * ORBITS], gain[ORBITS], bias[ORBITS], worst = 0, off = 0,
                                                                                                  least = 1;
  begin(MPI_COMM_WORLD, 4, 20, &f);
  make_levels("ve", STEPS, 1e-3, &grid);
  TAP_CALL(sq_sampler_create(&f.score, &grid, 1, &s));
  TAP_CALL(sq_sampler_variance(s, variance));
  TAP_CALL(sq_sampler_gain(s, gain));
  sq_sampler_set_plain_prior(s);
  TAP_CALL(sq_sampler_variance(s, plain));
  for (int64_t o = 0; o < f.fft->orbits.count; o++) {
    tap_worst(&worst, fabs(plain[o] - variance[o] + gain[o] * f.G[o]) / variance[o]);
    least = fmin(least, plain[o] / f.G[o]);
  }
  TAP_CALL(sq_sampler_prior_bias(s, &f.score, bias));
  for (int64_t o = 0; o < f.fft->orbits.count; o++)
    tap_worst(&off, fabs(bias[o] - (plain[o] - variance[o]) / f.G[o]) * f.G[o] / variance[o]);
  tap_check(off < 1e-12, "which is the bias that it is said to cause");
  tap_check(worst < 1e-12 && least < 0.9,
            "a plain prior leaves out the gain times a^2 G (down to %.3f of the variance)", least);
  TAP_CALL(sq_sampler_destroy(&s));
  sq_noise_grid_destroy(&grid);
  end(&f);
}

/* ---- path weights ---- */

/* S = sum_p |phi_p|^2/(2 V G) with the true G. */
static double free_action(free_field *f, double believed, const double *block)
{
  sq_sum power[ORBITS] = {{{0}}}, total = {{0}};
  TAP_CALL(sq_fft_forward(f->fft, block, f->fft->work));
  sq_fft_add_power(f->fft, f->fft->work, power);
  TAP_CALL(sq_sum_reduce(f->lattice->comm, (int)f->fft->orbits.count, power));
  for (int64_t o = 0; o < f->fft->orbits.count; o++)
    sq_sum_add(&total, 0.5 * (double)f->fft->orbits.multiplicity[o] * sq_sum_value(&power[o]) * believed / f->G[o]);
  return sq_sum_value(&total);
}

typedef struct {
  double mean, error, ess;
} weights;

static weights summary(int count, const double *log_weight, double log_Z)
{
  double mean = 0, square = 0;
  for (int i = 0; i < count; i++) {
    double w = exp(log_weight[i] - log_Z);
    mean += w / count;
    square += w * w / count;
  }
  return (weights){mean, sqrt((square - mean * mean) / count), mean * mean / square};
}

static void check_weights(const char *sampler, const char *schedule, int steps, double believed)
{
  enum { COUNT = 2000, BATCH = 4 };
  free_field f;
  sq_noise_grid grid;
  sq_sampler *s;
  double *blocks, log_weight[COUNT];
  begin(MPI_COMM_WORLD, 1, believed, &f);
  make_levels(schedule, steps, 0.1, &grid);
  TAP_CALL(sq_sampler_create(&f.score, &grid, BATCH, &s));
  TAP_CALL(sq_sampler_set_type(s, sq_sampler_find(sampler), 0, 0));
  TAP_CALL(sq_alloc(BATCH * f.lattice->local_volume, &blocks));
  for (int i = 0; i < COUNT; i += BATCH) {
    TAP_CALL(sq_sampler_generate(s, 5, i, BATCH, blocks, log_weight + i, NULL, NULL));
    for (int b = 0; b < BATCH; b++)
      log_weight[i + b] -= free_action(&f, believed, blocks + b * f.lattice->local_volume);
  }
  weights w = summary(COUNT, log_weight, f.log_Z);
  tap_check(w.ess > 0.02 && w.ess < 0.999 && fabs(w.mean - 1) < 4 * w.error,
            "%s on %s, a %s score: weights average to Z (%.3f +- %.3f, effective sample size %.2f)", sampler, schedule,
            believed == 1 ? "good" : "wrong", w.mean, w.error, w.ess);
  sq_free(&blocks);
  TAP_CALL(sq_sampler_destroy(&s));
  sq_noise_grid_destroy(&grid);
  end(&f);
}

static double double_well(double x)
{
  return -0.5 * x * x + 0.4 / 24 * x * x * x * x;
}

/* One site in a double well, on rank after rank, with the score of a normal law: Z and <phi^2> by quadrature. */
static void check_double_well(const char *sampler, bool plain)
{
  enum { COUNT = 20000, BATCH = 32, STEPS = 12 };
  sq_lattice *lattice;
  sq_fft *fft;
  sq_score score;
  sq_noise_grid grid;
  sq_sampler *s;
  double Z = 0, square = 0, G = 6, *log_weight, *x, mean = 0, block[BATCH];
  for (int i = -4000; i <= 4000; i++) {
    double at = i / 400., p = exp(-double_well(at)) / 400;
    Z += p, square += at * at * p;
  }
  square /= Z;
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 1, (int64_t[]){1}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_gaussian_score_create(fft, 1, &G, &score));
  make_levels("ve", STEPS, 1e-3, &grid);
  TAP_CALL(sq_sampler_create(&score, &grid, BATCH, &s));
  TAP_CALL(sq_sampler_set_type(s, sq_sampler_find(sampler), 0, 0));
  if (plain) sq_sampler_set_plain_prior(s);
  TAP_CALL(sq_alloc(COUNT, &log_weight));
  TAP_CALL(sq_alloc(COUNT, &x));
  for (int i = 0; i < COUNT; i += BATCH) {
    TAP_CALL(sq_sampler_generate(s, 9, i, BATCH, block, log_weight + i, NULL, NULL));
    for (int b = 0; b < BATCH; b++) x[i + b] = block[b], log_weight[i + b] -= double_well(block[b]);
  }
  weights w = summary(COUNT, log_weight, log(Z));
  double spread = 0;
  for (int i = 0; i < COUNT; i++) mean += x[i] * x[i] * exp(log_weight[i]) / Z / w.mean / COUNT;
  for (int i = 0; i < COUNT; i++) spread += pow((x[i] * x[i] - mean) * exp(log_weight[i]) / Z / w.mean, 2);
  tap_check(fabs(w.mean - 1) < 4 * w.error && w.error < 0.03,
            "%s%s in a double well: Z by quadrature (%.4f +- %.4f of it)", sampler, plain ? ", plain prior," : "",
            w.mean, w.error);
  tap_check(fabs(mean - square) < 4 * sqrt(spread) / COUNT, "and <phi^2>: %.4f +- %.4f, %.4f", mean,
            sqrt(spread) / COUNT, square);
  sq_free(&x);
  sq_free(&log_weight);
  TAP_CALL(sq_sampler_destroy(&s));
  sq_noise_grid_destroy(&grid);
  TAP_CALL(sq_gaussian_score_destroy(&score));
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* ---- any number of ranks ---- */

static uint64_t fingerprint(MPI_Comm comm, const char *sampler, double log_path[3])
{
  free_field f;
  sq_noise_grid grid;
  sq_sampler *s;
  double *blocks;
  uint64_t sum, all = 0;
  begin(comm, 4, 1.2, &f);
  make_levels("vp-linear", 6, 1e-3, &grid);
  TAP_CALL(sq_sampler_create(&f.score, &grid, 3, &s));
  TAP_CALL(sq_sampler_set_type(s, sq_sampler_find(sampler), 2, 0.2));
  TAP_CALL(sq_alloc(3 * f.lattice->local_volume, &blocks));
  TAP_CALL(sq_sampler_generate(s, 3, 7, 3, blocks, log_path, NULL, NULL));
  for (int b = 0; b < 3; b++) {
    TAP_CALL(sq_block_checksum(f.lattice, 1, blocks + b * f.lattice->local_volume, &sum));
    all = 31 * all + sum;
  }
  sq_free(&blocks);
  TAP_CALL(sq_sampler_destroy(&s));
  sq_noise_grid_destroy(&grid);
  end(&f);
  return all;
}

static void check_split(const sq_sampler_type *type)
{
  double one[3], all[3];
  uint64_t a = fingerprint(MPI_COMM_SELF, type->name, one), b = fingerprint(MPI_COMM_WORLD, type->name, all);
  tap_check(a == b && !memcmp(one, all, sizeof one), "%s: fields and weights have the bits of one rank", type->name);
  tap_check(type->weighted == !isnan(all[0]), "%s",
            type->weighted ? "it has path weights" : "it has none, and says so");
}

/* ---- the bound ---- */

/* Terms for a Gaussian field with propagator G, in closed form. */
static double expected_term(const free_field *f, sq_sampler *s, int k)
{
  double keep = 0, take = 0, C[ORBITS], sum = 0;
  int n = s->grid.steps;
  if (k < n) s->type->kernel(s, k + 1, &keep, &take, C);
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    double G = f->G[o], a = s->grid.a[k], sd = s->grid.s[k], x, miss;
    if (k == n) {
      x = sd * sd / pow(s->prior[o], 2), miss = a * a * G / pow(s->prior[o], 2);
    } else { /* the mean of q minus that of p is alpha phi_0 + beta eps */
      double up = s->grid.s[k + 1], A = s->grid.a[k + 1], r = A / a, v = up * up - r * r * sd * sd,
             W = A * G / (A * A * G + up * up);
      double keep_q = r * sd * sd / (up * up), take_q = a * v / (up * up), factor = keep_q - keep - take * W;
      x = v * sd * sd / (up * up) / C[o];
      miss = (pow(take_q + factor * A, 2) * G + pow(factor * up, 2)) / C[o];
    }
    sum += 0.5 * (double)f->fft->orbits.multiplicity[o] * (k > 0 ? x - 1 - log(x) + miss : log(2 * M_PI * C[o]) + miss);
  }
  return sum;
}

static void check_bound(const char *sampler, const char *schedule)
{
  enum { FIELDS = 300, STEPS = 8 };
  sq_grid *grid;
  free_field f;
  sq_noise_grid levels;
  sq_sampler *s;
  double *blocks, root[ORBITS], term[STEPS + 1], error[STEPS + 1], total[2], worst = 0, exact = 0;
  int64_t first, count;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, tap.size > 2 ? 2 : tap.size, &grid));
  begin(grid->domain, 4, 1, &f);
  make_levels(schedule, STEPS, 0.1, &levels);
  TAP_CALL(sq_sampler_create(&f.score, &levels, 2, &s));
  TAP_CALL(sq_sampler_set_type(s, sq_sampler_find(sampler), 0, 0));
  sq_share(FIELDS, grid->replicas, grid->replica, &first, &count);
  TAP_CALL(sq_alloc(count * f.lattice->local_volume, &blocks));
  for (int64_t o = 0; o < f.fft->orbits.count; o++) root[o] = sqrt(f.G[o]);
  for (int64_t i = 0; i < count; i++) {
    double *block = blocks + i * f.lattice->local_volume;
    sq_block_normals(f.lattice, sq_stream_make(6, SQ_RNG_TEST, (uint64_t)(first + i)), 0, 0, block);
    TAP_CALL(sq_fft_filter(f.fft, root, block, block));
  }
  TAP_CALL(sq_sampler_bound(s, grid, 4, first, count, blocks, term, error, total, NULL));
  for (int k = 0; k <= STEPS; k++) {
    double expected = expected_term(&f, s, k);
    tap_worst(&worst, fabs(term[k] - expected) / error[k]);
    exact += expected;
  }
  double entropy = f.log_Z + 0.5 * (double)f.lattice->volume;
  tap_check(worst < 4.5, "%s on %s: every term of the bound is the known one (%.1f errors)", sampler, schedule, worst);
  tap_check(fabs(total[0] - exact) < 4 * total[1] && exact > entropy - 1e-9,
            "their sum, %.3f +- %.3f, is %.3f above the entropy", total[0], total[1], exact - entropy);
  if (!s->type->order) tap_near(exact, entropy, 1e-9, "and for the exact kernel the entropy itself");
  sq_free(&blocks);
  TAP_CALL(sq_sampler_destroy(&s));
  sq_noise_grid_destroy(&levels);
  end(&f);
  TAP_CALL(sq_grid_destroy(&grid));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_orders();
  check_prior();
  check_weights("euler", "ve", 40, 1);
  check_weights("ddpm", "geometric", 40, 1);
  check_weights("ancestral", "vp-cosine", 6, 1.2);
  check_weights("euler", "ve", 40, 1.2);
  check_weights("ddpm", "ddpm", 40, 1.2);
  check_double_well("ancestral", false);
  check_double_well("euler", false);
  check_double_well("ancestral", true);
  check_double_well("ddpm", false);
  for (int i = 0; sq_sampler_types[i]; i++) check_split(sq_sampler_types[i]);
  check_bound("ancestral", "ve");
  check_bound("ddpm", "vp-linear");
  check_bound("euler", "ve");
  return tap_end();
}
