/* Verdicts on what is said to be exact: weights, and the Schwinger-Dyson identity. */
#include "src/ensemble/verdict.h"
#include <math.h>

/* ---- weights ---- */

static PetscErrorCode add_weights(const sq_weights *w, const char *name, const char *sentence, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  bool few = w->verdict == SQ_WEIGHTS_FEW;
  char why[SQ_WEIGHTS_TEXT];
  sq_weights_text(w, why, sizeof why);
  PetscCall(sq_verdict_add(v, name, few ? "n_ess" : "k_hat", few ? w->n_ess : w->k_hat,
                           few ? SQ_WEIGHTS_ENOUGH : w->most_k, w->verdict == SQ_WEIGHTS_TRUSTED, "%s: %s", sentence,
                           why));
  PetscFunctionReturn(0);
}

/* The weights of fields are judged under a name of their own: the plain averages of these fields do not need them. */
PetscErrorCode sq_check_weights(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  char name[SQ_IO_NAME], value[64], share[64], sentence[256];
  const sq_estimate log_Z = sq_weights_log_Z(&e->weights), ess = sq_weights_ess(&e->weights);
  (void)run;
  if (e->weighed) PetscCall(add_weights(&e->weights, e->name, "averages with weights", v));
  if (!e->log_weight) PetscFunctionReturn(0);
  sq_value_text(&log_Z, value, sizeof value);
  sq_value_text(&ess, share, sizeof share);
  snprintf(name, sizeof name, "weights of %.20s", e->name);
  snprintf(sentence, sizeof sentence, "log Z = %s, effective sample size %s of %lld", value, share,
           (long long)e->count);
  PetscCall(add_weights(&e->weights, name, sentence, v));
  PetscFunctionReturn(0);
}

/* ---- the Schwinger-Dyson identity ---- */

/* Chains and weighted averages, corrected fields, what step sizes lead to; not fields as a model makes them, nor those
 * of a Langevin step that is not 0. */
static bool claims_to_be_exact(const sq_ensemble *e)
{
  if (e->order > 0 && e->eps > 0) return false;
  return e->chain || e->weighed || !isnan(e->acceptance) || e->order > 0;
}

/* A chain's error must be known well; that of independent fields always is. */
static bool error_is_known(const sq_ensemble *e, const sq_estimate *x)
{
  return x->error > 1e-12 * fabs(x->value) && isfinite(x->error) && (!e->chain || sq_estimate_long_enough(x));
}

PetscErrorCode sq_check_schwinger_dyson(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  static const char check[] = "schwinger_dyson";
  const sq_estimate *x = sq_obs_find(&e->table, check);
  const sq_action_type *theory = e->theory ? e->theory : run ? run->action.type : NULL;
  double exact = theory ? e->alpha * theory->space->identity : NAN, limit = sq_sigmas_exact;
  char value[64];
  if (!x || isnan(exact)) PetscFunctionReturn(0);
  sq_value_text(x, value, sizeof value);
  double sigmas = error_is_known(e, x) ? (x->value - exact) / x->error : NAN;
  if (!claims_to_be_exact(e))
    PetscCall(sq_verdict_add(v, e->name, check, sigmas, NAN, true,
                             "Schwinger-Dyson %s, exact is %g (%+.1f sigma); it is not said to be exact", value, exact,
                             sigmas));
  else if (isnan(sigmas))
    PetscCall(sq_verdict_add(v, e->name, check, sigmas, limit, false,
                             "Schwinger-Dyson %s, exact is %g: cannot be judged, its error is not known", value,
                             exact));
  else if (fabs(sigmas) <= limit)
    PetscCall(sq_verdict_add(v, e->name, check, sigmas, limit, true, "Schwinger-Dyson %s, exact is %g (%+.1f sigma)",
                             value, exact, sigmas));
  else
    PetscCall(sq_verdict_add(v, e->name, check, sigmas, limit, false,
                             "NOT EXACT: Schwinger-Dyson %s, exact is %g (%+.1f sigma)", value, exact, sigmas));
  PetscFunctionReturn(0);
}
