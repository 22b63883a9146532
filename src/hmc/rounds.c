/* SPDX-License-Identifier: BSD-3-Clause */
/* Rounds of thermalisation: the number of steps follows the acceptance; the length of trajectories, and the mass of
 * Fourier acceleration, follow what the round before has measured. All of it comes from gathered rows and reduced
 * spectra: the same on every rank.
 */
#include "internal.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 6 };
static const double first_eps = 0.05;

int64_t sq_round_limit(const sq_hmc *hmc)
{
  return hmc->set.thermalisation ? hmc->set.thermalisation : SQ_LONGEST_THERMALISATION;
}

bool sq_round_out_of_time(const sq_hmc *hmc)
{
  const sq_thermalisation *t = hmc->thermal;
  return 2 * t->trials * hmc->tuning.thermalisation >= sq_round_limit(hmc) * (t->trying + 1);
}

/* ---- the number of steps ---- */

/* Mean of min(1, exp(-dH)) over the production chains at the present step size; a NaN counts as 0. */
static double acceptance(const sq_hmc *hmc, double *error)
{
  sq_running running = {0};
  for (int64_t c = 0; c < hmc->set.chains; c++)
    for (int64_t row = hmc->warmup.rows - hmc->thermal->since; row < hmc->warmup.rows; row++) {
      double dH = sq_history_at(&hmc->warmup, c, row)[SQ_HISTORY_DH];
      sq_running_add(&running, isnan(dH) ? 0 : fmin(1, exp(-dH)));
    }
  *error = running.n > 1 ? sq_running_error(&running) + 1 / (double)running.n : 1;
  return running.mean;
}

/* Whether some trajectory at the present step size has left the equations of motion: their errors are a few units of dH
 * however low the acceptance. */
static bool is_unstable(const sq_hmc *hmc)
{
  const double far = 1000;
  bool unstable = false;
  for (int64_t c = 0; c < hmc->set.chains; c++)
    for (int64_t row = PetscMax(hmc->warmup.rows - hmc->thermal->since, (int64_t)SQ_APPROACH); row < hmc->warmup.rows;
         row++)
      unstable = unstable || !(sq_history_at(&hmc->warmup, c, row)[SQ_HISTORY_DH] < far);
  return unstable;
}

static int64_t bounded_steps(double steps)
{
  return (int64_t)fmin(fmax(ceil(steps - 0.25), 1), SQ_MOST_STEPS);
}

static void set_steps(sq_hmc *hmc, int64_t steps)
{
  hmc->tuning.steps = steps;
  hmc->tuning.eps = hmc->tuning.length / (double)steps;
  hmc->thermal->since = 0;
}

double sq_round_target(const sq_hmc *hmc)
{
  return hmc->set.acceptance > 0 ? hmc->set.acceptance : hmc->set.integrator->acceptance;
}

void sq_round_retune(sq_hmc *hmc, bool last)
{
  sq_thermalisation *t = hmc->thermal;
  t->untried = false;
  double error, rate = acceptance(hmc, &error), target = sq_round_target(hmc);
  hmc->tuning.acceptance = rate;
  if (!hmc->set.steps && t->settled && is_unstable(hmc)) {
    t->fewest = PetscMin(hmc->tuning.steps + 1 + hmc->tuning.steps / 16, (int64_t)SQ_MOST_STEPS);
    if (t->fewest > hmc->tuning.steps) set_steps(hmc, t->fewest);
    return;
  }
  if (hmc->set.steps || fabs(rate - target) < 2 * error + 0.02) return;
  double eps = hmc->tuning.eps * sq_tune_stretch(rate, target, hmc->set.integrator->order);
  int64_t steps = bounded_steps(hmc->tuning.length / eps);
  if (t->settled && rate < target) t->fewest = PetscMin(hmc->tuning.steps + 1, (int64_t)SQ_MOST_STEPS);
  steps = PetscMax(steps, t->fewest);
  if (last && steps < hmc->tuning.steps) return; /* longer ones were not tried, and may be unstable */
  t->untried = steps < hmc->tuning.steps;
  if (steps != hmc->tuning.steps) set_steps(hmc, steps);
}

/* ---- the length and the mass ---- */

/* V times the variance of |M| within the production chains, over the second half: what moves now, whatever the chains
 * are stuck in. */
