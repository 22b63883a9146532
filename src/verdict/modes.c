/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on what a model leaves out. Weights of generated fields see only what the model gives; Monte Carlo fields
 * see the rest. */
#include "src/ensemble/partition.h"
#include "src/verdict/verdict.h"
#include <math.h>

static const char mend[] = "train it with loss forward, or anneal longer; averages with its weights leave the rest out";

/* What is judged: the weights, under the name of what is made of them. */
typedef struct {
  char name[SQ_IO_NAME];
  const sq_weights *weights;
  const sq_forward *forward;
} judged;

/* How far apart two numbers are, none of which has an error where all weights are equal: log q of a field that was
 * drawn is another number than that of the same field given, by rounding. */
static double sigmas_apart(const sq_estimate *a, const sq_estimate *b)
{
  const double rounding = 1e-5, sigmas = sq_sigmas(a, b);
  return fabs(sigmas) > sq_sigmas_exact && fabs(a->value - b->value) <= rounding ? 0 : sigmas;
}

/* log Z is the same by generated fields and by these and Monte Carlo fields together, if both have all fields. */
static PetscErrorCode judge_log_Z(const judged *j, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  static const char check[] = "log_Z_bridge";
  const sq_estimate reverse = sq_weights_log_Z(j->weights), *both = &j->forward->bridge;
  const double sigmas = sigmas_apart(both, &reverse), limit = sq_sigmas_exact;
  char alone[64], together[64];
  sq_value_text(&reverse, alone, sizeof alone);
  sq_value_text(both, together, sizeof together);
  if (isnan(sigmas))
    PetscCall(sq_verdict_note(v, j->name, check, sigmas, limit,
                              "log Z is %s by generated fields, %s with Monte Carlo fields beside them: cannot be "
                              "judged, an error is not known",
                              alone, together));
  else if (fabs(sigmas) <= limit)
    PetscCall(sq_verdict_add(v, j->name, check, sigmas, limit, true,
                             "log Z is %s by generated fields, %s with Monte Carlo fields beside them (%+.1f sigma)",
                             alone, together, sigmas));
  else if (sigmas > 0)
    PetscCall(sq_verdict_add(v, j->name, check, sigmas, limit, false,
                             "MODES WERE DROPPED: log Z is %s by generated fields, %s with Monte Carlo fields beside "
                             "them (%+.1f sigma): the model gives only %.3g %% of Z; %s",
                             alone, together, sigmas, 100 * exp(reverse.value - both->value), mend));
  else
    PetscCall(sq_verdict_add(v, j->name, check, sigmas, limit, false,
                             "log Z is %s by generated fields, %s with Monte Carlo fields beside them (%+.1f sigma): "
                             "the Monte Carlo chains lack fields that the model gives: make them longer, let them flip",
                             alone, together, sigmas));
  PetscFunctionReturn(0);
}

/* The forward effective sample size, where it is not trusted, is more likely too large. */
static PetscErrorCode judge_ess(const judged *j, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  static const char check[] = "ess_forward";
  const double hopeless = 0.1; /* of the reverse one: no error is needed to see it */
  const sq_estimate reverse = sq_weights_ess(j->weights), *forward = &j->forward->ess;
  const double sigmas = sigmas_apart(forward, &reverse), limit = -sq_sigmas_exact;
  const bool far = isnan(sigmas) ? reverse.error > 0 && forward->value < hopeless * reverse.value : sigmas < limit;
  char by_model[64], by_fields[64];
  sq_value_text(&reverse, by_model, sizeof by_model);
  sq_value_text(forward, by_fields, sizeof by_fields);
  if (far)
    PetscCall(sq_verdict_add(v, j->name, check, sigmas, limit, false,
                             "MODES WERE DROPPED: the effective sample size is %s on %lld Monte Carlo fields, %s on "
                             "generated ones: the model hardly gives some fields of the theory; %s",
                             by_fields, (long long)j->forward->n, by_model, mend));
  else if (isnan(sigmas))
    PetscCall(sq_verdict_note(v, j->name, check, sigmas, limit,
                              "effective sample size %s on %lld Monte Carlo fields (k-hat %.2f), %s on generated ones: "
                              "cannot be judged, an error is not known",
                              by_fields, (long long)j->forward->n, j->forward->weights.k_hat, by_model));
  else
    PetscCall(sq_verdict_add(v, j->name, check, sigmas, limit, true,
                             "effective sample size %s on %lld Monte Carlo fields, %s on generated ones (%+.1f sigma)",
                             by_fields, (long long)j->forward->n, by_model, sigmas));
  PetscFunctionReturn(0);
}

/* What is beyond the largest weight of n has about as large a share of Z as that weight: more than c times as much with
 * the probability e^{-c}. */
static PetscErrorCode judge_unseen(const judged *j, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  static const char check[] = "unseen";
  const sq_estimate *x = &j->forward->unseen;
  const double most = fmin(1, 10 * j->weights->largest_share),
               error = isnan(x->error) ? 0.5 / sqrt(SQ_INDEPENDENT_LEAST) : x->error;
  const bool good = x->value <= most + sq_sigmas_exact * error;
  PetscCall(sq_verdict_add(v, j->name, check, x->value, most, good,
                           "%s%.3g %% of the Monte Carlo fields have a larger weight than any generated field, %.3g %% "
                           "at most is usual%s%s",
                           good ? "" : "MODES WERE DROPPED: ", 100 * x->value, 100 * most, good ? "" : "; ",
                           good ? "" : mend));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_modes(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  (void)run;
  if (!e->partition || !e->partition->forward.n) PetscFunctionReturn(0);
  judged j = {.weights = &e->weights, .forward = &e->partition->forward};
  snprintf(j.name, sizeof j.name, e->log_weight ? "weights of %.20s" : "%.20s", e->name);
  PetscCall(judge_log_Z(&j, v));
  PetscCall(judge_ess(&j, v));
  PetscCall(judge_unseen(&j, v));
  PetscFunctionReturn(0);
}
