/* SPDX-License-Identifier: BSD-3-Clause */
/* shape: kernels that are not Gaussian. Of a field whose zero mode is a mixture and whose other modes are Gaussian
 * every path weight is Z, in any number of steps; with a curvature that the field has not, weights still average to Z.
 * What paths and bounds say of the same steps agrees. The curvature of nearly Gaussian sites is that of perturbation
 * theory.
 */
#include "squall/likelihood.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

static const double kappa = 0.2;
static const sq_mixture two = {.count = 2, .weight = {0.4, 0.6}, .mean = {-3, 2}, .variance = {0.5, 0.8}};

/* The field: Gaussian but for its zero mode, which is distributed as `two`. */
typedef struct {
  sq_lattice *lattice;
  sq_fft *fft;
  double *propagator, log_Z, curvature;
  sq_score gaussian, score;
} field;

static double zero_mode(const field *f, const double *block)
{
  sq_sum sum = {{0}};
  for (int64_t i = 0; i < f->lattice->local_volume; i++) sq_sum_add(&sum, block[i] / sqrt((double)f->lattice->volume));
  TAP_CALL(sq_sum_reduce(f->lattice->comm, 1, &sum));
  return sq_sum_value(&sum);
}

static void add_zero_mode(const field *f, double amplitude, double *block)
{
  for (int64_t i = 0; i < f->lattice->local_volume; i++) block[i] += amplitude / sqrt((double)f->lattice->volume);
}

/* E[X | aX + s eps = y] by Bayes' rule. */
static double denoise_zero(double a, double s, double y)
{
  double sum = 0, norm = 0;
  for (int i = 0; i < two.count; i++) {
    double variance = a * a * two.variance[i] + s * s, miss = y - a * two.mean[i],
           weight = two.weight[i] / sqrt(variance) * exp(-0.5 * miss * miss / variance);
    sum += weight * (two.mean[i] + a * two.variance[i] / variance * miss);
    norm += weight;
  }
  return sum / norm;
}

static PetscErrorCode denoise(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  PetscFunctionBeginUser;
  const field *f = self;
  const int64_t volume = f->lattice->local_volume;
  PetscCall(f->gaussian.denoise(f->gaussian.self, a, s, count, noisy, clean));
  for (int b = 0; b < count; b++) {
    double wanted = denoise_zero(a, s, zero_mode(f, noisy + b * volume));
    add_zero_mode(f, wanted - zero_mode(f, clean + b * volume), clean + b * volume);
  }
  PetscFunctionReturn(0);
}

static void posterior(const void *self, double a, double s, double *variance)
{
  const field *f = self;
  sq_gaussian_posterior(f->fft->orbits.count, f->propagator, a, s, variance);
}

static double curvature(const void *self, double a, double s)
{
  (void)a, (void)s;
  return ((const field *)self)->curvature;
}

static void begin(int dim, const int64_t extent[], double c, field *f)
{
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, dim, extent, NULL, &f->lattice));
  TAP_CALL(sq_fft_create(f->lattice, &f->fft));
  TAP_CALL(sq_alloc(f->fft->orbits.count, &f->propagator));
  f->log_Z = 0;
  f->curvature = c;
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    f->propagator[o] = 1 / (2 - 4 * kappa / dim * f->fft->orbits.phase_cos[o]);
    if (o) f->log_Z += 0.5 * (double)f->fft->orbits.multiplicity[o] * log(2 * M_PI * f->propagator[o]);
  }
  f->propagator[0] = 0;
  for (int i = 0; i < two.count; i++) f->propagator[0] += two.weight[i] * (two.variance[i] + two.mean[i] * two.mean[i]);
  TAP_CALL(sq_gaussian_score_create(f->fft, 1, f->propagator, &f->gaussian));
  f->score = (sq_score){.self = f,
                        .denoise = denoise,
                        .posterior = posterior,
                        .curvature = c != 0 ? curvature : NULL,
                        .zero_mode = &two,
                        .fft = f->fft,
                        .propagator = f->propagator};
}

static void end(field *f)
{
  sq_free(&f->propagator);
  TAP_CALL(sq_gaussian_score_destroy(&f->gaussian));
  TAP_CALL(sq_fft_destroy(&f->fft));
  TAP_CALL(sq_lattice_destroy(&f->lattice));
}

static double action(const field *f, const double *block)
{
  sq_sum *power, total = {{0}};
  TAP_CALL(sq_alloc(f->fft->orbits.count, &power));
  TAP_CALL(sq_fft_forward(f->fft, block, f->fft->work));
  sq_fft_add_power(f->fft, f->fft->work, power);
  TAP_CALL(sq_sum_reduce(f->lattice->comm, (int)f->fft->orbits.count, power));
  for (int64_t o = 1; o < f->fft->orbits.count; o++)
    sq_sum_add(&total, 0.5 * (double)f->fft->orbits.multiplicity[o] * sq_sum_value(&power[o]) / f->propagator[o]);
  sq_free(&power);
  return sq_sum_value(&total) - sq_mixture_log_density(&two, zero_mode(f, block));
}

