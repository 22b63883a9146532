/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedules: the families of forward equations in use. A schedule is one function of t and a row of the table. */
#include "src/sde/grid.h"
#include "src/sde/types.h"
#include <math.h>

/* ---- the families ---- */

static void at_ve(const sq_schedule *schedule, double t, sq_schedule_point *point)
{
  double rate = 2 * log(schedule->sigma);
  *point = (sq_schedule_point){.a = 1, .s = sqrt(expm1(rate * t) / rate), .f = 0, .g2 = exp(rate * t)};
}

/* Variance-preserving: s^2 = 1 - a^2 and g^2 = -2 f, given log a and f = d(log a)/dt. */
static sq_schedule_point preserving(double log_a, double f)
{
  return (sq_schedule_point){.a = exp(log_a), .s = sqrt(-expm1(2 * log_a)), .f = f, .g2 = -2 * f};
}

static void at_vp_linear(const sq_schedule *schedule, double t, sq_schedule_point *point)
{
  double slope = schedule->beta_max - schedule->beta_min;
  *point = preserving(-0.25 * slope * t * t - 0.5 * schedule->beta_min * t, -0.5 * (schedule->beta_min + slope * t));
}

static void at_vp_cosine(const sq_schedule *schedule, double t, sq_schedule_point *point)
{
  const double last = 0.9946, offset = 0.008,
               rate = last / (1 + offset) * M_PI / 2; /* beyond it a vanishes too fast to be of use */
  double u0 = offset / (1 + offset) * M_PI / 2, u = u0 + rate * t;
  (void)schedule;
  *point = preserving(log(cos(u) / cos(u0)), -rate * tan(u));
}

/* k = 1 .. T of a time in ((k - 1)/T, k/T]. */
static int timestep(const sq_schedule *schedule, double t)
{
  double k = ceil(t * schedule->timesteps - 1e-6);
  return k < 1 ? 1 : k > schedule->timesteps ? schedule->timesteps : (int)k;
}

/* beta_k, from beta_min/T to beta_max/T in equal steps. */
static double beta(const sq_schedule *schedule, int k)
{
  double share = schedule->timesteps > 1 ? (double)(k - 1) / (schedule->timesteps - 1) : 1;
  return (schedule->beta_min + share * (schedule->beta_max - schedule->beta_min)) / schedule->timesteps;
}

static void at_ddpm(const sq_schedule *schedule, double t, sq_schedule_point *point)
{
  int k = timestep(schedule, t);
  double log_a = 0;
  for (int i = 1; i <= k; i++) log_a += 0.5 * log1p(-beta(schedule, i));
  *point = preserving(log_a, -0.5 * schedule->timesteps * beta(schedule, k));
}

const sq_schedule_type sq_schedule_ve = {"ve", "variance exploding, g = sigma^t", at_ve};
const sq_schedule_type sq_schedule_vp_linear = {"vp-linear", "variance preserving, beta linear in t", at_vp_linear};
const sq_schedule_type sq_schedule_vp_cosine = {"vp-cosine", "variance preserving, a falls as a cosine", at_vp_cosine};
const sq_schedule_type sq_schedule_ddpm = {"ddpm", "beta_1 .. beta_T, discrete", at_ddpm};

const char *sq_schedule_name(int index)
{
  return sq_schedule_types[index] ? sq_schedule_types[index]->name : NULL;
}

const sq_schedule_type *sq_schedule_find(const char *name)
{
  return sq_schedule_types[sq_find_name(sq_schedule_name, name)];
}

PetscErrorCode sq_schedule_check(const sq_schedule *s)
{
  PetscFunctionBeginUser;
  SqCheck(s->type != &sq_schedule_ddpm || fmax(s->beta_min, s->beta_max) < s->timesteps, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "schedule.beta_min, schedule.beta_max: %g, %g: with schedule.timesteps: %d the largest beta_k is %g; ddpm "
          "needs all below 1: more timesteps, or smaller betas",
          s->beta_min, s->beta_max, s->timesteps, fmax(s->beta_min, s->beta_max) / s->timesteps);
  PetscFunctionReturn(0);
}

/* ---- times ---- */

double sq_schedule_ratio(const sq_schedule *schedule, double t)
{
  sq_schedule_point point;
  schedule->type->at(schedule, t, &point);
  return point.s / point.a;
}

/* The least t with s/a >= ratio; 1 if there is none. */
static double time_of(const sq_schedule *schedule, double ratio)
{
  double low = 0, high = 1;
  if (sq_schedule_ratio(schedule, 1) < ratio) return 1;
  for (int i = 0; i < 60; i++) {
    double middle = 0.5 * (low + high);
    if (sq_schedule_ratio(schedule, middle) >= ratio) high = middle;
    else low = middle;
  }
  return high;
}

double sq_schedule_draw(const sq_schedule *schedule, double lowest, double x)
{
  double first = time_of(schedule, lowest);
  if (schedule->type != &sq_schedule_ddpm) return first + (1 - first) * x;
  int least = timestep(schedule, first);
  return (double)(least + (int)floor(x * (schedule->timesteps - least + 1))) / schedule->timesteps;
}

PetscErrorCode sq_noise_grid_scheduled(const sq_schedule *schedule, int steps, double lowest, sq_noise_grid *grid)
{
  PetscFunctionBeginUser;
  SqCheck(steps >= 1, SQ_EVERY_RANK, SQ_ERR_INPUT, "%d noise levels: need at least one step", steps);
  PetscCall(sq_schedule_check(schedule));
  double first = fmax(1. / steps, time_of(schedule, lowest)), before = 0;
  PetscCall(sq_noise_grid_allocate(steps, grid));
  bool rising = true;
  for (int k = 1; k <= steps; k++) {
    double t = k == steps ? 1 : first + (1 - first) * (k - 1) / (steps - 1);
    sq_schedule_point point;
    schedule->type->at(schedule, t, &point);
    grid->a[k] = point.a, grid->s[k] = point.s;
    grid->drift[k] = point.f * (t - before), grid->spread[k] = point.g2 * (t - before);
    rising = rising && grid->s[k] / grid->a[k] > grid->s[k - 1] / grid->a[k - 1];
    before = t;
  }
  if (!rising) sq_noise_grid_destroy(grid);
  SqCheck(rising, SQ_EVERY_RANK, SQ_ERR_INPUT, "%d steps are more than the levels that %s has from s/a = %g on", steps,
          schedule->type->name, lowest);
  PetscFunctionReturn(0);
}
