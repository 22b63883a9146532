/* SPDX-License-Identifier: BSD-3-Clause */
/* The calibration study: `make calibrate` simulates chains, weights and fields of known truth, hundreds of seeds each,
 * and prints as tables in Markdown how often quoted errors cover it and verdicts are right (doc/calibration.md). The
 * first argument multiplies the numbers of seeds; the second leaves out rows without that word in their name. */
#include "tests/calibration/calibrate.h"
#include <stdlib.h>
#include <string.h>

void normals(uint64_t seed, int column, int64_t n, double *x)
{
  sq_rng_normals(sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)column), 0, n, 0, 0, x);
}

void autoregressive(uint64_t seed, int column, double tau, int chains, int64_t length, double *x)
{
  double a = (2 * tau - 1) / (2 * tau + 1), fresh = sqrt(1 - a * a);
  normals(seed, column, chains * length, x);
  for (int c = 0; c < chains; c++)
    for (int64_t i = 1; i < length; i++) x[c * length + i] = a * x[c * length + i - 1] + fresh * x[c * length + i];
}

/* Of some intervals: how many are within one and two errors, mean and width of the pulls. */
typedef struct {
  int count, one, two;
  sq_running pull;
} coverage;

static void count(coverage *c, const trial *t)
{
  double pull = (t->value - t->truth) / t->error;
  c->count++;
  c->one += fabs(pull) < 1;
  c->two += fabs(pull) < 2;
  sq_running_add(&c->pull, pull);
}

/* 68.3 % within one error, to 2 % and twice what so many seeds leave open; "thin" where they are too few to tell. */
static const char *holds(const coverage *c)
{
  const double nominal = 0.6827, slack = 0.02;
  double n = c->count, share = c->one / n;
  if (c->count < 100) return "-";
  return fabs(share - nominal) <= slack + 2 * sqrt(nominal * (1 - nominal) / n) ? "yes" :
         share < nominal                                                        ? "TOO SMALL" :
                                                                                  "too large";
}

static void print_interval(const calibration_row *row, int seeds)
{
  coverage trusted = {0}, all = {0};
  int known = 0;
  for (int s = 1; s <= seeds; s++) {
    trial t = {.trusted = true};
    row->simulate((uint64_t)s, row->p, &t);
    if (!isfinite(t.error) || !isfinite(t.value)) continue;
    known++;
    count(&all, &t);
    if (t.trusted) count(&trusted, &t);
  }
  printf("| %s | %s | %d | %.3f | %.3f | ", row->what, row->data, seeds, (double)known / seeds,
         (double)trusted.count / seeds);
  if (trusted.count)
    printf("%.3f | %.3f | %+.2f | %.2f | %s | ", (double)trusted.one / trusted.count,
           (double)trusted.two / trusted.count, trusted.pull.mean, sqrt(sq_running_variance(&trusted.pull)),
           holds(&trusted));
  else printf("- | - | - | - | - | ");
  if (all.count) printf("%.3f |\n", (double)all.one / all.count);
  else printf("- |\n");
}

static void print_verdict(const calibration_row *row, int seeds)
{
  int alarms = 0;
  for (int s = 1; s <= seeds; s++) {
    trial t = {0};
    row->simulate((uint64_t)s, row->p, &t);
    alarms += t.alarm;
  }
  int wrong = row->kind == GOOD ? alarms : seeds - alarms;
  printf("| %s | %s | %s | %d | %d | %.4f |\n", row->what, row->data, row->kind == GOOD ? "false alarms" : "misses",
         seeds, wrong, (double)wrong / seeds);
}

static bool wanted(const calibration_row *row, bool verdicts, const char *only)
{
  return (row->kind != INTERVAL) == verdicts && (!only || strstr(row->what, only));
}

static void print_table(const char *title, const calibration_row *rows, bool verdicts, double factor, const char *only)
{
  printf("\n### %s\n\n", title);
  if (verdicts) printf("| verdict | simulated | wrong are | seeds | wrong | rate |\n|---|---|---|--:|--:|--:|\n");
  else
    printf("| quantity | simulated | seeds | error known | trusted | 1 sigma | 2 sigma | mean pull | width | holds | 1 "
           "sigma of all "
           "|\n|---|---|--:|--:|--:|--:|--:|--:|--:|---|--:|\n");
  for (const calibration_row *row = rows; row->what; row++) {
    int seeds = (int)PetscMax(1, (int)(factor * row->seeds));
    if (!wanted(row, verdicts, only)) continue;
    (verdicts ? print_verdict : print_interval)(row, seeds);
    fflush(stdout);
  }
}

int main(int argc, char **argv)
{
  static const struct {
    const char *title;
    const calibration_row *rows;
  } tables[] = {{"Chains", rows_of_chains},
                {"Ensembles", rows_of_ensembles},
                {"Spectra", rows_of_fields},
                {"Weights", rows_of_weights},
                {"Crossings and extrapolations", rows_of_others}};
  double factor = argc > 1 ? atof(argv[1]) : 1;
  const char *only = argc > 2 ? argv[2] : NULL;
  if (PetscInitialize(&argc, &argv, NULL, NULL) || sq_errors_install()) return 1;
  sq_log_setup(true, SQ_QUIET);
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (int verdicts = 0; verdicts < 2; verdicts++) {
      bool any = false;
      for (const calibration_row *row = tables[i].rows; row->what; row++) any = any || wanted(row, verdicts, only);
      char title[96];
      snprintf(title, sizeof title, "%s: %s", tables[i].title, verdicts ? "verdicts" : "errors");
      if (any) print_table(title, tables[i].rows, verdicts, factor, only);
    }
  PetscFinalize();
  return 0;
}
