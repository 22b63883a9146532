/* SPDX-License-Identifier: BSD-3-Clause */
/* analysis: from the columns of an ensemble to the table of estimates.
 *
 * The rows of table.c say which columns they need and how their value follows from the means; those whose columns a
 * theory has appear. Errors come from the Gamma method with these functions and gradients. Serial.
 */
#include "table.h"
#include <math.h>
#include <string.h>

enum { SERIES = 8, ALL_COLUMNS = SQ_OBS_MOST + SERIES };

/* The series of an ensemble: columns, what follows from them, and the weights, sorted by chain, in one allocation. */
typedef struct {
  sq_chains chains;
  int count;
  const char *name[ALL_COLUMNS];
  double *storage; /* [count + 1][n] */
  const double *column[ALL_COLUMNS];
  sq_series series;
} ensemble;

static int find(const ensemble *e, const char *name)
{
  for (int k = 0; k < e->count; k++)
    if (!strcmp(e->name[k], name)) return k;
  return -1;
}

/* The names of all columns and series that there are. A column that has the name of a series stands for it. */
static void name_columns(const sq_action_type *theory, ensemble *e)
{
  for (e->count = 0; theory->columns[e->count]; e->count++) e->name[e->count] = theory->columns[e->count];
  for (const sq_obs_series_type *s = sq_obs_series_types; s->name; s++)
    if (find(e, s->from) >= 0 && find(e, s->name) < 0) e->name[e->count++] = s->name;
}

static void derive_columns(ensemble *e, int measured, int64_t n)
{
  for (const sq_obs_series_type *s = sq_obs_series_types; s->name; s++) {
    int from = find(e, s->from), to = find(e, s->name);
    if (from < 0 || to < measured) continue;
    for (int64_t i = 0; i < n; i++) e->storage[to * n + i] = s->function(e->column[from][i]);
  }
}

static PetscErrorCode ensemble_create(const sq_action_type *theory, int64_t n, const double *const *column,
                                      const double *chain, const double *weight, ensemble *e)
{
  PetscFunctionBeginUser;
  name_columns(theory, e);
  PetscCall(sq_chains_create(n, chain, &e->chains));
  PetscCall(sq_alloc((e->count + 1) * n, &e->storage));
  for (int k = 0; k < e->count; k++) e->column[k] = e->storage + k * n;
  for (int k = 0; k < sq_obs_columns(theory); k++) sq_chains_gather(&e->chains, column[k], e->storage + k * n);
  derive_columns(e, sq_obs_columns(theory), n);
  double *sorted = e->storage + e->count * n;
  if (weight) sq_chains_gather(&e->chains, weight, sorted);
  e->series = (sq_series){.n = n,
                          .column = e->column,
                          .weight = weight ? sorted : NULL,
                          .chains = e->chains.chains,
                          .length = e->chains.length,
                          .constant_is_known = (!chain && !weight) || theory->flux}; /* no particle in all records */
  PetscFunctionReturn(0);
}

static void ensemble_destroy(ensemble *e)
{
  sq_chains_destroy(&e->chains);
  sq_free(&e->storage);
}

/* How many columns the row needs, and which; 0 where one is missing. */
static int needs(const ensemble *e, const sq_obs_row_type *type, int column[SQ_OBS_ROW_COLUMNS])
{
  int count = 0;
  if (!type->column[0]) return (column[0] = find(e, type->name)) >= 0;
  for (; count < SQ_OBS_ROW_COLUMNS && type->column[count]; count++)
    if ((column[count] = find(e, type->column[count])) < 0) return 0;
  return count;
}

static sq_derived derived_of(const sq_obs_row_type *type, const sq_obs_geometry *g, const ensemble *e,
                             int column[SQ_OBS_ROW_COLUMNS])
{
  return (sq_derived){.primaries = needs(e, type, column),
                      .column = column,
                      .function = type->function,
                      .gradient = type->gradient,
                      .context = g};
}

static PetscErrorCode add_row(const sq_obs_row_type *type, const sq_obs_geometry *g, const ensemble *e,
                              sq_obs_table *table)
{
  PetscFunctionBeginUser;
  sq_estimate estimate;
  int column[SQ_OBS_ROW_COLUMNS];
  sq_derived derived = derived_of(type, g, e, column);
  sq_series series = e->series;
  if (!derived.primaries) PetscFunctionReturn(0);
  series.constant_is_known = series.constant_is_known || (type->fixed && type->fixed(type->name, g));
  PetscCall(sq_gamma(&series, &derived, &estimate));
  if (type->optional && isnan(estimate.value)) PetscFunctionReturn(0); /* a NaN in its columns shows in their rows */
  table->row[table->count].name = type->name;
  table->row[table->count].agreement = (sq_agreement){.chi2 = NAN, .p = NAN, .r_hat = NAN, .r_hat_p = NAN};
  table->row[table->count++].estimate = estimate;
  PetscFunctionReturn(0);
}

