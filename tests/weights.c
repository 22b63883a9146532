/* SPDX-License-Identifier: BSD-3-Clause */
/* weights: exact results and corner cases; and simulated weights of known truth: how often they are trusted, and what
 * the errors of trusted ones are worth. Fixed seeds; the bounds are those of binomials beyond 4 sigma around what many
 * more simulations gave. */
#include "squall/rng.h"
#include "squall/stats.h"
#include "src/stats/pareto.h"
#include "tests/tap.h"
#include <math.h>
#include <string.h>

/* Against all pairs, one by one. */
static void check_acceptance(void)
{
  enum { MANY = 50 };
  double logs[MANY], sum = 0, total = 0, acceptance;
  for (int i = 0; i < MANY; i++) logs[i] = 700 + 1.5 * sin(3.7 * i * i);
  for (int i = 0; i < MANY; i++) {
    total += exp(logs[i] - 700);
    for (int j = 0; j < MANY; j++)
      if (i != j) sum += exp(fmin(logs[i], logs[j]) - 700) / (MANY - 1);
  }
  TAP_CALL(sq_weights_acceptance(MANY, logs, &acceptance));
  tap_near(acceptance, sum / total, 1e-12, "the acceptance of an independence chain, over all pairs");
  for (int i = 0; i < MANY; i++) logs[i] = -3;
  TAP_CALL(sq_weights_acceptance(MANY, logs, &acceptance));
  tap_near(acceptance, 1, 1e-14, "is 1 for equal weights");
  TAP_CALL(sq_weights_acceptance(1, logs, &acceptance));
  tap_check(isnan(acceptance), "and unknown for one");
}

static void check_weights(void)
{
  double w[] = {1, 2, 3, 4}, logs[4], out[4];
  for (int i = 0; i < 4; i++) logs[i] = log(w[i]) + 5000;
  sq_weights s;
  TAP_CALL(sq_weights_summary(4, logs, &s));
  tap_near(s.log_mean, log(2.5) + 5000, 1e-11, "log of the mean weight, large logs");
  tap_near(s.ess, 100.0 / (4 * 30), 1e-11, "effective sample size");
  tap_check(isnan(s.error) && isnan(s.ess_error), "no errors from four weights");
  sq_weights_relative(4, logs, out);
  tap_near(out[1], 0.5, 1e-11, "relative weights");
  logs[0] = -INFINITY;
  TAP_CALL(sq_weights_summary(4, logs, &s));
  tap_near(s.ess, 81.0 / (4 * 29), 1e-11, "-inf is weight 0");
  sq_weights_relative(4, logs, logs);
  tap_check(logs[0] == 0 && logs[3] == 1, "relative weights in place");
  for (int bad = 0; bad < 2; bad++) {
    logs[0] = bad ? INFINITY : NAN;
    TAP_CALL(sq_weights_summary(4, logs, &s));
    sq_weights_relative(4, logs, out);
    tap_check(isnan(s.log_mean) && isnan(s.ess) && isnan(out[3]), "%s gives NaN", bad ? "inf" : "NaN");
  }
  for (int i = 0; i < 4; i++) logs[i] = -INFINITY;
  TAP_CALL(sq_weights_summary(4, logs, &s));
  tap_check(s.ess == 0 && s.log_mean == -INFINITY && isnan(s.error), "no weight at all: ess 0");
  TAP_CALL(sq_weights_summary(0, NULL, &s));
  tap_check(isnan(s.ess) && s.verdict == SQ_WEIGHTS_NONE, "no weights: NaN");
}

static sq_weights summary(int64_t n, const double *log_weight)
{
  sq_weights w;
  TAP_CALL(sq_weights_summary(n, log_weight, &w));
  return w;
}