/* log_weight[count] of generated fields, and how far the terms of paths are from them; the mean bound on data. */
static double generate(field *f, int steps, int count, double *log_weight)
{
  sq_noise_grid levels;
  sq_sampler *sampler;
  sq_paths *paths;
  double *block, log_path, worst = 0, term[32];
  TAP_CALL(sq_noise_grid_geometric(steps, 0.05, 9, &levels));
  TAP_CALL(sq_sampler_create(&f->score, &levels, 1, &sampler));
  TAP_CALL(sq_paths_create(&f->score, &levels, 1, &paths));
  TAP_CALL(sq_alloc(f->lattice->local_volume, &block));
  for (int i = 0; i < count; i++) {
    double sum = 0;
    sq_paths_expect(paths, 1, term);
    TAP_CALL(sq_sampler_generate(sampler, 5, i, 1, block, &log_path, sq_paths_watch, paths));
    for (int k = 0; k <= steps; k++) sum += term[k];
    tap_worst(&worst, fabs(sum - log_path));
    log_weight[i] = log_path - action(f, block);
  }
  sq_free(&block);
  TAP_CALL(sq_paths_destroy(&paths));
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  return worst;
}

static void check_exact(int dim, const int64_t extent[], int steps)
{
  enum { COUNT = 100 };
  field f;
  double log_weight[COUNT], worst = 0;
  char text[64];
  begin(dim, extent, 0, &f);
  double off = generate(&f, steps, COUNT, log_weight);
  for (int i = 0; i < COUNT; i++) tap_worst(&worst, fabs(log_weight[i] - f.log_Z));
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(worst < 1e-8 * fmax(1, fabs(f.log_Z)),
            "%s in %d steps, a zero mode with two peaks: every weight is Z (%.1e)", text, steps, worst);
  tap_near(off, 0, 1e-7, "the terms of paths add up to it");
  end(&f);
}

static void check_wrong_curvature(void)
{
  enum { COUNT = 4000 };
  field f;
  double *log_weight, mean = 0, square = 0;
  begin(2, (int64_t[]){4, 4}, 0.3, &f);
  TAP_CALL(sq_alloc(COUNT, &log_weight));
  double off = generate(&f, 4, COUNT, log_weight);
  for (int i = 0; i < COUNT; i++) {
    double w = exp(log_weight[i] - f.log_Z);
    mean += w / COUNT, square += w * w / COUNT;
  }
  double error = sqrt((square - mean * mean) / COUNT), ess = mean * mean / square;
  tap_check(ess < 0.99, "a curvature that the field has not lowers the effective sample size: %.3f", ess);
  tap_check(fabs(mean - 1) < 4 * error && error < 0.1, "but the mean weight is Z: %.4f(%.4f)", mean, error);
  tap_near(off, 0, 1e-7, "the terms of paths add up to it");
  sq_free(&log_weight);
  end(&f);
}

/* Fields of the theory itself: normal modes, and a zero mode of the mixture. */
static void draw(const field *f, int i, double *block)
{
  double *root, z;
  const int64_t orbits = f->fft->orbits.count;
  TAP_CALL(sq_alloc(orbits, &root));
  for (int64_t o = 0; o < orbits; o++) root[o] = o ? sqrt(f->propagator[o]) : 1;
  sq_block_normals(f->lattice, sq_stream_make(9, SQ_RNG_TEST, (uint64_t)i), 0, 0, block);
  TAP_CALL(sq_fft_filter(f->fft, root, block, block));
  z = zero_mode(f, block);
  add_zero_mode(f, sq_mixture_quantile(&two, z) - z, block);
  sq_free(&root);
}

/* each[count]: the bound of each field less its action and log Z. */
static void bound(double c, int count, double *each)
{
  enum { STEPS = 4 };
  field f;
  sq_grid *grid;
  sq_noise_grid levels;
  sq_sampler *sampler;
  double *blocks, term[STEPS + 1], error[STEPS + 1], total[2];
  begin(2, (int64_t[]){4, 4}, c, &f);
  const int64_t volume = f.lattice->local_volume;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_noise_grid_geometric(STEPS, 0.05, 9, &levels));
  TAP_CALL(sq_sampler_create(&f.score, &levels, 1, &sampler));
  TAP_CALL(sq_alloc(count * volume, &blocks));
  for (int i = 0; i < count; i++) draw(&f, i, blocks + i * volume);
  TAP_CALL(sq_sampler_bound(sampler, grid, 5, 0, count, blocks, term, error, total, each));
  for (int i = 0; i < count; i++) each[i] -= action(&f, blocks + i * volume) + f.log_Z;
  sq_free(&blocks);
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  TAP_CALL(sq_grid_destroy(&grid));
  end(&f);
}

