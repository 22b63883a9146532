/* SPDX-License-Identifier: BSD-3-Clause */
/* diffusion: with the exact score of a free field the sampler is exact in any number of steps, its path weights are
 * constant, and log Z is the closed form; with a wrong score the weights still average to Z. */
#include "squall/diffusion.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

static const double kappa = 0.2;

typedef struct {
  sq_lattice *lattice;
  sq_fft *fft;
  double *propagator; /* exact */
  double log_Z;
} free_field;

static void begin(MPI_Comm comm, int dim, const int64_t extent[], free_field *f)
{
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &f->lattice));
  TAP_CALL(sq_fft_create(f->lattice, &f->fft));
  TAP_CALL(sq_alloc(f->fft->orbits.count, &f->propagator));
  f->log_Z = 0;
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    f->propagator[o] = 1 / (2 - 4 * kappa / dim * f->fft->orbits.phase_cos[o]);
    f->log_Z += 0.5 * (double)f->fft->orbits.multiplicity[o] * log(2 * M_PI * f->propagator[o]);
  }
}

static void end(free_field *f)
{
  sq_free(&f->propagator);
  TAP_CALL(sq_fft_destroy(&f->fft));
  TAP_CALL(sq_lattice_destroy(&f->lattice));
}

/* S = sum_p |phi_p|^2/(2 V G). */
static double action(free_field *f, const double *block)
{
  sq_sum *power, total = {{0}};
  TAP_CALL(sq_alloc(f->fft->orbits.count, &power));
  TAP_CALL(sq_fft_forward(f->fft, block, f->fft->work));
  sq_fft_add_power(f->fft, f->fft->work, power);
  TAP_CALL(sq_sum_reduce(f->lattice->comm, (int)f->fft->orbits.count, power));
  for (int64_t o = 0; o < f->fft->orbits.count; o++)
    sq_sum_add(&total, 0.5 * (double)f->fft->orbits.multiplicity[o] * sq_sum_value(&power[o]) / f->propagator[o]);
  sq_free(&power);
  return sq_sum_value(&total);
}

/* Generates fields with the score of propagator `believed`; power[orbits] gets their mean spectrum, log_weight[count]
 * their weights. */
static void generate(free_field *f, const double *believed, int steps, int count, double *power, double *log_weight,
                     double *first)
{
  enum { BATCH = 4 };
  sq_score score;
  sq_noise_grid levels;
  sq_sampler *sampler;
  double *blocks, log_path[BATCH];
  sq_sum *sum;
  int64_t volume = f->lattice->local_volume, orbits = f->fft->orbits.count;
  TAP_CALL(sq_gaussian_score_create(f->fft, 1, believed, &score));
  TAP_CALL(sq_noise_grid_geometric(steps, 0.05, 6, &levels));
  TAP_CALL(sq_sampler_create(&score, &levels, BATCH, &sampler));
  TAP_CALL(sq_alloc(BATCH * volume, &blocks));
  TAP_CALL(sq_alloc(orbits, &sum));
  for (int i = 0; i < count; i += BATCH) {
    TAP_CALL(sq_sampler_generate(sampler, 17, i, BATCH, blocks, log_path, NULL, NULL));
    if (i == 0) memcpy(first, blocks, (size_t)volume * sizeof *first);
    for (int b = 0; b < BATCH; b++) {
      log_weight[i + b] = log_path[b] - action(f, blocks + b * volume);
      TAP_CALL(sq_fft_forward(f->fft, blocks + b * volume, f->fft->work));
      sq_fft_add_power(f->fft, f->fft->work, sum);
    }
  }
  TAP_CALL(sq_sum_reduce(f->lattice->comm, (int)orbits, sum));
  for (int64_t o = 0; o < orbits; o++) power[o] = sq_sum_value(&sum[o]) / count;
  sq_free(&blocks);
  sq_free(&sum);
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  TAP_CALL(sq_gaussian_score_destroy(&score));
}

