/* SPDX-License-Identifier: BSD-3-Clause */
/* stats: exact results on small arrays, and the corner cases. */
#include "squall/rng.h"
#include "squall/stats.h"
#include "tap.h"
#include <string.h>

enum { N = 60 };

static void normals(uint64_t member, int64_t n, double *x)
{
  sq_rng_normals(sq_stream_make(1, SQ_RNG_TEST, member), 0, n, 0, 0, x);
}

static double square(const double *mean, const void *context)
{
  (void)context;
  return mean[0] * mean[0];
}

static double ratio(const double *mean, const void *context)
{
  (void)context;
  return mean[0] / mean[1];
}

static double plain_mean(int64_t n, const double *x)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i];
  return sum / (double)n;
}

static double plain_variance(int64_t n, const double *x)
{
  double sum = 0, mean = plain_mean(n, x);
  for (int64_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
  return sum / (double)(n - 1);
}

/* The formulae of the paper, written out for one chain and a given window. */
static void check_formula(void)
{
  double x[N], gamma[N] = {0}, mean, sum;
  sq_estimate e;
  normals(1, N, x);
  for (int i = 1; i < N; i++) x[i] += 0.6 * x[i - 1];
  mean = plain_mean(N, x);
  TAP_CALL(sq_gamma_mean(N, x, &e));
  for (int t = 0; t <= e.window; t++) {
    for (int i = 0; i + t < N; i++) gamma[t] += (x[i] - mean) * (x[i + t] - mean) / (N - t);
  }
  sum = gamma[0];
  for (int t = 1; t <= e.window; t++) sum += 2 * gamma[t];
  double corrected = sum * (1 + (2 * (double)e.window + 1) / N), tau = corrected / (2 * (gamma[0] + sum / N));
  tap_near(e.value, mean, 1e-15, "value is the mean");
  tap_near(e.error, sqrt(corrected / N), 1e-14, "error from Gamma(0..W) with its bias removed");
  tap_near(e.tau_int, tau, 1e-14, "tau_int from Gamma(0..W)");
  tap_near(e.tau_int_error, tau * sqrt(4.0 / N * ((double)e.window + 0.5 - tau)), 1e-14, "error of tau_int");
  tap_near(e.error_of_error, e.error * sqrt(((double)e.window + 0.5) / N), 1e-14, "error of the error");
  tap_check(e.n == N && e.window >= 1 && e.window < N / 2 && e.window_found, "the window is found inside the series");
}

static void check_corners(void)
{
  double constant[N], rising[N], x[N], alternating[N];
  sq_estimate e;
  for (int i = 0; i < N; i++) constant[i] = 0.1, rising[i] = i, alternating[i] = i % 2 ? 1 : -1;
  const double *column = constant;
  sq_series chain = {.n = N, .column = &column, .chains = 1};
  TAP_CALL(sq_gamma(&chain, NULL, &e));
  tap_check(e.value == 0.1 && isnan(e.error) && isnan(e.tau_int) && !sq_estimate_long_enough(&e), "a chain that does "
                                                                                                  "not move has no "
                                                                                                  "error");
  TAP_CALL(sq_gamma_mean(N, constant, &e));
  tap_check(e.value == 0.1 && e.error == 0 && e.tau_int == 0.5 && e.window_found, "what is constant by construction "
                                                                                  "has error 0 and tau_int 0.5");
  TAP_CALL(sq_gamma_mean(N, rising, &e));
  tap_check(e.error > 0 && !sq_estimate_long_enough(&e), "a drift is reported as too short a series");
  TAP_CALL(sq_gamma_mean(N, alternating, &e));
  tap_check(e.tau_int > 0 && e.error > 0, "tau_int of an alternating series stays positive");
  for (int bad = 0; bad < 2; bad++) {
    normals(2, N, x);
    x[7] = bad ? INFINITY : NAN;
    TAP_CALL(sq_gamma_mean(N, x, &e));
    tap_check(isnan(e.value) && isnan(e.error) && isnan(e.tau_int) && e.n == N, "%s in the series gives NaN",
              bad ? "inf" : "NaN");
  }
  for (int n = 0; n <= 4; n++) {
    normals(3, N, x);
    TAP_CALL(sq_gamma_mean(n, x, &e));
    bool value = n == 0 ? isnan(e.value) : fabs(e.value - plain_mean(n, x)) < 1e-15;
    bool error = n < 2 ? isnan(e.error) && isnan(e.tau_int) :
                         e.error > 0 && e.tau_int > 0 && isfinite(e.tau_int_error) == e.window_found;
    tap_check(value && error && !sq_estimate_long_enough(&e), "series of %d", n);
  }
}

/* Two columns, three chains of unequal lengths. */
static void check_chains(void)
{
  double data[2][N];
  const double *column[] = {data[0], data[1]};
  int64_t length[] = {10, 35, 15}, one[] = {1, N - 1};
  sq_series series = {.n = N, .column = column, .chains = 3, .length = length};
  sq_derived derived = {.primaries = 1, .function = square};
  sq_estimate e, plain;
  normals(4, N, data[0]);
  for (int i = 0; i < N; i++) data[0][i] += 2, data[1][i] = data[0][i] * data[0][i] + 1;
  double all = plain_mean(N, data[0]), parts = 0;
  for (int c = 0, first = 0; c < 3; first += (int)length[c++])
    parts += (double)length[c] / N * pow(plain_mean(length[c], data[0] + first), 2);
  TAP_CALL(sq_gamma(&series, &derived, &e));
  tap_near(e.value, (3 * all * all - parts) / 2, 1e-13, "bias removed with the values of the chains alone");
  TAP_CALL(sq_gamma(&series, NULL, &e));
  TAP_CALL(sq_gamma_mean(N, data[0], &plain));
  tap_check(e.value == plain.value, "a mean has no bias to remove");
  tap_check(e.error != plain.error, "no pair of records crosses chains");
  int swapped[] = {1, 0};
  sq_derived quotient = {.primaries = 2, .function = ratio, .column = swapped};
  series.length = one, series.chains = 2;
  TAP_CALL(sq_gamma(&series, &quotient, &e));
  tap_check(isfinite(e.value) && e.error > 0, "a chain of one record does no harm");
  series.chains = 1, series.length = NULL;
  TAP_CALL(sq_gamma(&series, &quotient, &e));
  tap_near(e.value, plain_mean(N, data[1]) / plain_mean(N, data[0]), 1e-14, "columns are chosen by number");
  data[1][0] = NAN;
  TAP_CALL(sq_gamma(&series, NULL, &e));
  tap_check(isfinite(e.value), "a NaN in a column that is not used does no harm");
  length[0]++;
  series.chains = 3, series.length = length;
  PetscPushErrorHandler(PetscReturnErrorHandler, NULL);
  PetscErrorCode code = sq_gamma(&series, NULL, &e);
  PetscPopErrorHandler();
  tap_check(code == PETSC_ERR_ARG_SIZ, "lengths that do not add up are refused");
}

static void check_sorting(void)
{
  double chain[] = {3, 1, 3, 1, 1, 7}, x[] = {30, 10, 31, 11, 12, 70}, sorted[6], expected[] = {10, 11, 12, 30, 31, 70};
  sq_chains chains;
  TAP_CALL(sq_chains_create(6, chain, &chains));
  sq_chains_gather(&chains, x, sorted);
  tap_check(chains.chains == 3 && chains.length[0] == 3 && chains.length[1] == 2 && chains.length[2] == 1, "chains are "
                                                                                                           "counted");
  tap_check(!memcmp(sorted, expected, sizeof expected), "records are sorted by chain and keep their order");
  sq_chains_destroy(&chains);
  TAP_CALL(sq_chains_create(6, NULL, &chains));
  tap_check(chains.chains == 1 && chains.length[0] == 6 && chains.order[5] == 5, "no numbers: one chain");
  sq_chains_destroy(&chains);
  chain[2] = NAN;
  PetscPushErrorHandler(PetscReturnErrorHandler, NULL);
  PetscErrorCode code = sq_chains_create(6, chain, &chains);
  PetscPopErrorHandler();
  tap_check(code == SQ_ERR_DATA, "a chain number that is none is refused");
}

/* Chains that never leave their state, as in a broken phase: the window does not close. */
static void check_frozen(void)
{
  double x[N];
  const double *column = x;
  int64_t length[6] = {10, 10, 10, 10, 10, 10};
  sq_series series = {.n = N, .column = &column, .chains = 6, .length = length};
  sq_estimate e;
  normals(8, N, x);
  for (int i = 0; i < N; i++) x[i] = 0.01 * x[i] + (i / 10 % 2 ? 1 : -1);
  TAP_CALL(sq_gamma(&series, NULL, &e));
  tap_check(!e.window_found && !sq_estimate_long_enough(&e), "frozen chains are reported as too short");
  tap_check(e.error > 0.3 && isnan(e.tau_int_error), "and do not count as many records; tau_int has no bound");
  for (int i = 0; i < N; i++) x[i] = i / 10 % 2 ? 1 : -1;
  TAP_CALL(sq_gamma(&series, NULL, &e));
  tap_check(isnan(e.error) && isnan(e.tau_int) && !sq_estimate_long_enough(&e), "where no chain moves at all, nothing "
                                                                                "is known");
}

/* Integer weights mean the same as repeated records. */
static void check_weighted(void)
{
  double x[N], weight[N], repeated[3 * N];
  const double *column = x, *unrolled = repeated;
  int64_t m = 0;
  normals(5, N, x);
  for (int i = 0; i < N; i++) {
    weight[i] = i % 3;
    for (int k = 0; k < i % 3; k++) repeated[m++] = x[i];
  }
  sq_series series = {.n = N, .column = &column, .weight = weight, .chains = 1};
  sq_series full = {.n = m, .column = &unrolled, .chains = 1};
  sq_derived derived = {.primaries = 1, .function = square};
  sq_estimate a, b;
  double va, ea, scaled[N];
  TAP_CALL(sq_gamma(&series, &derived, &a));
  TAP_CALL(sq_gamma(&full, &derived, &b));
  tap_near(a.value, b.value, 1e-14, "weighted value");
  TAP_CALL(sq_jackknife(&series, NULL, 1, &va, &ea));
  double sum = 0, mean = plain_mean(m, repeated);
  for (int i = 0; i < N; i++) sum += pow(weight[i] * (x[i] - mean) / (double)m, 2);
  TAP_CALL(sq_gamma(&series, NULL, &a));
  tap_near(ea, sqrt(sum), 0.05 * sqrt(sum), "weighted jackknife against linear error propagation");
  tap_check(fabs(a.error - sqrt(sum)) < 4 * a.error_of_error, "weighted Gamma method against linear error propagation");
  for (int i = 0; i < N; i++) scaled[i] = weight[i] * 1e-200;
  series.weight = scaled;
  TAP_CALL(sq_gamma(&series, NULL, &b));
  tap_near(b.error, a.error, 1e-12, "the scale of the weights does not matter");
  weight[0] = -1;
  series.weight = weight;
  TAP_CALL(sq_gamma(&series, NULL, &a));
  tap_check(isnan(a.value), "a negative weight gives NaN");
}

static void check_jackknife(void)
{
  double x[N], value, error, mean, variance;
  const double *column = x;
  sq_series series = {.n = N, .column = &column, .chains = 1};
  sq_derived derived = {.primaries = 1, .function = square};
  normals(6, N, x);
  mean = plain_mean(N, x), variance = plain_variance(N, x);
  TAP_CALL(sq_jackknife(&series, NULL, 1, &value, &error));
  tap_near(value, mean, 1e-15, "jackknife of a mean");
  tap_near(error, sqrt(variance / N), 1e-14, "its error, bins of one");
  TAP_CALL(sq_jackknife(&series, &derived, 1, &value, &error));
  tap_near(value, mean * mean - variance / N, 1e-14, "jackknife of a square is unbiased");
  double bin[6];
  for (int b = 0; b < 6; b++) bin[b] = plain_mean(10, x + 10 * b);
  TAP_CALL(sq_jackknife(&series, NULL, 10, &value, &error));
  tap_near(error, sqrt(plain_variance(6, bin) / 6), 1e-14, "error of six bins");
  int64_t length[] = {23, 30, 7};
  series.chains = 3, series.length = length;
  TAP_CALL(sq_jackknife(&series, NULL, 10, &value, &error));
  tap_check(fabs(error - sqrt(variance / N)) < 0.7 * sqrt(variance / N), "unequal bins of several chains");
  TAP_CALL(sq_jackknife(&(sq_series){.n = 5, .column = &column, .chains = 1}, NULL, 10, &value, &error));
  tap_check(isfinite(value) && isnan(error), "one bin has no error");
}

/* Of bins of equal size and weight: the squares of jackknife errors but for (bins - 1)/bins, and what goes with them.
 */
static void check_bin_covariance(void)
{
  double x[2][N], weight[N], covariance[4], value, error;
  int64_t bins, length[] = {20, 40};
  const double *column[] = {x[1], x[0]};
  sq_series series = {.n = N, .column = column, .chains = 2, .length = length};
  normals(8, N, x[0]);
  for (int i = 0; i < N; i++) {
    x[1][i] = 3 - 2 * x[0][i];
    weight[i] = 0.5;
  }
  TAP_CALL(sq_jackknife(&series, &(sq_derived){.primaries = 1, .column = (int[]){1}}, 10, &value, &error));
  TAP_CALL(sq_bin_covariance(&series, 2, (int[]){1, 0}, 10, covariance, &bins));
  tap_check(bins == 6, "bins of two chains");
  tap_near(covariance[0] * 6 / 5, error * error, 1e-14, "their variance of the mean is that of the jackknife");
  tap_check(fabs(covariance[1] + 2 * covariance[0]) < 1e-14 && covariance[1] == covariance[2] &&
              fabs(covariance[3] - 4 * covariance[0]) < 1e-14,
            "their covariance of two columns");
  double before = covariance[0];
  series.weight = weight;
  TAP_CALL(sq_bin_covariance(&series, 2, (int[]){1, 0}, 10, covariance, &bins));
  tap_near(covariance[0], before, 1e-14, "equal weights change nothing");
}

static void check_running(void)
{
  double x[N];
  sq_running all = {0}, left = {0}, right = {0}, none = {0};
  normals(7, N, x);
  for (int i = 0; i < N; i++) {
    x[i] += 1e6;
    sq_running_add(&all, x[i]);
    sq_running_add(i < 17 ? &left : &right, x[i]);
  }
  sq_running_merge(&left, &right);
  sq_running_merge(&left, &none);
  tap_near(all.mean, plain_mean(N, x), 1e-9, "running mean");
  tap_near(sq_running_variance(&all), plain_variance(N, x), 1e-9, "running variance far from 0");
  tap_near(sq_running_variance(&left), plain_variance(N, x), 1e-9, "merged variance");
  tap_near(sq_running_error(&left), sqrt(plain_variance(N, x) / N), 1e-10, "error of the mean");
  tap_check(isnan(sq_running_variance(&none)), "no variance of nothing");
}

static void check_histogram(void)
{
  double x[] = {0, 0.5, 1, 1.5, 2, -1, 3, NAN, INFINITY}, low = INFINITY, high = -INFINITY, error, sum = 0;
  sq_histogram h;
  sq_range_extend(9, x, &low, &high);
  tap_check(low == -1 && high == 3, "range of the finite numbers");
  TAP_CALL(sq_histogram_create(4, 0, 2, &h));
  sq_histogram_add(&h, 9, x);
  tap_check(h.count[0] == 1 && h.count[1] == 1 && h.count[2] == 1 && h.count[3] == 2, "counts; the last bin includes "
                                                                                      "its upper edge");
  tap_check(h.total == 9 && h.outside == 3 && h.invalid == 1, "numbers outside and invalid ones are counted");
  for (int b = 0; b < 4; b++) sum += 0.5 * sq_histogram_density(&h, b, NULL);
  tap_near(sum, 5.0 / 8, 1e-15, "density is normalised over all valid numbers");
  sq_histogram_density(&h, 3, &error);
  tap_near(error, sqrt(0.25 * 0.75 / 8) / 0.5, 1e-15, "binomial error");
  sq_histogram_destroy(&h);
  TAP_CALL(sq_histogram_create(3, 7, 7, &h));
  sq_histogram_add(&h, 1, (double[]){7});
  tap_check(h.count[1] == 1, "a range of no width is widened");
  sq_histogram_destroy(&h);
  PetscPushErrorHandler(PetscReturnErrorHandler, NULL);
  PetscErrorCode code = sq_histogram_create(3, INFINITY, -INFINITY, &h);
  PetscPopErrorHandler();
  tap_check(code == PETSC_ERR_ARG_OUTOFRANGE, "an empty range is refused");
}

static void check_sigmas(void)
{
  sq_estimate a = {.value = 4, .error = 3}, b = {.value = 14, .error = 4}, exact = {.value = 4};
  tap_near(sq_sigmas(&a, &b), -2, 1e-15, "difference in combined errors");
  tap_check(sq_sigmas(&exact, &exact) == 0, "equal values without errors");
  exact.value = 5, a.error = 0;
  tap_check(sq_sigmas(&exact, &a) == INFINITY, "different values without errors");
  a.error = NAN;
  tap_check(isnan(sq_sigmas(&a, &b)), "a NaN error decides nothing");
}

/* A polynomial through its own values; a cost that would fit best with a negative part; and what is not determined. */
static void check_fits(void)
{
  enum { ROWS = 6, TERMS = 3 };
  double x[ROWS * TERMS], y[ROWS], weight[ROWS], c[TERMS];
  for (int i = 0; i < ROWS; i++) {
    double t = 1e3 * (i + 1);
    x[i * TERMS] = 1, x[i * TERMS + 1] = t, x[i * TERMS + 2] = t * t;
    y[i] = 2 - 3e-4 * t + 5e-8 * t * t;
    weight[i] = 1 + i;
  }
  tap_check(sq_fit_linear(ROWS, TERMS, x, y, weight, c), "a parabola is determined by its values");
  tap_near(c[0], 2, 1e-8, "its constant"), tap_near(c[1], -3e-4, 1e-11, "slope"),
    tap_near(c[2], 5e-8, 1e-15, "curvature");
  tap_check(sq_fit_nonnegative(ROWS, TERMS, x, y, weight, c) && c[1] == 0 && c[0] >= 0 && c[2] >= 0,
            "no negative coefficients where they are not allowed");
  for (int i = 0; i < ROWS; i++) x[i * TERMS + 2] = 0;
  tap_check(!sq_fit_linear(ROWS, TERMS, x, y, weight, c), "a column of zeros is not determined");
  for (int i = 0; i < ROWS; i++) y[i] = 0.25 + 7 * x[i * TERMS + 1];
  tap_check(sq_fit_nonnegative(ROWS, TERMS, x, y, weight, c) && c[2] == 0, "and left at 0");
  tap_near(c[0], 0.25, 1e-8, "constant without it"), tap_near(c[1], 7, 1e-11, "slope without it");
}

/* A straight line through three points, by hand: weights 1, 1, 4 at x = 1, 2, 3. And the spread of many extrapolations.
 */
static void check_extrapolation(void)
{
  enum { POINTS = 4, TIMES = 4000 };
  const double x[POINTS] = {1, 2, 3, 0.5}, error[POINTS] = {1, 1, 0.5, 0.7};
  double y[POINTS] = {1, 3, 4, NAN}, noise[POINTS], worst = 0;
  sq_extrapolation e;
  sq_running value = {0}, chi2 = {0};
  /* S = 6, Sx = 15, Sxx = 41, Sy = 20, Sxy = 55: determinant 21 */
  tap_check(sq_extrapolate(3, x, y, error, 1, 2, &e), "a line through three points");
  tap_near(e.value, (41. * 20 - 15 * 55) / 21, 1e-12, "its value at 0");
  tap_near(e.coefficient[1], (6. * 55 - 15 * 20) / 21, 1e-12, "its slope");
  tap_near(e.error, sqrt(41. / 21), 1e-12, "the error of the value");
  for (int i = 0; i < 3; i++) e.chi2 -= pow((y[i] - e.value - e.coefficient[1] * x[i]) / error[i], 2);
  tap_check(fabs(e.chi2) < 1e-12 && e.freedom == 1, "chi-square, with one degree of freedom");
  for (int n = 0; n < TIMES; n++) { /* 2 - x^2 + x^3/4 with noise */
    normals(100 + (uint64_t)n, POINTS, noise);
    for (int i = 0; i < POINTS; i++) y[i] = 2 - x[i] * x[i] + pow(x[i], 3) / 4 + error[i] * noise[i];
    if (!sq_extrapolate(POINTS, x, y, error, 2, 3, &e)) tap_worst(&worst, INFINITY);
    sq_running_add(&value, e.value);
    sq_running_add(&chi2, e.chi2);
  }
  tap_check(worst == 0 && fabs(value.mean - 2) < 4 * sq_running_error(&value) &&
              fabs(sqrt(sq_running_variance(&value)) / e.error - 1) < 0.04,
            "powers from the second on: no bias, and the error is the spread");
  tap_check(fabs(chi2.mean - 1) < 0.08, "the mean of chi-square is its degrees of freedom");
  tap_near(sq_extrapolation_at(&e, 2, 3, 2), e.value + 4 * e.coefficient[1] + 8 * e.coefficient[2], 1e-12,
           "the fit in between");
  tap_check(sq_extrapolate(2, x, y, error, 1, 2, &e) && isnan(e.p) && e.freedom == 0, "two points leave nothing to "
                                                                                      "judge a line by");
  y[1] = NAN;
  tap_check(!sq_extrapolate(3, x, y, error, 1, 2, &e) && !sq_extrapolate(1, x, y, error, 1, 2, &e),
            "what is not a number, and too few points, are told");
}

/* Two parabolas whose crossing is known, and two that do not cross. */
static void check_crossing(void)
{
  enum { POINTS = 5 };
  double x[POINTS], y[POINTS], z[POINTS], far[POINTS], error[POINTS], at, height;
  for (int i = 0; i < POINTS; i++) {
    x[i] = 0.26 + 0.005 * i, error[i] = 0.01 * (1 + i);
    double t = x[i] - 0.2717;
    y[i] = 0.5 + 3 * t + 40 * t * t, z[i] = 0.5 + 11 * t - 20 * t * t, far[i] = y[i] + 1;
  }
  const sq_curve a = {POINTS, x, y, error}, b = {POINTS, x, z, error}, c = {POINTS, x, far, error};
  tap_check(sq_curves_cross(&a, &b, 3, 0.26, 0.28, &at, &height), "two curves cross");
  tap_near(at, 0.2717, 1e-9, "there"), tap_near(height, 0.5, 1e-9, "at this height");
  tap_check(!sq_curves_cross(&a, &c, 3, 0.26, 0.28, &at, &height) &&
              !sq_curves_cross(&a, &b, 6, 0.26, 0.28, &at, &height),
            "those that do not, and those with too few points, are told");
}

/* Closed forms: exp(-x/2) for two degrees of freedom, erfc(sqrt(x/2)) for one; and what Pearson's statistic is. */
static void check_chi_square(void)
{
  double worst = 0;
  for (double x = 0.01; x < 200; x *= 1.3) {
    double half = x / 2;
    tap_worst(&worst, fabs(sq_chi_square_tail(x, 2) / exp(-half) - 1));
    tap_worst(&worst, fabs(sq_chi_square_tail(x, 1) / erfc(sqrt(half)) - 1));
    tap_worst(&worst, fabs(sq_chi_square_tail(x, 6) / (exp(-half) * (1 + half + half * half / 2)) - 1));
  }
  tap_check(worst < 1e-12, "the tail of chi-square in closed form");
  const int64_t count[] = {1, 9, 20, 10};
  const double probability[] = {0.05, 0.15, 0.5, 0.3};
  sq_chi_square test = sq_chi_square_test(4, count, probability, 40, 5); /* cells 10|8, 20|20, 10|12 */
  tap_near(test.chi2, 4. / 8 + 0 + 4. / 12, 1e-14, "Pearson's statistic, scarce bins joined");
  tap_check(test.freedom == 2 && fabs(test.p - exp(-test.chi2 / 2)) < 1e-14, "and its probability");
  test = sq_chi_square_test(4, count, probability, 40, 13); /* cells 30|28, then 10|12 joins it */
  tap_check(test.freedom == 0 && isnan(test.p), "one cell tests nothing");
}

/* ---- what is enough ---- */

static void check_slowest(void)
{
  const sq_estimate fast = {.tau_int = 1, .window_found = true, .n = 100},
                    slow = {.tau_int = 3, .window_found = true, .n = 100}, open = {.tau_int = 2, .n = 100},
                    none = {.tau_int = NAN, .n = 1};
  int unknown;
  tap_check(sq_slowest(3, (const sq_estimate *const[]){&fast, &slow, &slow}, &unknown) == 1 && unknown == -1,
            "the slowest is the first of the largest tau_int");
  tap_check(sq_slowest(4, (const sq_estimate *const[]){&none, &fast, &open, &slow}, &unknown) == 3 && unknown == 0,
            "what is not finite is not it, but unknown");
  tap_check(sq_slowest(2, (const sq_estimate *const[]){&fast, &open}, &unknown) == 1 && unknown == 1, "nor is tau_int "
                                                                                                      "known without a "
                                                                                                      "window");
  tap_check(sq_slowest(1, (const sq_estimate *const[]){&none}, NULL) == -1 && sq_slowest(0, NULL, &unknown) == -1 &&
              unknown == -1,
            "nothing has no slowest");
  tap_check(sq_estimate_long_enough(&fast) && !sq_estimate_long_enough(&slow) && !sq_estimate_long_enough(&none),
            "100 autocorrelation times are trusted");
  const sq_estimate brief = {.n = 15, .tau_int = 0.1, .error = 1, .window_found = true},
                    fair = {.n = 60, .tau_int = 0.4, .error = 1, .window_found = true},
                    fairer = {.n = 59, .tau_int = 1, .error = 1, .window_found = true};
  tap_check(!sq_estimate_long_enough(&brief) && sq_estimate_long_enough(&fair), "a tau_int below 1/2 makes no series "
                                                                                "longer");
  tap_check(isnan(sq_estimate_known_error(&brief)) && sq_estimate_known_error(&fair) == 1 &&
              isnan(sq_estimate_known_error(&fairer)),
            "an error is known from 30 independent records on");
}

/* ---- a straight line; words ---- */

static void check_line(void)
{
  enum { POINTS = 50, STRIDE = 3 };
  double rows[POINTS][STRIDE], xx = 0, rest = 0;
  for (int i = 0; i < POINTS; i++) {
    double x = i - 0.5 * (POINTS - 1), e = (i % 2 ? 0.25 : -0.25) * (i % 4 < 2 ? 1 : -1) * (i < POINTS - 2);
    rows[i][0] = 7 + x;
    rows[i][1] = NAN;
    rows[i][2] = 3 * x - 2 + e;
    xx += x * x;
    rest += x * e;
  }
  sq_line line = sq_line_fit(POINTS, STRIDE, &rows[0][0], &rows[0][2]);
  tap_near(line.slope, 3 + rest / xx, 1e-12, "the slope of least squares");
  tap_near(line.offset, -9, 1e-12, "the mean of y - x");
  tap_check(line.R2 < 1 && line.R2 > 0.9999, "nearly a line");
  for (int i = 0; i < POINTS; i++) rows[i][2] = rows[i][0] + 1;
  line = sq_line_fit(POINTS, STRIDE, &rows[0][0], &rows[0][2]);
  tap_check(fabs(line.R2 - 1) < 1e-12 && fabs(line.slope - 1) < 1e-12 && line.variance < 1e-24, "and one itself");
}

static void check_text(void)
{
  static const struct {
    double value, error;
    char text[16];
  } cases[] = {{2.58712, 0.0052, "2.587(5)"},
               {2.58712, 0.0152, "2.587(15)"},
               {-0.0312, 0.00019, "-0.03120(19)"},
               {1234.6, 31, "1235(31)"},
               {0.5, 0, "0.5"},
               {1. / 3, NAN, "0.3333(?)"},
               {178, NAN, "178.0(?)"},
               {178, INFINITY, "178.0(?)"},
               {NAN, 1, "nan"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[64];
    sq_value_text(&(sq_estimate){.value = cases[i].value, .error = cases[i].error}, text, sizeof text);
    if (strcmp(text, cases[i].text)) printf("# %s, expected %s\n", text, cases[i].text);
    tap_check(!strcmp(text, cases[i].text), "%s", cases[i].text);
  }
  const struct {
    double tau_int, error;
    const char *text;
  } times[] = {{4.827, 0.61, "4.83(0.6)"}, {4.827, NAN, "at least 4.83"}, {NAN, NAN, "?"}};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    char text[64];
    sq_tau_text(&(sq_estimate){.tau_int = times[i].tau_int, .tau_int_error = times[i].error}, text, sizeof text);
    tap_check(!strcmp(text, times[i].text), "tau_int %s", times[i].text);
  }
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_formula();
  check_corners();
  check_chains();
  check_frozen();
  check_sorting();
  check_weighted();
  check_jackknife();
  check_bin_covariance();
  check_running();
  check_histogram();
  check_sigmas();
  check_fits();
  check_extrapolation();
  check_crossing();
  check_chi_square();
  check_slowest();
  check_line();
  check_text();
  return tap_end();
}