static double mean_and_error(int count, const double *x, double *error)
{
  double mean = 0, square = 0;
  for (int i = 0; i < count; i++) mean += x[i] / count, square += x[i] * x[i] / count;
  *error = sqrt((square - mean * mean) / count);
  return mean;
}

static void check_bound(void)
{
  enum { COUNT = 400 };
  double right[COUNT], wrong[COUNT], error;
  bound(0, COUNT, right);
  bound(2, COUNT, wrong); /* with the same noise */
  for (int i = 0; i < COUNT; i++) wrong[i] -= right[i];
  double mean = mean_and_error(COUNT, right, &error);
  tap_check(fabs(mean) < 4 * error, "the bound is tight: %.3f(%.3f)", mean, error);
  mean = mean_and_error(COUNT, wrong, &error);
  tap_check(mean > 3 * error && mean < 1, "with a wrong curvature it is not: +%.4f(%.4f)", mean, error);
}

/* ---- the curvature of independent sites, exp(-phi^2/2 - eps phi^4) ---- */

static const double quartic = 0.02;

/* Moment k of exp(-phi^2/2 - eps phi^4 - (y - phi)^2/(2 s^2)); s = INFINITY: of the sites themselves. */
static double moment(int k, double y, double s)
{
  double sum = 0, norm = 0;
  for (double x = -5; x <= 5; x += 0.05) {
    double w = exp(-x * x / 2 - quartic * x * x * x * x - (y - x) * (y - x) / (2 * s * s));
    sum += w * pow(x, k), norm += w;
  }
  return sum / norm;
}

static PetscErrorCode denoise_sites(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  const field *f = self;
  for (int64_t i = 0; i < count * f->lattice->local_volume; i++) clean[i] = moment(1, noisy[i] / a, s / a);
  return 0;
}

/* The slope of var(phi|y), in units of its mean, against R (D^2 - <D^2>), R of the Gaussian with the same <phi^2>: by
 * quadrature over y = phi + s eps. */
static double exact_curvature(double s)
{
  double G = moment(2, 0, INFINITY), R = G * s * s / (G + s * s), norm = 0, uu = 0, uuf = 0, f_sum = 0, ff = 0;
  for (double y = -8; y <= 8; y += 0.1) {
    double weight = 0, D = moment(1, y, s), open = moment(2, y, s) - D * D, f = R * (D * D - (G - R));
    for (double x = -5; x <= 5; x += 0.05)
      weight += exp(-x * x / 2 - quartic * x * x * x * x - (y - x) * (y - x) / (2 * s * s));
    norm += weight, uu += weight * open, uuf += weight * open * f, f_sum += weight * f, ff += weight * f * f;
  }
  return -(norm / uu * uuf - f_sum) / ff;
}

/* A site by rejection from exp(-phi^2/2). */
static double draw_site(int64_t site, uint64_t field_number)
{
  for (uint64_t n = 0;; n++) {
    double z;
    sq_stream stream = sq_stream_make(11, SQ_RNG_TEST, field_number);
    sq_rng_normals(stream, (uint64_t)site, 1, 2 * n, 0, &z);
    if (sq_rng_uniform(stream, (uint64_t)site, 2 * n + 1, 1) < exp(-quartic * z * z * z * z)) return z;
  }
}

static void check_measured(void)
{
  enum { FIELDS = 10000, LEVELS = 2 };
  const double s[LEVELS] = {0.7, 1.5};
  field f;
  sq_grid *grid;
  double *blocks, *ratio, value[LEVELS];
  int64_t first, count;
  begin(2, (int64_t[]){6, 6}, 0, &f);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  for (int64_t o = 0; o < f.fft->orbits.count; o++) f.propagator[o] = moment(2, 0, INFINITY);
  const int64_t row = f.lattice->local[SQ_DIM - 1];
  sq_share(FIELDS, grid->replicas, grid->replica, &first, &count);
  TAP_CALL(sq_alloc(count * f.lattice->local_volume, &blocks));
  TAP_CALL(sq_alloc(LEVELS * f.fft->orbits.count, &ratio));
  for (int64_t i = 0; i < count; i++)
    for (int64_t x = 0; x < f.lattice->local_volume; x++)
      blocks[i * f.lattice->local_volume + x] = draw_site(sq_lattice_row_site(f.lattice, x / row) + x % row,
                                                          (uint64_t)(first + i));
  f.score.denoise = denoise_sites;
  f.score.zero_mode = NULL;
  TAP_CALL(sq_posterior_measure(&f.score, grid, 8, first, count, blocks, 8, LEVELS, s, ratio, value));
  for (int k = 0; k < LEVELS; k++) { /* 360000 sites know it to 5 % */
    double wanted = exact_curvature(s[k]);
    tap_check(fabs(value[k] / wanted - 1) < 0.22, "s = %g: the curvature of quartic sites: %.3f, exact %.3f", s[k],
              value[k], wanted);
  }
  tap_near(exact_curvature(0.2), 12 * quartic, 0.01, "which is 12 eps where there is little noise");
  sq_free(&blocks);
  sq_free(&ratio);
  TAP_CALL(sq_grid_destroy(&grid));
  end(&f);
}

