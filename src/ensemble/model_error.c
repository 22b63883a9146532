/* SPDX-License-Identifier: BSD-3-Clause */
/* The model's own error of averages of generated fields, from two models that learned from half the configurations
 * each.
 *
 * Were the error of a model proportional to 1/sqrt(configurations), the average d of field by field differences of an
 * observable has the variance 2 * 2 sigma^2 + e^2: two models, each with twice the variance sigma^2 of the model of
 * all, and the statistical error e of d. So sigma^2 is (d^2 - e^2)/4. One difference knows it to a factor of about two;
 * half of it is therefore what all observables say together, in units of their statistical errors.
 */
#include "src/ensemble/ensemble.h"
#include <math.h>
#include <string.h>

enum { BINS = 16 };

/* Names of the groups of samples.h5 and ode.h5. */
bool sq_ensemble_of_model(const sq_ensemble *e)
{
  return !strcmp(e->name, "generated") || !strcmp(e->name, "ode");
}

/* The analysis of all records but those first .. first + count - 1. */
static PetscErrorCode analyse_without(const sq_ensemble *e, int64_t records, int64_t first, int64_t count,
                                      sq_obs_table *table)
{
  PetscFunctionBeginUser;
  const int64_t left = records - count;
  double *column[SQ_OBS_MOST] = {0};
  for (int c = 0; e->theory->columns[c]; c++) {
    PetscCall(sq_alloc(left, &column[c]));
    memcpy(column[c], e->column[c], (size_t)first * sizeof(double));
    memcpy(column[c] + first, e->column[c] + first + count, (size_t)(left - first) * sizeof(double));
  }
  PetscCall(sq_obs_analyse(e->theory, e->dim, e->extent, left, (const double *const *)column, NULL, NULL, table));
  for (int c = 0; c < SQ_OBS_MOST; c++) sq_free(&column[c]);
  PetscFunctionReturn(0);
}

/* Of each row the difference, and its error by leaving out bins of both. */
static PetscErrorCode differences(const sq_ensemble *a, const sq_ensemble *b, double *value, double *error)
{
  PetscFunctionBeginUser;
  const int64_t records = PetscMin(a->count, b->count);
  double mean[SQ_OBS_ROWS] = {0}, square[SQ_OBS_ROWS] = {0};
  sq_obs_table x, y;
  for (int bin = 0; bin < BINS; bin++) {
    const int64_t first = records * bin / BINS, count = records * (bin + 1) / BINS - first;
    PetscCall(analyse_without(a, records, first, count, &x));
    PetscCall(analyse_without(b, records, first, count, &y));
    for (int r = 0; r < x.count; r++) {
      const double d = x.row[r].estimate.value - y.row[r].estimate.value;
      mean[r] += d / BINS;
      square[r] += d * d / BINS;
    }
  }
  for (int r = 0; r < a->table.count; r++) {
    value[r] = a->table.row[r].estimate.value - b->table.row[r].estimate.value;
    error[r] = sqrt((BINS - 1) * fmax(0, square[r] - mean[r] * mean[r]));
  }
  PetscFunctionReturn(0);
}

/* What vanishes by the symmetry of the theory tells nothing of the others. */
static bool stands_apart(const sq_ensemble *e, int row)
{
  return e->theory->symmetric && !strcmp(e->table.row[row].name, "M");
}

PetscErrorCode sq_model_errors_find(const sq_ensemble *first, const sq_ensemble *second, sq_model_errors *errors)
{
  PetscFunctionBeginUser;
  double value[SQ_OBS_ROWS], error[SQ_OBS_ROWS], own[SQ_OBS_ROWS], together = 0;
  int known = 0;
  PetscCall(differences(first, second, value, error));
  for (int r = 0; r < first->table.count; r++) {
    const double statistical = first->table.row[r].estimate.error;
    own[r] = fmax(0, value[r] * value[r] - error[r] * error[r]) / 4;
    if (!(statistical > 0) || !isfinite(own[r]) || stands_apart(first, r)) continue;
    together += own[r] / (statistical * statistical);
    known++;
  }
  *errors = (sq_model_errors){.count = first->table.count};
  for (int r = 0; r < first->table.count; r++) {
    const double statistical = first->table.row[r].estimate.error;
    errors->name[r] = first->table.row[r].name;
    const double shared = stands_apart(first, r) ? own[r] : together / known * statistical * statistical;
    errors->value[r] = known ? sqrt((own[r] + shared) / 2) : NAN;
  }
  PetscFunctionReturn(0);
}

static const char *name_of(const char *observable, char name[SQ_IO_NAME])
{
  snprintf(name, SQ_IO_NAME, "model_error_%.18s", observable);
  return name;
}

PetscErrorCode sq_model_errors_put(const sq_model_errors *errors, sq_records *records)
{
  PetscFunctionBeginUser;
  char name[SQ_IO_NAME];
  for (int r = 0; r < errors->count; r++)
    if (isfinite(errors->value[r]))
      PetscCall(sq_records_put_real(records, name_of(errors->name[r], name), errors->value[r]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_model_errors_get(sq_records *records, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  char name[SQ_IO_NAME];
  double own;
  e->model_error = NAN;
  if (!sq_ensemble_of_model(e)) PetscFunctionReturn(0);
  for (int r = 0; r < e->table.count; r++) {
    sq_estimate *x = &e->table.row[r].estimate;
    PetscCall(sq_records_find_real(records, name_of(e->table.row[r].name, name), &own));
    if (!isfinite(own)) continue;
    if (x->error > 0) e->model_error = fmax(own / x->error, isnan(e->model_error) ? 0 : e->model_error);
    x->error = hypot(x->error, own);
  }
  PetscFunctionReturn(0);
}
