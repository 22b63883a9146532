/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on complex Langevin dynamics, which may settle on wrong results: does its drift have a tail that does not
 * fall exponentially or faster (K. Nagata, J. Nishimura, S. Shimasaki, Phys. Rev. D 94 (2016) 114515)? Do imaginary
 * parts vanish that do so by symmetry?
 */
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

static const double sigmas = 2.5, least = 0.1; /* of a k that is not that of an exponential tail */

static PetscErrorCode judge_tail(const sq_ensemble *e, const sq_tail *tail, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  static const char check[] = "drift_tail";
  const double limit = fmax(sigmas / sqrt((double)tail->count), least); /* the error of k is 1/sqrt(count) at k = 0 */
  if (isnan(tail->k))
    PetscCall(sq_verdict_add(v, e->name, check, tail->k, NAN, false,
                             "RESULTS MAY BE WRONG: %lld fields are too few to see whether the distribution of the "
                             "drift has a tail that falls exponentially, without which complex Langevin dynamics "
                             "promises nothing",
                             (long long)e->count));
  else if (tail->k <= limit)
    PetscCall(sq_verdict_add(v, e->name, check, tail->k, limit, true,
                             "the largest drift of a field falls exponentially or faster, as far as %lld fields tell "
                             "(k-hat %.2f, limit %.2f, of the largest %lld)",
                             (long long)e->count, tail->k, limit, (long long)tail->count));
  else
    PetscCall(sq_verdict_add(v, e->name, check, tail->k, limit, false,
                             "RESULTS MAY BE WRONG: the largest drift of a field falls like a power, as its power "
                             "%.2g, not exponentially (k-hat %.2f, limit %.2f, of the largest %lld of %lld); complex "
                             "Langevin dynamics need not lead to exp(-S) then: use mc (`squall mc`)",
                             -1 / tail->k, tail->k, limit, (long long)tail->count, (long long)e->count));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_drift(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  sq_tail tail;
  const int column = e->theory && e->theory->complexified ? sq_obs_column(e->theory, "drift") : -1;
  (void)run;
  if (column < 0 || !e->column[column]) PetscFunctionReturn(0);
  PetscCall(sq_tail_fit(e->count, e->column[column], &tail));
  PetscCall(judge_tail(e, &tail, v));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_imaginary(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  (void)run;
  if (!e->theory || !e->theory->complexified) PetscFunctionReturn(0);
  for (int r = 0; r < e->table.count; r++) {
    const char *name = e->table.row[r].name;
    const sq_estimate *x = &e->table.row[r].estimate;
    const double error = sq_estimate_known_error(x);
    if (!strstr(name, "_imag") || !(error > 0) || fabs(x->value) <= sq_sigmas_symmetric * error) continue;
    PetscCall(sq_verdict_add(v, e->name, "imaginary", fabs(x->value) / error, sq_sigmas_symmetric, false,
                             "RESULTS ARE WRONG: %s is %.3g, %.0f errors from 0, which it is by symmetry: use mc "
                             "(`squall mc`)",
                             name, x->value, fabs(x->value) / error));
  }
  PetscFunctionReturn(0);
}
