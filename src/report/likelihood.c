/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of likelihoods: the effective action, and bounds on log Z step by step. */
#include "src/report/report.h"
#include <math.h>

/* Blocks of S, S_eff, S_eff - S less its mean, error. */
static PetscErrorCode s_eff_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < r->likelihood.jobs; i++) {
    const sq_likelihood_job *job = &r->likelihood.job[i];
    if (job->kind != SQ_FLOW_TESTING && job->kind != SQ_FLOW_GENERATED) continue;
    sq_line fit = sq_likelihood_line(job);
    PetscCall(sq_text_add(out, "# %s: R² = %.5g\n", job->kind == SQ_FLOW_TESTING ? "held-out" : "generated", fit.R2));
    for (int64_t n = 0; n < job->count; n++) {
      const double *x = job->value + n * job->width;
      PetscCall(sq_text_add(out, "%.8g %.8g %.6g %.3g\n", x[0], x[1], x[1] - x[0] - fit.offset, x[2]));
    }
    PetscCall(sq_text_add(out, "\n\n"));
  }
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_s_eff = {"s_eff",
                                   "The effective action",
                                   "S_eff = -log q of the probability flow against the action, for held-out and for "
                                   "generated fields, and their difference less its mean; a perfect model has none. "
                                   "R²: of the straight line of slope 1.",
                                   900,
                                   450,
                                   s_eff_data,
                                   "set multiplot layout down(2),across(2)\n"
                                   "set tmargin 4\n"
                                   "set xlabel 'S'\n"
                                   "set ylabel 'S_{eff}'\n"
                                   "stats data using ($2 - $1) name 'D' nooutput\n"
                                   "stats data using 1 name 'X' nooutput\n"
                                   "set xtics step(X_min, X_max)\n"
                                   "plot x + D_mean lc rgb '#555555' title 'S + log Z', for [i=1:blocks] data index "
                                   "i-1 using 1:2 with points lt hue(i) title label[i]\n"
                                   "set ylabel 'S_{eff} − S, less its mean'\n"
                                   "plot 0 lc rgb '#555555' notitle, for [i=1:blocks] data index i-1 using 1:3:4 with "
                                   "yerrorbars lt hue(i) notitle\n"
                                   "unset multiplot\n",
                                   2};
/* Blocks of s, the gap that its step adds, error, what it should lose. */
static PetscErrorCode bounds_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int i = 0; i + 1 < r->likelihood.jobs; i++) {
    const sq_likelihood_job *data = &r->likelihood.job[i], *model = &r->likelihood.job[i + 1];
    if (data->kind != SQ_PATHS_TESTING) continue;
    PetscCall(sq_text_add(out, "# %d steps\n", data->steps));
    for (int k = 1; k <= data->steps; k++) {
      sq_estimate upper, lower;
      PetscCall(sq_likelihood_term(data, k, &upper));
      PetscCall(sq_likelihood_term(model, k, &lower));
      PetscCall(sq_text_add(out, "%.6g %.5g %.3g %.5g\n", data->s[k], upper.value - lower.value,
                            hypot(upper.error, lower.error), data->loss[k]));
    }
    PetscCall(sq_text_add(out, "\n\n"));
  }
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_bounds = {"bounds",
                                    "What each step costs",
                                    "The gap between the bounds on log Z from paths, split over the steps (points), "
                                    "and what a Gaussian step loses of a perfect denoiser (lines). Its unit is the "
                                    "nat: natural logarithms.",
                                    700,
                                    450,
                                    bounds_data,
                                    "set xlabel 'noise level s'\n"
                                    "set ylabel 'gap of log Z (nats)'\n"
                                    "set logscale x\n"
                                    "plot for [i=1:blocks] data index i-1 using ($1*(1 + beside(i, blocks))):2:3 with "
                                    "yerrorbars lt i title label[i], for [i=1:blocks] data index i-1 using 1:4 lt i "
                                    "notitle\n",
                                    0};
