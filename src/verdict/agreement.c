/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on what the chains of an ensemble do: do they move, do they agree with each other and with the symmetry of
 * the theory? */
#include "src/verdict/verdict.h"
#include <math.h>

/* ---- do they move? ---- */

/* Whether two records are the same field up to its sign, as far as their numbers tell. */
static bool same_field(const sq_ensemble *e, int64_t a, int64_t b)
{
  for (int c = 0; c < sq_obs_columns(e->theory); c++)
    if (fabs(e->column[c][a]) != fabs(e->column[c][b])) return false;
  return true;
}

/* Chains of FEW records or more all of which are the same field. */
static PetscErrorCode count_frozen(const sq_ensemble *e, int *frozen, int *count)
{
  PetscFunctionBeginUser;
  enum { FEW = 8 };
  int64_t first = 0;
  sq_chains chains;
  *frozen = *count = 0;
  if (!e->column[0]) PetscFunctionReturn(0);
  PetscCall(sq_chains_create(e->count, e->chain, &chains));
  for (int c = 0; c < chains.chains; c++) {
    bool moves = chains.length[c] < FEW;
    for (int64_t i = first + 1; i < first + chains.length[c] && !moves; i++)
      moves = !same_field(e, chains.order[first], chains.order[i]);
    *frozen += !moves;
    first += chains.length[c];
  }
  *count = chains.chains;
  sq_chains_destroy(&chains);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_moves(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  int frozen, chains;
  (void)run;
  if (!e->chain) PetscFunctionReturn(0);
  PetscCall(count_frozen(e, &frozen, &chains));
  if (frozen && chains == 1)
    PetscCall(sq_verdict_add(v, e->name, "moves", 1, 0, false,
                             "TOO SHORT: the chain does not move, all its configurations are the same field"));
  else if (frozen)
    PetscCall(sq_verdict_add(v, e->name, "moves", frozen, 0, false,
                             "TOO SHORT: %d of %d chains %s not move, all configurations of each are the same field",
                             frozen, chains, frozen > 1 ? "do" : "does"));
  PetscFunctionReturn(0);
}

/* ---- do they agree with each other? ---- */

/* The row of the smallest p; -1 where none is known. */
static int worst_row(const sq_obs_table *t, bool second)
{
  int worst = -1;
  double least = INFINITY;
  for (int r = 0; r < t->count; r++) {
    double p = second ? t->row[r].agreement.r_hat_p : t->row[r].agreement.p;
    if (p < least) worst = r, least = p;
  }
  return worst;
}

static PetscErrorCode check_means(const sq_ensemble *e, int freedom, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  double p = sq_obs_agreement(&e->table, false);
  int r = worst_row(&e->table, false);
  const sq_agreement *a = r < 0 ? NULL : &e->table.row[r].agreement;
  if (!a)
    PetscCall(sq_verdict_add(v, e->name, "replicas", NAN, sq_p_contradict, false,
                             "it cannot be told whether the %d chains agree: they are too short", freedom + 1));
  else if (p >= sq_p_contradict)
    PetscCall(sq_verdict_add(v, e->name, "replicas", p, sq_p_contradict, true,
                             "the %d chains agree (p = %.2g; most apart in %s, chi^2 = %.3g for %d degrees of freedom)",
                             freedom + 1, p, e->table.row[r].name, a->chi2, freedom));
  else
    PetscCall(sq_verdict_add(v, e->name, "replicas", p, sq_p_contradict, false,
                             "the %d chains CONTRADICT each other in %s: chi^2 of their means is %.4g for %d degrees "
                             "of "
                             "freedom (p = %.1g): they do not sample one distribution; errors are not known",
                             freedom + 1, e->table.row[r].name, a->chi2, freedom, fmax(p, 1e-99)));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_ranks(const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  double p = sq_obs_agreement(&e->table, true);
  int r = worst_row(&e->table, true);
  if (r < 0) PetscFunctionReturn(0);
  const sq_agreement *a = &e->table.row[r].agreement;
  if (p >= sq_p_contradict)
    PetscCall(sq_verdict_add(v, e->name, "r_hat", p, sq_p_contradict, true,
                             "halves of chains agree, by ranks (p = %.2g; most apart in %s, split R-hat %.4f)", p,
                             e->table.row[r].name, a->r_hat));
  else
    PetscCall(sq_verdict_add(v, e->name, "r_hat", p, sq_p_contradict, false,
                             "halves of chains CONTRADICT each other in %s, by ranks: split R-hat is %.4f (p = %.1g): "
                             "chains drift, or differ in mean or width; errors are not known",
                             e->table.row[r].name, a->r_hat, fmax(p, 1e-99)));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_agreement(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  int frozen, chains;
  (void)run;
  if (!e->chain || !e->table.count) PetscFunctionReturn(0);
  PetscCall(count_frozen(e, &frozen, &chains));
  if (frozen && frozen == chains) PetscFunctionReturn(0); /* the others say so */
  int freedom = e->table.row[0].agreement.freedom;
  if (freedom > 0) PetscCall(check_means(e, freedom, v));
  PetscCall(check_ranks(e, v));
  PetscFunctionReturn(0);
}

/* ---- do they agree with the symmetry of the theory? ---- */

/* Of theories whose symmetry turns the sign of the field. */
PetscErrorCode sq_check_symmetry(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const double turned = 0.75; /* the move of this number does */
  (void)run;
  if (!e->chain || !e->theory || !e->theory->symmetric || e->theory->space->symmetry(turned).factor != -1)
    PetscFunctionReturn(0);
  const sq_estimate *M = sq_obs_find(&e->table, "M");
  if (!M || !(sq_estimate_known_error(M) > 0)) PetscFunctionReturn(0);
  double sigmas = M->value / M->error;
  if (fabs(sigmas) < sq_sigmas_symmetric) PetscFunctionReturn(0);
  PetscCall(sq_verdict_add(v, e->name, "symmetry", fabs(sigmas), sq_sigmas_symmetric, false,
                           "STAYS IN ONE OF THE MODES: <M> is %.3g, %.0f errors from 0, which it is by symmetry; "
                           "errors do not know the other modes (let flips be made, or make chains longer)",
                           M->value, fabs(sigmas)));
  PetscFunctionReturn(0);
}
