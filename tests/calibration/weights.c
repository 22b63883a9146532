/* SPDX-License-Identifier: BSD-3-Clause */
/* What weights say. p: kind (0 log-normal, 1 Pareto), width of log w or tail index k, number, correlation with x. */
#include "tests/calibration/calibrate.h"
#include "squall/correct.h"

/* log_w[n] of mean weight 1, and x[n], normal with mean rho under no weight and rho^... under them. */
static void make(uint64_t seed, const double *p, int64_t n, double **log_w, double **x)
{
  double k = p[1], *z;
  CALIBRATE(sq_alloc(n, log_w));
  CALIBRATE(sq_alloc(n, x));
  CALIBRATE(sq_alloc(n, &z));
  normals(seed, 0, n, z);
  normals(seed, 1, n, *x);
  for (int64_t i = 0; i < n; i++) {
    double u = 0.5 * erfc(z[i] / sqrt(2)); /* uniform; small for large z */
    (*log_w)[i] = p[0] == 0 ? k * z[i] - 0.5 * k * k : -k * log(u) + log(1 - k);
    (*x)[i] = p[3] * z[i] + sqrt(1 - p[3] * p[3]) * (*x)[i];
  }
  sq_free(&z);
}

static void log_Z(uint64_t seed, const double *p, trial *t)
{
  double *log_w, *x;
  sq_weights w;
  make(seed, p, (int64_t)p[2], &log_w, &x);
  CALIBRATE(sq_weights_summary((int64_t)p[2], log_w, &w));
  sq_estimate e = sq_weights_log_Z(&w);
  *t = (trial){.value = e.value, .error = e.error, .trusted = w.verdict == SQ_WEIGHTS_TRUSTED};
  sq_free(&log_w);
  sq_free(&x);
}

static void ess(uint64_t seed, const double *p, trial *t)
{
  double *log_w, *x, k = p[1];
  sq_weights w;
  make(seed, p, (int64_t)p[2], &log_w, &x);
  CALIBRATE(sq_weights_summary((int64_t)p[2], log_w, &w));
  sq_estimate e = sq_weights_ess(&w);
  *t = (trial){.value = e.value,
               .error = e.error,
               .truth = p[0] == 0 ? exp(-k * k) : (1 - 2 * k) / pow(1 - k, 2),
               .trusted = w.verdict == SQ_WEIGHTS_TRUSTED};
  sq_free(&log_w);
  sq_free(&x);
}

/* The mean of x under log-normal weights is rho k. */
static void reweighted(uint64_t seed, const double *p, trial *t)
{
  double *log_w, *x;
  sq_weights w;
  sq_estimate e;
  int64_t n = (int64_t)p[2];
  make(seed, p, n, &log_w, &x);
  CALIBRATE(sq_weights_summary(n, log_w, &w));
  sq_weights_relative(n, log_w, log_w);
  const double *column[] = {x};
  sq_series series = {.n = n, .column = column, .weight = log_w, .chains = 1};
  CALIBRATE(sq_gamma(&series, NULL, &e));
  bool trusted = w.verdict == SQ_WEIGHTS_TRUSTED;
  *t = (trial){.value = e.value, .error = e.error, .truth = p[3] * p[1], .trusted = trusted};
  sq_free(&log_w);
  sq_free(&x);
}

static void flag(uint64_t seed, const double *p, trial *t)
{
  double *log_w, *x;
  sq_weights w;
  make(seed, p, (int64_t)p[2], &log_w, &x);
  CALIBRATE(sq_weights_summary((int64_t)p[2], log_w, &w));
  t->alarm = w.verdict != SQ_WEIGHTS_TRUSTED;
  sq_free(&log_w);
  sq_free(&x);
}

/* The chain of a Metropolis correction, of which a fiftieth is thrown away; its tau_int is at least that of its
 * rejections, as for corrected.h5. Trusted as the chain is, or as the weights of its proposals are, too. */
