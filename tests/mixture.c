/* SPDX-License-Identifier: BSD-3-Clause */
/* Mixtures of normal distributions: the map from normal numbers and back, conditioning against Bayes' rule, the fit
 * against the distribution that its numbers come from. */
#include "squall/rng.h"
#include "squall/stats.h"
#include "tests/tap.h"

static const sq_mixture three = {
  .count = 3, .weight = {0.2, 0.5, 0.3}, .mean = {-4, 0.5, 3}, .variance = {0.3, 2, 0.05}};

/* P(X < x) by the trapezoid rule, an independent way. */
static double cumulative(const sq_mixture *m, double x)
{
  const double step = 1e-3, from = -20;
  double sum = 0;
  int64_t n = (int64_t)((x - from) / step);
  for (int64_t i = 0; i <= n; i++) {
    double at = from + (x - from) * (double)i / (double)n;
    sum += (i == 0 || i == n ? 0.5 : 1) * exp(sq_mixture_log_density(m, at));
  }
  return sum * (x - from) / (double)n;
}

static void check_map(void)
{
  double worst = 0, off = 0, before = -INFINITY;
  bool rises = true;
  for (double z = -9; z <= 9; z += 0.25) {
    double x = sq_mixture_quantile(&three, z);
    rises = rises && x > before;
    before = x;
    tap_worst(&worst, fabs(sq_mixture_score(&three, x) - z) / fmax(1, fabs(z)));
    if (fabs(z) < 5) tap_worst(&off, fabs(cumulative(&three, x) - 0.5 * erfc(-z * M_SQRT1_2)));
  }
  tap_check(rises, "the quantile rises with z");
  tap_near(worst, 0, 1e-8, "the score is its inverse, out to 9 sigma");
  tap_near(off, 0, 1e-5, "P(X < x) is that of the normal number");
  sq_mixture normal = {.count = 1, .weight = {1}, .mean = {2}, .variance = {9}};
  tap_near(sq_mixture_quantile(&normal, -1.5), 2 - 4.5, 1e-12, "one part: a straight line");
  tap_near(sq_mixture_score(&normal, 5), 1, 1e-12, "and back");
}

/* Mean of the mixture times exp(h x - precision x^2/2) by the trapezoid rule. */
static double tilted_mean(double h, double precision)
{
  double sum = 0, norm = 0;
  for (double x = -20; x <= 20; x += 1e-3) {
    double w = exp(sq_mixture_log_density(&three, x) + h * x - 0.5 * precision * x * x);
    sum += w * x, norm += w;
  }
  return sum / norm;
}

static void check_conditioning(void)
{
  const double precision[] = {0.01, 0.5, 40}, field[] = {-3, 0.2, 5};
  double worst = 0, density = 0;
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      const double h = precision[i] * field[k], wanted = tilted_mean(h, precision[i]);
      sq_mixture m;
      sq_mixture_condition(&three, precision[i], wanted, &m);
      double mean = 0;
      for (int j = 0; j < m.count; j++) mean += m.weight[j] * m.mean[j];
      tap_worst(&worst, fabs(mean - wanted));
      /* densities are in the ratio that Bayes' rule says */
      double x = wanted + 0.1, y = wanted - 0.2, here = sq_mixture_log_density(&m, x) - sq_mixture_log_density(&m, y),
             there = sq_mixture_log_density(&three, x) - sq_mixture_log_density(&three, y) + h * (x - y) -
                     0.5 * precision[i] * (x * x - y * y);
      tap_worst(&density, fabs(here - there));
    }
  tap_near(worst, 0, 1e-10, "a condition has the mean that is asked for");
  tap_near(density, 0, 1e-6, "and with that of Bayes' rule its density");
}