static void check_exact(int dim, const int64_t extent[], int steps)
{
  enum { COUNT = 400 };
  free_field f;
  double power[256], log_weight[COUNT], *first, worst = 0, spread = 0;
  char text[64];
  begin(MPI_COMM_WORLD, dim, extent, &f);
  TAP_CALL(sq_alloc(f.lattice->local_volume, &first));
  generate(&f, f.propagator, steps, COUNT, power, log_weight, first);
  for (int64_t o = 0; o < f.fft->orbits.count; o++)
    tap_worst(&worst,
              fabs(power[o] / f.propagator[o] - 1) / sqrt(2. / (COUNT * (double)f.fft->orbits.multiplicity[o])));
  for (int i = 0; i < COUNT; i++) tap_worst(&spread, fabs(log_weight[i] - f.log_Z));
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(worst < 5, "%s in %d steps: every mode has the exact propagator", text, steps);
  tap_near(spread, 0, 1e-9 * fmax(1, fabs(f.log_Z)), "every path weight is Z, in closed form");
  sq_free(&first);
  end(&f);
}

/* The same field on one rank. */
static void check_split(int dim, const int64_t extent[])
{
  free_field one, all;
  double power[256], log_weight[2][4], *first_one, *first_all;
  uint64_t a, b;
  begin(MPI_COMM_SELF, dim, extent, &one);
  begin(MPI_COMM_WORLD, dim, extent, &all);
  TAP_CALL(sq_alloc(one.lattice->local_volume, &first_one));
  TAP_CALL(sq_alloc(all.lattice->local_volume, &first_all));
  generate(&one, one.propagator, 3, 4, power, log_weight[0], first_one);
  generate(&all, all.propagator, 3, 4, power, log_weight[1], first_all);
  TAP_CALL(sq_block_checksum(one.lattice, 1, first_one, &a));
  TAP_CALL(sq_block_checksum(all.lattice, 1, first_all, &b));
  tap_check(a == b, "a generated field has the bits of one rank");
  tap_check(!memcmp(log_weight[0], log_weight[1], sizeof log_weight[0]), "its weight too");
  sq_free(&first_one);
  sq_free(&first_all);
  end(&one);
  end(&all);
}

/* A score for the wrong propagator: weights fluctuate, their mean does not care. */
static void check_wrong_score(void)
{
  enum { COUNT = 4000 };
  free_field f;
  double power[256], *log_weight, *first, wrong[256], mean = 0, square = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){4, 4}, &f);
  TAP_CALL(sq_alloc(COUNT, &log_weight));
  TAP_CALL(sq_alloc(f.lattice->local_volume, &first));
  for (int64_t o = 0; o < f.fft->orbits.count; o++) wrong[o] = (o ? 1.15 : 1.3) * f.propagator[o];
  generate(&f, wrong, 4, COUNT, power, log_weight, first);
  for (int i = 0; i < COUNT; i++) {
    double w = exp(log_weight[i] - f.log_Z);
    mean += w / COUNT;
    square += w * w / COUNT;
  }
  tap_check(mean * mean / square < 0.98 && mean * mean / square > 0.3, "a wrong score lowers the effective sample "
                                                                       "size");
  tap_near(mean, 1, 4 * sqrt((square - mean * mean) / COUNT), "but the mean weight is Z");
  sq_free(&log_weight);
  sq_free(&first);
  end(&f);
}

/* ---- calibration: free fields, and the field phi = +-1 at each site, whose denoiser and posterior are known ---- */

/* R of the two-valued field: 1 - E tanh((1 + s z)/s^2) over normal z, by quadrature. */
static void two_valued(const void *self, double a, double s, double *variance)
{
  const int64_t orbits = *(const int64_t *)self;
  double x = a / s, sum = 0, norm = 0;
  for (int i = -400; i <= 400; i++) {
    double z = i / 50., weight = exp(-0.5 * z * z), m = tanh(x * (x + z));
    sum += weight * (1 - m);
    norm += weight;
  }
  for (int64_t o = 0; o < orbits; o++) variance[o] = fmax(sum / norm, 1e-300);
}

/* E[phi_0 | phi] = tanh(phi a/s^2). */
static PetscErrorCode denoise_two_valued(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  const free_field *f = self;
  for (int64_t i = 0; i < count * f->lattice->local_volume; i++) clean[i] = tanh(a * noisy[i] / (s * s));
  return 0;
}

