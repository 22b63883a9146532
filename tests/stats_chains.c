/* SPDX-License-Identifier: BSD-3-Clause */
/* stats: verdicts on simulated chains of known truth: whether they are long enough, and whether they agree. Seeds are
 * fixed; the rates of false alarms and misses are printed and bounded. */
#include "squall/rng.h"
#include "squall/stats.h"
#include "tap.h"
#include <math.h>

enum { MOST = 16000, MOST_CHAINS = 8 };

/* The autocorrelation time of x_{t+1} = a x_t + noise is (1 + a)/(2 (1 - a)). */
static double coefficient(double tau)
{
  return (2 * tau - 1) / (2 * tau + 1);
}

/* chains chains of `length` records of an AR(1) process of variance 1, each shifted by shift[c] (NULL: 0). */
static void simulate(uint64_t member, int chains, int64_t length, double tau, const double *shift, double *x)
{
  static double noise[MOST + MOST_CHAINS];
  double a = coefficient(tau), b = sqrt(1 - a * a);
  const sq_stream stream = sq_stream_make(2026, SQ_RNG_TEST, member);
  sq_rng_normals(stream, 0, chains * (length + 1), 0, 0, noise);
  for (int c = 0; c < chains; c++) {
    double y = noise[c * (length + 1)];
    for (int64_t t = 0; t < length; t++) {
      y = a * y + b * noise[c * (length + 1) + 1 + t];
      x[c * length + t] = y + (shift ? shift[c] : 0);
    }
  }
}

typedef struct {
  int chains;
  int64_t length;
  double tau, scatter;
} design;

static double x[MOST];
static int64_t length[MOST_CHAINS];

static sq_series series_of(const design *d)
{
  static const double *column = x;
  for (int c = 0; c < d->chains; c++) length[c] = d->length;
  return (sq_series){.n = d->chains * d->length, .column = &column, .chains = d->chains, .length = length};
}

/* Whether a verdict on one observable says that the chains contradict each other. */
static bool contradict(const design *d, int64_t window)
{
  sq_agreement a;
  const sq_series series = series_of(d);
  TAP_CALL(sq_chains_agree(&series, NULL, window, &a));
  return a.p < sq_p_contradict || 2 * a.r_hat_p < sq_p_contradict;
}

/* ---- chains that agree ---- */

static void check_good(void)
{
  enum { TIMES = 24 };
  static const design good[] = {{2, 1000, 0.5, 0}, {4, 500, 0.5, 0}, {8, 1000, 0.5, 0}, {8, 400, 1, 0},
                                {4, 500, 2, 0},    {8, 250, 5, 0},   {2, 2000, 5, 0},   {8, 250, 10, 0},
                                {8, 750, 20, 0},   {4, 500, 20, 0}};
  int alarms = 0, longer = 0, all = 0, low = 0;
  for (size_t k = 0; k < sizeof good / sizeof *good; k++)
    for (int t = 0; t < TIMES; t++, all++) {
      sq_agreement a;
      simulate(1000 * k + (uint64_t)t, good[k].chains, good[k].length, good[k].tau, NULL, x);
      const sq_series series = series_of(&good[k]);
      TAP_CALL(sq_chains_agree(&series, NULL, 0, &a));
      alarms += contradict(&good[k], 0);
      longer += contradict(&good[k], 40);
      low += a.p < 0.05;
    }
  printf("# %d false alarms in %d, %d with a longer window, p < 0.05 in %d\n", alarms, all, longer, low);
  tap_check(alarms <= 1 && longer <= 1 && all == 240, "of 240 good ensembles at most one is called contradicting (rate "
                                                      "0.0015)");
  tap_check(low >= 3 && low <= 24, "p is uniform: 12 of 240 below 0.05");
}

/* ---- chains that do not ---- */

/* Shifts whose scatter among the chains is exactly that. */
static void scatter(uint64_t member, const design *d, double *shift)
{
  double mean = 0, square = 0;
  sq_rng_normals(sq_stream_make(2027, SQ_RNG_TEST, member), 0, d->chains, 0, 0, shift);
  for (int c = 0; c < d->chains; c++) mean += shift[c] / d->chains;
  for (int c = 0; c < d->chains; c++) square += (shift[c] - mean) * (shift[c] - mean) / (d->chains - 1);
  for (int c = 0; c < d->chains; c++) shift[c] = (shift[c] - mean) * d->scatter / sqrt(square);
}

static void check_bad(void)
{
  enum { TIMES = 60 };
  static const design bad[] = {{2, 1000, 0.5, 0.3}, {4, 500, 0.5, 0.3}, {8, 1000, 0.5, 0.2}, {8, 1000, 0.5, 0.4}};
  int noticed = 0, enough = 0;
  double shift[MOST_CHAINS];
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
    for (int t = 0; t < TIMES; t++) {
      sq_estimate e;
      scatter(1000 * k + (uint64_t)t, &bad[k], shift);
      simulate(20000 + 1000 * k + (uint64_t)t, bad[k].chains, bad[k].length, bad[k].tau, shift, x);
      const sq_series series = series_of(&bad[k]);
      TAP_CALL(sq_gamma(&series, NULL, &e));
      enough += sq_estimate_long_enough(&e);
      noticed += contradict(&bad[k], 0);
    }
  printf("# of 240, %d are long enough, %d are noticed\n", enough, noticed);
  tap_check(noticed >= 235 && enough > 200, "chains with other means contradict each other, however long");
  const design slow = {8, 2000, 20, 0.7};
  noticed = 0;
  for (int t = 0; t < 20; t++) {
    scatter(9000 + (uint64_t)t, &slow, shift);
    simulate(30000 + (uint64_t)t, slow.chains, slow.length, slow.tau, shift, x);
    noticed += contradict(&slow, 0);
  }
  printf("# %d of 20 slow ones\n", noticed);
  tap_check(noticed >= 19, "so do slow ones, by more than their means are uncertain");
}