static double susceptibility(const sq_hmc *hmc)
{
  double sum = 0;
  for (int64_t c = 0; c < hmc->set.chains; c++) {
    sq_running running = {0};
    for (int64_t row = hmc->warmup.rows / 2; row < hmc->warmup.rows; row++)
      sq_running_add(&running, fabs(sq_history_at(&hmc->warmup, c, row)[SQ_HISTORY_M]));
    sum += sq_running_variance(&running);
  }
  return (double)hmc->lattice->volume * sum / hmc->set.chains;
}

static bool length_is_tuned(const sq_hmc *hmc)
{
  return hmc->set.length <= 0 && !hmc->set.steps;
}

double sq_round_length(const sq_hmc *hmc, const sq_hmc_trial *trial)
{
  if (!length_is_tuned(hmc)) return hmc->tuning.length;
  return sq_choose_length(trial, susceptibility(hmc), hmc->thermal->frequency);
}

PetscErrorCode sq_round_fit_propagator(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  sq_fft *fft;
  sq_sum *sum;
  double *propagator;
  PetscCall(sq_md_transform(hmc->md, &fft));
  const sq_orbits *orbits = &fft->orbits;
  PetscCall(sq_alloc(orbits->count, &sum));
  PetscCall(sq_alloc(orbits->count, &propagator));
  memcpy(sum, t->power, (size_t)orbits->count * sizeof *sum);
  PetscCall(sq_sum_reduce(hmc->grid->world, (int)orbits->count, sum));
  for (int64_t k = 0; k < orbits->count; k++) propagator[k] = sq_sum_value(&sum[k]) / (double)t->fields;
  t->mass = hmc->set.mass;
  sq_md_fit_mass(orbits, propagator, &t->mass, &t->frequency);
  sq_free(&sum);
  sq_free(&propagator);
  PetscFunctionReturn(0);
}

/* ---- rounds ---- */

void sq_round_forget(sq_hmc *hmc)
{
  sq_thermalisation *t = hmc->thermal;
  hmc->warmup.rows = 0;
  t->next_look = SQ_FIRST_LOOK;
  t->fewest = 1;
  t->since = 0;
  t->fields = 0;
  for (int64_t k = 0; k < t->orbits; k++) t->power[k] = (sq_sum){{0}};
}

void sq_round_first(sq_hmc *hmc)
{
  sq_round_forget(hmc);
  hmc->tuning = (sq_hmc_tuning){.length = hmc->set.length > 0 ? hmc->set.length : 1,
                                .cluster = hmc->thermal->trial[0].cluster};
  set_steps(hmc, hmc->set.steps ? hmc->set.steps : bounded_steps(hmc->tuning.length / first_eps));
}

PetscErrorCode sq_round_begin(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  const sq_hmc_trial *trial = sq_choose_present(hmc);
  double eps = hmc->tuning.eps;
  if (trial->fourier) PetscCall(sq_round_fit_propagator(hmc));
  hmc->tuning.mass = trial->fourier ? hmc->thermal->mass : 0;
  hmc->tuning.length = sq_round_length(hmc, trial);
  hmc->thermal->round++;
  sq_round_forget(hmc);
  set_steps(hmc, hmc->set.steps ? hmc->set.steps : bounded_steps(hmc->tuning.length / eps));
  PetscFunctionReturn(0);
}

static int64_t approach_of(const sq_hmc *hmc)
{
  if (!hmc->set.thermalisation) return SQ_APPROACH;
  return PetscMin(hmc->set.thermalisation / (4 * hmc->thermal->trials), (int64_t)SQ_APPROACH);
}

/* Whether length or mass are far from what this round has measured. */
static bool is_off(const sq_hmc *hmc, const sq_hmc_trial *trial)
{
  bool length = fabs(log(sq_round_length(hmc, trial) / hmc->tuning.length)) > 0.3;
  return length || (trial->fourier && fabs(log(hmc->thermal->mass / hmc->tuning.mass)) > 0.7);
}

PetscErrorCode sq_round_settle(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_thermalisation *t = hmc->thermal;
  const sq_hmc_trial *trial = sq_choose_present(hmc);
  bool late = t->trying < t->trials && sq_round_out_of_time(hmc);
  if (t->settled || hmc->warmup.rows < approach_of(hmc)) PetscFunctionReturn(0);
  if (trial->fourier) PetscCall(sq_round_fit_propagator(hmc));
  bool again = t->round == 0 || (is_off(hmc, trial) && t->round < ROUNDS);
  if (again && !late) PetscCall(sq_round_begin(hmc));
  else t->settled = true;
  PetscFunctionReturn(0);
}
