/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on what is said to be exact: weights, the Schwinger-Dyson identity, the trajectories of Monte Carlo. */
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

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
  bool biased = e->rule && e->rule->biased;
  snprintf(sentence, sizeof sentence, "averages with %s weights%s", biased ? e->rule->name : "their",
           biased ? ", which are biased" : "");
  if (e->weighed) PetscCall(add_weights(&e->weights, e->name, sentence, v));
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

/* Order 0: the mean of exact ones. */
bool sq_claims_to_be_exact(const sq_ensemble *e)
{
  if ((e->order > 0 && e->eps > 0) || (e->rule && e->rule->biased)) return false;
  return e->chain || e->weighed || !isnan(e->acceptance) || e->order >= 0;
}

/* A chain's error must be known well; that of independent fields is, where they are not few. */
static bool error_is_known(const sq_ensemble *e, const sq_estimate *x)
{
  bool enough = e->chain ? sq_estimate_long_enough(x) : e->weighed || e->count >= SQ_INDEPENDENT_LEAST;
  return x->error > 1e-12 * fabs(x->value) && isfinite(x->error) && enough;
}

/* What the identity is for fields of this action; NaN: nothing is known. */
static double identity_of(const sq_run *run, const sq_ensemble *e)
{
  sq_action action = {0};
  if (run) action = run->action;
  if ((e->theory || e->order >= 0) && !sq_action_read(e->action, e->dim, &action)) return NAN; /* of its own form */
  return action.type ? e->alpha * sq_action_components(&action) * action.type->space->identity : NAN;
}

PetscErrorCode sq_check_schwinger_dyson(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  static const char check[] = "schwinger_dyson";
  const sq_estimate *x = sq_obs_find(&e->table, check);
  const double exact = identity_of(run, e), limit = sq_sigmas_exact;
  char value[64];
  if (!x || isnan(exact)) PetscFunctionReturn(0);
  sq_value_text(x, value, sizeof value);
  double sigmas = error_is_known(e, x) ? (x->value - exact) / x->error : NAN;
  if (isnan(sigmas))
    PetscCall(sq_verdict_note(v, e->name, check, sigmas, limit,
                              "Schwinger-Dyson %s, exact is %g: cannot be judged, its error is not known", value,
                              exact));
  else if (!sq_claims_to_be_exact(e))
    PetscCall(sq_verdict_note(v, e->name, check, sigmas, limit,
                              "Schwinger-Dyson %s, exact is %g (%+.1f sigma); not judged: this ensemble is not said to "
                              "be exact",
                              value, exact, sigmas));
  else if (fabs(sigmas) <= limit)
    PetscCall(sq_verdict_add(v, e->name, check, sigmas, limit, true, "Schwinger-Dyson %s, exact is %g (%+.1f sigma)",
                             value, exact, sigmas));
  else
    PetscCall(sq_verdict_add(v, e->name, check, sigmas, limit, false,
                             "NOT EXACT: Schwinger-Dyson %s, exact is %g (%+.1f sigma)", value, exact, sigmas));
  PetscFunctionReturn(0);
}

/* ---- trajectories ---- */

static const char of_dH[] = "exp_minus_dH";
static const double little = 0.01; /* what a tail that was not seen may keep from the mean */

/* With an error. exp(-dH) is skew: where its tail was seen too rarely the mean is below 1 and its error too small, so
 * that below 1 an error says less than above. Such a chain is exact nonetheless: min(1, exp(-dH)) over dH > 0, which
 * has no tail, must have the share of dH < 0 as its mean, and had within 2.1 errors in 21 chains with <exp(-dH)> of
 * 0.73 to 1.04. */
