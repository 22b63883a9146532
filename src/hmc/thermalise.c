/* SPDX-License-Identifier: BSD-3-Clause */
/* Thermalisation: choosing the length of trajectories and the step size, and measuring when the start is forgotten.
 *
 * It goes in rounds (rounds.c). A round runs blocks of trajectories on production chains and probes, gathers their rows
 * (all production chains, then all probes, on every rank) and adjusts the number of steps from the acceptance of all
 * production chains. After an approach the length is set from the susceptibility, and a new round begins if it changed.
 * Algorithms are tried one after another (trials.c). The last round goes on until it is SQ_TAUS_THERMALISED times as
 * long as the largest tau_int of its second half. All decisions are made from the gathered rows: the same on every
 * rank, for any layout of ranks.
 */
#include "internal.h"
#include <math.h>

enum { BLOCK_LEAST = 5, BLOCK_MOST = 50 };

/* ---- a block ---- */

/* Adds the spectra of the fields of this replica's production chains; each of its components counts as one. */
static PetscErrorCode add_spectra(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_fft *fft;
  const int components = sq_action_components(&hmc->action);
  double *block = sq_md_scratch(hmc->md);
  PetscCall(sq_md_transform(hmc->md, &fft));
  for (int64_t i = 0; i < hmc->count; i++) {
    sq_field_to_block(hmc->chain[i]->phi, block);
    for (int c = 0; c < components; c++) {
      PetscCall(sq_fft_forward(fft, block + c * hmc->lattice->local_volume, fft->work));
      sq_fft_add_power(fft, fft->work, hmc->thermal->power);
    }
  }
  hmc->thermal->fields += hmc->set.chains * components;
  PetscFunctionReturn(0);
}

static int64_t block_length(const sq_hmc *hmc)
{
  int64_t n = PetscMin(PetscMax(hmc->warmup.rows / 4, (int64_t)BLOCK_LEAST), (int64_t)BLOCK_MOST);
  return PetscMin(n, sq_round_limit(hmc) - hmc->tuning.thermalisation);
}

/* Trajectories between two looks at signals and the clock: a fraction of a second. */
static int64_t most_at_once(const sq_hmc *hmc)
{
  const double updates = 1 << 24;
  double each = sq_action_components(&hmc->action) * (double)hmc->lattice->volume *
                (double)(hmc->set.chains + hmc->all_probes) * (double)hmc->tuning.steps;
  return (int64_t)fmax(1, fmin(updates / each, BLOCK_MOST));
}

/* Goes on with a block; over: it is through, and its rows count. */
static PetscErrorCode run_block(sq_hmc *hmc, bool *over)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  if (t->made == 0) t->block = block_length(hmc);
  const int64_t n = PetscMin(most_at_once(hmc), t->block - t->made), at = hmc->warmup.rows + t->made;
  PetscCall(sq_history_reserve(&hmc->warmup, hmc->set.chains + hmc->all_probes, hmc->warmup.rows + t->block));
  PetscCall(sq_walk_production(hmc, at, n));
  PetscCall(sq_walk_probes(hmc, at, n));
  t->made += n;
  hmc->tuning.thermalisation += n;
  *over = t->made == t->block;
  if (!*over) PetscFunctionReturn(0);
  hmc->warmup.rows += t->block;
  t->since += t->block;
  t->made = 0;
  if (t->power) PetscCall(add_spectra(hmc));
  PetscFunctionReturn(0);
}

/* ---- when it is enough ---- */

/* Starts that disagree only need more time, which they get up to three times the usual. */
static bool needs_agreement(const sq_hmc *hmc)
{
  return !sq_starts_agree(hmc) && (double)hmc->warmup.rows < 3 * SQ_TAUS_THERMALISED * hmc->tuning.tau_int;
}

static PetscErrorCode long_enough(sq_hmc *hmc, bool *enough)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  bool known;
  *enough = false;
  if (t->trying < t->trials || !t->settled || t->untried || hmc->warmup.rows < t->next_look) PetscFunctionReturn(0);
  t->next_look = hmc->warmup.rows * 5 / 4;
  if (hmc->tuning.acceptance < sq_round_target(hmc) / 2 && !hmc->set.steps) PetscFunctionReturn(0);
  PetscCall(sq_watch_tau(hmc, &known));
  if (!known || (double)hmc->warmup.rows < SQ_TAUS_THERMALISED * hmc->tuning.tau_int) PetscFunctionReturn(0);
  PetscCall(sq_watch_starts(hmc));
  *enough = !sq_starts_ask_help(hmc) && !needs_agreement(hmc);
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  const sq_hmc_settings *set = &hmc->set;
  const bool cut_short = !set->thermalisation && hmc->tuning.thermalisation >= sq_round_limit(hmc);
  double apart = fmin(fmax(ceil(2 * hmc->tuning.tau_int), 1), SQ_LONGEST_THERMALISATION);
  hmc->tuning.separation = set->separation ? set->separation : (int64_t)apart;
  for (int64_t i = 0; i < hmc->count; i++) hmc->chain[i]->counts = (sq_metropolis){0};
  const bool forgotten = sq_start_forgotten((double)hmc->warmup.rows, hmc->tuning.tau_int, hmc->tuning.tau_int_error);
  sq_hmc_report(hmc, cut_short || (set->thermalisation && !forgotten));
  hmc->thermal->over = true;
  PetscFunctionReturn(0);
}

bool sq_hmc_thermalised(const sq_hmc *hmc)
{
  return hmc->thermal && hmc->thermal->over;
}

