/* What figures of likelihoods are drawn from: the effective action, and bounds on log Z step by step. */
#include "src/report/report.h"
#include <math.h>

/* Blocks of S, S_eff, S_eff - S less its mean, error. */
PetscErrorCode sq_effective_action_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < r->likelihood.jobs; i++) {
    const sq_likelihood_job *job = &r->likelihood.job[i];
    if (job->kind != SQ_FLOW_TESTING && job->kind != SQ_FLOW_GENERATED) continue;
    sq_likelihood_fit fit = sq_likelihood_fit_of(job);
    PetscCall(sq_text_add(out, "# %s: R^2 = %.4f\n", job->kind == SQ_FLOW_TESTING ? "held-out" : "generated", fit.R2));
    for (int64_t n = 0; n < job->count; n++) {
      const double *x = job->value + n * job->width;
      PetscCall(sq_text_add(out, "%.8g %.8g %.6g %.3g\n", x[0], x[1], x[1] - x[0] - fit.offset, x[2]));
    }
    PetscCall(sq_text_add(out, "\n\n"));
  }
  PetscFunctionReturn(0);
}

/* Blocks of s, the gap that its step adds, error, what it should lose. */
PetscErrorCode sq_bounds_data(const sq_report *r, sq_text *out)
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