const char *sq_obs_row_name(int index)
{
  return sq_obs_row_types[index].name;
}

const char *sq_obs_row_about(int index)
{
  return sq_obs_row_types[index].about;
}

static const sq_obs_row_type *type_of(const char *name)
{
  const sq_obs_row_type *type = sq_obs_row_types;
  while (strcmp(type->name, name)) type++;
  return type;
}

/* Whether the chains agree, with the window of the slowest row; where they do not, errors are not known. */
static PetscErrorCode compare_chains(const sq_obs_geometry *g, const ensemble *e, sq_obs_table *table)
{
  PetscFunctionBeginUser;
  int64_t window = 0;
  for (int r = 0; r < table->count; r++)
    if (table->row[r].estimate.window_found) window = PetscMax(window, table->row[r].estimate.window);
  for (int r = 0; r < table->count; r++) {
    int column[SQ_OBS_ROW_COLUMNS];
    const sq_derived derived = derived_of(type_of(table->row[r].name), g, e, column);
    sq_agreement *a = &table->row[r].agreement;
    PetscCall(sq_chains_agree(&e->series, &derived, window, a));
    if (2 * table->count * fmin(a->p, a->r_hat_p) < sq_p_contradict) sq_estimate_unknown_error(&table->row[r].estimate);
  }
  PetscFunctionReturn(0);
}

double sq_obs_agreement(const sq_obs_table *table, bool second)
{
  double p[SQ_OBS_ROWS];
  for (int r = 0; r < table->count; r++) p[r] = second ? table->row[r].agreement.r_hat_p : table->row[r].agreement.p;
  double all = sq_p_of_many(table->count, p);
  return second && all < 0.5 ? 2 * all : all;
}

PetscErrorCode sq_obs_analyse(const sq_action_type *theory, int dim, const int64_t extent[SQ_DIM], int64_t n,
                              const double *const *column, const double *chain, const double *weight,
                              sq_obs_table *table)
{
  PetscFunctionBeginUser;
  ensemble e;
  int64_t length = extent[SQ_DIM - dim];
  sq_obs_geometry g = {.dim = dim, .volume = 1, .two_sin = 2 * sin(PETSC_PI / (double)length)};
  for (int mu = 0; mu < SQ_DIM; mu++) g.volume *= (double)extent[mu];
  for (int mu = 0; mu < dim; mu++) g.extent[mu] = extent[SQ_DIM - dim + mu];
  PetscCall(ensemble_create(theory, n, column, chain, weight, &e));
  table->count = 0;
  for (const sq_obs_row_type *type = sq_obs_row_types; type->name; type++)
    if ((length > 1 || !type->needs_momentum) && dim >= type->least_dim) PetscCall(add_row(type, &g, &e, table));
  if (chain && !weight) PetscCall(compare_chains(&g, &e, table));
  ensemble_destroy(&e);
  PetscFunctionReturn(0);
}

bool sq_obs_is_local(const char *name)
{
  const sq_obs_row_type *type = sq_obs_row_types;
  while (type->name && strcmp(type->name, name)) type++;
  return type->name && type->local;
}

const sq_estimate *sq_obs_find(const sq_obs_table *table, const char *name)
{
  for (int r = 0; r < table->count; r++)
    if (!strcmp(table->row[r].name, name)) return &table->row[r].estimate;
  return NULL;
}

void sq_obs_compare(const sq_obs_table *a, const sq_obs_table *b, sq_obs_comparison *comparison)
{
  comparison->count = 0;
  comparison->worst = 0;
  for (int r = 0; r < a->count; r++) {
    const sq_estimate *mine = &a->row[r].estimate, *other = sq_obs_find(b, a->row[r].name);
    if (!other) continue;
    double sigmas = sq_sigmas(mine, other), size = fabs(sigmas);
    comparison->row[comparison->count].name = a->row[r].name;
    comparison->row[comparison->count].a = mine;
    comparison->row[comparison->count].b = other;
    comparison->row[comparison->count++].sigmas = sigmas;
    if (isnan(size) || size > comparison->worst) comparison->worst = size; /* a NaN stays: nothing is larger */
  }
  if (comparison->count == 0) comparison->worst = NAN;
}