static PetscErrorCode judge_exp_dH(const sq_ensemble *e, double sigmas, const char *value, const char *key,
                                   sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const double surely = 2, limit = sq_sigmas_exact;
  if (fabs(sigmas) > limit)
    PetscCall(sq_verdict_add(v, e->name, of_dH, sigmas, limit, false,
                             "<exp(-dH)> %s SHOULD BE 1 (%+.1f sigma): steps are too long to see its tail, or not "
                             "reversible: raise %s",
                             value, sigmas, key));
  else if (sigmas < -surely && e->exp_dH < 1 - little)
    PetscCall(sq_verdict_note(v, e->name, of_dH, sigmas, limit,
                              "<exp(-dH)> %s, exact is 1 (%+.1f sigma): its tail was seen too rarely, and then its "
                              "error is too small; the steps are long: raise %s",
                              value, sigmas, key));
  else
    PetscCall(
      sq_verdict_add(v, e->name, of_dH, sigmas, limit, true, "<exp(-dH)> %s, exact is 1 (%+.1f sigma)", value, sigmas));
  PetscFunctionReturn(0);
}

/* Without one. */
static PetscErrorCode judge_unknown_dH(const sq_ensemble *e, const char *value, const char *key, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const double limit = sq_sigmas_exact, hopeless = 0.5; /* less than that needs no error */
  bool heavy = e->exp_dH_k_hat > sq_weights_heavy;
  if (heavy && fabs(e->exp_dH - 1) <= little)
    PetscCall(sq_verdict_note(v, e->name, of_dH, NAN, limit,
                              "<exp(-dH)> %s, exact is 1: its error is not known, its tail is heavy (k-hat %.2f, limit "
                              "%.2f), but what it is off is no more than %g",
                              value, e->exp_dH_k_hat, sq_weights_heavy, little));
  else if (heavy)
    PetscCall(sq_verdict_add(v, e->name, of_dH, NAN, limit, false,
                             "<exp(-dH)> %s, exact is 1: cannot be judged, its tail is too heavy (k-hat %.2f, limit "
                             "%.2f); the steps are at the edge of stability: raise %s",
                             value, e->exp_dH_k_hat, sq_weights_heavy, key));
  else if (e->exp_dH < hopeless)
    PetscCall(sq_verdict_add(v, e->name, of_dH, NAN, limit, false,
                             "<exp(-dH)> %s SHOULD BE 1: hardly any trajectory can be accepted; the steps are beyond "
                             "the edge of stability: raise %s",
                             value, key));
  else
    PetscCall(sq_verdict_note(v, e->name, of_dH, NAN, limit,
                              "<exp(-dH)> %s, exact is 1: too few trajectories, or too few that count, to judge it",
                              value));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_exp_dH(const sq_ensemble *e, const char *key, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const sq_estimate x = {.value = e->exp_dH, .error = e->exp_dH_error};
  double sigmas = x.error > 0 ? (x.value - 1) / x.error : NAN;
  char value[64];
  sq_value_text(&x, value, sizeof value);
  if (isnan(sigmas)) PetscCall(judge_unknown_dH(e, value, key, v));
  else PetscCall(judge_exp_dH(e, sigmas, value, key, v));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_trajectories(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const double most = 1e-3; /* a proposal without a number is refused, and its field stands still */
  const bool mc = run && !strcmp(sq_run_ensemble_section(run), "mc");
  const char *key = !isnan(e->order) ? "the number of steps (langevin.eps)" :
                    mc               ? "acceptance or steps, keys of a section hmc" :
                                       "hmc.acceptance, or hmc.steps";
  if (e->chain && !isnan(e->exp_dH)) PetscCall(check_exp_dH(e, key, v));
  if (e->invalid_share > most)
    PetscCall(sq_verdict_add(v, e->name, "invalid", e->invalid_share, most, false,
                             "%.3g %% of the trajectories have no number for dH: their steps are too long: raise %s",
                             100 * e->invalid_share, key));
  else if (e->invalid_share > 0)
    PetscCall(sq_verdict_note(v, e->name, "invalid", e->invalid_share, most,
                              "%.3g %% of the trajectories have no number for dH, and are refused",
                              100 * e->invalid_share));
  PetscFunctionReturn(0);
}
