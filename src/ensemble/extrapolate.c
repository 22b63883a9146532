/* SPDX-License-Identifier: BSD-3-Clause */
/* Ensembles of a Langevin equation with several step sizes, extrapolated to step size 0, observable by observable ->
 * langevin.csv. */
#include "src/ensemble/ensemble.h"
#include <math.h>
#include <string.h>

static const double unlikely = 0.001; /* p of a fit that is not to be trusted */

/* The ensembles that the extrapolation is from, smallest step first, and the fit's form; others: with another kernel of
 * Fourier acceleration, whose averages are wrong by other multiples of eps^n, and which are left out. */
typedef struct {
  int count, power, terms, others;
  const sq_ensemble *ensemble[SQ_ENSEMBLES];
} basis;

/* first: NULL, or the first that does. */
static bool enters(const sq_ensemble *e, const sq_ensemble *first)
{
  bool one = !isnan(e->order) && e->eps > 0 && !strstr(e->name, "-test");
  return one && (!first || (e->order == first->order && e->alpha == first->alpha && !strcmp(e->action, first->action)));
}

/* A scheme that is exact is so with any kernel. */
static bool same_kernel(const sq_ensemble *e, const sq_ensemble *first)
{
  return e->order == 0 || e->mass == first->mass || (isnan(e->mass) && isnan(first->mass));
}

/* Degree auto: 2 from four step sizes on. Schemes that are exact have nothing to extrapolate: their mean. */
static basis find_basis(const sq_run *run, const sq_ensemble *ensembles, int count)
{
  basis b = {0};
  int degree = run->langevin.degree;
  for (int i = 0; i < count; i++) {
    if (!enters(&ensembles[i], b.ensemble[0])) continue;
    if (!b.count || same_kernel(&ensembles[i], b.ensemble[0])) b.ensemble[b.count++] = &ensembles[i];
    else b.others++;
  }
  if (b.count < 2) return b;
  if (degree < 1) degree = b.count > 3 ? 2 : 1;
  b.power = (int)b.ensemble[0]->order;
  b.terms = b.power ? PetscMin(degree + 1, b.count) : 1;
  return b;
}

/* The fit of one observable; points[3][count]: step sizes, values, errors. */
static bool fit(const basis *b, const char *name, double *points, sq_extrapolation *result)
{
  double *x = points, *y = points + b->count, *error = points + 2 * b->count;
  for (int i = 0; i < b->count; i++) {
    const sq_estimate *e = sq_obs_find(&b->ensemble[i]->table, name);
    x[i] = b->ensemble[i]->eps;
    y[i] = e ? e->value : NAN;
    error[i] = e ? e->error : NAN;
  }
  return sq_extrapolate(b->count, x, y, error, b->power, b->terms, result);
}

PetscErrorCode sq_langevin_extrapolate(const sq_run *run, sq_ensemble *ensembles, int *count)
{
  PetscFunctionBeginUser;
  basis b = find_basis(run, ensembles, *count);
  double points[3 * SQ_ENSEMBLES];
  if (b.count < 2) PetscFunctionReturn(0);
  sq_ensemble *e = &ensembles[*count];
  *e = (sq_ensemble){.dim = b.ensemble[0]->dim,
                     .order = b.power,
                     .alpha = b.ensemble[0]->alpha,
                     .mass = b.ensemble[0]->mass,
                     .acceptance = NAN,
                     .proposals_k_hat = NAN,
                     .proposals_most_k = NAN,
                     .burn_in = NAN,
                     .moves = NAN,
                     .exp_dH = NAN,
                     .exp_dH_error = NAN,
                     .exp_dH_k_hat = NAN,
                     .invalid_share = NAN,
                     .polishing = NAN,
                     .never_moved = NAN,
                     .held_back = NAN,
                     .late_drift = NAN,
                     .model_error = NAN,
                     .updates = NAN,
                     .core_seconds = NAN,
                     .thermalisation = NAN,
                     .tau_int = NAN,
                     .tau_int_error = NAN,
                     .disagreement = NAN};
  snprintf(e->name, sizeof e->name, "langevin");
  memcpy(e->action, b.ensemble[0]->action, sizeof e->action);
  memcpy(e->extent, b.ensemble[0]->extent, sizeof e->extent);
  for (int i = 0; i < b.count; i++) e->count += b.ensemble[i]->count;
  for (int r = 0; r < b.ensemble[0]->table.count; r++) {
    const char *name = b.ensemble[0]->table.row[r].name;
    sq_extrapolation x;
    if (!fit(&b, name, points, &x)) continue;
    e->table.row[e->table.count].name = name;
    e->table.row[e->table.count++].estimate = (sq_estimate){
      .value = x.value, .error = x.error, .error_of_error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = e->count};
  }
  *count += 1;
  PetscFunctionReturn(0);
}

