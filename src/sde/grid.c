/* SPDX-License-Identifier: BSD-3-Clause */
/* Noise levels: in geometric progression, or where a score needs them. */
#include "src/sde/grid.h"
#include <math.h>

static PetscErrorCode check_range(int steps, double s_min, double s_max)
{
  PetscFunctionBeginUser;
  SqCheck(steps >= 1 && s_min > 0 && s_max > s_min && isfinite(s_max), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "noise levels from %g to %g in %d steps: need 0 < s_min < s_max and at least one step", s_min, s_max, steps);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_noise_grid_allocate(int steps, sq_noise_grid *grid)
{
  PetscFunctionBeginUser;
  grid->steps = steps;
  PetscCall(sq_alloc(steps + 1, &grid->a));
  PetscCall(sq_alloc(steps + 1, &grid->s));
  PetscCall(sq_alloc(steps + 1, &grid->drift));
  PetscCall(sq_alloc(steps + 1, &grid->spread));
  for (int k = 0; k <= steps; k++) grid->a[k] = 1;
  PetscFunctionReturn(0);
}

/* Time is s^2 (a = 1): g = 1. */
static void spread_of_levels(sq_noise_grid *grid)
{
  for (int k = 1; k <= grid->steps; k++) grid->spread[k] = grid->s[k] * grid->s[k] - grid->s[k - 1] * grid->s[k - 1];
}

PetscErrorCode sq_noise_grid_geometric(int steps, double s_min, double s_max, sq_noise_grid *grid)
{
  PetscFunctionBeginUser;
  PetscCall(check_range(steps, s_min, s_max));
  PetscCall(sq_noise_grid_allocate(steps, grid));
  for (int k = 1; k <= steps; k++)
    grid->s[k] = s_max * pow(s_min / s_max, steps == 1 ? 0 : (double)(steps - k) / (steps - 1));
  spread_of_levels(grid);
  PetscFunctionReturn(0);
}

/* ---- placed levels ---- */

enum { FINE = 48 }; /* geometric levels on which the loss is looked at */

void sq_gaussian_posterior(int64_t orbits, const double *propagator, double a, double s, double *variance)
{
  for (int64_t o = 0; o < orbits; o++) variance[o] = propagator[o] * s * s / (a * a * propagator[o] + s * s);
}

/* L of a step from a level with R = variance over a change of 1/s^2. A zero mode whose distribution is known loses
 * nothing. */
static double step_loss(const sq_score *score, const double *variance, double change)
{
  const sq_orbits *orbits = &score->fft->orbits;
  double sum = 0;
  for (int64_t o = score->zero_mode ? 1 : 0; o < orbits->count; o++)
    sum += 0.5 * (double)orbits->multiplicity[o] * log1p(variance[o] * change);
  return sum;
}

/* How much of that loss kernels avoid that know the curvature of the action, site by site (squall/diffusion.h). With
 * g(x) of the filter R(p), a curvature w_x without correlations changes the covariance by sum_z g_xz w_z g_zy: of its
 * square the sites' own variances are sum g^4/(sum g^2)^2: all where R is the same for all modes, little where g is
 * wide. */
static PetscErrorCode known_to_sites(const sq_score *score, const double *variance, double *share)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = score->fft->lattice;
  double *g;
  sq_sum sum[2] = {{{0}}};
  bool origin = true;
  *share = 0;
  if (!score->curvature) PetscFunctionReturn(0);
  PetscCall(sq_alloc(lattice->local_volume, &g));
  for (int mu = 0; mu < SQ_DIM; mu++) origin = origin && lattice->start[mu] == 0;
  if (origin) g[0] = 1;
  PetscCall(sq_fft_filter(score->fft, variance, g, g));
  for (int64_t x = 0; x < lattice->local_volume; x++) {
    sq_sum_add(&sum[0], g[x] * g[x]);
    sq_sum_add(&sum[1], pow(g[x], 4));
  }
  sq_free(&g);
  PetscCall(sq_sum_reduce(lattice->comm, 2, sum));
  *share = sq_sum_value(&sum[1]) / pow(sq_sum_value(&sum[0]), 2);
  PetscFunctionReturn(0);
}