static void independence(uint64_t seed, const double *p, bool with_weights, trial *t)
{
  double *log_w, *x, *y;
  int64_t n = (int64_t)p[2], skip = n / 50, *from;
  sq_metropolis counts = {0};
  sq_estimate e;
  sq_weights w;
  make(seed, p, n, &log_w, &x);
  CALIBRATE(sq_alloc(n, &from));
  CALIBRATE(sq_alloc(n, &y));
  (void)sq_independence_chain(seed, 0, log_w, 0, n, from, &counts);
  for (int64_t i = 0; i < n - skip; i++) y[i] = x[from[i + skip]];
  const double *column[] = {y};
  sq_series series = {.n = n - skip, .column = column, .chains = 1};
  CALIBRATE(sq_gamma(&series, NULL, &e));
  CALIBRATE(sq_weights_summary(n, log_w, &w));
  sq_estimate_at_least(&e, sq_independence_tau(sq_metropolis_acceptance(&counts)));
  *t = (trial){.value = e.value, .error = e.error, .truth = p[3] * p[1]};
  t->trusted = sq_estimate_long_enough(&e) && (!with_weights || w.verdict == SQ_WEIGHTS_TRUSTED);
  sq_free(&y);
  sq_free(&from);
  sq_free(&log_w);
  sq_free(&x);
}

static void chain_alone(uint64_t seed, const double *p, trial *t)
{
  independence(seed, p, false, t);
}

static void chain_and_weights(uint64_t seed, const double *p, trial *t)
{
  independence(seed, p, true, t);
}

#define NORMAL(what, simulate, s, text)                                                                                \
  {what, "log-normal " text ", 1000", INTERVAL, 1000, simulate, {0, s, 1000, 0.7}},                                    \
  {                                                                                                                    \
    what, "log-normal " text ", 10000", INTERVAL, 400, simulate,                                                       \
    {                                                                                                                  \
      0, s, 10000, 0.7                                                                                                 \
    }                                                                                                                  \
  }
#define PARETO(what, simulate, k, text)                                                                                \
  {what, "Pareto " text ", 1000", INTERVAL, 1000, simulate, {1, k, 1000, 0.7}},                                        \
  {                                                                                                                    \
    what, "Pareto " text ", 10000", INTERVAL, 400, simulate,                                                           \
    {                                                                                                                  \
      1, k, 10000, 0.7                                                                                                 \
    }                                                                                                                  \
  }

const calibration_row rows_of_weights[] = {
  NORMAL("log Z", log_Z, 0.5, "0.5"),
  NORMAL("log Z", log_Z, 1, "1"),
  NORMAL("log Z", log_Z, 2, "2"),
  NORMAL("log Z", log_Z, 3, "3"),
  PARETO("log Z", log_Z, 0.3, "k = 0.3"),
  PARETO("log Z", log_Z, 0.5, "k = 0.5"),
  PARETO("log Z", log_Z, 0.7, "k = 0.7"),
  PARETO("log Z", log_Z, 0.9, "k = 0.9"),
  NORMAL("effective sample size", ess, 0.5, "0.5"),
  NORMAL("effective sample size", ess, 1, "1"),
  NORMAL("effective sample size", ess, 2, "2"),
  PARETO("effective sample size", ess, 0.2, "k = 0.2"),
  NORMAL("reweighted mean", reweighted, 0.5, "0.5"),
  NORMAL("reweighted mean", reweighted, 1, "1"),
  NORMAL("reweighted mean", reweighted, 2, "2"),
  NORMAL("reweighted mean", reweighted, 3, "3"),
  NORMAL("mean of an independence chain", chain_alone, 0.5, "0.5"),
  NORMAL("mean of an independence chain", chain_alone, 1, "1"),
  NORMAL("mean of an independence chain", chain_alone, 2, "2"),
  NORMAL("the same, weights trusted", chain_and_weights, 2, "2"),
  {"weights are trusted", "log-normal 0.5, 1000", GOOD, 1000, flag, {0, 0.5, 1000, 0}},
  {"weights are trusted", "log-normal 1, 1000", GOOD, 1000, flag, {0, 1, 1000, 0}},
  {"weights are trusted", "log-normal 1, 10000", GOOD, 400, flag, {0, 1, 10000, 0}},
  {"weights are trusted", "Pareto k = 0.3, 1000", GOOD, 1000, flag, {1, 0.3, 1000, 0}},
  {"weights are trusted", "Pareto k = 0.3, 10000", GOOD, 400, flag, {1, 0.3, 10000, 0}},
  {"weights are trusted", "log-normal 3, 1000", BAD, 1000, flag, {0, 3, 1000, 0}},
  {"weights are trusted", "log-normal 4, 10000", BAD, 400, flag, {0, 4, 10000, 0}},
  {"weights are trusted", "Pareto k = 0.9, 1000", BAD, 1000, flag, {1, 0.9, 1000, 0}},
  {"weights are trusted", "Pareto k = 0.9, 10000", BAD, 400, flag, {1, 0.9, 10000, 0}},
  {0}};
