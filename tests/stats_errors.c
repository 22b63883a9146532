/* SPDX-License-Identifier: BSD-3-Clause */
/* stats: errors that are right on average. Series with known autocorrelation are made over and over again; the pull
 * (value - exact) / error must have mean 0 and width 1, and errors and tau_int must be the exact ones. */
#include "squall/rng.h"
#include "squall/stats.h"
#include "tap.h"

enum { REPEAT = 400, N = 4000, CHAINS = 4 };
static const int64_t chain_length[CHAINS] = {400, 1100, 2000, 500};

/* A stationary AR(1) series of variance 1 around mean: tau_int = (1 + a) / (2 (1 - a)). */
static void ar1(uint64_t member, double a, double mean, int64_t n, double *x)
{
  sq_rng_normals(sq_stream_make(20, SQ_RNG_TEST, member), 0, n, 0, 0, x);
  for (int64_t i = 1; i < n; i++) x[i] = a * x[i - 1] + sqrt(1 - a * a) * x[i];
  for (int64_t i = 0; i < n; i++) x[i] += mean;
}

typedef struct {
  sq_running pull, error, tau, tau_pull, value;
} repetitions;

static void note(repetitions *r, const sq_estimate *e, double exact, double tau)
{
  sq_running_add(&r->pull, (e->value - exact) / e->error);
  sq_running_add(&r->value, e->value);
  sq_running_add(&r->error, e->error);
  sq_running_add(&r->tau, e->tau_int);
  sq_running_add(&r->tau_pull, (e->tau_int - tau) / e->tau_int_error);
}

/* The window cuts up to a per cent or two off the error; everything else is statistics at 4 sigma. */
static void judge(const repetitions *r, double exact_error, double tau, const char *what)
{
  double width = 4 / sqrt(2.0 * REPEAT), bias = tau > 0.5 ? 0.02 : 0.01;
  if (tap.rank == 0)
    printf("# %s: pull %.3f +- %.3f, error/exact %.4f, tau %.4f of %.4f, tau pull %.3f +- %.3f\n", what, r->pull.mean,
           sqrt(sq_running_variance(&r->pull)), r->error.mean / exact_error, r->tau.mean, tau, r->tau_pull.mean,
           sqrt(sq_running_variance(&r->tau_pull)));
  tap_check(fabs(r->pull.mean) < 4 / sqrt(REPEAT), "%s: pull has mean 0", what);
  tap_check(fabs(sqrt(sq_running_variance(&r->pull)) - 1) < width + bias, "%s: pull has width 1", what);
  tap_check(fabs(r->error.mean / exact_error - 1) < bias + 4 * sq_running_error(&r->error) / exact_error,
            "%s: error is exact", what);
  tap_check(fabs(r->tau.mean / tau - 1) < 2 * bias + 4 * sq_running_error(&r->tau) / tau, "%s: tau_int is exact", what);
  tap_check(sqrt(sq_running_variance(&r->tau_pull)) < 1.6, "%s: tau_int within its errors", what);
}

static void check_mean(double a, int chains)
{
  static double x[N];
  const double *column = x;
  double tau = (1 + a) / (2 * (1 - a));
  repetitions r = {0};
  char what[64];
  for (uint64_t k = 0; k < REPEAT; k++) {
    sq_series series = {.n = N, .column = &column, .chains = chains, .length = chains > 1 ? chain_length : NULL};
    int64_t first = 0;
    for (int c = 0; c < chains; first += chain_length[c++])
      ar1(k * CHAINS + (uint64_t)c, a, 3, chains > 1 ? chain_length[c] : N, x + first);
    sq_estimate e;
    TAP_CALL(sq_gamma(&series, NULL, &e));
    note(&r, &e, 3, tau);
  }
  snprintf(what, sizeof what, "AR(1) a = %g, %d chain%s", a, chains, chains > 1 ? "s" : "");
  judge(&r, sqrt(2 * tau / N), tau, what);
}

/* x^2 / y of two means with covariance. */
static double quotient(const double *mean, const void *context)
{
  (void)context;
  return mean[0] * mean[0] / mean[1];
}

static void quotient_gradient(const double *mean, const void *context, double *gradient)
{
  (void)context;
  gradient[0] = 2 * mean[0] / mean[1];
  gradient[1] = -mean[0] * mean[0] / (mean[1] * mean[1]);
}

