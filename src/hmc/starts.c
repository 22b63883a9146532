/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the start is forgotten: production chains against probes from the other start, over the second half of
 * thermalisation.
 *
 * Where they disagree, one of both is not in equilibrium, and it need not be production: in a broken phase hot probes
 * stay in domain states for a very long time. No property of production alone can tell which (an ordered start that has
 * not moved yet looks like a broken phase), so the probes are helped: with cluster updates after each trajectory, which
 * turn whole domains and lead to the same distribution in every phase, and then by themselves for as long as they are
 * compared. What disagrees with them after that has not forgotten its start. Production is not touched.
 */
#include "internal.h"
#include <math.h>

/* Whether every chain has moved often enough for errors to mean something. */
static bool all_move(const sq_history *h)
{
  enum { FEW = 5 };
  const int64_t rows = h->rows - h->rows / 2;
  bool all = true;
  for (int64_t c = 0; c < h->chains; c++) {
    int64_t moved = 0;
    for (int64_t row = h->rows / 2; row < h->rows; row++) moved += sq_history_at(h, c, row)[SQ_HISTORY_ACCEPTED] > 0;
    all = all && moved >= PetscMin((int64_t)FEW, rows / 2);
  }
  return all;
}

/* In combined errors. Numbers that never changed, such as those of particles where there are none, have no error: it is
 * 0, so that they agree with others that are the same, or are not by more than the others' error. */
static double apart(const sq_hmc *hmc, sq_watched w)
{
  const sq_history *h = &hmc->warmup;
  const int64_t chains = hmc->set.chains;
  sq_estimate a = hmc->agreement.production[w], b = hmc->agreement.probe[w];
  if (sq_history_constant(h, 0, chains, h->rows / 2, w)) a.error = 0;
  if (sq_history_constant(h, chains, hmc->all_probes, h->rows / 2, w)) b.error = 0;
  return fabs(sq_sigmas(&a, &b));
}

PetscErrorCode sq_watch_starts(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  const sq_history *h = &hmc->warmup;
  sq_hmc_agreement *a = &hmc->agreement;
  *a = (sq_hmc_agreement){.sigmas = all_move(h) ? 0 : NAN};
  if (isnan(a->sigmas)) PetscFunctionReturn(0);
  for (int w = 0; w < SQ_WATCHED; w++) {
    if (w == SQ_WATCH_SD && isnan(hmc->action.type->space->identity)) continue;
    PetscCall(sq_history_estimate(h, 0, hmc->set.chains, h->rows / 2, (sq_watched)w, &a->production[w]));
    PetscCall(sq_history_estimate(h, hmc->set.chains, hmc->all_probes, h->rows / 2, (sq_watched)w, &a->probe[w]));
    const double sigmas = apart(hmc, (sq_watched)w);
    if (isnan(sigmas) || sigmas > a->sigmas) a->sigmas = sigmas;
    if (isnan(sigmas)) break;
  }
  PetscFunctionReturn(0);
}

bool sq_starts_agree(const sq_hmc *hmc)
{
  return hmc->agreement.sigmas < sq_sigmas_starts; /* false if that is not known */
}

/* ---- help for the probes ---- */

/* The rows in which starts are compared. */
static int64_t compared_rows(const sq_hmc *hmc)
{
  return hmc->warmup.rows - hmc->warmup.rows / 2;
}

bool sq_starts_ask_help(sq_hmc *hmc)
{
  sq_thermalisation *t = hmc->thermal;
  bool apart = hmc->agreement.sigmas >= sq_sigmas_starts, /* false if that is not known */
    possible = hmc->action.type->bond && hmc->tuning.cluster == 0 && hmc->lattice->volume > 1;
  if (t->helped || !apart || !possible) return false;
  t->helped = true;
  t->apart = hmc->agreement.sigmas;
  t->help = 2 * compared_rows(hmc);
  return true;
}

PetscErrorCode sq_starts_help(sq_hmc *hmc, int64_t most)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  const int64_t half = compared_rows(hmc);
  const bool alone = t->help <= half;
  const int64_t n = PetscMin(most, alone ? t->help : t->help - half), at = hmc->warmup.rows - (alone ? t->help : half);
  hmc->tuning.cluster = !alone;
  PetscCall(sq_walk_probes(hmc, at, n));
  hmc->tuning.cluster = 0;
  t->help -= n;
  if (t->help == 0) PetscCall(sq_watch_starts(hmc));
  PetscFunctionReturn(0);
}
