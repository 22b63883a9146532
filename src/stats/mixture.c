/* SPDX-License-Identifier: BSD-3-Clause */
/* Mixtures of normal distributions: densities, quantiles, conditioning, and the fit by expectation maximisation
 * (A. P. Dempster, N. M. Laird, D. B. Rubin, J. R. Stat. Soc. B 39 (1977) 1). */
#include "squall/stats.h"
#include <math.h>
#include <string.h>

/* ---- densities and quantiles ---- */

/* log of the sum of exp(x[n]). */
static double log_sum(int n, const double *x)
{
  double most = -INFINITY, sum = 0;
  for (int i = 0; i < n; i++) most = fmax(most, x[i]);
  if (!isfinite(most)) return most;
  for (int i = 0; i < n; i++) sum += exp(x[i] - most);
  return most + log(sum);
}

static double log_normal(double x, double mean, double variance)
{
  return -0.5 * (log(2 * M_PI * variance) + (x - mean) * (x - mean) / variance);
}

double sq_mixture_log_density(const sq_mixture *m, double x)
{
  double term[SQ_MIXTURE];
  for (int i = 0; i < m->count; i++) term[i] = log(m->weight[i]) + log_normal(x, m->mean[i], m->variance[i]);
  return log_sum(m->count, term);
}

/* The probability beyond x, to its right for side = 1, to its left for -1. */
static double tail(const sq_mixture *m, double x, int side)
{
  double sum = 0;
  for (int i = 0; i < m->count; i++)
    sum += 0.5 * m->weight[i] * erfc(side * (x - m->mean[i]) / sqrt(2 * m->variance[i]));
  return sum;
}

/* Where the tail has a probability: Newton's method for its logarithm, within [low, high]. */
static double find_tail(const sq_mixture *m, double probability, int side, double low, double high)
{
  enum { MOST = 200 };
  double x = 0.5 * (low + high);
  for (int i = 0; i < MOST; i++) {
    double here = tail(m, x, side), miss = log(here / probability);
    if (side * miss > 0) low = x;
    else high = x;
    double next = x + side * miss * here * exp(-sq_mixture_log_density(m, x));
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    bool found = fabs(next - x) <= 1e-15 * (fabs(low) + fabs(high));
    x = next;
    if (found) break;
  }
  return x;
}

double sq_mixture_quantile(const sq_mixture *m, double z)
{
  int side = z > 0 ? 1 : -1;
  double low = INFINITY, high = -INFINITY;
  for (int i = 0; i < m->count; i++) {
    double own = m->mean[i] + z * sqrt(m->variance[i]); /* the mixture's is between those of its parts */
    low = fmin(low, own);
    high = fmax(high, own);
  }
  return low < high ? find_tail(m, 0.5 * erfc(fabs(z) * M_SQRT1_2), side, low, high) : low;
}

double sq_mixture_score(const sq_mixture *m, double x)
{
  const sq_mixture normal = {.count = 1, .weight = {1}, .variance = {1}};
  double low = INFINITY, high = -INFINITY, right = tail(m, x, 1), left = tail(m, x, -1);
  for (int i = 0; i < m->count; i++) {
    double own = (x - m->mean[i]) / sqrt(m->variance[i]);
    low = fmin(low, own);
    high = fmax(high, own);
  }
  if (!(low < high)) return low;
  return right < left ? find_tail(&normal, right, 1, low, high) : find_tail(&normal, left, -1, low, high);
}

/* ---- conditioning ---- */