/* What no tail can be fitted to. */
static void check_corners(void)
{
  enum { N = 1000 };
  double logs[N];
  char text[SQ_WEIGHTS_TEXT];
  for (int i = 0; i < N; i++) logs[i] = 159.5117 + 1e-9 * sin(i);
  sq_weights s = summary(N, logs);
  tap_check(s.verdict == SQ_WEIGHTS_TRUSTED && s.error < 1e-8 && s.ess_error < 1e-8 && isnan(s.k_hat),
            "equal weights are trusted, with errors of rounding");
  tap_check(summary(2, logs).verdict == SQ_WEIGHTS_TRUSTED, "be it two");
  tap_check(summary(1, logs).verdict == SQ_WEIGHTS_FEW, "but not one alone");
  for (int i = 0; i < N; i++) logs[i] = 0.2 * sin(3.7 * i * i);
  tap_check(summary(64, logs).verdict == SQ_WEIGHTS_FEW && isnan(summary(64, logs).error), "64 weights that are nearly "
                                                                                           "equal are too few to tell");
  s = summary(64, logs);
  sq_weights_text(&s, text, sizeof text);
  tap_check(strstr(text, "too few") && strstr(text, "not known"), "which is said: %s", text);
  tap_check(summary(N, logs).verdict == SQ_WEIGHTS_TRUSTED, "1000 of them are enough");
  for (int i = 0; i < N; i++) logs[i] = i % 2 ? -INFINITY : 3;
  s = summary(N, logs);
  tap_check(s.verdict == SQ_WEIGHTS_TRUSTED && fabs(s.ess - 0.5) < 1e-12 && isnan(s.k_hat), "ties: equal weights "
                                                                                            "beside zeros have no "
                                                                                            "tail");
  sq_weights_text(&s, text, sizeof text);
  tap_check(strstr(text, "came often") != NULL, "which is said: %s", text);
  for (int i = 0; i < N; i++) logs[i] = (i < 2) * 1e-14 + (i < 400 ? 2 : i % 3);
  s = summary(N, logs);
  tap_check(s.verdict == SQ_WEIGHTS_TRUSTED && s.error > 0, "two of 600 largest ones are larger by rounding");
  for (int i = 0; i < N; i++) logs[i] = i == 7 ? 0.7 : i % 2 ? 0 : -1;
  tap_check(summary(N, logs).verdict == SQ_WEIGHTS_TRUSTED, "one above 500 equal ones that carries next to nothing");
  for (int i = 0; i < N; i++) logs[i] = i < 3 ? 1 + i : 0;
  tap_check(summary(N, logs).verdict == SQ_WEIGHTS_FEW, "three above 997 equal ones: it cannot be told");
  for (int i = 0; i < N; i++) logs[i] = i == 7 ? 400 : i % 5;
  s = summary(N, logs);
  tap_check(s.verdict != SQ_WEIGHTS_TRUSTED && s.largest_share > 0.999 && isnan(s.error) && isnan(s.ess_error),
            "one weight that is all of the sum is not trusted, and has no error");
}

/* ---- the fit of the tail ---- */

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double uniform(uint64_t run, int64_t i)
{
  return sq_rng_uniform(sq_stream_make(11, SQ_RNG_TEST, run), (uint64_t)i, 0, 0);
}

static void check_fit(void)
{
  enum { N = 20000 };
  static double x[N];
  const double ks[] = {-0.3, 0.2, 0.7, 1.3};
  for (int j = 0; j < 4; j++) {
    const sq_pareto truth = {ks[j], 2.5};
    for (int i = 0; i < N; i++) x[i] = sq_pareto_quantile(&truth, uniform((uint64_t)j, i));
    qsort(x, N, sizeof *x, ascending);
    sq_pareto fit = sq_pareto_fit(N, x);
    tap_check(fabs(fit.k - ks[j]) < 4 * (1 + ks[j]) / sqrt(N) + 1e-3 && fabs(fit.sigma / 2.5 - 1) < 0.06,
              "a Pareto distribution of k = %g is found: %.3f, sigma %.2f of 2.5", ks[j], fit.k, fit.sigma);
  }
  for (int i = 0; i < 4; i++) x[i] = 1 + i;
  tap_check(isnan(sq_pareto_fit(4, x).k), "four excesses have no fit");
  for (int i = 0; i < 9; i++) x[i] = 1;
  tap_check(!(sq_pareto_fit(9, x).k > 0.7), "nine equal ones have no heavy tail");
}

