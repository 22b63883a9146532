/* analysis: from the columns of an ensemble to the table of estimates.
 *
 * The table of rows below says which columns a row needs and how its value follows from their means; adding an
 * observable is one line there. Errors come from the Gamma method with these functions and gradients. Serial.
 */
#include "squall/obs.h"
#include <math.h>
#include <string.h>

/* Columns that follow from the measured ones, record by record. */
enum { ABS_M = SQ_OBS_COLUMNS, M2, M4, ALL_COLUMNS };

enum { ROW_COLUMNS = 2 };

typedef struct {
  double volume, two_sin; /* V, 2 sin(pi/L_0) */
} geometry;

typedef struct {
  const char *name;
  int columns, column[ROW_COLUMNS];
  bool needs_momentum; /* undefined for L_0 = 1 */
  double (*function)(const double *mean, const void *context);
  void (*gradient)(const double *mean, const void *context, double *gradient);
} row_type;

/* V (a - b^2). */
static double susceptibility(const double *mean, const void *context)
{
  const geometry *g = context;
  return g->volume * (mean[0] - mean[1] * mean[1]);
}

static void susceptibility_gradient(const double *mean, const void *context, double *gradient)
{
  const geometry *g = context;
  gradient[0] = g->volume;
  gradient[1] = -2 * g->volume * mean[1];
}

/* 1 - a / (3 b^2). */
static double binder(const double *mean, const void *context)
{
  (void)context;
  return 1 - mean[0] / (3 * mean[1] * mean[1]);
}

static void binder_gradient(const double *mean, const void *context, double *gradient)
{
  (void)context;
  gradient[0] = -1 / (3 * mean[1] * mean[1]);
  gradient[1] = 2 * mean[0] / (3 * mean[1] * mean[1] * mean[1]);
}

/* sqrt(V a/b - 1) / (2 sin(pi/L_0)); NaN where it does not exist. */
static double correlation_length(const double *mean, const void *context)
{
  const geometry *g = context;
  return sqrt(g->volume * mean[0] / mean[1] - 1) / g->two_sin;
}

static void correlation_length_gradient(const double *mean, const void *context, double *gradient)
{
  const geometry *g = context;
  double slope = 1 / (2 * g->two_sin * g->two_sin * correlation_length(mean, context)); /* d xi / d(V a/b) */
  gradient[0] = slope * g->volume / mean[1];
  gradient[1] = -slope * g->volume * mean[0] / (mean[1] * mean[1]);
}

static const row_type row_types[SQ_OBS_ROWS] = {
  {.name = "M", .columns = 1, .column = {SQ_OBS_M}},
  {.name = "abs_M", .columns = 1, .column = {ABS_M}},
  {.name = "M2", .columns = 1, .column = {M2}},
  {.name = "phi2", .columns = 1, .column = {SQ_OBS_PHI2}},
  {.name = "phi4", .columns = 1, .column = {SQ_OBS_PHI4}},
  {.name = "link", .columns = 1, .column = {SQ_OBS_LINK}},
  {.name = "action_density", .columns = 1, .column = {SQ_OBS_ACTION}},
  {.name = "chi2",
   .columns = 2,
   .column = {M2, SQ_OBS_M},
   .function = susceptibility,
   .gradient = susceptibility_gradient},
  {.name = "chi_abs",
   .columns = 2,
   .column = {M2, ABS_M},
   .function = susceptibility,
   .gradient = susceptibility_gradient},
  {.name = "U_L", .columns = 2, .column = {M4, M2}, .function = binder, .gradient = binder_gradient},
  {.name = "G_pmin", .columns = 1, .column = {SQ_OBS_G_PMIN}, .needs_momentum = true},
  {.name = "xi",
   .columns = 2,
   .column = {M2, SQ_OBS_G_PMIN},
   .needs_momentum = true,
   .function = correlation_length,
   .gradient = correlation_length_gradient},
  {.name = "schwinger_dyson", .columns = 1, .column = {SQ_OBS_SCHWINGER_DYSON}},
};

/* The series of an ensemble: all columns and the weights, sorted by chain, in one allocation. */
typedef struct {
  sq_chains chains;
  double *storage; /* [ALL_COLUMNS + 1][n] */
  const double *column[ALL_COLUMNS];
  sq_series series;
} ensemble;

static void derive_columns(int64_t n, const double *m, double *abs_m, double *m2, double *m4)
{
  for (int64_t i = 0; i < n; i++) {
    abs_m[i] = fabs(m[i]);
    m2[i] = m[i] * m[i];
    m4[i] = m2[i] * m2[i];
  }
}

static PetscErrorCode ensemble_create(int64_t n, const double *const column[SQ_OBS_COLUMNS], const double *chain,
                                      const double *weight, ensemble *e)
{
  PetscFunctionBeginUser;
  PetscCall(sq_chains_create(n, chain, &e->chains));
  PetscCall(sq_alloc((ALL_COLUMNS + 1) * n, &e->storage));
  for (int k = 0; k < ALL_COLUMNS; k++) e->column[k] = e->storage + k * n;
  for (int k = 0; k < SQ_OBS_COLUMNS; k++) sq_chains_gather(&e->chains, column[k], e->storage + k * n);
  derive_columns(n, e->column[SQ_OBS_M], e->storage + ABS_M * n, e->storage + M2 * n, e->storage + M4 * n);
  double *sorted = e->storage + ALL_COLUMNS * n;
  if (weight) sq_chains_gather(&e->chains, weight, sorted);
  e->series = (sq_series){.n = n,
                          .column = e->column,
                          .weight = weight ? sorted : NULL,
                          .chains = e->chains.chains,
                          .length = e->chains.length};
  PetscFunctionReturn(0);
}

static void ensemble_destroy(ensemble *e)
{
  sq_chains_destroy(&e->chains);
  sq_free(&e->storage);
}

static PetscErrorCode add_row(const row_type *type, const geometry *g, const sq_series *series, sq_obs_table *table)
{
  PetscFunctionBeginUser;
  sq_estimate estimate;
  sq_derived derived = {.primaries = type->columns,
                        .column = type->column,
                        .function = type->function,
                        .gradient = type->gradient,
                        .context = g};
  PetscCall(sq_gamma(series, &derived, &estimate));
  bool undefined = type->function == correlation_length &&
                   isnan(estimate.value); /* a NaN in its columns shows in M2 or G_pmin */
  if (!undefined) {
    table->row[table->count].name = type->name;
    table->row[table->count++].estimate = estimate;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_obs_analyse(int dim, const int64_t extent[SQ_DIM], int64_t n,
                              const double *const column[SQ_OBS_COLUMNS], const double *chain, const double *weight,
                              sq_obs_table *table)
{
  PetscFunctionBeginUser;
  ensemble e;
  int64_t length = extent[SQ_DIM - dim];
  geometry g = {.volume = 1, .two_sin = 2 * sin(PETSC_PI / (double)length)};
  for (int mu = 0; mu < SQ_DIM; mu++) g.volume *= (double)extent[mu];
  PetscCall(ensemble_create(n, column, chain, weight, &e));
  table->count = 0;
  for (int r = 0; r < SQ_OBS_ROWS; r++)
    if (length > 1 || !row_types[r].needs_momentum) PetscCall(add_row(&row_types[r], &g, &e.series, table));
  ensemble_destroy(&e);
  PetscFunctionReturn(0);
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
