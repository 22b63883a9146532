/* SPDX-License-Identifier: BSD-3-Clause */
/* Distributions of one number given outputs of a network, every row of the table: densities integrate to one, random
 * numbers have them, gradients against differences, symmetries, extreme outputs, the same bits one by one. Serial.
 */
#include "squall/conditional.h"
#include "squall/circle.h"
#include "squall/exact.h"
#include "tap.h"

enum { OUTPUTS = 64, MANY = 20000, POINTS = 20001 };

/* Outputs and a field of one number, from a seed. */
typedef struct {
  const sq_conditional *type;
  int mixture, outputs;
  float par[OUTPUTS];
  double field[2];
} single;

static double uniform(uint64_t seed, uint64_t i)
{
  return 2 * sq_rng_uniform(sq_stream_make(seed, SQ_RNG_TEST, 0), i, 0, 0) - 1;
}

static single some(const sq_conditional *type, int mixture, uint64_t seed)
{
  single s = {type, mixture, sq_conditional_outputs(type, mixture), {0}, {0}};
  for (int i = 0; i < s.outputs; i++) s.par[i] = (float)(1.5 * uniform(seed, (uint64_t)i));
  for (int i = 0; i < 2; i++) s.field[i] = uniform(seed, OUTPUTS + (uint64_t)i) + (i == 1 ? 1.3 : 0);
  return s;
}

static double log_density(const single *s, double x)
{
  const sq_conditional_batch batch = {1, s->mixture, s->par, s->field};
  double log_q;
  s->type->log_density(&batch, &x, &log_q);
  return log_q;
}

static bool is(const sq_conditional *type, const char *name)
{
  return !strcmp(type->name, name);
}

static bool is_real(const sq_conditional *type)
{
  return is(type, "pairs");
}

/* Points of a quadrature and their weights in the measure, ascending in the number; what lies at the ends of the
 * circle is steep for Beta densities, so these points crowd there. Returns how many. */
static int points(const sq_conditional *type, double *x, double *weight)
{
  const double turn = 2 * M_PI;
  if (is(type, "sign")) {
    x[0] = -1, x[1] = 1, weight[0] = weight[1] = 1;
    return 2;
  }
  for (int i = 0; i < POINTS; i++) {
    const double t = (i + 0.5) / POINTS, s = 9 * (2 * t - 1), part = 1 / (1 + exp(-2 * sinh(s / 2.2)));
    if (is_real(type)) x[i] = 200 * (t - 0.5), weight[i] = 200. / POINTS;
    else if (is(type, "von-mises")) x[i] = turn * (t - 0.5), weight[i] = 1. / POINTS;
    else {
      x[i] = part < 0.5 ? turn * part : -turn / (1 + exp(2 * sinh(s / 2.2)));
      weight[i] = 18. / POINTS * part / (1 + exp(2 * sinh(s / 2.2))) * 2 * cosh(s / 2.2) / 2.2;
    }
  }
  return POINTS;
}

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Where a number lies on the way of the quadrature: Beta densities begin at angle 0. */
static double place(const sq_conditional *type, double x)
{
  return is(type, "beta") && x < 0 ? x + 2 * M_PI : x;
}

/* The largest distance of the distribution of MANY random numbers from the integral of the density, times sqrt(MANY):
 * above 2.2 once in 8000 (A. N. Kolmogorov). *total: the whole integral. */
static double distance(const single *s, double *total)
{
  static double x[POINTS], weight[POINTS], random[MANY], field[2 * MANY];
  static float par[OUTPUTS * MANY];
  static sq_stream stream[MANY];
  static uint64_t site[MANY];
  const int count = points(s->type, x, weight);
  for (int i = 0; i < MANY; i++) {
    stream[i] = sq_stream_make(7, SQ_RNG_TEST, (uint64_t)i % 10);
    site[i] = (uint64_t)i / 10;
    for (int o = 0; o < s->outputs; o++) par[o * MANY + i] = s->par[o];
    for (int o = 0; o < 2; o++) field[o * MANY + i] = s->field[o];
  }
  const sq_conditional_batch batch = {MANY, s->mixture, par, field};
  s->type->draw(&batch, &(sq_conditional_address){stream, site, 3}, random);
  for (int i = 0; i < MANY; i++) random[i] = place(s->type, random[i]);
  qsort(random, MANY, sizeof *random, ascending);
  double sum = 0, worst = 0;
  for (int i = 0, below = 0; i < count; i++) {
    const double half = 0.5 * weight[i] * exp(log_density(s, x[i]));
    while (count > 2 && below < MANY && random[below] <= place(s->type, x[i])) below++;
    sum += half;
    if (count > 2) tap_worst(&worst, fabs(sum - (double)below / MANY));
    sum += half;
    for (; count == 2 && below < MANY && random[below] <= x[i];) below++;
    if (count == 2) tap_worst(&worst, fabs(sum - (double)below / MANY));
  }
  *total = sum;
  return worst * sqrt(MANY);
}

static void test_densities(const sq_conditional *type)
{
  double worst[2] = {0}, total;
  for (int mixture = 1; mixture <= type->most && mixture <= 7; mixture += 3)
    for (uint64_t seed = 1; seed < 4; seed++) {
      const single s = some(type, mixture, seed);
      tap_worst(&worst[1], distance(&s, &total));
      tap_worst(&worst[0], fabs(total - 1));
    }
  tap_check(worst[0] < 1e-9, "%s: densities integrate to 1: %.1e", type->name, worst[0]);
  tap_check(worst[1] < 2.2, "%s: random numbers have them: %.2f", type->name, worst[1]);
}

