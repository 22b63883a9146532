/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors of the Gamma method and the jackknife on AR(1) chains. p: tau_int, chains, length in all over tau_int. */
#include "tests/calibration/calibrate.h"

typedef struct {
  int chains;
  int64_t n, length[64];
  double *x;
  sq_series series;
} chain_data;

/* column 0 is x, then x^2 and x^4. */
static void make(uint64_t seed, const double *p, chain_data *d, const double *column[3])
{
  d->chains = (int)p[1];
  int64_t length = (int64_t)(p[0] * p[2] / p[1]);
  d->n = length * d->chains;
  CALIBRATE(sq_alloc(3 * d->n, &d->x));
  autoregressive(seed, 0, p[0], d->chains, length, d->x);
  for (int64_t i = 0; i < d->n; i++) d->x[d->n + i] = pow(d->x[i], 2), d->x[2 * d->n + i] = pow(d->x[i], 4);
  for (int c = 0; c < d->chains; c++) d->length[c] = length;
  for (int k = 0; k < 3; k++) column[k] = d->x + k * d->n;
  d->series = (sq_series){.n = d->n, .column = column, .chains = d->chains, .length = d->length};
}

static double cumulant(const double *mean, const void *context)
{
  (void)context;
  return 1 - mean[1] / (3 * mean[0] * mean[0]);
}

static double variance(const double *mean, const void *context)
{
  (void)context;
  return mean[1] - mean[0] * mean[0];
}

static const sq_derived of_cumulant = {.primaries = 2, .column = (int[]){1, 2}, .function = cumulant},
                        of_variance = {.primaries = 2, .column = (int[]){0, 1}, .function = variance};

/* What the Gamma method says of the chains of a seed. */
static sq_estimate gamma_of(uint64_t seed, const double *p, const sq_derived *derived)
{
  chain_data d;
  const double *column[3];
  sq_estimate e;
  make(seed, p, &d, column);
  CALIBRATE(sq_gamma(&d.series, derived, &e));
  sq_free(&d.x);
  return e;
}

static void estimate(uint64_t seed, const double *p, const sq_derived *derived, double truth, trial *t)
{
  const sq_estimate e = gamma_of(seed, p, derived);
  *t = (trial){.value = e.value, .error = e.error, .truth = truth, .trusted = sq_estimate_long_enough(&e)};
}

static void gamma_mean(uint64_t seed, const double *p, trial *t)
{
  estimate(seed, p, NULL, 0, t);
}

static void gamma_variance(uint64_t seed, const double *p, trial *t)
{
  estimate(seed, p, &of_variance, 1, t);
}

static void gamma_cumulant(uint64_t seed, const double *p, trial *t)
{
  estimate(seed, p, &of_cumulant, 0, t);
}

static void gamma_tau(uint64_t seed, const double *p, trial *t)
{
  const sq_estimate e = gamma_of(seed, p, NULL);
  *t = (trial){.value = e.tau_int, .error = e.tau_int_error, .truth = p[0], .trusted = sq_estimate_long_enough(&e)};
}

/* Bins of eight tau_int, as the fit of the gap takes them. */
static void jackknife(uint64_t seed, const double *p, trial *t)
{
  chain_data d;
  const double *column[3];
  make(seed, p, &d, column);
  int64_t bin = (int64_t)ceil(SQ_TAUS_APART * p[0]);
  *t = (trial){.truth = 1, .trusted = d.n / bin >= SQ_INDEPENDENT_LEAST};
  CALIBRATE(sq_jackknife(&d.series, &of_variance, bin, &t->value, &t->error));
  sq_free(&d.x);
}

/* An error where it is known at all: sq_estimate_known_error. */
static void known(uint64_t seed, const double *p, trial *t)
{
  chain_data d;
  const double *column[3];
  sq_estimate e;
  make(seed, p, &d, column);
  CALIBRATE(sq_gamma(&d.series, NULL, &e));
  *t = (trial){.value = e.value, .error = sq_estimate_known_error(&e), .trusted = true};
  sq_free(&d.x);
}

#define LENGTHS(what, simulate, seeds, tau, text, chains, name)                                                        \
  {what, text ", " name ", 30 tau_int", INTERVAL, seeds, simulate, {tau, chains, 30}},                                 \
    {what, text ", " name ", 100 tau_int", INTERVAL, seeds, simulate, {tau, chains, 100}},                             \
    {what, text ", " name ", 300 tau_int", INTERVAL, seeds, simulate, {tau, chains, 300}},                             \
  {                                                                                                                    \
    what, text ", " name ", 1000 tau_int", INTERVAL, seeds, simulate,                                                  \
    {                                                                                                                  \
      tau, chains, 1000                                                                                                \
    }                                                                                                                  \
  }
#define BOTH(what, simulate, seeds, tau, text)                                                                         \
  LENGTHS(what, simulate, seeds, tau, text, 1, "1 chain"), LENGTHS(what, simulate, seeds, tau, text, 8, "8 chains")

const calibration_row rows_of_chains[] = {
  LENGTHS("mean", gamma_mean, 2000, 0.5, "white", 1, "1 chain"),
  BOTH("mean", gamma_mean, 2000, 1, "AR(1) tau 1"),
  BOTH("mean", gamma_mean, 2000, 5, "AR(1) tau 5"),
  BOTH("mean", gamma_mean, 1000, 20, "AR(1) tau 20"),
  BOTH("<x^2> - <x>^2", gamma_variance, 1000, 5, "AR(1) tau 5"),
  BOTH("1 - <x^4>/(3 <x^2>^2)", gamma_cumulant, 1000, 5, "AR(1) tau 5"),
  LENGTHS("tau_int", gamma_tau, 1000, 5, "AR(1) tau 5", 1, "1 chain"),
  LENGTHS("jackknife of <x^2> - <x>^2, bins of 8 tau_int", jackknife, 1000, 5, "AR(1) tau 5", 1, "1 chain"),
  LENGTHS("mean, where spectra give its error", known, 1000, 5, "AR(1) tau 5", 1, "1 chain"),
  {"mean, where spectra give its error", "AR(1) tau 5, 1 chain, 60 tau_int", INTERVAL, 1000, known, {5, 1, 60}},
  {0}};
