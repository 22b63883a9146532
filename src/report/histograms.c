/* Figures of distributions: the magnetisation, the action, |phi|^2 of fluxes, path weights. */
#include "src/report/report.h"
#include <math.h>

enum { BINS = 60 };

PetscErrorCode sq_histogram_add_to(const char *name, int64_t n, const double *x, double low, double high,
                                   double stretch, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_histogram h;
  PetscCall(sq_histogram_create(BINS, low, high, &h));
  sq_histogram_add(&h, n, x);
  PetscCall(sq_text_add(out, "# %s\n", name));
  for (int b = 0; b < h.bins; b++) {
    double error, density = sq_histogram_density(&h, b, &error);
    PetscCall(
      sq_text_add(out, "%.6g %.6g %.3g\n", h.low + (b + 0.5) * (h.high - h.low) / h.bins, density, stretch * error));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  sq_histogram_destroy(&h);
  PetscFunctionReturn(0);
}

/* What autocorrelation does to errors of a chain: (2 tau_int)^(1/2) of the row that belongs to the column. NaN: not
 * known.
 */
static double stretch_of(const sq_ensemble *e, const char *row)
{
  const sq_estimate *x = sq_obs_find(&e->table, row);
  if (!e->chain || !x) return 1;
  return isfinite(x->error) ? sqrt(fmax(1, 2 * x->tau_int)) : NAN;
}

/* The column of that name, or NULL. */
static const double *column_of(const sq_ensemble *e, const char *name)
{
  int column = e->theory ? sq_obs_column(e->theory, name) : -1;
  return column < 0 ? NULL : e->column[column];
}

static PetscErrorCode column_histograms(const sq_report *r, const char *column, sq_text *out)
{
  PetscFunctionBeginUser;
  double low = INFINITY, high = -INFINITY;
  for (int i = 0; i < r->ensembles; i++)
    if (column_of(&r->ensemble[i], column))
      sq_range_extend(r->ensemble[i].count, column_of(&r->ensemble[i], column), &low, &high);
  if (!(low <= high)) PetscFunctionReturn(0);
  for (int i = 0; i < r->ensembles; i++)
    if (column_of(&r->ensemble[i], column))
      PetscCall(sq_histogram_add_to(r->ensemble[i].name, r->ensemble[i].count, column_of(&r->ensemble[i], column), low,
                                    high, stretch_of(&r->ensemble[i], column), out));
  PetscFunctionReturn(0);
}

#define HISTOGRAMS(axis)                                                                                               \
  "set xlabel '" axis "'\nset ylabel 'density'\nset style fill solid 0.25 noborder\nset yrange [0:]\n"                 \
  "plot data index 0 using 1:2 with boxes lc rgb colour[1] title name[1], "                                            \
  "for [i=1:blocks-1] data index i using 1:2:3 with yerrorbars pt 7 ps 0.5 lc rgb colour[i+1] title name[i+1]\n"

/* ---- the magnetisation ---- */

static PetscErrorCode magnetisation_data(const sq_report *r, sq_text *out)
{
  return column_histograms(r, "M", out);
}

const sq_figure sq_figure_magnetisation = {"magnetisation",
                                           "The magnetisation",
                                           "Distribution of M, the average of phi over the lattice, of vectors that of "
                                           "their first number (of angles, the cosine). Errors of chains "
                                           "are those of independent configurations times (2 tau_int)^1/2 of M.",
                                           700,
                                           450,
                                           magnetisation_data,
                                           HISTOGRAMS("M")};
/* ---- the action ---- */

static PetscErrorCode action_data(const sq_report *r, sq_text *out)
{
  return column_histograms(r, "action_density", out);
}

const sq_figure sq_figure_action = {"action",    "The action",     "Distribution of the action density S/V.", 700, 450,
                                    action_data, HISTOGRAMS("S/V")};
/* ---- |phi|^2 of fluxes, beside the number of particles (windings.c) ---- */

static PetscErrorCode squares_data(const sq_report *r, sq_text *out)
{
  return r->run->action.type->flux ? column_histograms(r, "phi2", out) : 0;
}

const sq_figure sq_figure_squares = {"squares",
                                     "|phi|^2",
                                     "Distribution of the mean of W(f + 2)/W(f) over the sites of a field of fluxes, "
                                     "whose average is that of |phi|^2.",
                                     700,
                                     450,
                                     squares_data,
                                     HISTOGRAMS("|phi|^2")};
/* ---- path weights ---- */

static PetscErrorCode weight_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < r->ensembles; i++) {
    const sq_ensemble *e = &r->ensemble[i];
    double *x, low = INFINITY, high = -INFINITY;
    if (!e->log_weight || e->partition) continue; /* divergence.c has those of fields */
    double log_Z = e->weights.log_mean;
    PetscCall(sq_alloc(e->count, &x));
    for (int64_t n = 0; n < e->count; n++) x[n] = e->log_weight[n] - log_Z;
    sq_range_extend(e->count, x, &low, &high);
    if (low <= high) PetscCall(sq_histogram_add_to(e->name, e->count, x, low, high, 1, out));
    sq_free(&x);
  }
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_weights = {"weights",
                                     "Path weights",
                                     "Distribution of log w - log Z of the generated fields: a line at 0 for a perfect "
                                     "model.",
                                     700,
                                     450,
                                     weight_data,
                                     "set xlabel 'log w - log Z'\nset ylabel 'density'\nset style fill solid 0.25 "
                                     "noborder\nset yrange [0:]\n"
                                     "plot for [i=0:blocks-1] data index i using 1:2 with boxes lc rgb colour[i+3] "
                                     "title name[i+1]\n"};
