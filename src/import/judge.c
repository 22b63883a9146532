/* SPDX-License-Identifier: BSD-3-Clause */
/* What Schwinger-Dyson equations of many fields say of the couplings. Serial. */
#include "src/import/identity.h"
#include <math.h>
#include <string.h>

/* Solves the symmetric positive system A x = b of n unknowns by Cholesky, A[row][column], column <= row, in the order
 * that number has it; false: some unknowns are not determined. */
static bool solve(int n, const double *A, const double *b, double *x)
{
  double L[SQ_IDENTITY_EQUATIONS][SQ_IDENTITY_EQUATIONS];
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++) {
      double sum = *A++;
      const double diagonal = sum;
      for (int k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      if (i == j && !(sum > 1e-10 * diagonal)) return false;
      L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
    }
  for (int i = 0; i < n; i++) {
    x[i] = b[i];
    for (int k = 0; k < i; k++) x[i] -= L[i][k] * x[k];
    x[i] /= L[i][i];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int k = i + 1; k < n; k++) x[i] -= L[k][i] * x[k];
    x[i] /= L[i][i];
  }
  return true;
}

/* Which couplings are asked for: those that do not follow from the ones before them; of these, number `which`. */
typedef struct {
  int couplings, taken, parameter[SQ_IDENTITY_MOST], which;
} wanted;

/* The system of the couplings taken, from the means of all numbers. */
static bool solve_taken(const wanted *w, const double *mean, double *delta)
{
  double A[SQ_IDENTITY_MOST * (SQ_IDENTITY_MOST + 1) / 2], t[SQ_IDENTITY_MOST];
  const double *all = mean + w->couplings;
  for (int i = 0, k = 0; i < w->taken; i++) {
    const int row = w->parameter[i];
    t[i] = mean[row];
    for (int j = 0; j <= i; j++) A[k++] = all[row * (row + 1) / 2 + w->parameter[j]];
  }
  return solve(w->taken, A, t, delta);
}

/* delta_which from the means of all numbers. */
static double shift_of(const double *mean, const void *context)
{
  const wanted *w = context;
  double delta[SQ_IDENTITY_MOST];
  return solve_taken(w, mean, delta) ? -delta[w->which] : NAN;
}

static wanted find_taken(const sq_identity *d, const sq_series *series)
{
  double mean[SQ_IDENTITY_NUMBERS] = {0}, delta[SQ_IDENTITY_MOST];
  wanted w = {.couplings = d->couplings};
  for (int k = 0; k < d->numbers; k++)
    for (int64_t i = 0; i < series->n; i++) mean[k] += series->column[k][i] / (double)series->n;
  for (int a = 0; a < d->couplings; a++) {
    w.parameter[w.taken++] = a;
    if (!solve_taken(&w, mean, delta)) w.taken--;
  }
  return w;
}

/* b C^-1 b of the columns taken, C the covariance of all n; false: one of them follows from the others. */
static bool distance(int n, const double *C, int taken, const int *which, const double *t, double *chi2)
{
  double lower[SQ_IDENTITY_EQUATIONS * (SQ_IDENTITY_EQUATIONS + 1) / 2] = {0}, b[SQ_IDENTITY_EQUATIONS],
                                                                     x[SQ_IDENTITY_EQUATIONS];
  for (int i = 0, k = 0; i < taken; i++) {
    b[i] = t[which[i]];
    for (int j = 0; j <= i; j++) lower[k++] = C[which[i] * n + which[j]];
  }
  if (!solve(taken, lower, b, x)) return false;
  *chi2 = 0;
  for (int i = 0; i < taken; i++) *chi2 += b[i] * x[i];
  return true;
}

/* T^2 of Hotelling: the means of n columns are 0, held against the scatter of bins that do not remember each other;
 * columns that follow from others are left out. p is NaN where there are too few bins. */
static PetscErrorCode judge_together(const sq_series *series, int n, const int *column, double tau, double *p)
{
  PetscFunctionBeginUser;
  double covariance[SQ_IDENTITY_EQUATIONS * SQ_IDENTITY_EQUATIONS], t[SQ_IDENTITY_EQUATIONS] = {0}, chi2 = 0;
  int which[SQ_IDENTITY_EQUATIONS], taken = 0;
  int64_t bins;
  *p = NAN;
  PetscCall(sq_bin_covariance(series, n, column, (int64_t)ceil(SQ_TAUS_APART * tau), covariance, &bins));
  if (bins < SQ_INDEPENDENT_LEAST) PetscFunctionReturn(0);
  for (int a = 0; a < n; a++) {
    for (int64_t i = 0; i < series->n; i++) t[a] += series->column[column[a]][i] / (double)series->n;
    which[taken] = a;
    taken += distance(n, covariance, taken + 1, which, t, &chi2);
  }
  const double below = (double)(bins - taken);
  if (taken) *p = sq_f_tail(chi2 * below / (taken * (double)(bins - 1)), taken, below);
  PetscFunctionReturn(0);
}

static PetscErrorCode judge_one(const sq_series *series, int column, double *sigmas, double *tau)
{
  PetscFunctionBeginUser;
  sq_estimate t;
  PetscCall(sq_gamma(series, &(sq_derived){.primaries = 1, .column = &column}, &t));
  *sigmas = t.value / sq_estimate_known_error(&t);
  if (t.tau_int > *tau) *tau = t.tau_int;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_identity_judge(const sq_identity *d, const sq_series *series, sq_identity_result *result)
{
  PetscFunctionBeginUser;
  const int n = d->couplings, equations = n + d->extras;
  int column[SQ_IDENTITY_EQUATIONS] = {0};
  double tau = 0.5;
  *result = (sq_identity_result){.couplings = n, .p = NAN};
  memcpy(result->parameter, d->parameter, sizeof result->parameter);
  for (int a = 0; a < equations; a++) {
    column[a] = a < n ? a : d->numbers - d->extras + a - n;
    PetscCall(judge_one(series, column[a], &result->sigmas[a], &tau));
  }
  wanted w = find_taken(d, series);
  for (int a = 0; a < n; a++) result->coupling[a] = (sq_estimate){.value = NAN, .error = NAN};
  for (w.which = 0; w.which < w.taken; w.which++) {
    sq_estimate *coupling = &result->coupling[w.parameter[w.which]];
    PetscCall(sq_gamma(series, &(sq_derived){.primaries = d->numbers - d->extras, .function = shift_of, .context = &w},
                       coupling));
    coupling->value += d->action.value[d->parameter[w.parameter[w.which]]];
  }
  PetscCall(judge_together(series, equations, column, tau, &result->p));
  PetscFunctionReturn(0);
}