/* Chains of one mean and other widths, and a drift: the second opinion sees them. */
static void check_second(void)
{
  const design four = {4, 500, 0.5, 0}, one = {1, 2000, 0.5, 0};
  sq_agreement a;
  simulate(40000, 4, 500, 0.5, NULL, x);
  for (int i = 0; i < 500; i++) x[i] *= 2;
  sq_series series = series_of(&four);
  TAP_CALL(sq_chains_agree(&series, NULL, 0, &a));
  tap_check(a.p > 0.01 && a.r_hat_p < 1e-6 && a.r_hat > 1.01, "R-hat sees a chain that is wider (%.3f)", a.r_hat);
  simulate(40001, 1, 2000, 0.5, NULL, x);
  series = series_of(&one);
  TAP_CALL(sq_chains_agree(&series, NULL, 0, &a));
  tap_check(isnan(a.p) && a.freedom == 0 && a.r_hat_p > 0.01 && fabs(a.r_hat - 1) < 0.01, "one chain has halves alone");
  for (int i = 0; i < 2000; i++) x[i] += i * 5e-4;
  TAP_CALL(sq_chains_agree(&series, NULL, 0, &a));
  tap_check(a.r_hat_p < 1e-6, "which see a drift");
  for (int i = 0; i < 2000; i++) x[i] = 1;
  TAP_CALL(sq_chains_agree(&series, NULL, 0, &a));
  tap_check(isnan(a.p) && isnan(a.r_hat_p), "nothing can be said of a chain that does not move");
  double p[] = {0.04, NAN, 0.01, 0.9};
  tap_near(sq_p_of_many(4, p), 0.03, 1e-15, "p of many looks");
  tap_check(isnan(sq_p_of_many(1, (double[]){NAN})), "and of none");
}

/* ---- long enough ---- */

/* Series of AR(1) that are called long enough by their own tau_int: their errors. The rule is one of the estimate, so
 * series whose tau_int came out small are selected. */
static void check_length(void)
{
  enum { TIMES = 300 };
  static const struct {
    double lengths; /* N/tau */
    int chains;
  } rows[] = {{20, 1}, {20, 8}, {50, 1}, {50, 8}, {100, 1}, {100, 8}, {200, 1}, {200, 8}};
  const double tau = 20;
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    design d = {rows[k].chains, (int64_t)(rows[k].lengths * tau / rows[k].chains), tau, 0};
    int called = 0, inside = 0, beyond = 0;
    double error = 0;
    for (int t = 0; t < TIMES; t++) {
      sq_estimate e;
      simulate(50000 + 1000 * k + (uint64_t)t, d.chains, d.length, tau, NULL, x);
      const sq_series series = series_of(&d);
      TAP_CALL(sq_gamma(&series, NULL, &e));
      if (!sq_estimate_long_enough(&e)) continue;
      called++;
      error += e.error / sqrt(2 * tau / (double)series.n);
      inside += fabs(e.value) < e.error;
      beyond += fabs(e.value) > 3.5 * e.error;
    }
    printf("# N/tau %3g, %d chains: %5.3f called long enough, error/true %.2f, inside %.2f, beyond 3.5 %d\n",
           rows[k].lengths, rows[k].chains, (double)called / TIMES, error / fmax(called, 1), inside / fmax(called, 1),
           beyond);
    if (rows[k].lengths <= 50)
      tap_check(called <= 0.08 * TIMES, "series of %g tau_int are rarely called long enough", rows[k].lengths);
    if (rows[k].lengths >= 100)
      tap_check(error / called > 0.83 && inside > 0.5 * called && beyond <= 3,
                "errors of series of %g that are called so", rows[k].lengths);
  }
}

static void check_tail(void)
{
  tap_near(sq_f_tail(3.325835, 5, 10), 0.05, 1e-6, "F(5, 10) at its 5 % point");
  tap_near(sq_f_tail(5.848932, 2, 20), 0.01, 1e-7, "F(2, 20) at its 1 % point");
  tap_near(sq_f_tail(12.5527, 3, 10), 0.001, 1e-7, "F(3, 10) at its 0.1 % point");
  tap_near(sq_f_tail(2.5, 4, 1e7), sq_chi_square_tail(10, 4), 1e-6, "F with many degrees is chi^2");
  tap_check(sq_f_tail(0, 3, 4) == 1 && isnan(sq_f_tail(NAN, 3, 4)) && isnan(sq_f_tail(1, 0, 4)), "its ends");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_good();
  check_bad();
  check_second();
  check_length();
  check_tail();
  return tap_end();
}