/* ---- weights of known truth ---- */

typedef struct {
  const char *name;
  double log_normal, pareto; /* the spread of log w; the tail index k of w; one of them 0 */
  int64_t n;
  int runs;
  double trusted[2]; /* bounds on the share of trusted ones */
  bool judged;       /* whether errors of trusted ones must be right */
  double step;       /* not 0: log w is rounded down to multiples of it */
  double most;       /* not 0: log w is at most that many steps: the largest weight comes often */
} known;

typedef struct {
  double trusted, inside, outside, ess_inside, ess_outside; /* shares; the last four of trusted ones */
} outcome;

static double draw_any(const known *c, uint64_t run, int64_t i)
{
  double normal;
  if (c->pareto > 0) return -c->pareto * log(uniform(run, i));
  sq_rng_normals(sq_stream_make(12, SQ_RNG_TEST, run), (uint64_t)i, 1, 0, 0, &normal);
  return c->log_normal * normal;
}

static double draw(const known *c, uint64_t run, int64_t i)
{
  const double x = draw_any(c, run, i);
  return c->step > 0 ? c->step * fmin(floor(x / c->step), c->most > 0 ? c->most : INFINITY) : x;
}

/* log of the mean weight, of its square for power = 2. */
static double log_mean_of(const known *c, int power)
{
  if (c->step > 0) { /* exponential steps, P(log w >= s step) = b^s */
    const double b = exp(-c->step / c->pareto);
    double sum = 0;
    for (int s = 0; s < 2000; s++)
      sum += exp(power * c->step * fmin(s, c->most > 0 ? c->most : s) + s * log(b)) * (1 - b);
    return log(sum);
  }
  return c->pareto > 0 ? -log(1 - power * c->pareto) : 0.5 * power * power * c->log_normal * c->log_normal;
}

static outcome simulate(const known *c, uint64_t first)
{
  static double logs[4096];
  const double log_Z = log_mean_of(c, 1), ess = exp(2 * log_Z - log_mean_of(c, 2));
  outcome o = {0};
  for (int run = 0; run < c->runs; run++) {
    for (int64_t i = 0; i < c->n; i++) logs[i] = draw(c, first + (uint64_t)run, i);
    sq_weights w = summary(c->n, logs);
    if (w.verdict != SQ_WEIGHTS_TRUSTED) continue;
    double off = fabs(w.log_mean - log_Z) / w.error, ess_off = fabs(w.ess - ess) / w.ess_error;
    o.trusted++;
    o.inside += off < 1;
    o.outside += !(off < 3);
    o.ess_inside += ess_off < 1;
    o.ess_outside += !(ess_off < 3);
  }
  for (double *x = &o.inside; x <= &o.ess_outside; x++) *x /= o.trusted;
  o.trusted /= c->runs;
  return o;
}

