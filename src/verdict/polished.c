/* SPDX-License-Identifier: BSD-3-Clause */
/* The verdict on polished fields: has every one come in from where the model left it, and does none drift any more? */
#include "src/verdict/verdict.h"
#include <math.h>

/* The probability that so many fields or more are never moved though every one of them could be: Poisson's, whose mean
 * is count (1 - acceptance)^n, n full steps of each. */
static double unlucky(const sq_ensemble *e)
{
  const double full = 7. / 8; /* the other trajectories are of finer steps */
  double mean = (double)e->count * pow(1 - e->acceptance, floor(full * e->polishing)), term = exp(-mean), below = 0;
  if (isnan(mean)) return 0;
  for (int k = 0; k < e->never_moved; k++) {
    below += term;
    term *= mean / (k + 1);
  }
  return 1 - below;
}

/* How many are not where they should be; held_back is NaN where that cannot be told. */
static double far_fields(const sq_ensemble *e)
{
  const double rare = 0.001, few = 0.01; /* a larger share would be a fault, whatever it comes from */
  bool chance = unlucky(e) >= rare && e->never_moved <= few * (double)e->count;
  double never = chance ? 0 : e->never_moved;
  return never + (isnan(e->held_back) ? 0 : e->held_back);
}

static PetscErrorCode check_far(const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  char held[96] = "";
  double far = far_fields(e);
  if (e->held_back > 0)
    snprintf(held, sizeof held, "; %.0f take no full step for half the time, only finer ones", e->held_back);
  if (far > 0)
    PetscCall(sq_verdict_add(v, e->name, "far_fields", far, 0, false,
                             "%.0f of %lld fields were never moved%s: they are far from where they should be; give "
                             "more trajectories, or a smaller correct.step_size",
                             e->never_moved, (long long)e->count, held));
  else if (e->never_moved > 0)
    PetscCall(sq_verdict_add(v, e->name, "far_fields", 0, 0, true,
                             "%.0f of %lld fields were never moved, as chance has it in %.0f trajectories of "
                             "acceptance "
                             "%.2f: a few more would move them",
                             e->never_moved, (long long)e->count, e->polishing, e->acceptance));
  else
    PetscCall(sq_verdict_add(v, e->name, "far_fields", 0, 0, true,
                             isnan(e->held_back) ? "every one of %lld fields was moved" :
                                                   "every one of %lld fields takes full steps",
                             (long long)e->count));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_polished(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  (void)run;
  if (isnan(e->never_moved)) PetscFunctionReturn(0);
  PetscCall(check_far(e, v));
  if (e->count < SQ_INDEPENDENT_LEAST) {
    PetscCall(sq_verdict_note(v, e->name, "drift", NAN, sq_sigmas_settled,
                              "%lld fields are too few to tell whether they still drift: at least %d",
                              (long long)e->count, SQ_INDEPENDENT_LEAST));
    PetscFunctionReturn(0);
  }
  bool far = far_fields(e) > 0, settled = e->late_drift <= sq_sigmas_settled;
  if (!settled)
    PetscCall(sq_verdict_add(v, e->name, "drift", e->late_drift, sq_sigmas_settled, false,
                             "still on the way from the samples' distribution to the exact one (%.1f sigma in the "
                             "second half): give more trajectories",
                             e->late_drift));
  else if (!far)
    PetscCall(sq_verdict_add(v, e->name, "drift", e->late_drift, sq_sigmas_settled, true,
                             "no drift is seen any more. That is exact only in the limit of many trajectories: modes "
                             "slower than these keep what the model gave them"));
  PetscFunctionReturn(0);
}