static void check_calibration(bool gaussian)
{
  enum { FIELDS = 600, LEVELS = 4 };
  const double s[LEVELS] = {0.1, 0.4, 0.9, 5};
  free_field f;
  sq_grid *grid;
  sq_score score;
  double *blocks, *root, *one, *known, *ratio, curvature[LEVELS], worst = 0;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, tap.size, &grid));
  begin(grid->domain, 2, (int64_t[]){6, 6}, &f);
  int64_t orbits = f.fft->orbits.count, volume = f.lattice->volume, first, count;
  double **array[] = {&root, &one, &known};
  for (int i = 0; i < 3; i++) TAP_CALL(sq_alloc(orbits, array[i]));
  TAP_CALL(sq_alloc(LEVELS * orbits, &ratio));
  sq_share(FIELDS, grid->replicas, grid->replica, &first, &count);
  TAP_CALL(sq_alloc(count * volume, &blocks));
  for (int64_t o = 0; o < orbits; o++) root[o] = sqrt(f.propagator[o]), one[o] = 1;
  for (int64_t i = 0; i < count; i++) {
    double *block = blocks + i * volume;
    sq_block_normals(f.lattice, sq_stream_make(2, SQ_RNG_TEST, (uint64_t)(first + i)), 0, 0, block);
    if (gaussian) TAP_CALL(sq_fft_filter(f.fft, root, block, block));
    else
      for (int64_t x = 0; x < volume; x++) block[x] = block[x] < 0 ? -1 : 1;
  }
  TAP_CALL(sq_gaussian_score_create(f.fft, 1, gaussian ? f.propagator : one, &score));
  sq_score exact = score;
  if (!gaussian) exact.denoise = denoise_two_valued, exact.self = &f;
  TAP_CALL(sq_posterior_measure(&exact, grid, 8, first, count, blocks, 4, LEVELS, s, ratio, curvature));
  for (int k = 0; k < LEVELS; k++)
    for (int64_t o = 0; o < orbits; o++) {
      double G = gaussian ? f.propagator[o] : 1, wiener = G * s[k] * s[k] / (G + s[k] * s[k]);
      if (gaussian) known[o] = wiener;
      else two_valued(&orbits, 1, s[k], known);
      tap_worst(&worst, fabs(ratio[k * orbits + o] * wiener - known[o]) / wiener);
    }
  /* an orbit alone would be measured to sqrt(2/FIELDS) = 0.06 */
  if (gaussian) tap_check(worst < 1e-9, "calibration finds that free fields are Gaussian (off by %.1e)", worst);
  else tap_check(worst < 0.05, "calibration finds the posterior of a two-valued field (off by %.4f)", worst);
  double here = ratio[0], least;
  (void)MPI_Allreduce(&here, &least, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
  tap_check(here == least, "the same on every replica");
  TAP_CALL(sq_gaussian_score_destroy(&score));
  for (int i = 0; i < 3; i++) sq_free(array[i]);
  sq_free(&ratio);
  sq_free(&blocks);
  end(&f);
  TAP_CALL(sq_grid_destroy(&grid));
}

/* ---- placing levels ---- */

/* sum of L over the steps of a grid, the last excepted. */
static double total_loss(const sq_score *score, const sq_noise_grid *grid)
{
  double sum = 0, *R;
  TAP_CALL(sq_alloc(score->fft->orbits.count, &R));
  for (int k = grid->steps; k > 1; k--) {
    score->posterior(score->self, 1, grid->s[k], R);
    for (int64_t o = 0; o < score->fft->orbits.count; o++)
      sum += 0.5 * (double)score->fft->orbits.multiplicity[o] *
             log1p(R[o] * (1 / pow(grid->s[k - 1], 2) - 1 / pow(grid->s[k], 2)));
  }
  sq_free(&R);
  return sum;
}