/* m times exp(h x - precision x^2/2), normalised; its mean and variance. */
static void tilt(const sq_mixture *m, double h, double precision, sq_mixture *out, double *mean, double *variance)
{
  double term[SQ_MIXTURE];
  *mean = *variance = 0;
  out->count = m->count;
  for (int i = 0; i < m->count; i++) {
    double own = 1 / m->variance[i], total = own + precision, at = (m->mean[i] * own + h) / total;
    term[i] = log(m->weight[i] * sqrt(own / total)) + 0.5 * (at * at * total - m->mean[i] * m->mean[i] * own);
    out->mean[i] = at;
    out->variance[i] = 1 / total;
  }
  double norm = log_sum(m->count, term);
  for (int i = 0; i < m->count; i++) *mean += (out->weight[i] = exp(term[i] - norm)) * out->mean[i];
  for (int i = 0; i < m->count; i++)
    *variance += out->weight[i] * (out->variance[i] + (out->mean[i] - *mean) * (out->mean[i] - *mean));
}

void sq_mixture_condition(const sq_mixture *m, double precision, double mean, sq_mixture *out)
{
  enum { MOST = 200 };
  double here, variance, h = mean * precision, low = -INFINITY, high = INFINITY;
  for (int i = 0; i < MOST; i++) {
    tilt(m, h, precision, out, &here, &variance);
    double miss = here - mean, step = miss / variance, next = h - step;
    if (miss > 0) high = h;
    else low = h;
    bool between = next > low && next < high;
    if (!between && isfinite(low) && isfinite(high)) next = 0.5 * (low + high);
    else if (!between) next = h - 2 * step;
    if (!(fabs(miss) > 1e-13 * (fabs(mean) + sqrt(variance))) || next == h) break;
    h = next;
  }
}

bool sq_mixture_valid(const sq_mixture *m)
{
  double sum = 0;
  bool sane = m->count >= 1 && m->count <= SQ_MIXTURE;
  for (int i = 0; sane && i < m->count; i++) {
    sane = m->weight[i] > 0 && isfinite(m->mean[i]) && m->variance[i] > 0 && isfinite(m->variance[i]);
    sum += m->weight[i];
  }
  return sane && fabs(sum - 1) < 1e-6;
}

/* ---- the fit ---- */

/* Sums over the data of what a component is responsible for, as if x and its sign were turned: 1, x, x^2. */
typedef struct {
  double one[SQ_MIXTURE], first[SQ_MIXTURE], second[SQ_MIXTURE];
} moments;

/* A number of the data, of multiplicity `count`, shared out among the components. */
static void share_out(const sq_mixture *m, double x, double count, moments *sums)
{
  double term[SQ_MIXTURE];
  for (int i = 0; i < m->count; i++) term[i] = log(m->weight[i]) + log_normal(x, m->mean[i], m->variance[i]);
  double norm = log_sum(m->count, term);
  for (int i = 0; i < m->count; i++) {
    double share = count * exp(term[i] - norm);
    sums->one[i] += share;
    sums->first[i] += share * x;
    sums->second[i] += share * x * x;
  }
}

/* Component i and its mirror image i + 1 are one. */
static void fold(int count, moments *sums)
{
  for (int i = 0; i < count; i += 2) {
    sums->one[i] = sums->one[i + 1] = 0.5 * (sums->one[i] + sums->one[i + 1]);
    sums->first[i] = 0.5 * (sums->first[i] - sums->first[i + 1]);
    sums->first[i + 1] = -sums->first[i];
    sums->second[i] = sums->second[i + 1] = 0.5 * (sums->second[i] + sums->second[i + 1]);
  }
}

static void maximise(const moments *sums, double total, double least, sq_mixture *m)
{
  for (int i = 0; i < m->count; i++) {
    double one = fmax(sums->one[i], 1e-9 * total);
    m->weight[i] = one / total;
    m->mean[i] = sums->first[i] / one;
    m->variance[i] = fmax(sums->second[i] / one - m->mean[i] * m->mean[i], least);
  }
}

