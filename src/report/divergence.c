/* SPDX-License-Identifier: BSD-3-Clause */
/* Of models that know the density of any field: how they learned, what their weights say. */
#include "src/ensemble/partition.h"
#include "src/report/report.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_report_log_Z(sq_report *r)
{
  PetscFunctionBeginUser;
  bool wanted = r->history.weighings > 0;
  for (int i = 0; i < r->ensembles; i++) wanted = wanted || r->ensemble[i].partition;
  r->log_Z = NAN;
  if (wanted) PetscCall(sq_run_log_Z(r->run, &r->run->action, r->run->extents, &r->log_Z));
  PetscFunctionReturn(0);
}

/* ---- learning ---- */

/* Kinds of steps, a block each: step, f/V, the divergence (NaN: not known), half the variance of f. */
enum { ANNEALED, REVERSE, FORWARD, KINDS };

static int kind_of(const sq_weighing_row *w)
{
  return w->forward > 0.5 ? FORWARD : w->scale < 1 ? ANNEALED : REVERSE;
}

static PetscErrorCode add_steps(const sq_report *r, int kind, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const name[KINDS] = {"annealing", "reverse", "forward"};
  bool any = false;
  for (int64_t i = 0; i < r->history.weighings; i++) {
    const sq_weighing_row *w = &r->history.weighing[i];
    if (kind_of(w) != kind) continue;
    if (!any) PetscCall(sq_text_add(out, "# %s\n", name[kind]));
    const double divergence = kind == ANNEALED ? NAN : kind == FORWARD ? -w->f - r->log_Z : w->f + r->log_Z;
    PetscCall(sq_text_add(out, "%.0f %.10g %.6g %.6g\n", r->history.loss[i].step, w->f / sq_volume(r->run->padded),
                          divergence, 0.5 * w->spread * w->spread));
    any = true;
  }
  if (any) PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode learning_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  const double F = -r->log_Z / sq_volume(r->run->padded);
  if (!r->history.weighings) PetscFunctionReturn(0);
  for (int kind = 0; kind < KINDS; kind++) PetscCall(add_steps(r, kind, out));
  if (!isnan(F))
    PetscCall(sq_text_add(out, "# exact\n%.0f %.12g\n%.0f %.12g\n\n\n", r->history.loss[0].step, F,
                          r->history.loss[r->history.losses - 1].step, F));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_learning = {"learning",
                                      "Training",
                                      "Left: <log q + S> a site. For steps by the reverse divergence it is the "
                                      "variational free energy, above the exact -log Z/V; for the forward divergence "
                                      "it is below; while S is annealed, it is that of a smaller S. Right: the "
                                      "Kullback-Leibler divergence in nats a field, if log Z is known, and half the "
                                      "variance of log q + S, which is the divergence of normal log weights.",
                                      900,
                                      480,
                                      learning_data,
                                      "array tint[4] = [1, 3, 4, 5]\n"
                                      "known = name[blocks] eq 'exact' ? 1 : 0\n"
                                      "first = name[1] eq 'annealing' ? 2 : 1\n"
                                      "last = blocks - known\n"
                                      "set multiplot layout down(2),across(2)\n"
                                      "stats data using 1 name 'X' nooutput\n"
                                      "set xtics step(X_min, X_max)\n"
                                      "set tmargin 4\n"
                                      "set xlabel 'training step'\n"
                                      "set ylabel '⟨log q + S⟩/V'\n"
                                      "plot for [i=1:blocks] data index i-1 using 1:2 lc rgb (name[i] eq 'exact' ? "
                                      "'#000000' : colour[tint[i]]) title label[i]\n"
                                      "set ylabel 'nats a field'\n"
                                      "set logscale y\n"
                                      "set format y '%g'\n"
                                      "if (known && last >= first) {\n"
                                      "plot for [i=first:last] data index i-1 using 1:($3 > 0 ? $3 : NaN) lt tint[i] "
                                      "title label[i].': divergence', for [i=1:last] data index i-1 using 1:4 lt "
                                      "tint[i] dt 3 title label[i].': half the variance'\n"
                                      "} else {\n"
                                      "plot for [i=1:last] data index i-1 using 1:4 lt tint[i] dt 3 title label[i].': "
                                      "half the variance'\n"
                                      "}\n"
                                      "unset multiplot\n",
                                      2};

/* ---- weights of fields ---- */

static void shift(int64_t n, const double *x, double by, double *out)
{
  for (int64_t i = 0; i < n; i++) out[i] = x[i] - by;
}

static PetscErrorCode weights_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < r->ensembles; i++) {
    const sq_ensemble *e = &r->ensemble[i];
    if (!e->log_weight || !e->partition) continue;
    const sq_forward *f = &e->partition->forward;
    double low = INFINITY, high = -INFINITY, *x, *y;
    PetscCall(sq_alloc(e->count, &x));
    PetscCall(sq_alloc(f->n, &y));
    shift(e->count, e->log_weight, e->weights.log_mean, x);
    shift(f->n, f->log_weight, e->weights.log_mean, y);
    sq_range_extend(e->count, x, &low, &high);
    sq_range_extend(f->n, y, &low, &high);
    if (low <= high) PetscCall(sq_histogram_add_to(e->name, e->count, x, low, high, 1, out));
    if (low <= high && f->n) PetscCall(sq_histogram_add_to("Monte Carlo", f->n, y, low, high, 1, out));
    sq_free(&x);
    sq_free(&y);
  }
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_field_weights = {"field_weights",
                                           "Weights",
                                           "Distribution of log w - log Z, w = exp(-S)/q, of generated fields and of "
                                           "Monte Carlo fields, with log Z of the generated ones: a line at 0 for a "
                                           "perfect model. The second is w/Z times the first: they cross at 0. Monte "
                                           "Carlo fields far to the right of all generated ones are of a mode that the "
                                           "model has dropped.",
                                           700,
                                           450,
                                           weights_data,
                                           "set xlabel 'log w − log Z'\n"
                                           "set ylabel 'density'\n"
                                           "set style fill transparent solid 0.4 noborder\n"
                                           "set logscale y\n"
                                           "set format y '10^{%T}'\n"
                                           "plot for [i=1:blocks] data index i-1 using 1:2 with boxes lt (i == 1 ? 3 : "
                                           "1) title label[i]\n",
                                           0};
