/* SPDX-License-Identifier: BSD-3-Clause */
/* The distribution of kinks: estimates with errors, and what the transfer matrix knows. */
#include "src/ensemble/kinks.h"
#include "squall/quantum.h"
#include <math.h>

enum { MOST_TERMS = 512 };

/* The class of so many kinks. */
static int class_of(double kinks)
{
  const double pairs = rint(0.5 * kinks);
  return pairs < SQ_KINK_CLASSES - 1 ? (int)pairs : SQ_KINK_CLASSES - 1;
}

static PetscErrorCode find_exact(const sq_ensemble *e, double *exact)
{
  PetscFunctionBeginUser;
  sq_action action;
  const int64_t sites = e->extent[SQ_DIM - 1];
  const int terms = (int)PetscMin(sites / 2 + 1, MOST_TERMS);
  double probability[MOST_TERMS];
  for (int k = 0; k < SQ_KINK_CLASSES; k++) exact[k] = NAN;
  if (e->alpha < 1 || e->alpha > 1 || !sq_action_read(e->action, e->dim, &action) || !sq_action_is_particle(&action))
    PetscFunctionReturn(0);
  PetscCall(sq_transfer_kinks(&action, sq_obs_kink_zone(&action), sites, terms, probability));
  for (int k = 0; k < SQ_KINK_CLASSES; k++) exact[k] = 0;
  for (int k = 0; k < terms; k++) exact[class_of(2 * k)] += probability[k];
  PetscFunctionReturn(0);
}

/* Shares of a class by the Gamma method; a weight's share of the largest is enough for it. */
static PetscErrorCode estimate(const sq_ensemble *e, const double *kinks, const double *weight, sq_kinks *out)
{
  PetscFunctionBeginUser;
  sq_chains chains;
  double *x, slowest = 0.5;
  PetscCall(sq_chains_create(e->count, weight ? NULL : e->chain, &chains));
  PetscCall(sq_alloc(2 * e->count, &x));
  sq_chains_gather(&chains, kinks, x);
  double *inside = x + e->count;
  const double *const column[] = {inside};
  const sq_series series = {
    .n = e->count, .column = column, .weight = weight, .chains = chains.chains, .length = chains.length};
  for (int k = 0; k < SQ_KINK_CLASSES; k++) {
    sq_estimate share;
    for (int64_t i = 0; i < e->count; i++) inside[i] = class_of(x[i]) == k;
    PetscCall(sq_gamma(&series, NULL, &share));
    out->probability[k] = share.value;
    out->error[k] = share.error;
    if (share.tau_int > slowest) slowest = share.tau_int;
  }
  out->fields = weight ? e->weights.n_ess : (double)e->count / (2 * slowest);
  sq_free(&x);
  sq_chains_destroy(&chains);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_kinks_of(const sq_ensemble *e, bool weighed, sq_kinks *kinks, bool *found)
{
  PetscFunctionBeginUser;
  const int column = e->theory ? sq_obs_column(e->theory, "kinks") : -1;
  double *weight = NULL;
  *found = column >= 0 && e->count > 0 && e->column[column] && (!weighed || e->log_weight);
  if (!*found) PetscFunctionReturn(0);
  PetscCall(find_exact(e, kinks->exact));
  if (weighed) PetscCall(sq_alloc(e->count, &weight));
  if (weighed) sq_weights_relative(e->count, e->log_weight, weight);
  PetscCall(estimate(e, e->column[column], weight, kinks));
  sq_free(&weight);
  PetscFunctionReturn(0);
}

/* An error that is not less than what so many independent fields of the exact distribution have. */
static double sigmas_of(const sq_kinks *k, double share, double exact, double error)
{
  const double least = sqrt(exact * (1 - exact) / k->fields);
  return fabs(share - exact) / fmax(least, error);
}

void sq_kinks_compare(const sq_kinks *k, double *distance, double *sigmas)
{
  const double few = 10;
  double share = 0, exact = 0, square = 0, left = 0;
  *distance = 0;
  *sigmas = 0;
  for (int c = 0; c < SQ_KINK_CLASSES; c++) *distance += 0.5 * fabs(k->probability[c] - k->exact[c]);
  for (int c = 0; c < SQ_KINK_CLASSES; c++) { /* the tail is one class from where the exact one is of few fields */
    share += k->probability[c];
    exact += k->exact[c];
    square += k->error[c] * k->error[c];
    left = 0;
    for (int d = c + 1; d < SQ_KINK_CLASSES; d++) left += k->exact[d];
    if (exact * k->fields < few || (left * k->fields < few && c + 1 < SQ_KINK_CLASSES)) continue;
    *sigmas = fmax(*sigmas, sigmas_of(k, share, exact, sqrt(square)));
    share = exact = square = 0;
  }
  if (exact > 0 && share > exact + few / k->fields) *sigmas = fmax(*sigmas, sigmas_of(k, share, exact, sqrt(square)));
  if (isnan(*distance)) *sigmas = NAN;
}