/* ---- the table ---- */

static const sq_column columns[] = {{"observable", "%s"}, {"eps", "%.10g"}, {"value", "%.10g"},
                                    {"error", "%.4g"},    {"fit", "%.10g"}, {"fit_chi2", "%.4g"},
                                    {"freedom", "%.0f"},  {"p", "%.4g"},    {0}};

static PetscErrorCode add_point(const char *name, double eps, double value, double error, double at,
                                const sq_extrapolation *x, sq_table *out)
{
  PetscFunctionBeginUser;
  PetscCall(sq_table_add(out, SQ_ROW(SQ_CELL("observable", name), SQ_CELL("eps", eps), SQ_CELL("value", value),
                                     SQ_CELL("error", error), SQ_CELL("fit", at), SQ_CELL("fit_chi2", x->chi2),
                                     SQ_CELL("freedom", x->freedom), SQ_CELL("p", x->p))));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_observable(const basis *b, const char *name, const double *points, const sq_extrapolation *x,
                                     sq_table *out)
{
  PetscFunctionBeginUser;
  PetscCall(add_point(name, 0, x->value, x->error, x->value, x, out));
  for (int i = 0; i < b->count; i++)
    PetscCall(add_point(name, points[i], points[b->count + i], points[2 * b->count + i],
                        sq_extrapolation_at(x, b->power, b->terms, points[i]), x, out));
  PetscFunctionReturn(0);
}

/* "c_0 + c_1 eps^2 + c_2 eps^3" */
static void form_text(const basis *b, char *text, size_t size)
{
  size_t used = (size_t)snprintf(text, size, "c_0");
  for (int k = 1; k < b->terms && used < size; k++)
    used += (size_t)snprintf(text + used, size - used, b->power + k == 2 ? " + c_%d eps" : " + c_%d eps^%d", k,
                             b->power + k - 1);
}

PetscErrorCode sq_langevin_report(const sq_run *run, const sq_ensemble *ensembles, int count, bool aloud)
{
  PetscFunctionBeginUser;
  basis b = find_basis(run, ensembles, count);
  double points[3 * SQ_ENSEMBLES];
  char form[128], value[64];
  sq_table table;
  int doubtful = 0;
  if (b.others)
    sq_warn("langevin: %d of %d step sizes have another kernel of Fourier acceleration than the smallest (mass %.3g): "
            "they are not extrapolated with it; give langevin.mass, or move the files away to make them anew",
            b.others, b.others + b.count, b.ensemble[0]->mass);
  if (b.count < 2) PetscFunctionReturn(0);
  form_text(&b, form, sizeof form);
  if (aloud) sq_info("langevin: %d step sizes, extrapolated to 0 with %s", b.count, form);
  PetscCall(sq_table_begin(columns, &table));
  for (int r = 0; r < b.ensemble[0]->table.count; r++) {
    const char *name = b.ensemble[0]->table.row[r].name;
    sq_extrapolation x;
    if (!fit(&b, name, points, &x)) continue;
    PetscCall(add_observable(&b, name, points, &x, &table));
    sq_value_text(&(sq_estimate){.value = x.value, .error = x.error}, value, sizeof value);
    if (aloud) sq_info("  %-16s %18s  chi2 = %.1f with %d degrees of freedom", name, value, x.chi2, x.freedom);
    doubtful += x.p < unlikely;
  }
  if (doubtful)
    sq_warn("langevin: %d of these fits do not describe their points (p < %g): take smaller steps, or more of them "
            "(langevin.eps, langevin.degree)",
            doubtful, unlikely);
  PetscCall(sq_run_write(run, "langevin.csv", &table.text));
  PetscFunctionReturn(0);
}