static void check_placing(void)
{
  free_field f;
  sq_score score;
  sq_noise_grid geometric, placed;
  double worst = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){4, 4}, &f);
  TAP_CALL(sq_gaussian_score_create(f.fft, 1, f.propagator, &score));
  TAP_CALL(sq_noise_grid_placed(&score, 9, 0.01, 5, &placed));
  for (int k = 2; k <= 9; k++) tap_worst(&worst, fabs(placed.s[k] / placed.s[k - 1] / pow(5 / 0.01, 1. / 9) - 1));
  tap_near(worst, 0, 1e-9, "levels for a Gaussian score are in geometric progression");
  tap_check(placed.s[0] == 0 && placed.s[9] == 5, "from the data to the highest");
  sq_noise_grid_destroy(&placed);
  TAP_CALL(sq_gaussian_score_destroy(&score));
  score = (sq_score){.self = &f.fft->orbits.count, .posterior = two_valued, .fft = f.fft, .propagator = f.propagator};
  TAP_CALL(sq_noise_grid_placed(&score, 12, 0.05, 50, &placed));
  TAP_CALL(sq_noise_grid_geometric(12, placed.s[1], 50, &geometric));
  double one = total_loss(&score, &geometric), other = total_loss(&score, &placed), exact = 16 * log(2.);
  double loss[13], sum = 0;
  TAP_CALL(sq_noise_grid_losses(&score, &placed, loss));
  for (int k = 2; k <= 12; k++) sum += loss[k];
  tap_near(sum, other - exact, 2e-3 * exact, "the losses of the steps add up to what all of them lose");
  tap_check(other > exact && other - exact < 0.6 * (one - exact),
            "placed levels lose %.3f nats of a two-valued field, geometric ones %.3f", other - exact, one - exact);
  sq_noise_grid_destroy(&placed);
  sq_noise_grid_destroy(&geometric);
  end(&f);
}

/* ---- scales ---- */

/* White fields of one width, followed forward, the fields shared out over replicas: G_t = a^2 width^2 + s^2, every mode
 * crosses at s/a = width, and one split of the work gives what another gives. */
static void check_scales(int replicas)
{
  enum { FIELDS = 400, STEPS = 12 };
  const double width = 0.7;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_noise_grid levels;
  sq_scales x;
  int64_t first, mine;
  double *block, error, at, worst = 0, off = 0, M2 = 0;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, replicas, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){8, 6}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_noise_grid_geometric(STEPS, 0.05, 10, &levels));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  TAP_CALL(sq_scales_create(fft, 1, &levels, FIELDS, &x));
  sq_share(FIELDS, grid->replicas, grid->replica, &first, &mine);
  for (int64_t i = first; i < first + mine; i++) {
    sq_block_normals(lattice, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)i), 0, 0, block);
    for (int64_t n = 0; n < lattice->local_volume; n++) block[n] *= width;
    TAP_CALL(sq_scales_add_path(&x, 5, i, block));
  }
  TAP_CALL(sq_scales_finish(&x, grid->across));
  for (int64_t o = 0; o < x.orbits; o++) {
    for (int k = 0; k <= STEPS; k++) {
      double G = sq_scales_power(&x, k, o, &error), a = levels.a[k], s = levels.s[k];
      tap_worst(&worst, fabs(G - a * a * width * width - s * s) / error);
    }
    at = sq_scales_crossing(&x, o, &error);
    tap_worst(&off, fabs(at - width) / error);
  }
  for (int64_t i = 0; i < FIELDS; i++) M2 += x.M[STEPS * FIELDS + i] * x.M[STEPS * FIELDS + i] / FIELDS;
  tap_check(worst < 5, "G_t = a^2 G + s^2 at every level and momentum, within errors (%.1f)", worst);
  tap_check(off < 5, "a mode crosses where s/a is the root of G (%.1f errors)", off);
  tap_near(M2 * 48, sq_scales_power(&x, STEPS, 0, &error), 1e-9 * M2 * 48, "V <M^2> is the zero mode's G");
  at = sq_scales_power(&x, STEPS, 1, &error);
  (void)MPI_Allreduce(&at, &off, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  tap_check(at == off, "every rank has the same bits");
  sq_scales_destroy(&x);
  sq_free(&block);
  sq_noise_grid_destroy(&levels);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_scales(1);
  if (tap.size > 1) check_scales(tap.size);
  check_exact(2, (int64_t[]){8, 6}, 1);
  check_exact(2, (int64_t[]){8, 6}, 20);
  check_exact(1, (int64_t[]){11}, 5);
  check_exact(3, (int64_t[]){4, 4, 5}, 2);
  check_exact(4, (int64_t[]){4, 2, 3, 2}, 3);
  check_split(2, (int64_t[]){7, 9});
  check_split(3, (int64_t[]){4, 3, 5});
  check_wrong_score();
  check_calibration(true);
  check_calibration(false);
  check_placing();
  sq_noise_grid grid;
  tap_check(sq_noise_grid_geometric(5, 2, 1, &grid) == SQ_ERR_INPUT, "falling noise levels are refused");
  return tap_end();
}