/* ---- two sites that hold on to each other, exp(-(phi_0 - phi_1)^2/2 - mass (phi_0^2 + phi_1^2)/2 - eps (phi_0^4 +
 * phi_1^4)) ---- */

static const double mass = 0.15, coupled_quartic = 0.06;

static double pair_action(double x, double y)
{
  return 0.5 * (x - y) * (x - y) + 0.5 * mass * (x * x + y * y) + coupled_quartic * (pow(x, 4) + pow(y, 4));
}

/* mean[3]: of both sites and of their product, where the action has -(noisy - phi)^2/(2 s^2) as well; returns the
 * integral. */
static double pair_moments(const double noisy[2], double s, double mean[2], double square[2])
{
  const double range = 5, step = 0.25;
  double norm = 0, sum[4] = {0};
  for (double x = -range; x <= range; x += step)
    for (double y = -range; y <= range; y += step) {
      double dx = (noisy[0] - x) / s, dy = (noisy[1] - y) / s,
             w = exp(-pair_action(x, y) - 0.5 * (dx * dx + dy * dy)) * step * step;
      norm += w, sum[0] += w * x, sum[1] += w * y, sum[2] += w * (x + y) * (x + y) / 2,
        sum[3] += w * (x - y) * (x - y) / 2;
    }
  for (int i = 0; i < 2; i++) mean[i] = sum[i] / norm, square[i] = sum[2 + i] / norm;
  return norm;
}

static PetscErrorCode denoise_pair(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  (void)self;
  for (int64_t i = 0; i < 2 * count; i += 2) {
    double square[2];
    pair_moments((double[]){noisy[i] / a, noisy[i + 1] / a}, s / a, clean + i, square);
  }
  return 0;
}

/* The variance of the log weights, whose mean exponential must be Z. */
static double pair_spread(double c)
{
  enum { COUNT = 1000 };
  field f;
  sq_noise_grid levels;
  sq_sampler *sampler;
  double block[2], log_path, mean[2], square[2], sum = 0, squares = 0, weight = 0;
  begin(1, (int64_t[]){2}, c, &f);
  f.score.denoise = denoise_pair;
  f.score.zero_mode = NULL;
  double Z = pair_moments((double[]){0, 0}, INFINITY, mean, square);
  for (int64_t o = 0; o < 2; o++) f.propagator[o] = square[o];
  TAP_CALL(sq_noise_grid_geometric(16, 0.15, 15, &levels));
  TAP_CALL(sq_sampler_create(&f.score, &levels, 1, &sampler));
  for (int i = 0; i < COUNT; i++) {
    TAP_CALL(sq_sampler_generate(sampler, 6, i, 1, block, &log_path, NULL, NULL));
    double log_w = log_path - pair_action(block[0], block[1]) - log(Z);
    sum += log_w / COUNT, squares += log_w * log_w / COUNT, weight += exp(log_w) / COUNT;
  }
  double spread = squares - sum * sum;
  tap_check(fabs(weight - 1) < 4 * sqrt(spread / COUNT), "two coupled sites, curvature %g: the mean weight is Z: %.4f",
            c, weight);
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  end(&f);
  return spread;
}

static void check_pair(void)
{
  double gaussian = pair_spread(0), known = pair_spread(12 * coupled_quartic * 0.8);
  tap_check(known < 0.22 * gaussian, "log weights vary less by far: %.4f, of Gaussian kernels %.4f", known, gaussian);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  if (tap.size == 1) check_exact(1, (int64_t[]){1}, 1);
  check_exact(1, (int64_t[]){7}, 3);
  check_exact(2, (int64_t[]){4, 6}, 12);
  check_exact(3, (int64_t[]){2, 4, 3}, 2);
  check_exact(4, (int64_t[]){2, 2, 4, 3}, 4);
  check_wrong_curvature();
  check_bound();
  check_measured();
  if (tap.size == 1) check_pair();
  return tap_end();
}