PetscErrorCode sq_hmc_end_thermalisation(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  PetscCall(sq_hmc_drop_chains(hmc->thermal->probes, &hmc->thermal->probe));
  hmc->thermal->probes = 0;
  sq_free(&hmc->thermal->power);
  hmc->thermal->orbits = 0;
  PetscFunctionReturn(0);
}

/* ---- the steps ---- */

PetscErrorCode sq_thermalisation_destroy(sq_thermalisation **thermal)
{
  PetscFunctionBeginUser;
  if (!*thermal) PetscFunctionReturn(0);
  PetscCall(sq_hmc_drop_chains((*thermal)->probes, &(*thermal)->probe));
  sq_free(&(*thermal)->power);
  sq_free(thermal);
  PetscFunctionReturn(0);
}

/* All chains, and the probes from the other start. */
static PetscErrorCode start_chains(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  sq_start start = sq_start_of(&hmc->action, hmc->set.start),
           other = start == SQ_START_HOT ? SQ_START_ORDERED : SQ_START_HOT;
  int64_t first;
  sq_share(hmc->all_probes, hmc->grid->replicas, hmc->grid->replica, &first, &t->probes);
  PetscCall(sq_hmc_make_chains(hmc, SQ_FIRST_PROBE + (uint64_t)first, t->probes, &t->probe));
  for (int64_t i = 0; i < hmc->count; i++) PetscCall(sq_chain_start(hmc->chain[i], start));
  for (int64_t i = 0; i < t->probes; i++) PetscCall(sq_chain_start(t->probe[i], other));
  PetscCall(sq_hopeless_start(hmc));
  PetscFunctionReturn(0);
}

/* Which algorithms to try. A thermalisation that is too short compares none: a trial has two rounds at least, each of a
 * block. */
static void list_trials(sq_hmc *hmc)
{
  sq_thermalisation *t = hmc->thermal;
  sq_choose_list(hmc);
  if (sq_round_limit(hmc) < 4 * BLOCK_LEAST * t->trials) t->trials = 1;
  if (t->trials == 1) t->trial[t->trying++].tried = true;
}

/* Room for spectra, if any algorithm needs them. */
static PetscErrorCode prepare_spectra(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  sq_fft *fft;
  bool needed = false;
  for (int k = 0; k < t->trials; k++) needed = needed || t->trial[k].fourier;
  if (!needed) PetscFunctionReturn(0);
  PetscCall(sq_md_transform(hmc->md, &fft));
  t->orbits = fft->orbits.count;
  PetscCall(sq_alloc(t->orbits, &t->power));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_start(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  PetscCall(sq_thermalisation_destroy(&hmc->thermal));
  PetscCall(sq_alloc(1, &hmc->thermal));
  PetscCall(start_chains(hmc));
  sq_history_clear(&hmc->warmup);
  sq_history_clear(&hmc->series);
  hmc->stride = 1;
  list_trials(hmc);
  PetscCall(prepare_spectra(hmc));
  sq_round_first(hmc);
  PetscFunctionReturn(0);
}

/* The last look at everything; then it is over, unless the probes are to be looked at again with help. */
static PetscErrorCode end(sq_hmc *hmc, bool *done)
{
  PetscFunctionBeginUser;
  bool known;
  PetscCall(sq_watch_tau(hmc, &known));
  PetscCall(sq_watch_starts(hmc));
  hmc->thermal->ending = sq_starts_ask_help(hmc);
  *done = !hmc->thermal->ending;
  PetscFunctionReturn(0);
}

/* What follows from a block for the tuning. */
static PetscErrorCode decide(sq_hmc *hmc, bool *done)
{
  PetscFunctionBeginUser;
  const bool last = hmc->tuning.thermalisation >= sq_round_limit(hmc), given = hmc->set.thermalisation > 0;
  bool enough = last;
  sq_round_retune(hmc, last);
  PetscCall(sq_hopeless_steps(hmc));
  PetscCall(sq_hopeless_intervals(hmc));
  if (!last) PetscCall(sq_round_settle(hmc));
  if (!last) PetscCall(sq_trials_step(hmc));
  if (!last && !given) PetscCall(long_enough(hmc, &enough));
  if (enough) PetscCall(end(hmc, done));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_thermalise_step(sq_hmc *hmc, bool *done)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  bool over = false;
  *done = t->over;
  if (*done) PetscFunctionReturn(0);
  if (t->help > 0) {
    PetscCall(sq_starts_help(hmc, most_at_once(hmc)));
    *done = t->help == 0 && (t->ending || sq_starts_agree(hmc));
  } else {
    PetscCall(run_block(hmc, &over));
    if (over) PetscCall(decide(hmc, done));
  }
  if (*done) PetscCall(finish(hmc));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_thermalise(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  bool done = false;
  PetscCall(sq_hmc_start(hmc));
  while (!done) PetscCall(sq_hmc_thermalise_step(hmc, &done));
  PetscCall(sq_hmc_end_thermalisation(hmc));
  PetscFunctionReturn(0);
}

int64_t sq_hmc_thermalisation_expected(const sq_hmc *hmc)
{
  const sq_thermalisation *t = hmc->thermal;
  const double more = SQ_TAUS_THERMALISED * hmc->tuning.tau_int - (double)hmc->warmup.rows;
  if (hmc->set.thermalisation) return hmc->set.thermalisation;
  if (t->trying < t->trials || !t->settled || !(more > 0)) return 0;
  return hmc->tuning.thermalisation + (int64_t)fmin(ceil(more), SQ_LONGEST_THERMALISATION);
}
