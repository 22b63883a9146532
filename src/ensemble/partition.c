/* SPDX-License-Identifier: BSD-3-Clause */
/* What the weights of generated fields say of log Z and of the entropy. */
#include "src/ensemble/partition.h"
#include <math.h>

/* F = log m_0 + m_1/m_0 of the means of u and u (S - S_0), with u = w/largest. */
static double log_Z_and_S(const double *mean, const void *context)
{
  (void)context;
  return log(mean[0]) + mean[1] / mean[0];
}

static void log_Z_and_S_gradient(const double *mean, const void *context, double *gradient)
{
  (void)context;
  gradient[0] = 1 / mean[0] - mean[1] / (mean[0] * mean[0]);
  gradient[1] = 1 / mean[0];
}

/* V times the entropy less a constant: w and w S are columns of one series, so that the error has their correlation. */
static PetscErrorCode find_entropy(const sq_ensemble *e, const double *S, sq_estimate *entropy)
{
  PetscFunctionBeginUser;
  const sq_derived derived = {.primaries = 2, .function = log_Z_and_S, .gradient = log_Z_and_S_gradient};
  double *u, *uS, sites = sq_volume(e->extent), largest = -INFINITY;
  int64_t at = 0;
  PetscCall(sq_alloc(e->count, &u));
  PetscCall(sq_alloc(e->count, &uS));
  for (int64_t i = 0; i < e->count; i++)
    if (e->log_weight[i] > largest) largest = e->log_weight[at = i];
  sq_weights_relative(e->count, e->log_weight, u);
  for (int64_t i = 0; i < e->count; i++) uS[i] = u[i] > 0 ? u[i] * sites * (S[i] - S[at]) : 0;
  const sq_series series = {
    .n = e->count, .column = (const double *const[]){u, uS}, .chains = 1, .constant_is_known = true};
  PetscCall(sq_gamma(&series, &derived, entropy));
  entropy->value = (entropy->value + largest) / sites + S[at];
  entropy->error /= sites;
  entropy->error_of_error /= sites;
  if (e->weights.verdict != SQ_WEIGHTS_TRUSTED) sq_estimate_unknown_error(entropy);
  sq_free(&u);
  sq_free(&uS);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_partition_find(const sq_run *run, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const int S = sq_obs_column(e->theory, "action_density");
  PetscCall(sq_alloc(1, &e->partition));
  sq_partition *p = e->partition;
  PetscCall(sq_gamma_mean(e->count, e->log_weight, &p->lower));
  if (S >= 0) PetscCall(find_entropy(e, e->column[S], &p->entropy));
  else p->entropy = (sq_estimate){.value = NAN, .error = NAN};
  PetscCall(sq_forward_read(run, e, &p->forward));
  PetscFunctionReturn(0);
}

void sq_partition_free(sq_partition **partition)
{
  if (!*partition) return;
  sq_free(&(*partition)->forward.log_weight);
  sq_free(&(*partition)->forward.chain);
  sq_free(partition);
}