static void check_fit(void)
{
  enum { BINS = 400, NUMBERS = 40000 };
  const sq_mixture truth = {.count = 2, .weight = {0.5, 0.5}, .mean = {-2, 2}, .variance = {0.49, 0.49}};
  double at[BINS], count[BINS] = {0}, *normal;
  TAP_CALL(sq_alloc(NUMBERS, &normal));
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 0), 0, NUMBERS, 0, 0, normal);
  for (int i = 0; i < BINS; i++) at[i] = (i + 0.5) * 12 / BINS - 6;
  for (int i = 0; i < NUMBERS; i++) {
    double z = sq_mixture_quantile(&truth, normal[i]);
    int bin = (int)((z + 6) * BINS / 12);
    if (bin >= 0 && bin < BINS) count[bin]++;
  }
  sq_free(&normal);
  sq_mixture fit, one;
  sq_mixture_fit(BINS, at, count, true, 1, 1e-4, &fit);
  tap_near(fabs(fit.mean[0]), 2, 4 * 0.7 / sqrt(NUMBERS), "the fit finds where a pair is");
  tap_near(fit.variance[0], 0.49, 4 * 0.49 * sqrt(2. / NUMBERS), "and how wide");
  tap_check(fit.mean[0] == -fit.mean[1] && fit.weight[0] == fit.weight[1], "both signs are alike, to the last bit");
  sq_mixture_fit(BINS, at, count, false, 2, 1e-4, &fit);
  tap_near(fit.weight[0], 0.5, 4 * 0.5 / sqrt(NUMBERS), "without that symmetry: the weights");
  sq_mixture_fit(BINS, at, count, false, 1, 1e-4, &one);
  tap_check(sq_mixture_log_likelihood(&fit, BINS, at, count) > sq_mixture_log_likelihood(&one, BINS, at, count) + 1000,
            "two peaks are more likely than one");
  double total = 0;
  for (double x = -10; x < 10; x += 1e-3) total += 1e-3 * exp(sq_mixture_log_density(&fit, x));
  tap_near(total, 1, 1e-9, "the density is normalised");
}

/* Normal distributions: the deviation between them is the geometric mean. Mixtures that are one another's scaled
 * copies: the same, scaled. */
static void check_between(void)
{
  const sq_mixture normals[] = {{.count = 1, .weight = {1}, .mean = {1}, .variance = {4}},
                                {.count = 1, .weight = {1}, .mean = {2}, .variance = {0.25}}};
  sq_mixture out, pair[] = {{.count = 4, .weight = {0.1, 0.1, 0.4, 0.4}, .mean = {1, -1, 3, -3}},
                            {.count = 4, .weight = {0.1, 0.1, 0.4, 0.4}, .mean = {1.5, -1.5, 4.5, -4.5}}};
  sq_mixture_between(2, normals, (double[]){0.75, 0.25}, false, &out);
  tap_check(out.count == 1, "between two normal distributions there is one");
  tap_near(out.mean[0], 1.25, 1e-9, "whose mean is in between");
  tap_near(out.variance[0], pow(4, 0.75) * pow(0.25, 0.25), 1e-6, "and its variance");
  for (int i = 0; i < 4; i++) pair[1].variance[i] = 2.25 * (pair[0].variance[i] = 0.6);
  sq_mixture_between(2, pair, (double[]){0.5, 0.5}, true, &out);
  double worst = 0;
  const double scale = sqrt(1.5);
  for (double x = -5; x < 5; x += 0.1) {
    const double exact = exp(sq_mixture_log_density(&pair[0], x / scale)) / scale;
    tap_worst(&worst, fabs(exp(sq_mixture_log_density(&out, x)) - exact));
  }
  tap_near(worst, 0, 4e-3, "between a mixture and its scaled copy is one scaled by less");
  tap_check(out.mean[0] == -out.mean[1] && out.weight[2] == out.weight[3], "both signs are alike, to the last bit");
  const sq_mixture far[] = {{.count = 2, .weight = {0.5, 0.5}, .mean = {20, -20}, .variance = {1, 1}},
                            {.count = 2, .weight = {0.5, 0.5}, .mean = {45, -45}, .variance = {1, 1}}};
  sq_mixture_between(2, far, (double[]){0.5, 0.5}, true, &out);
  tap_near(fabs(out.mean[0]), 30, 0.3, "peaks far apart: between them by the geometric mean");
  tap_near(out.variance[0], 1, 0.02, "as wide as both");
  sq_mixture_between(2, pair, (double[]){1.5, -0.5}, true, &out);
  tap_check(sq_mixture_valid(&out), "weights of either sign: a mixture, too");
  out.weight[0] = NAN;
  tap_check(!sq_mixture_valid(&out), "what is not a number is no mixture");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_map();
  check_conditioning();
  check_fit();
  check_between();
  return tap_end();
}