/* x = 2 + u, y = 5 + 0.5 u + v, with u and v of the same autocorrelation; f = x^2/y, gradient (4/5, -4/25). */
static void check_derived(double a, int chains)
{
  static double x[N], y[N];
  const double *column[] = {x, y};
  sq_derived analytic = {.primaries = 2, .function = quotient, .gradient = quotient_gradient}, numeric = analytic;
  double tau = (1 + a) / (2 * (1 - a)), gu = 0.8 - 0.16 * 0.5, gv = -0.16, differ = 0, jackknife = 0;
  double exact = sqrt(2 * tau / N * (gu * gu + gv * gv));
  repetitions r = {0};
  char what[64];
  numeric.gradient = NULL;
  for (uint64_t k = 0; k < REPEAT; k++) {
    sq_series series = {.n = N, .column = column, .chains = chains, .length = chains > 1 ? chain_length : NULL};
    sq_estimate e, other;
    double value, error;
    ar1(100000 + 2 * k, a, 2, N, x);
    ar1(100001 + 2 * k, a, 5, N, y);
    for (int i = 0; i < N; i++) y[i] += 0.5 * (x[i] - 2);
    TAP_CALL(sq_gamma(&series, &analytic, &e));
    TAP_CALL(sq_gamma(&series, &numeric, &other));
    TAP_CALL(sq_jackknife(&series, &analytic, 100, &value, &error));
    tap_worst(&differ, fabs(other.error / e.error - 1));
    jackknife += error / REPEAT;
    note(&r, &e, 0.8, tau);
  }
  snprintf(what, sizeof what, "x^2/y a = %g, %d chain%s", a, chains, chains > 1 ? "s" : "");
  judge(&r, exact, tau, what);
  tap_check(differ < 1e-3, "%s: gradient by differences", what);
  tap_near(jackknife / exact, 1, 0.05, "jackknife of the same");
}

/* f = mean^2 at mean 0 is all bias, 2 tau/n: the correction from the chains must remove it. */
static double square(const double *mean, const void *context)
{
  (void)context;
  return mean[0] * mean[0];
}

static void check_bias(void)
{
  static double x[N];
  const double *column = x;
  sq_series series = {.n = N, .column = &column, .chains = CHAINS, .length = chain_length};
  sq_derived derived = {.primaries = 1, .function = square};
  sq_running value = {0};
  for (uint64_t k = 0; k < 2000; k++) {
    sq_estimate e;
    int64_t first = 0;
    for (int c = 0; c < CHAINS; first += chain_length[c++])
      ar1(300000 + k * CHAINS + (uint64_t)c, 0, 0, chain_length[c], x + first);
    TAP_CALL(sq_gamma(&series, &derived, &e));
    sq_running_add(&value, e.value);
  }
  double error = sq_running_error(&value);
  tap_check(fabs(value.mean) < 4 * error && 10 * error < 1.0 / N, "bias 1/n is removed by several chains");
}

/* rho(t) = a^t with the scatter that its errors say. */
static void check_rho(double a)
{
  enum { COUNT = 12 };
  static double x[N];
  const double *column = x;
  sq_series series = {.n = N, .column = &column, .chains = 1};
  sq_running pull[COUNT] = {{0}};
  double rho[COUNT], error[COUNT];
  for (uint64_t k = 0; k < REPEAT; k++) {
    ar1(200000 + k, a, 0, N, x);
    TAP_CALL(sq_autocorrelation(&series, NULL, COUNT, rho, error));
    for (int t = 1; t < COUNT; t++) sq_running_add(&pull[t], (rho[t] - pow(a, t)) / error[t]);
  }
  bool right = rho[0] == 1 && error[0] == 0;
  for (int t = 1; t < COUNT; t++) {
    double width = sqrt(sq_running_variance(&pull[t]));
    if (tap.rank == 0) printf("# rho(%d), a = %g: pull %.3f +- %.3f\n", t, a, pull[t].mean, width);
    right = right && fabs(pull[t].mean) < 0.4 && fabs(width - 1) < 0.25;
  }
  tap_check(right, "rho(t) = %g^t within its errors", a);
}

/* A field of an AR(1) chain is worth (1 - a)/(1 + a) independent ones. */
static void check_share(double a)
{
  enum { MANY = 200000 };
  double *x;
  sq_estimate slowest;
  TAP_CALL(sq_alloc(MANY, &x));
  ar1(77, a, 0, MANY, x);
  TAP_CALL(sq_gamma_mean(MANY, x, &slowest));
  sq_estimate share = sq_independent_share(&slowest);
  double exact = (1 - a) / (1 + a);
  tap_check(share.n == MANY && share.error < 0.1 * exact && fabs(share.value - exact) < 3 * share.error,
            "AR(1) a = %g: a record is worth %.3f(%.3f) independent ones, exact is %.3f", a, share.value, share.error,
            exact);
  sq_free(&x);
}

static void check_white_noise(void)
{
  static double x[N];
  int far = 0, negative = 0;
  for (uint64_t k = 0; k < 1000; k++) {
    sq_estimate e;
    int n = k % 2 ? 50 : 1000;
    ar1(500000 + k, 0, 0, n, x);
    TAP_CALL(sq_gamma_mean(n, x, &e));
    far += fabs(e.tau_int - 0.5) > 3 * e.tau_int_error;
    negative += !(e.tau_int > 0);
  }
  if (tap.rank == 0) printf("# white noise: %d of 1000 beyond 3 errors\n", far);
  tap_check(negative == 0, "tau_int of white noise is never negative");
  tap_check(far < 50, "and 0.5 within its errors (a window that happens to grow makes the tail)");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_mean(0, 1);
  check_mean(0.5, 1);
  check_mean(0.9, 1);
  check_mean(0.7, CHAINS);
  check_derived(0, 1);
  check_derived(0.8, 1);
  check_derived(0, CHAINS);
  check_bias();
  check_rho(0.6);
  check_share(0.5);
  check_share(0.9);
  check_white_noise();
  return tap_end();
}