static void check_known(void)
{
  static const known table[] = {
    {"log-normal of spread 0.3, 256", 0.3, 0, 256, 500, {0.99, 1}, true},
    {"log-normal of spread 0.9, 1024", 0.9, 0, 1024, 500, {0.98, 1}, true},
    {"log-normal of spread 1.2, 4096", 1.2, 0, 4096, 250, {0.98, 1}, true},
    {"log-normal of spread 2.5, 1024", 2.5, 0, 1024, 250, {0, 0.02}, false},
    {"Pareto of k 0.3, 1024", 0, 0.3, 1024, 500, {0.97, 1}, true},
    {"Pareto of k 0.5, 1024", 0, 0.5, 1024, 500, {0.83, 0.95}, false},
    {"Pareto of k 0.7, 1024", 0, 0.7, 1024, 500, {0.34, 0.55}, false},
    {"Pareto of k 0.9, 1024", 0, 0.9, 1024, 500, {0, 0.16}, false},
    {"steps of a factor 2, the 4th the last, 1024", 0, 1, 1024, 500, {0.99, 1}, true, M_LN2, 4},
    {"steps of a factor 10, the 1st the last, 1024", 0, 1, 1024, 500, {0.99, 1}, true, M_LN10, 1},
    {"steps of a factor 1.5, the 12th the last, 4096", 0, 1.2, 4096, 250, {0.95, 1}, true, 0.405, 12},
    {"steps of a factor 3, the 4th the last, 4096", 0, 1.2, 4096, 250, {0.95, 1}, true, 1.1, 4},
    {"steps of a factor 1.2, the 32nd the last, 4096", 0, 1.5, 4096, 250, {0.95, 1}, true, 0.182, 32},
    {"steps of a factor 2, k 0.7, 1024", 0, 0.7, 1024, 500, {0, 0.77}, false, M_LN2},
    {"steps of a factor 2, k 0.9, 1024", 0, 0.9, 1024, 500, {0, 0.16}, false, M_LN2},
    {"steps of a factor 10, k 0.7, 1024", 0, 0.7, 1024, 500, {0, 0.72}, false, M_LN10},
    {"steps of a factor 10, k 0.9, 1024", 0, 0.9, 1024, 500, {0, 0.16}, false, M_LN10},
    {"steps of a factor 10, k 1.2, 4096", 0, 1.2, 4096, 250, {0, 0.16}, false, M_LN10},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    const known *c = &table[i];
    outcome o = simulate(c, 10000 * (i + 1));
    tap_check(o.trusted >= c->trusted[0] && o.trusted <= c->trusted[1], "%s: %.3f are trusted", c->name, o.trusted);
    if (!c->judged) continue;
    tap_check(o.inside > 0.6 && o.inside < 0.78 && o.outside < 0.02,
              "of their log Z %.3f are within an error, %.3f beyond three", o.inside, o.outside);
    if (c->pareto > 0) continue;
    tap_check(o.ess_inside > 0.6 && o.ess_outside < 0.02, "of their effective sizes %.3f and %.3f", o.ess_inside,
              o.ess_outside);
  }
}

/* ---- weights that are changed ---- */

static void check_rules(void)
{
  enum { N = 1000 };
  double logs[N], changed[N], most = -INFINITY, cap;
  for (int i = 0; i < N; i++) logs[i] = 300 - 0.8 * log(uniform(77, i));
  TAP_CALL(sq_weights_plain.apply(N, logs, changed));
  tap_check(!memcmp(logs, changed, sizeof logs), "plain weights are as they are");
  cap = summary(N, logs).log_mean + 0.5 * log(N);
  logs[4] = cap + 3;
  TAP_CALL(sq_weights_truncated.apply(N, logs, changed));
  cap = summary(N, logs).log_mean + 0.5 * log(N);
  tap_check(fabs(changed[4] - cap) < 1e-12 && changed[5] == logs[5], "truncated ones end at sqrt(n) times their mean");
  TAP_CALL(sq_weights_smoothed.apply(N, logs, changed));
  int moved = 0, order = 0;
  for (int i = 0; i < N; i++) {
    most = fmax(most, changed[i]);
    moved += changed[i] != logs[i];
    for (int j = 0; j < i; j++) order += (logs[i] > logs[j]) != (changed[i] > changed[j]) && changed[i] != changed[j];
  }
  tap_check(moved == (int)(3 * sqrt(N)) && order == 0, "smoothed ones are the %d largest, and stay in order", moved);
  tap_check(most <= logs[4], "none becomes larger than the largest was");
  tap_check(summary(N, logs).ess < summary(N, changed).ess, "and more of them count");
  for (int i = 0; i < N; i++) logs[i] = -3;
  for (int r = 0; sq_weight_rules[r]; r++) {
    TAP_CALL(sq_weight_rules[r]->apply(N, logs, changed));
    tap_check(!memcmp(logs, changed, sizeof logs), "equal weights stay equal: %s", sq_weight_rule_name(r));
  }
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_weights();
  check_acceptance();
  check_corners();
  check_fit();
  check_rules();
  check_known();
  return tap_end();
}
