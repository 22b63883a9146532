/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice of the algorithm: each is tried until its tau_int is known, or known to be too large, or its time is up.
 */
#include "internal.h"
#include <math.h>

/* Whether the algorithm at work is dearer than the best one whatever else is measured: even is the tau_int at which
 * both cost the same. */
static bool is_dearer(const sq_hmc *hmc, const sq_hmc_trial *best, double work, bool known)
{
  if (!best) return false;
  const sq_hmc_tuning *t = &hmc->tuning;
  double even = best->cost / work, least = known ? t->tau_int - 2 * t->tau_int_error : t->tau_int;
  return least > even || (double)hmc->warmup.rows > 2 * SQ_TAUS_THERMALISED * even;
}

/* What is known of it now; measured: well enough. */
static void keep(sq_hmc_trial *trial, const sq_hmc_tuning *t, const sq_hmc_trial *best, double work, bool measured)
{
  trial->tried = true;
  trial->length = t->length;
  trial->eps = t->eps;
  trial->mass = t->mass;
  trial->steps = t->steps;
  trial->tau_int = t->tau_int;
  trial->cost = work * fmax(t->tau_int, 0.5);
  bool unfounded = !measured && best && trial->cost < best->cost;
  if (isnan(trial->cost) || unfounded) trial->cost = INFINITY;
}

/* Measures the algorithm at work; over: enough is known of it to go on to the next. */
static PetscErrorCode judge(sq_hmc *hmc, bool *over)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  sq_hmc_trial *trial = &t->trial[t->trying];
  bool known;
  trial->tried = false; /* against the others */
  const sq_hmc_trial *best = sq_choose_best(hmc);
  *over = sq_round_out_of_time(hmc);
  if (!*over && (!t->settled || hmc->warmup.rows < t->next_look)) PetscFunctionReturn(0);
  t->next_look = hmc->warmup.rows * 5 / 4;
  PetscCall(sq_watch_tau(hmc, &known));
  double work = 2 * sq_choose_work(hmc, trial, (double)hmc->tuning.steps); /* for a tau_int of 1 */
  bool measured = known && (double)hmc->warmup.rows >= SQ_TAUS_THERMALISED * hmc->tuning.tau_int;
  *over = *over || measured || is_dearer(hmc, best, work, known);
  keep(trial, &hmc->tuning, best, work, measured);
  PetscFunctionReturn(0);
}

/* Whether even independent trajectories would be dearer than what is known already. */
static PetscErrorCode hopeless(sq_hmc *hmc, const sq_hmc_trial *trial, bool *answer)
{
  PetscFunctionBeginUser;
  if (trial->fourier) PetscCall(sq_round_fit_propagator(hmc));
  double steps = hmc->set.steps ? (double)hmc->set.steps : sq_round_length(hmc, trial) / hmc->tuning.eps;
  *answer = sq_choose_work(hmc, trial, steps) >= sq_choose_best(hmc)->cost;
  PetscFunctionReturn(0);
}

static void adopt(sq_hmc *hmc, const sq_hmc_trial *trial)
{
  hmc->tuning.cluster = trial->cluster;
  hmc->tuning.mass = trial->mass;
  hmc->tuning.length = trial->length;
  hmc->tuning.steps = trial->steps;
  hmc->tuning.eps = trial->eps;
  hmc->thermal->settled = true;
  sq_round_forget(hmc);
}

static PetscErrorCode next_trial(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  bool skip = true;
  while (skip && ++t->trying < t->trials) PetscCall(hopeless(hmc, &t->trial[t->trying], &skip));
  if (t->trying == t->trials) PetscFunctionReturn(0);
  hmc->tuning.cluster = t->trial[t->trying].cluster;
  t->settled = false;
  t->round = 0;
  PetscCall(sq_round_begin(hmc));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_trials_step(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  const sq_thermalisation *t = hmc->thermal;
  bool over;
  if (t->trying == t->trials || hmc->warmup.rows == 0) PetscFunctionReturn(0);
  PetscCall(judge(hmc, &over));
  if (!over) PetscFunctionReturn(0);
  const sq_hmc_trial *last = &t->trial[t->trying];
  PetscCall(next_trial(hmc));
  if (t->trying == t->trials && sq_choose_best(hmc) != last) adopt(hmc, sq_choose_best(hmc));
  PetscFunctionReturn(0);
}
