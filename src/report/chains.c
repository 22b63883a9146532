/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of chains: the history of Monte Carlo, its autocorrelation, chains against each other. */
#include "squall/hmc.h"
#include "src/report/report.h"
#include <math.h>
#include <string.h>

enum { SHOWN_CHAINS = 4, SHOWN_ROWS = 1000, LAGS = 200, CHAIN = 0, PROBE = 1, FIRST = 2, ENOUGH = 16 };

/* ---- history ---- */

/* A chain's rows, thinned: trajectory, M, S/V, dH. */
static PetscErrorCode add_history(const sq_rows *series, int64_t first, int64_t rows, sq_text *out)
{
  PetscFunctionBeginUser;
  int64_t step = rows / SHOWN_ROWS + 1;
  for (int64_t i = 0; i < rows; i += step) {
    const double *row = series->value + (first + i) * series->columns + FIRST;
    PetscCall(sq_text_add(out, "%.0f %.5g %.6g %.4g\n", row[SQ_HISTORY_TRAJECTORY], row[SQ_HISTORY_M],
                          row[SQ_HISTORY_ACTION], row[SQ_HISTORY_DH]));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static bool same_chain(const sq_rows *series, int64_t a, int64_t b)
{
  const double *x = series->value + a * series->columns, *y = series->value + b * series->columns;
  return x[CHAIN] == y[CHAIN] && x[PROBE] == y[PROBE];
}

/* The first few chains of a series, as blocks named by kind. */
static PetscErrorCode add_histories(const sq_rows *series, bool probes, const char *kind, sq_text *out)
{
  PetscFunctionBeginUser;
  int shown = 0;
  for (int64_t i = 0, end; i < series->rows && shown < SHOWN_CHAINS; i = end) {
    for (end = i + 1; end < series->rows && same_chain(series, i, end);) end++;
    if ((series->value[i * series->columns + PROBE] != 0) != probes) continue;
    PetscCall(sq_text_add(out, "# %s\n", shown++ ? "-" : kind));
    PetscCall(add_history(series, i, end - i, out));
  }
  for (; shown < SHOWN_CHAINS; shown++)
    PetscCall(sq_text_add(out, "# -\nNaN NaN NaN NaN\n\n\n")); /* the script counts on their number */
  PetscFunctionReturn(0);
}

/* Whether the chains decide by dH. */
static PetscErrorCode chains_decide(const sq_run *run, bool *decide)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set = {.dynamics = &sq_dynamics_trajectory};
  if (!strcmp(sq_run_ensemble_section(run), "mc")) PetscCall(sq_run_ensemble_settings(run, &set));
  *decide = set.dynamics->tuned; /* a step size */
  PetscFunctionReturn(0);
}

static PetscErrorCode history_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  bool decide = true;
  if (!r->production.rows) PetscFunctionReturn(0);
  PetscCall(chains_decide(r->run, &decide));
  PetscCall(add_histories(&r->thermalisation, false, "chains", out));
  PetscCall(add_histories(&r->thermalisation, true, "from the other start", out));
  PetscCall(add_histories(&r->production, false, "production", out));
  PetscCall(sq_text_add(out, "# %s\n%d 0\n\n\n# %s\n0 0\n\n\n", decide ? "trajectory" : "interval", decide,
                        r->run->action.type->columns[0]));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_history = {"history",
                                     "Monte Carlo history",
                                     "Left: thermalisation of some chains, after the tuning of the step, and of probes "
                                     "from the other kind of start. The others: production; ΔH decides whether a "
                                     "trajectory is accepted.",
                                     1350,
                                     420,
                                     history_data,
                                     "stats data index 12 using 1 name 'D' nooutput\n"
                                     "decide = D_max\n"
                                     "stats data index 8 using 1 name 'X' nooutput\n"
                                     "set multiplot layout down(2+decide),across(2+decide)\n"
                                     "set tmargin 3\n"
                                     "set key maxcols 2\n"
                                     "set xlabel label[13]\n"
                                     "set ylabel label[14]\n"
                                     "plot for [i=0:3] data index i using 1:2 lt 1 title (i ? '' : label[1]), for "
                                     "[i=4:7] data index i using 1:2 lt 3 title (i > 4 ? '' : label[5])\n"
                                     "set xtics step(X_min, X_max)\n"
                                     "set ylabel 'S/V'\n"
                                     "plot for [i=8:11] data index i using 1:3 lt i-7 notitle\n"
                                     "set ylabel 'ΔH'\n"
                                     "# where all ΔH are 0, there still is a range\n"
                                     "if (decide) plot for [i=8:11] data index i using 1:4 with points pt 7 ps (paper "
                                     "? 0.1 : 0.15) lc rgb colour[i-7] notitle, data index 8 every ::0::0 using "
                                     "1:(0.01) with points ps 0 notitle\n"
                                     "unset multiplot\n",
                                     3};
/* ---- autocorrelation ---- */

/* A chain's observable: rows of it, `stride` updates of `seconds` core-seconds apart. */
typedef struct {
  int64_t rows;
  double *chain, *x; /* [rows], owned */
  double stride, seconds;
} track;

static PetscErrorCode make_track(int64_t rows, track *t)
{
  PetscFunctionBeginUser;
  *t = (track){.rows = rows};
  PetscCall(sq_alloc(rows, &t->chain));
  PetscCall(sq_alloc(rows, &t->x));
  PetscFunctionReturn(0);
}

static void free_track(track *t)
{
  sq_free(&t->chain);
  sq_free(&t->x);
}

/* A block of updates, rho, error, core-seconds, tau_int summed so far, its error. unit: of its tau_int. */
static PetscErrorCode add_rho(const track *t, const char *name, const char *unit, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_chains chains;
  sq_estimate mean;
  double *sorted, rho[LAGS], error[LAGS], sum = 0;
  PetscCall(sq_alloc(t->rows, &sorted));
  PetscCall(sq_chains_create(t->rows, t->chain, &chains));
  sq_chains_gather(&chains, t->x, sorted);
  sq_series series = {
    .n = t->rows, .column = (const double *const[]){sorted}, .chains = chains.chains, .length = chains.length};
  PetscCall(sq_gamma(&series, NULL, &mean));
  PetscCall(sq_autocorrelation(&series, NULL, LAGS, rho, error));
  double reach = isfinite(mean.tau_int) ? fmax(10, 8 * mean.tau_int) : 10;
  int64_t count = (int64_t)fmin(LAGS, reach);
  PetscCall(sq_text_add(out, "# %s: τ_{int} = %.2f ± %.2f%s", name, t->stride * mean.tau_int,
                        t->stride * mean.tau_int_error, unit));
  if (unit[0] && isfinite(t->seconds)) PetscCall(sq_text_add(out, ", %.2g s", t->stride * mean.tau_int * t->seconds));
  PetscCall(sq_text_add(out, "\n"));
  for (int64_t i = 0; i < count; i++) {
    sum += i ? rho[i] : 0.5;
    PetscCall(sq_text_add(out, "%.6g %.5g %.3g %.5g %.5g %.3g\n", t->stride * (double)i, rho[i], error[i],
                          t->stride * (double)i * t->seconds, t->stride * sum,
                          t->stride * fabs(sum) * sqrt((4 * (double)i + 2) / (double)t->rows)));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  sq_chains_destroy(&chains);
  sq_free(&sorted);
  PetscFunctionReturn(0);
}

/* A column of the production series of Monte Carlo. */
static PetscErrorCode track_of_production(const sq_report *r, int column, bool absolute, track *t)
{
  PetscFunctionBeginUser;
  const sq_rows *p = &r->production;
  PetscCall(make_track(p->rows, t));
  for (int64_t i = 0; i < p->rows; i++) {
    double value = p->value[i * p->columns + FIRST + column];
    t->chain[i] = p->value[i * p->columns + CHAIN];
    t->x[i] = absolute ? fabs(value) : value;
  }
  t->stride = p->rows > 1 ?
                p->value[p->columns + FIRST + SQ_HISTORY_TRAJECTORY] - p->value[FIRST + SQ_HISTORY_TRAJECTORY] :
                1;
  t->seconds = NAN;
  for (int i = 0; i < r->ensembles; i++)
    if (!strcmp(r->ensemble[i].name, "training")) t->seconds = r->ensemble[i].core_seconds;
  PetscFunctionReturn(0);
}

static PetscErrorCode track_of_ensemble(const sq_ensemble *e, bool absolute, track *t)
{
  PetscFunctionBeginUser;
  PetscCall(make_track(e->count, t));
  memcpy(t->chain, e->chain, (size_t)e->count * sizeof *t->chain);
  for (int64_t i = 0; i < e->count; i++)
    t->x[i] = absolute ? fabs(e->column[SQ_OBS_ORDER][i]) : e->column[SQ_OBS_ORDER][i];
  t->stride = isnan(e->updates) ? 1 : e->updates;
  t->seconds = e->core_seconds;
  PetscFunctionReturn(0);
}

static PetscErrorCode autocorrelation_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  track t;
  if (r->production.rows < 8) PetscFunctionReturn(0);
  PetscCall(track_of_production(r, SQ_HISTORY_M, true, &t));
  PetscCall(add_rho(&t, "|M|", "", out));
  free_track(&t);
  PetscCall(track_of_production(r, SQ_HISTORY_ACTION, false, &t));
  PetscCall(add_rho(&t, "S", "", out));
  free_track(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_autocorrelation = {"autocorrelation",
                                             "Autocorrelation",
                                             "Left: normalised autocorrelation ρ(t) of the production chains. Right: "
                                             "its sum up to W, τ_int(W) = 1/2 + Σ ρ(t), and its error (Madras and "
                                             "Sokal); where it levels off is the integrated autocorrelation time.",
                                             900,
                                             450,
                                             autocorrelation_data,
                                             "set multiplot layout down(2),across(2)\n"
                                             "set xlabel 't (trajectories)'\n"
                                             "set ylabel 'ρ(t)'\n"
                                             "plot 0 lc rgb '#555555' notitle, for [i=1:blocks] data index i-1 using "
                                             "1:2:3 with yerrorlines lt 2*i-1 title label[i]\n"
                                             "set xlabel 'W (trajectories)'\n"
                                             "set ylabel 'τ_{int}(W) (trajectories)'\n"
                                             "plot for [i=1:blocks] data index i-1 using 1:5:6 with yerrorlines lt "
                                             "2*i-1 notitle\n"
                                             "unset multiplot\n",
                                             2};
/* ---- chains against each other ---- */

/* The first ensemble of that name, or whose name begins so, that is a chain of some length; NULL if there is none. */
static const sq_ensemble *find_chain(const sq_report *r, const char *name)
{
  for (int i = 0; i < r->ensembles; i++)
    if (!strncmp(r->ensemble[i].name, name, strlen(name)) && r->ensemble[i].chain && r->ensemble[i].count >= ENOUGH)
      return &r->ensemble[i];
  return NULL;
}

static PetscErrorCode add_chain(const sq_ensemble *e, const char *name, const char *unit, sq_text *out)
{
  PetscFunctionBeginUser;
  track t;
  char text[SQ_IO_NAME + 16];
  for (int absolute = 0; absolute < 2; absolute++) {
    snprintf(text, sizeof text, "%s, %s", name, absolute ? "|M|" : "M");
    PetscCall(track_of_ensemble(e, absolute, &t));
    PetscCall(add_rho(&t, text, unit, out));
    free_track(&t);
  }
  PetscFunctionReturn(0);
}

/* Hybrid Monte Carlo, the Langevin equation with its smallest step, and the corrected chain: those that there are, if
 * two. */
static PetscErrorCode chains_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  const sq_ensemble *corrected = find_chain(r, "corrected"), *langevin = find_chain(r, "langevin-");
  bool hybrid = find_chain(r, "training") && r->production.rows >= ENOUGH;
  track t;
  const bool hmc = !strcmp(sq_run_ensemble_section(r->run), "hmc");
  char text[32];
  bool two = hybrid ? corrected || langevin : corrected && langevin;
  if (!two) PetscFunctionReturn(0);
  for (int absolute = 0; absolute < 2 && hybrid; absolute++) {
    PetscCall(track_of_production(r, SQ_HISTORY_M, absolute, &t));
    snprintf(text, sizeof text, "%s, %s", hmc ? "HMC" : "Monte Carlo", absolute ? "|M|" : "M");
    PetscCall(add_rho(&t, text, " trajectories", out));
    free_track(&t);
  }
  if (langevin) PetscCall(add_chain(langevin, langevin->name, " intervals", out));
  if (corrected) PetscCall(add_chain(corrected, "corrected", " steps", out));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_chains = {"chains",
                                    "Chains against each other",
                                    "Normalised autocorrelation of M and |M| along the chains of Monte Carlo, of the "
                                    "Langevin equation with its smallest step, and of corrections, as a function of "
                                    "the number of trajectories, intervals, proposals or moves (left) and of "
                                    "core-seconds (right). The times are those of this run, with its ranks, on its "
                                    "machine.",
                                    1300,
                                    520,
                                    chains_data,
                                    "set multiplot layout down(2),across(2)\n"
                                    "set xlabel 'trajectories, intervals, proposals, moves'\n"
                                    "set ylabel 'ρ'\n"
                                    "set yrange [-0.2:1]\n"
                                    "set tmargin 7\n"
                                    "if (!paper) {set key maxcols 1 font ',9'}\nbrief(s) = paper ? s[1:strstrt(s, "
                                    "':')-1] : s\n"
                                    "plot 0 lc rgb '#555555' notitle, for [i=1:blocks] data index i-1 using 1:2:3 with "
                                    "yerrorlines lt i title brief(label[i])\n"
                                    "set xlabel 'core-seconds'\n"
                                    "set logscale x\n"
                                    "set format x '10^{%T}'\n"
                                    "plot 0 lc rgb '#555555' notitle, for [i=1:blocks] data index i-1 using ($4 > 0 ? "
                                    "$4 : NaN):2:3 with yerrorlines lt i notitle\n"
                                    "unset multiplot\n",
                                    2};