/* Components side by side over the data's range. */
static void begin_fit(int64_t n, const double *x, const double *count, bool even, int components, sq_mixture *m)
{
  double total = 0, first = 0, second = 0;
  for (int64_t i = 0; i < n; i++) total += count[i], first += count[i] * x[i], second += count[i] * x[i] * x[i];
  double mean = even ? 0 : first / total, width = sqrt(second / total - mean * mean);
  m->count = even ? 2 * components : components;
  for (int i = 0; i < components; i++) {
    double at = even ? 1.4 * (i + 0.5) / components : components == 1 ? 0 : 2.8 * i / (components - 1.) - 1.4;
    for (int k = 0; k < (even ? 2 : 1); k++) {
      int j = even ? 2 * i + k : i;
      m->weight[j] = 1. / m->count;
      m->mean[j] = mean + (k ? -at : at) * width;
      m->variance[j] = width * width / (components * components);
    }
  }
}

double sq_mixture_log_likelihood(const sq_mixture *m, int64_t n, const double *x, const double *count)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    if (count[i] > 0) sum += count[i] * sq_mixture_log_density(m, x[i]);
  return sum;
}

void sq_mixture_fit(int64_t n, const double *x, const double *count, bool even, int components, double least,
                    sq_mixture *m)
{
  enum { MOST = 2000, EVERY = 20 };
  double total = 0, before = -INFINITY;
  for (int64_t i = 0; i < n; i++) total += count[i];
  begin_fit(n, x, count, even, components, m);
  for (int round = 0; round < MOST; round++) {
    moments sums = {{0}};
    for (int64_t i = 0; i < n; i++)
      if (count[i] > 0) share_out(m, x[i], count[i], &sums);
    if (even) fold(m->count, &sums);
    maximise(&sums, total, least, m);
    if (round % EVERY) continue;
    double now = sq_mixture_log_likelihood(m, n, x, count);
    if (now - before < 1e-3) break;
    before = now;
  }
}

/* ---- between several ---- */

/* Steps in z, with a number in the middle of each. */
enum { SIGMAS = 6, STEPS = 32, HALF = SIGMAS * STEPS, POINTS = 2 * HALF };

static double middle_of_step(int i)
{
  return (i - HALF + 0.5) / STEPS;
}

/* step[i] from quantile i to i + 1: of the logarithms the sum of weight times theirs. Differences, for between two
 * peaks far apart a slope is too large to be summed. */
static void steps_between(int count, const sq_mixture *mixture, const double *weight, double *step)
{
  for (int i = 0; i < POINTS - 1; i++) step[i] = 0;
  for (int k = 0; k < count; k++) {
    double next, last = sq_mixture_quantile(&mixture[k], middle_of_step(0));
    for (int i = 0; i < POINTS - 1; i++, last = next) {
      next = sq_mixture_quantile(&mixture[k], middle_of_step(i + 1));
      step[i] += weight[k] * log(next - last);
    }
  }
  for (int i = 0; i < POINTS - 1; i++) step[i] = exp(step[i]);
}

void sq_mixture_between(int count, const sq_mixture *mixture, const double *weight, bool even, sq_mixture *out)
{
  const double numbers = 1e5; /* as if the fit were to so many */
  double step[POINTS], x[POINTS], many[POINTS], least = INFINITY, middle = 0;
  int parts = 1;
  for (int k = 0; k < count; k++) {
    parts = mixture[k].count > parts ? mixture[k].count : parts;
    for (int i = 0; i < mixture[k].count; i++) least = fmin(least, mixture[k].variance[i] / 4);
    if (!even) middle += weight[k] * sq_mixture_quantile(&mixture[k], 0);
  }
  steps_between(count, mixture, weight, step);
  x[HALF] = middle + 0.5 * step[HALF - 1];
  for (int i = HALF; i < POINTS - 1; i++) x[i + 1] = x[i] + step[i];
  for (int i = HALF; i > 0; i--) x[i - 1] = even ? -x[POINTS - i] : x[i] - step[i - 1];
  for (int i = 0; i < POINTS; i++) many[i] = numbers / STEPS * exp(log_normal(middle_of_step(i), 0, 1));
  sq_mixture_fit(POINTS, x, many, even && parts > 1, even ? (parts + 1) / 2 : parts, least, out);
}
