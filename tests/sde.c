/* SPDX-License-Identifier: BSD-3-Clause */
/* sde: schedules solve their own equations, their levels are where they should be, training draws them as they say; one
 * network read three ways. */
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

static sq_schedule make(const char *name)
{
  return (sq_schedule){.type = sq_schedule_find(name), .sigma = 25, .beta_min = 0.1, .beta_max = 20, .timesteps = 1000};
}

static sq_schedule_point at(const sq_schedule *schedule, double t)
{
  sq_schedule_point point;
  schedule->type->at(schedule, t, &point);
  return point;
}

/* d log a/dt = f and d(s^2)/dt = 2 f s^2 + g^2 are what makes N(a phi_0, s^2) the law of dphi = f phi dt + g dW. */
static void check_equation(const char *name)
{
  sq_schedule schedule = make(name);
  double worst = 0, h = 1e-5;
  for (double t = 0.05; t < 0.96; t += 0.05) {
    sq_schedule_point p = at(&schedule, t), up = at(&schedule, t + h), down = at(&schedule, t - h);
    double drift = (log(up.a) - log(down.a)) / (2 * h), growth = (up.s * up.s - down.s * down.s) / (2 * h);
    tap_worst(&worst, fabs(drift - p.f) / (1 + fabs(p.f)));
    tap_worst(&worst, fabs(growth - 2 * p.f * p.s * p.s - p.g2) / (1 + p.g2));
  }
  tap_check(worst < 1e-7, "%s: a and s solve the equation with its f and g (off by %.1e)", name, worst);
}

static void check_levels(void)
{
  sq_schedule schedule = make("ve");
  sq_noise_grid grid;
  double worst = 0, sum = 0;
  TAP_CALL(sq_noise_grid_scheduled(&schedule, 20, 1e-3, &grid));
  for (int k = 1; k <= 20; k++) {
    tap_worst(&worst, fabs(grid.s[k] * grid.s[k] / ((pow(25, k / 10.) - 1) / (2 * log(25.))) - 1));
    tap_worst(&worst, fabs(grid.spread[k] / (pow(25, k / 10.) / 20) - 1));
    sum += fabs(grid.drift[k]) + fabs(grid.a[k] - 1);
  }
  tap_check(worst < 1e-12 && sum == 0 && grid.s[0] == 0, "levels of ve are the slides' at t = k/20");
  tap_near(grid.s[20], 9.845, 0.001, "s(1) = 9.845");
  sq_noise_grid_destroy(&grid);
  TAP_CALL(sq_noise_grid_scheduled(&schedule, 2000, 0.05, &grid));
  tap_near(grid.s[1], 0.05, 1e-12, "levels begin at the lowest that is known");
  sq_noise_grid_destroy(&grid);

  schedule = make("ddpm");
  TAP_CALL(sq_noise_grid_scheduled(&schedule, 1000, 1e-3, &grid));
  double product = 1;
  worst = 0;
  for (int k = 1; k <= 1000; k++) {
    product *= 1 - (1e-4 + (0.02 - 1e-4) * (k - 1) / 999);
    tap_worst(&worst, fabs(grid.a[k] * grid.a[k] / product - 1) + fabs(grid.s[k] * grid.s[k] / (1 - product) - 1));
  }
  tap_check(worst < 1e-10, "ddpm: a^2 = alpha bar, from beta_1 = 1e-4 to beta_T = 0.02 (off by %.1e)", worst);
  sq_noise_grid_destroy(&grid);
  tap_check(sq_noise_grid_scheduled(&schedule, 1001, 1e-3, &grid) == SQ_ERR_INPUT, "more steps than ddpm has levels "
                                                                                   "are refused");
}

static void check_draws(void)
{
  sq_schedule ddpm = make("ddpm"), ve = make("ve");
  int missing = 0;
  double worst = 0, lowest = sq_schedule_ratio(&ve, 0.01);
  for (int k = 1; k <= 1000; k++) missing += fabs(sq_schedule_draw(&ddpm, 1e-6, (k - 0.5) / 1000) * 1000 - k) > 1e-9;
  tap_check(missing == 0, "training with ddpm draws every k = 1 .. T equally often");
  for (double x = 0; x < 1; x += 0.01) tap_worst(&worst, fabs(sq_schedule_draw(&ve, lowest, x) - (0.01 + 0.99 * x)));
  tap_check(worst < 1e-12, "with ve it draws t uniformly from where the lowest level is");
}

/* Of an exact score, at a level of ddpm: eps and score from D, D from each of them, and the mean of algorithm 2. */
static void check_reading(void)
{
  enum { FIELDS = 2 };
  sq_lattice *lattice;
  sq_fft *fft;
  sq_score score;
  double *noisy, *clean, *eps, *value, *G;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){5, 4}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_alloc(fft->orbits.count, &G));
  for (int64_t o = 0; o < fft->orbits.count; o++) G[o] = 1 / (0.5 + fft->orbits.phat2[o]);
  TAP_CALL(sq_gaussian_score_create(fft, 1, G, &score));
  int64_t sites = FIELDS * lattice->local_volume;
  double **array[] = {&noisy, &clean, &eps, &value};
  for (int i = 0; i < 4; i++) TAP_CALL(sq_alloc(sites, array[i]));
  for (int i = 0; i < FIELDS; i++)
    sq_block_normals(lattice, sq_stream_make(1, SQ_RNG_TEST, (uint64_t)i), 0, 0, noisy + i * lattice->local_volume);
  sq_schedule ddpm = make("ddpm");
  sq_schedule_point p = at(&ddpm, 0.3), below = at(&ddpm, 0.299);
  TAP_CALL(sq_score_read(&score, sq_parametrisation_find("denoiser"), p.a, p.s, FIELDS, noisy, clean));
  TAP_CALL(sq_score_read(&score, sq_parametrisation_find("epsilon"), p.a, p.s, FIELDS, noisy, eps));
  TAP_CALL(sq_score_read(&score, sq_parametrisation_find("score"), p.a, p.s, FIELDS, noisy, value));
  double worst = 0, mean = 0, r = p.a / below.a, v = p.s * p.s - r * r * below.s * below.s;
  for (int64_t i = 0; i < sites; i++) {
    tap_worst(&worst, fabs(p.a * clean[i] + p.s * eps[i] - noisy[i]));           /* phi = a D + s eps */
    tap_worst(&worst, fabs(value[i] + eps[i] / p.s));                            /* score = -eps/s */
    tap_worst(&worst, fabs(clean[i] - (noisy[i] + p.s * p.s * value[i]) / p.a)); /* Tweedie */
    /* arXiv:2006.11239, algorithm 2, against the mean that the samplers use */
    double theirs = (noisy[i] - (1 - r * r) / p.s * eps[i]) / r,
           ours = r * below.s * below.s / (p.s * p.s) * noisy[i] + below.a * v / (p.s * p.s) * clean[i];
    tap_worst(&mean, fabs(theirs - ours));
  }
  tap_check(worst < 1e-12, "denoiser, noise and score of one network agree (off by %.1e)", worst);
  tap_check(mean < 1e-10, "DDPM's mean from the noise is that from the denoiser (off by %.1e)", mean);
  for (int i = 0; i < 4; i++) sq_free(array[i]);
  TAP_CALL(sq_gaussian_score_destroy(&score));
  sq_free(&G);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_equation("ve");
  check_equation("vp-linear");
  check_equation("vp-cosine");
  check_levels();
  check_draws();
  check_reading();
  return tap_end();
}