/* A number that is not rare. */
static double number(const sq_conditional *type, uint64_t seed)
{
  const double u = uniform(seed, 1000);
  return is(type, "sign") ? copysign(1, u) : is_real(type) ? 2 * u : 3.14 * u;
}

static void test_gradients(const sq_conditional *type)
{
  const float step = 0x1p-9f;
  double worst = 0;
  for (int mixture = 1; mixture <= type->most && mixture <= 4; mixture += 3)
    for (uint64_t seed = 1; seed < 20; seed++) {
      single s = some(type, mixture, seed), other;
      const double x = number(type, seed), factor = -1.7;
      float gradient[OUTPUTS];
      const sq_conditional_batch batch = {1, mixture, s.par, s.field};
      type->gradient(&batch, &x, &factor, gradient);
      for (int o = 0; o < s.outputs; o++) {
        other = s;
        other.par[o] = s.par[o] + step;
        const double more = log_density(&other, x);
        other.par[o] = s.par[o] - step;
        const double slope = factor * (more - log_density(&other, x)) / (2 * step);
        tap_worst(&worst, fabs(gradient[o] - slope) / (1 + fabs(slope)));
      }
    }
  tap_check(worst < 2e-4, "%s: gradients against differences: %.1e", type->name, worst);
}

/* Turns the vectors of a number by a matrix. */
static single turned(const single *s, const double r[4])
{
  single t = *s;
  if (s->type->components == 1) {
    for (int k = 0; k < s->mixture; k++) t.par[k] = -s->par[k];
    t.field[0] = -s->field[0];
    return t;
  }
  for (int k = 0; k < s->mixture; k++)
    for (int c = 0; c < 2; c++) t.par[2 * k + c] = (float)(r[2 * c] * s->par[2 * k] + r[2 * c + 1] * s->par[2 * k + 1]);
  for (int c = 0; c < 2; c++) t.field[c] = r[2 * c] * s->field[0] + r[2 * c + 1] * s->field[1];
  return t;
}

static void test_symmetry(const sq_conditional *type)
{
  double worst = 0;
  for (uint64_t seed = 1; seed < 20; seed++)
    for (int mirror = 0; mirror < 2; mirror++) {
      const single s = some(type, type->most < 4 ? type->most : 4, seed);
      const double x = number(type, seed), angle = 0.1 * (double)seed, sign = mirror ? -1 : 1;
      const double r[4] = {cos(angle), -sign * sin(angle), sin(angle), sign * cos(angle)};
      const single t = turned(&s, r);
      const double y = type->components == 1 ? -x : sign * x + angle;
      tap_worst(&worst, fabs(log_density(&t, y) - log_density(&s, x)));
    }
  tap_check(worst < 2e-6, "%s: turned and mirrored, %.1e", type->name, worst);
}

/* Outputs of +-100, fields of 0 and 10^6, many numbers at once, where each has the bits that it has alone. */
static void test_extremes(const sq_conditional *type)
{
  enum { N = 150 };
  float par[OUTPUTS * N], gradient[OUTPUTS * N];
  double field[2 * N], x[N], log_q[N], factor[N];
  sq_stream stream[N];
  uint64_t site[N];
  const int mixture = type->most < 4 ? type->most : 4, outputs = sq_conditional_outputs(type, mixture);
  for (int i = 0; i < N; i++) {
    stream[i] = sq_stream_make(9, SQ_RNG_TEST, (uint64_t)i), site[i] = 0, factor[i] = 1;
    for (int o = 0; o < outputs; o++) par[o * N + i] = (float)(100 * round(uniform((uint64_t)i, (uint64_t)o) * 1.5));
    for (int o = 0; o < 2; o++) field[o * N + i] = i % 3 == 0 ? 1e-9 : i % 3 == 1 ? 0.5 : 1e6;
  }
  const sq_conditional_batch batch = {N, mixture, par, field};
  type->draw(&batch, &(sq_conditional_address){stream, site, 0}, x);
  type->log_density(&batch, x, log_q);
  type->gradient(&batch, x, factor, gradient);
  bool finite = true, same = true;
  for (int i = 0; i < N; i++) {
    single s = {.type = type, .mixture = mixture, .field = {field[i], field[N + i]}};
    for (int o = 0; o < outputs; o++) {
      s.par[o] = par[o * N + i];
      finite = finite && isfinite(gradient[o * N + i]);
    }
    finite = finite && isfinite(x[i]) && isfinite(log_q[i]);
    same = same && log_q[i] == log_density(&s, x[i]);
  }
  tap_check(finite, "%s: extreme outputs stay finite", type->name);
  tap_check(same, "%s: numbers together have the bits of each alone", type->name);
}

/* One part, against the closed form. */
static void test_von_mises(void)
{
  double worst = 0;
  for (int i = 0; i < 40; i++) {
    single s = some(sq_conditional_find("von-mises"), 1, 1);
    const double kappa = i ? exp(0.5 * i - 6) : 0, x = 0.3 + 1 / (1 + kappa);
    s.par[0] = s.par[1] = 0, s.field[0] = kappa * cos(0.3), s.field[1] = kappa * sin(0.3);
    long double f;
    sq_exact_bessel(2, kappa, 1, &f);
    const double expected = -2 * kappa * pow(sin((x - 0.3) / 2), 2) - (double)logl(f);
    tap_worst(&worst, fabs(log_density(&s, x) - expected) / (1 + fabs(expected)));
  }
  tap_check(worst < 1e-12, "von-mises: the closed form up to 7e5: %.1e", worst);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int t = 0; sq_conditional_name(t); t++) {
    const sq_conditional *type = sq_conditional_find(sq_conditional_name(t));
    test_densities(type);
    test_gradients(type);
    if (type->covariant) test_symmetry(type);
    test_extremes(type);
  }
  test_von_mises();
  return tap_end();
}
