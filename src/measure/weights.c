/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of measure.csv that come from weights. Free energies are -log Z/V: beta, where there is one, is not divided out.
 */
#include "src/ensemble/partition.h"
#include "src/measure/gather.h"
#include <math.h>

static sq_estimate plain(double value, int64_t n)
{
  return (sq_estimate){
    .value = value, .error = NAN, .error_of_error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = n};
}

/* scale x + shift */
static sq_estimate linear(const sq_estimate *x, double scale, double shift)
{
  sq_estimate y = *x;
  y.value = scale * x->value + shift;
  y.error = fabs(scale) * x->error;
  y.error_of_error = fabs(scale) * x->error_of_error;
  return y;
}

/* The effective sample size as a share of the fields, log Z, and whether to believe them. */
static PetscErrorCode add_path_weights(sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const sq_weights *w = &e->weights;
  const sq_estimate log_Z = sq_weights_log_Z(w), ess = sq_weights_ess(w), k_hat = plain(w->k_hat, w->n),
                    largest = plain(w->largest_share, w->n);
  PetscCall(sq_measure_row(b, e->name, "ess", &ess));
  PetscCall(sq_measure_row(b, e->name, "log_Z", &log_Z));
  PetscCall(sq_measure_row(b, e->name, "k_hat", &k_hat));
  PetscCall(sq_measure_row(b, e->name, "largest_share", &largest));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_free_energy(sq_table *b, const sq_ensemble *e, const sq_estimate *entropy)
{
  PetscFunctionBeginUser;
  const sq_estimate log_Z = sq_weights_log_Z(&e->weights), F = linear(&log_Z, -1 / sq_volume(e->extent), 0);
  PetscCall(sq_measure_row(b, e->name, "free_energy", &F));
  PetscCall(sq_measure_row(b, e->name, "entropy", entropy));
  PetscFunctionReturn(0);
}

/* ---- fields of a model ---- */

/* log Z of the ensemble's theory and lattice; NaN: not known. */
static PetscErrorCode known_log_Z(const sq_run *run, const sq_ensemble *e, double *log_Z)
{
  PetscFunctionBeginUser;
  sq_action action;
  *log_Z = NAN;
  if (sq_action_read(e->action, e->dim, &action))
    PetscCall(sq_run_log_Z(run, &action, e->extent + SQ_DIM - e->dim, log_Z));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_forward(sq_table *b, const char *name, const sq_forward *f, double exact)
{
  PetscFunctionBeginUser;
  const sq_estimate k_hat = plain(f->weights.k_hat, f->n), kl = linear(&f->upper, 1, -exact);
  PetscCall(sq_measure_row(b, name, "ess_forward", &f->ess));
  PetscCall(sq_measure_row(b, name, "log_Z_forward", &f->log_Z));
  PetscCall(sq_measure_row(b, name, "log_Z_bridge", &f->bridge));
  PetscCall(sq_measure_row(b, name, "log_Z_upper", &f->upper));
  PetscCall(sq_measure_row(b, name, "k_hat_forward", &k_hat));
  PetscCall(sq_measure_row(b, name, "unseen", &f->unseen));
  if (!isnan(exact)) PetscCall(sq_measure_row(b, name, "kl_forward", &kl));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_model(const sq_run *run, sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const sq_partition *p = e->partition;
  double exact;
  PetscCall(known_log_Z(run, e, &exact));
  const sq_estimate kl = linear(&p->lower, -1, exact);
  PetscCall(add_free_energy(b, e, &p->entropy));
  PetscCall(sq_measure_row(b, e->name, "log_Z_lower", &p->lower));
  if (!isnan(exact)) PetscCall(sq_measure_row(b, e->name, "kl", &kl));
  if (p->forward.n) PetscCall(add_forward(b, e->name, &p->forward, exact));
  PetscFunctionReturn(0);
}

/* ---- corrected averages ---- */

/* By weights. */
static PetscErrorCode add_reweighted(sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const sq_estimate log_Z = sq_weights_log_Z(&e->weights), ess = sq_weights_ess(&e->weights);
  PetscCall(sq_measure_row(b, e->name, "ess", &ess));
  if (e->partition->forward.n) PetscCall(sq_measure_row(b, e->name, "ess_forward", &e->partition->forward.ess));
  PetscCall(sq_measure_row(b, e->name, "log_Z", &log_Z));
  PetscCall(add_free_energy(b, e, &e->partition->entropy));
  PetscFunctionReturn(0);
}

/* A chain of the fields: log Z is that of its proposals. Nobody knows how it is correlated with <S> of the chain: the
 * error of the entropy is the sum of both. */
static PetscErrorCode add_chain(sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const sq_estimate log_Z = sq_weights_log_Z(&e->weights), *S = sq_obs_find(&e->table, "action_density");
  sq_estimate entropy = plain(NAN, e->count);
  if (S) entropy = linear(S, 1, log_Z.value / sq_volume(e->extent));
  entropy.error += log_Z.error / sq_volume(e->extent);
  PetscCall(sq_measure_row(b, e->name, "log_Z", &log_Z));
  PetscCall(add_free_energy(b, e, &entropy));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_measure_weights(const sq_run *run, sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  if (e->log_weight) PetscCall(add_path_weights(b, e));
  if (!e->partition || (e->rule && e->rule->biased)) PetscFunctionReturn(0);
  if (e->log_weight) PetscCall(add_model(run, b, e));
  else if (e->weighed) PetscCall(add_reweighted(b, e));
  else PetscCall(add_chain(b, e));
  PetscFunctionReturn(0);
}
