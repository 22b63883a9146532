/* SPDX-License-Identifier: BSD-3-Clause */
/* model_error: the model's own error from two halves: none where both make the same fields, half of a difference that
 * only one observable has, shared with what the others say, and right on average where models scatter. */
#include "squall/rng.h"
#include "src/ensemble/ensemble.h"
#include "tap.h"
#include <math.h>

enum { COUNT = 1024, ROWS = SQ_OBS_ROWS };

/* Fields of noise, column c moved by shift * scale[c]; which: a stream. */
static void make(uint64_t which, double shift, const double *scale, sq_ensemble *e)
{
  *e = (sq_ensemble){.name = "generated", .dim = 2, .extent = {1, 1, 8, 8}, .count = COUNT};
  e->theory = sq_action_described("phi4 kappa=0.2 lambda=0.1");
  for (int c = 0; e->theory->columns[c]; c++) {
    TAP_CALL(sq_alloc(COUNT, &e->column[c]));
    sq_rng_normals(sq_stream_make(1, SQ_RNG_TEST, which), 0, COUNT, (uint64_t)c, 0, e->column[c]);
    for (int i = 0; i < COUNT; i++) e->column[c][i] += 2 + shift * (scale ? scale[c] : 1);
  }
  TAP_CALL(sq_obs_analyse(e->theory, 2, e->extent, COUNT, (const double *const *)e->column, NULL, NULL, &e->table));
}

static int row_of(const sq_model_errors *errors, const char *name)
{
  for (int r = 0; r < errors->count; r++)
    if (!strcmp(errors->name[r], name)) return r;
  return 0;
}

static void test_known(void)
{
  sq_ensemble a, b;
  sq_model_errors errors;
  double scale[SQ_OBS_MOST] = {0}, most = 0;
  make(1, 0, NULL, &a);
  TAP_CALL(sq_model_errors_find(&a, &a, &errors));
  for (int r = 0; r < errors.count; r++) most = fmax(most, errors.value[r]);
  tap_check(errors.count == a.table.count && most == 0, "two models that make the same have no error");
  scale[sq_obs_column(a.theory, "link")] = 1;
  make(1, 0.5, scale, &b);
  TAP_CALL(sq_model_errors_find(&a, &b, &errors));
  double own = 0.25, shared = own * own * (1 + 1. / (errors.count - 1)) / 2; /* M stands apart */
  tap_near(errors.value[row_of(&errors, "link")], sqrt(shared), 1e-9, "a difference of one observable");
  tap_check(errors.value[row_of(&errors, "phi4")] < 0.3 * sqrt(shared), "says less of the others");
  sq_ensemble_free(&a);
  sq_ensemble_free(&b);
}

/* Models of halves are off by normal numbers of width sqrt(2) sigma; fields of both by the same noise and some of their
 * own. False alarms: the mean of 200 squares of normal numbers is known to 10 %. */
static void test_average(void)
{
  enum { REPEATED = 200 };
  const double sigma = 0.05;
  double shift[2 * REPEATED], square = 0;
  sq_rng_normals(sq_stream_make(2, SQ_RNG_TEST, 0), 0, 2 * REPEATED, 0, 0, shift);
  for (int n = 0; n < REPEATED; n++) {
    sq_ensemble a, b;
    sq_model_errors errors;
    make(100 + (uint64_t)n, M_SQRT2 * sigma * shift[2 * n], NULL, &a);
    make(100 + (uint64_t)n, M_SQRT2 * sigma * shift[2 * n + 1], NULL, &b);
    TAP_CALL(sq_model_errors_find(&a, &b, &errors));
    square += pow(errors.value[row_of(&errors, "phi2")], 2) / REPEATED;
    sq_ensemble_free(&a);
    sq_ensemble_free(&b);
  }
  tap_check(fabs(sqrt(square) / sigma - 1) < 0.3, "on average it is the width of the models: %.2f times",
            sqrt(square) / sigma);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_known();
  test_average();
  return tap_end();
}
