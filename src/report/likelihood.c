/* Figures of likelihoods: the effective action, and bounds on log Z step by step. */
#include "src/report/report.h"
#include <math.h>

/* Blocks of S, S_eff, S_eff - S less its mean, error. */
static PetscErrorCode effective_action_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < r->likelihood.jobs; i++) {
    const sq_likelihood_job *job = &r->likelihood.job[i];
    if (job->kind != SQ_FLOW_TESTING && job->kind != SQ_FLOW_GENERATED) continue;
    sq_line fit = sq_likelihood_line(job);
    PetscCall(sq_text_add(out, "# %s: R^2 = %.4f\n", job->kind == SQ_FLOW_TESTING ? "held-out" : "generated", fit.R2));
    for (int64_t n = 0; n < job->count; n++) {
      const double *x = job->value + n * job->width;
      PetscCall(sq_text_add(out, "%.8g %.8g %.6g %.3g\n", x[0], x[1], x[1] - x[0] - fit.offset, x[2]));
    }
    PetscCall(sq_text_add(out, "\n\n"));
  }
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_effective_action = {
  "effective_action",
  "The effective action",
  "S_eff = -log q of the probability flow against the action, for held-out and for generated fields, and their "
  "difference less its mean; a perfect model has none.",
  900,
  450,
  effective_action_data,
  "set multiplot layout 1,2\nset xlabel 'S'\nset ylabel 'S_{eff}'\nset key top left\nstats data using ($2 - $1) name "
  "'D' nooutput\n"
  "plot x + D_mean lc rgb '#555555' title 'S + log Z', for [i=0:blocks-1] data index i using 1:2 with points pt 7 ps "
  "0.5 lc rgb colour[2*i+1] title name[i+1]\n"
  "set ylabel 'S_{eff} - S, less its mean'\nplot 0 lc rgb '#555555' notitle, for [i=0:blocks-1] data index i using "
  "1:3:4 with yerrorbars pt 7 ps 0.5 lc rgb colour[2*i+1] notitle\n"
  "unset multiplot\n"};
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
                                    "and what a Gaussian step loses of a perfect denoiser (lines).",
                                    700,
                                    450,
                                    bounds_data,
                                    "set xlabel 'noise level s'\nset ylabel 'nats'\nset logscale x\nplot for "
                                    "[i=0:blocks-1] data index i using 1:2:3 with yerrorbars pt 7 ps 0.5 lc rgb "
                                    "colour[i+1] title name[i+1], for [i=0:blocks-1] data index i using 1:4 lc rgb "
                                    "colour[i+1] notitle\n"};
