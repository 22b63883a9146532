/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of distributions: the magnetisation, the action, |phi|^2 of fluxes, path weights. */
#include "src/report/report.h"
#include <math.h>

enum { BINS = 40 };

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

/* The column of that name; NULL where there is none, or no number in it. */
static const double *column_of(const sq_ensemble *e, const char *name)
{
  int column = e->theory ? sq_obs_column(e->theory, name) : -1;
  for (int64_t n = 0; column >= 0 && e->column[column] && n < e->count; n++) /* averages have none */
    if (isfinite(e->column[column][n])) return e->column[column];
  return NULL;
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

/* The first ensemble as boxes, the others as points beside each other. */
#define HISTOGRAMS(axis, density)                                                                                      \
  "stats data using 1 name 'X' nooutput\nset xtics step(X_min, X_max)\n"                                               \
  "set xlabel '" axis "'\nset ylabel '" density "'\nset style fill solid 0.25 noborder\nset yrange [0:]\n"             \
  "plot data index 0 using 1:2 with boxes lt hue(1) title label[1], "                                                  \
  "for [i=2:blocks] data index i-1 using ($1 + (X_max - X_min)*beside(i-1, blocks-1)):2:3 with yerrorbars lt hue(i) "  \
  "title label[i]\n"

/* ---- the magnetisation ---- */

static PetscErrorCode magnetisation_data(const sq_report *r, sq_text *out)
{
  return column_histograms(r, "M", out);
}

const sq_figure sq_figure_magnetisation = {"magnetisation",
                                           "The magnetisation",
                                           "Distribution of M, the average of φ over the lattice; of vectors that of "
                                           "their first number, of angles the cosine. Errors of chains are those of "
                                           "independent configurations times (2 τ_int)^1/2 of M. Points are shifted "
                                           "sideways so that all can be seen.",
                                           700,
                                           450,
                                           magnetisation_data,
                                           HISTOGRAMS("M", "P(M)"),
                                           0};
/* ---- the action ---- */

static PetscErrorCode action_data(const sq_report *r, sq_text *out)
{
  return column_histograms(r, "action_density", out);
}

const sq_figure sq_figure_action = {"action",
                                    "The action",
                                    "Distribution of the action density S/V. Errors of chains are those of independent "
                                    "configurations times (2 τ_int)^1/2 of S/V.",
                                    700,
                                    450,
                                    action_data,
                                    HISTOGRAMS("S/V", "P(S/V)"),
                                    0};
/* ---- |phi|^2 of fluxes, beside the number of particles (windings.c) ---- */

static PetscErrorCode squares_data(const sq_report *r, sq_text *out)
{
  return r->run->action.type->flux ? column_histograms(r, "phi2", out) : 0;
}

const sq_figure sq_figure_squares = {"squares",
                                     "|φ|²",
                                     "Distribution of the mean of W(f + 2)/W(f) over the sites of a field of fluxes, "
                                     "whose average is that of |φ|².",
                                     700,
                                     450,
                                     squares_data,
                                     HISTOGRAMS("|φ|^2", "density"),
                                     0};
/* ---- path weights ---- */

/* A block of the normal density with the mean and the variance of x[n]. */
static PetscErrorCode add_normal(int64_t n, const double *x, double low, double high, sq_text *out)
{
  PetscFunctionBeginUser;
  double mean = 0, square = 0;
  for (int64_t i = 0; i < n; i++) mean += x[i] / (double)n;
  for (int64_t i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean) / (double)n;
  const double margin = 0.1 * (high - low);
  PetscCall(sq_text_add(out, "# normal\n"));
  for (int k = 0; k <= 2 * BINS && square > 0; k++) {
    const double at = low - margin + k * (high - low + 2 * margin) / (2 * BINS), y = (at - mean) * (at - mean) / square;
    PetscCall(sq_text_add(out, "%.6g %.6g\n", at, exp(-0.5 * y) / sqrt(2 * PETSC_PI * square)));
  }
  PetscCall(sq_text_add(out, square > 0 ? "\n\n" : "0 NaN\n\n\n"));
  PetscFunctionReturn(0);
}

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
    if (low <= high) PetscCall(add_normal(e->count, x, low, high, out));
    sq_free(&x);
  }
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_weights = {"weights",
                                     "Path weights",
                                     "Distribution of log w - log Z of the generated fields: a line at 0 for a perfect "
                                     "model. Dashed: the normal distribution of the same mean and width; a tail above "
                                     "it to the right is what makes weights unreliable.",
                                     700,
                                     450,
                                     weight_data,
                                     "stats data index 0 using ($2 > 0 ? $2 : NaN) name 'P' nooutput\n"
                                     "stats data index 0 using 1 name 'X' nooutput\n"
                                     "set xlabel 'log w − log Z'\n"
                                     "set ylabel 'density'\n"
                                     "set logscale y\n"
                                     "set format y '10^{%T}'\n"
                                     "set yrange [P_min/3:3*P_max]\n"
                                     "plot for [i=1:blocks:2] data index i-1 using ($1 + (X_max - X_min)*beside((i + "
                                     "1)/2, blocks/2)):2:3 with yerrorbars lt hue(i) title label[i], for "
                                     "[i=2:blocks:2] data index i-1 using 1:2 lc rgb '#333333' dt 2 lw 1.5 title (i == "
                                     "2 ? 'normal, same mean and width' : '')\n",
                                     0};