/* loss[FINE]: what a step of twice the spacing around each level loses. */
static PetscErrorCode double_step_losses(const sq_score *score, const double *s, double *loss)
{
  PetscFunctionBeginUser;
  double *here, *above;
  PetscCall(sq_alloc(score->fft->orbits.count, &here));
  PetscCall(sq_alloc(score->fft->orbits.count, &above));
  for (int j = 1; j < FINE - 1; j++) {
    double low = 1 / (s[j - 1] * s[j - 1]), middle = 1 / (s[j] * s[j]), high = 1 / (s[j + 1] * s[j + 1]);
    score->posterior(score->self, 1, s[j], here);
    score->posterior(score->self, 1, s[j + 1], above);
    loss[j] = step_loss(score, above, low - high) - step_loss(score, above, middle - high) -
              step_loss(score, here, low - middle);
    double known;
    PetscCall(known_to_sites(score, here, &known));
    loss[j] *= 1 - known;
  }
  loss[0] = loss[1];
  loss[FINE - 1] = loss[FINE - 2];
  sq_free(&here);
  sq_free(&above);
  PetscFunctionReturn(0);
}

/* The integral, from the lowest fine level up, of the density of levels: the root of the loss, smoothed (it is
 * measured), and `share` of its mean everywhere. The step from the lowest level to the data counts like any other:
 * where S'' varies from site to site with variance v it loses V v s^4/4, and that is the square of the integral of the
 * root of the density V v s^4 (per log s) up to s. */
static void integrate_density(const double *loss, double share, double *integral)
{
  double root[FINE], mean = 0;
  for (int j = 0; j < FINE; j++) {
    int below = j > 1 ? j - 2 : 0, above = j < FINE - 2 ? j + 2 : FINE - 1;
    double sum = 0;
    for (int i = below; i <= above; i++) sum += loss[i];
    root[j] = sqrt(fmax(sum / (above - below + 1), 0));
    mean += root[j] / FINE;
  }
  bool nothing = mean < 1e-6; /* lost anywhere */
  integral[0] = 0;
  for (int j = 1; j < FINE; j++)
    integral[j] = integral[j - 1] + (nothing ? 1 : 0.5 * (root[j - 1] + root[j]) + share * mean);
}

PetscErrorCode sq_noise_grid_placed(const sq_score *score, int steps, double s_min, double s_max, sq_noise_grid *grid)
{
  PetscFunctionBeginUser;
  double s[FINE], loss[FINE], integral[FINE];
  PetscCall(check_range(steps, s_min, s_max));
  PetscCall(sq_noise_grid_allocate(steps, grid));
  for (int j = 0; j < FINE; j++) s[j] = s_min * pow(s_max / s_min, (double)j / (FINE - 1));
  PetscCall(double_step_losses(score, s, loss));
  integrate_density(loss, score->curvature ? 0.1 : 0.2, integral); /* by trial at 16x16, kappa = 0.27 */
  for (int k = 1, j = 1; k <= steps; k++) {
    double wanted = integral[FINE - 1] * k / steps;
    while (j < FINE - 1 && integral[j] < wanted) j++;
    double part = (wanted - integral[j - 1]) / (integral[j] - integral[j - 1]);
    grid->s[k] = k == steps ? s_max : s[j - 1] * pow(s[j] / s[j - 1], part);
  }
  spread_of_levels(grid);
  PetscFunctionReturn(0);
}

void sq_noise_grid_destroy(sq_noise_grid *grid)
{
  sq_free(&grid->a);
  sq_free(&grid->s);
  sq_free(&grid->drift);
  sq_free(&grid->spread);
}

/* ---- losses ---- */

/* 1/2 sum_p int R d(1/s^2) from s down to below, by Simpson's rule in log s. */
static double information(const sq_score *score, double s, double below, double *variance)
{
  enum { INTERVALS = 16 };
  const sq_orbits *orbits = &score->fft->orbits;
  double sum = 0, h = log(s / below) / INTERVALS;
  for (int i = 0; i <= INTERVALS; i++) {
    double at = below * exp(h * i), weight = i == 0 || i == INTERVALS ? 1 : i % 2 ? 4 : 2, R = 0;
    score->posterior(score->self, 1, at, variance);
    for (int64_t o = 0; o < orbits->count; o++) R += (double)orbits->multiplicity[o] * variance[o];
    sum += weight * h / 3 * R / (at * at); /* d(1/s^2) = -2/s^2 d log s */
  }
  return sum;
}

PetscErrorCode sq_noise_grid_losses(const sq_score *score, const sq_noise_grid *grid, double *loss)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &score->fft->orbits;
  double *variance;
  PetscCall(sq_alloc(orbits->count, &variance));
  loss[0] = 0;
  for (int k = 1; k <= grid->steps; k++) {
    double s = grid->s[k], below = grid->s[k - 1];
    loss[k] = NAN;
    if (below <= 0) continue;
    double whole = information(score, s, below, variance);
    score->posterior(score->self, 1, s, variance);
    loss[k] = sq_score_components(score) * (step_loss(score, variance, 1 / (below * below) - 1 / (s * s)) - whole);
  }
  sq_free(&variance);
  PetscFunctionReturn(0);
}
