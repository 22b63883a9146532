/* Thermalisation: choosing the length of trajectories and the step size, and measuring when the start is forgotten.
 *
 * It goes in rounds. A round runs blocks of trajectories on production chains and probes, gathers their rows (all
 * production chains, then all probes, on every rank) and adjusts the number of steps from the acceptance of all
 * production chains. After APPROACH trajectories the length is set from the susceptibility, and a new round begins if
 * it changed. The last round goes on until it is TAUS times as long as the largest tau_int of its second half. All
 * decisions are made from the gathered rows: the same on every rank, for any layout of ranks.
 */
#include "internal.h"
#include <math.h>
#include <string.h>

enum {
  APPROACH = 50,
  SHORTEST = 100,
  TAUS = 20,
  ROUNDS = 6,
  LONGEST = 20000,
  MOST_STEPS = 10000,
  BLOCK_LEAST = 5,
  BLOCK_MOST = 50
};
enum { MANY_SIGMAS = 4 };
static const double first_eps = 0.05;

/* ---- a block ---- */

/* rows[walkers][n][columns] of this replica's production chains or probes. */
static PetscErrorCode move_walkers(sq_hmc *hmc, int64_t count, sq_chain **walker, int64_t n, double *rows)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < count; i++)
    for (int64_t t = 0; t < n; t++) PetscCall(sq_hmc_move(hmc, walker[i], rows + (i * n + t) * SQ_HISTORY_COLUMNS));
  PetscFunctionReturn(0);
}

/* n trajectories of one kind of walkers, total over all replicas, into the history of everybody from chain offset on.
 */
static PetscErrorCode run_kind(sq_hmc *hmc, int64_t total, int64_t count, sq_chain **walker, int64_t offset, int64_t n)
{
  PetscFunctionBeginUser;
  int64_t width = n * SQ_HISTORY_COLUMNS;
  double *mine, *all;
  PetscCall(sq_alloc(count * width, &mine));
  PetscCall(sq_alloc(total * width, &all));
  PetscCall(move_walkers(hmc, count, walker, n, mine));
  PetscCall(sq_gather_chains(hmc->grid, total, width, mine, all));
  for (int64_t c = 0; c < total; c++)
    memcpy(sq_history_at(&hmc->warmup, offset + c, hmc->warmup.rows), all + c * width, (size_t)width * sizeof(double));
  sq_free(&mine);
  sq_free(&all);
  PetscFunctionReturn(0);
}

/* Adds the spectra of the fields of this replica's production chains. */
static PetscErrorCode add_spectra(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_fft *fft;
  double *block = sq_md_scratch(hmc->md);
  PetscCall(sq_md_transform(hmc->md, &fft));
  for (int64_t i = 0; i < hmc->count; i++) {
    sq_field_to_block(hmc->chain[i]->phi, block);
    PetscCall(sq_fft_forward(fft, block, fft->work));
    sq_fft_add_power(fft, fft->work, hmc->power);
  }
  hmc->fields += hmc->set.chains;
  PetscFunctionReturn(0);
}

static PetscErrorCode run_block(sq_hmc *hmc, int64_t n)
{
  PetscFunctionBeginUser;
  PetscCall(sq_history_reserve(&hmc->warmup, hmc->set.chains + hmc->all_probes, hmc->warmup.rows + n));
  PetscCall(run_kind(hmc, hmc->set.chains, hmc->count, hmc->chain, 0, n));
  PetscCall(run_kind(hmc, hmc->all_probes, hmc->probes, hmc->probe, hmc->set.chains, n));
  hmc->warmup.rows += n;
  hmc->since += n;
  hmc->tuning.thermalisation += n;
  if (hmc->power) PetscCall(add_spectra(hmc));
  PetscFunctionReturn(0);
}

/* The most trajectories there may be. */
static int64_t limit(const sq_hmc *hmc)
{
  return hmc->set.thermalisation ? hmc->set.thermalisation : LONGEST;
}

static int64_t block_length(const sq_hmc *hmc)
{
  int64_t n = PetscMin(PetscMax(hmc->warmup.rows / 4, (int64_t)BLOCK_LEAST), (int64_t)BLOCK_MOST);
  return PetscMin(n, limit(hmc) - hmc->tuning.thermalisation);
}

/* ---- step size and length ---- */

/* Mean of min(1, exp(-dH)) over the production chains at the present step size; a NaN counts as 0. */
static double acceptance(const sq_hmc *hmc, double *error)
{
  sq_running running = {0};
  for (int64_t c = 0; c < hmc->set.chains; c++)
    for (int64_t row = hmc->warmup.rows - hmc->since; row < hmc->warmup.rows; row++) {
      double dH = sq_history_at(&hmc->warmup, c, row)[SQ_HISTORY_DH];
      sq_running_add(&running, isnan(dH) ? 0 : fmin(1, exp(-dH)));
    }
  *error = running.n > 1 ? sq_running_error(&running) + 1 / (double)running.n : 1;
  return running.mean;
}

static int64_t bounded_steps(double steps)
{
  return (int64_t)fmin(fmax(ceil(steps - 0.25), 1), MOST_STEPS);
}

static void set_steps(sq_hmc *hmc, int64_t steps)
{
  hmc->tuning.steps = steps;
  hmc->tuning.eps = hmc->tuning.length / (double)steps;
  hmc->since = 0;
}

static double target_acceptance(const sq_hmc *hmc)
{
  return hmc->set.acceptance > 0 ? hmc->set.acceptance : hmc->set.integrator->acceptance;
}

/* Changes the number of steps when the acceptance is clearly off its target. A number found too small is not tried
 * again. */
static void retune(sq_hmc *hmc)
{
  double error, rate = acceptance(hmc, &error), target = target_acceptance(hmc);
  hmc->tuning.acceptance = rate;
  if (hmc->set.steps || fabs(rate - target) < 2 * error + 0.02) return;
  double eps = hmc->tuning.eps * sq_tune_stretch(rate, target, hmc->set.integrator->order);
  int64_t steps = bounded_steps(hmc->tuning.length / eps);
  if (hmc->settled && rate < target) hmc->fewest = PetscMin(hmc->tuning.steps + 1, (int64_t)MOST_STEPS);
  steps = PetscMax(steps, hmc->fewest);
  if (steps != hmc->tuning.steps) set_steps(hmc, steps);
}

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

/* The algorithm at work. */
static const sq_hmc_trial *present(const sq_hmc *hmc)
{
  return hmc->trying < hmc->trials ? &hmc->trial[hmc->trying] : sq_choose_best(hmc);
}

static double wanted_length(const sq_hmc *hmc, const sq_hmc_trial *trial)
{
  return sq_choose_length(trial, susceptibility(hmc), hmc->frequency);
}

static bool length_is_tuned(const sq_hmc *hmc)
{
  return hmc->set.length <= 0 && !hmc->set.steps;
}

/* hmc->mass and frequency from the spectra of this round. */
static PetscErrorCode look_at_propagator(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_fft *fft;
  PetscCall(sq_md_transform(hmc->md, &fft));
  const sq_orbits *orbits = &fft->orbits;
  sq_sum *sum;
  double *propagator;
  PetscCall(sq_alloc(orbits->count, &sum));
  PetscCall(sq_alloc(orbits->count, &propagator));
  memcpy(sum, hmc->power, (size_t)orbits->count * sizeof *sum);
  PetscCall(sq_sum_reduce(hmc->grid->world, (int)orbits->count, sum));
  for (int64_t k = 0; k < orbits->count; k++) propagator[k] = sq_sum_value(&sum[k]) / (double)hmc->fields;
  hmc->mass = hmc->set.mass;
  sq_md_fit_mass(orbits, propagator, &hmc->mass, &hmc->frequency);
  sq_free(&sum);
  sq_free(&propagator);
  PetscFunctionReturn(0);
}

static void forget_round(sq_hmc *hmc)
{
  hmc->warmup.rows = 0;
  hmc->next_look = SHORTEST;
  hmc->fewest = 1;
  hmc->since = 0;
  hmc->fields = 0;
  for (int64_t k = 0; k < hmc->orbits; k++) hmc->power[k] = (sq_sum){{0}};
}

/* With the length, and the mass, that follow from the round that ends. */
static PetscErrorCode new_round(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  double eps = hmc->tuning.eps;
  if (present(hmc)->fourier) PetscCall(look_at_propagator(hmc));
  hmc->tuning.mass = present(hmc)->fourier ? hmc->mass : 0;
  if (length_is_tuned(hmc)) hmc->tuning.length = wanted_length(hmc, present(hmc));
  hmc->round++;
  forget_round(hmc);
  set_steps(hmc, hmc->set.steps ? hmc->set.steps : bounded_steps(hmc->tuning.length / eps));
  PetscFunctionReturn(0);
}

/* The trials share the first half of what there may be. */
static bool out_of_time(const sq_hmc *hmc)
{
  return 2 * hmc->trials * hmc->tuning.thermalisation >= limit(hmc) * (hmc->trying + 1);
}

/* A thermalisation this short is too short to compare algorithms: a trial has two rounds at least, each of a block. */
static bool time_to_choose(const sq_hmc *hmc)
{
  return limit(hmc) >= 4 * BLOCK_LEAST * hmc->trials;
}

/* At the end of the approach of a round: is the length final? A trial whose time is up begins no further round: it
 * would have no rows to be judged by. */
static PetscErrorCode settle_length(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  int64_t approach = hmc->set.thermalisation ?
                       PetscMin(hmc->set.thermalisation / (4 * hmc->trials), (int64_t)APPROACH) :
                       APPROACH;
  bool late = hmc->trying < hmc->trials && out_of_time(hmc);
  if (hmc->settled || hmc->warmup.rows < approach) PetscFunctionReturn(0);
  if (present(hmc)->fourier) PetscCall(look_at_propagator(hmc));
  bool off = length_is_tuned(hmc) && fabs(log(wanted_length(hmc, present(hmc)) / hmc->tuning.length)) > 0.3;
  if (present(hmc)->fourier) off = off || fabs(log(hmc->mass / hmc->tuning.mass)) > 0.7;
  if (!late && (hmc->round == 0 || (off && hmc->round < ROUNDS))) PetscCall(new_round(hmc));
  else hmc->settled = true;
  PetscFunctionReturn(0);
}

/* ---- when it is enough ---- */

/* Where nothing is broken, starts that disagree only need more time, which they get up to three times the usual. */
static bool needs_agreement(const sq_hmc *hmc)
{
  bool broken = sq_action_ordered_value(&hmc->action) > 0;
  return !broken && !(hmc->agreement.sigmas < MANY_SIGMAS) && (double)hmc->warmup.rows < 3 * TAUS * hmc->tuning.tau_int;
}

static PetscErrorCode long_enough(sq_hmc *hmc, bool *enough)
{
  PetscFunctionBeginUser;
  bool known;
  *enough = false;
  if (hmc->trying < hmc->trials || !hmc->settled || hmc->warmup.rows < hmc->next_look) PetscFunctionReturn(0);
  hmc->next_look = hmc->warmup.rows * 5 / 4;
  if (hmc->tuning.acceptance < target_acceptance(hmc) / 2 && !hmc->set.steps) PetscFunctionReturn(0);
  PetscCall(sq_watch_tau(hmc, &known));
  if (!known || (double)hmc->warmup.rows < TAUS * hmc->tuning.tau_int) PetscFunctionReturn(0);
  PetscCall(sq_watch_starts(hmc));
  *enough = !needs_agreement(hmc);
  PetscFunctionReturn(0);
}

/* ---- the choice of the algorithm ---- */

/* Measures the algorithm at work; over: it is known well enough, or well enough to be dearer than another. */
static PetscErrorCode judge(sq_hmc *hmc, bool *over)
{
  PetscFunctionBeginUser;
  sq_hmc_trial *trial = &hmc->trial[hmc->trying];
  bool known;
  trial->tried = false; /* against the others */
  const sq_hmc_trial *best = sq_choose_best(hmc);
  *over = out_of_time(hmc);
  if (!*over && (!hmc->settled || hmc->warmup.rows < hmc->next_look)) PetscFunctionReturn(0);
  hmc->next_look = hmc->warmup.rows * 5 / 4;
  PetscCall(sq_watch_tau(hmc, &known));
  const sq_hmc_tuning *t = &hmc->tuning;
  double work = 2 * sq_choose_work(hmc, trial, (double)t->steps), rows = (double)hmc->warmup.rows,
         even = best ? best->cost / work : INFINITY;
  bool enough = known && rows >= TAUS * t->tau_int, dearer = t->tau_int - (known ? 2 * t->tau_int_error : 0) > even,
       fruitless = rows > 2 * TAUS * even;
  *over = *over || enough || dearer || fruitless;
  trial->tried = true;
  trial->length = t->length;
  trial->eps = t->eps;
  trial->mass = t->mass;
  trial->steps = t->steps;
  trial->tau_int = t->tau_int;
  trial->cost = work * fmax(t->tau_int, 0.5);
  if (isnan(trial->cost) || (!enough && best && trial->cost < best->cost))
    trial->cost = INFINITY; /* nothing is known of it */
  PetscFunctionReturn(0);
}

/* Whether even independent trajectories would be dearer than what is known already. */
static PetscErrorCode hopeless(sq_hmc *hmc, const sq_hmc_trial *trial, bool *answer)
{
  PetscFunctionBeginUser;
  if (trial->fourier) PetscCall(look_at_propagator(hmc));
  double length = length_is_tuned(hmc) ? wanted_length(hmc, trial) : hmc->tuning.length;
  double steps = hmc->set.steps ? (double)hmc->set.steps : length / hmc->tuning.eps;
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
  hmc->settled = true;
  forget_round(hmc);
}

static PetscErrorCode next_trial(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  bool skip = true;
  while (skip && ++hmc->trying < hmc->trials) PetscCall(hopeless(hmc, present(hmc), &skip));
  if (hmc->trying == hmc->trials) PetscFunctionReturn(0);
  hmc->tuning.cluster = present(hmc)->cluster;
  hmc->settled = false;
  hmc->round = 0;
  PetscCall(new_round(hmc));
  PetscFunctionReturn(0);
}

/* Goes on to the next algorithm, or to the cheapest when all are known; with one there is nothing to choose. */
static PetscErrorCode choose(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  bool over;
  if (hmc->trying == hmc->trials || hmc->warmup.rows == 0) PetscFunctionReturn(0);
  PetscCall(judge(hmc, &over));
  if (!over) PetscFunctionReturn(0);
  const sq_hmc_trial *last = present(hmc);
  PetscCall(next_trial(hmc));
  if (hmc->trying == hmc->trials && sq_choose_best(hmc) != last) adopt(hmc, sq_choose_best(hmc));
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(sq_hmc *hmc, bool cut_short)
{
  PetscFunctionBeginUser;
  bool known;
  PetscCall(sq_watch_tau(hmc, &known));
  PetscCall(sq_watch_starts(hmc));
  double apart = ceil(2 * hmc->tuning.tau_int);
  hmc->tuning.separation = hmc->set.separation ? hmc->set.separation : (int64_t)fmin(fmax(apart, 1), LONGEST);
  for (int64_t i = 0; i < hmc->count; i++) hmc->chain[i]->counts = (sq_metropolis){0};
  sq_hmc_report(hmc, cut_short || (hmc->set.thermalisation && (double)hmc->warmup.rows < TAUS * hmc->tuning.tau_int));
  PetscCall(sq_hmc_drop_probes(hmc));
  hmc->thermalising = false;
  sq_free(&hmc->power);
  hmc->orbits = 0;
  PetscFunctionReturn(0);
}

/* ---- the steps ---- */

/* Room for spectra, if any algorithm needs them. */
static PetscErrorCode prepare_spectra(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_fft *fft;
  bool needed = false;
  for (int k = 0; k < hmc->trials; k++) needed = needed || hmc->trial[k].fourier;
  if (!needed) PetscFunctionReturn(0);
  PetscCall(sq_md_transform(hmc->md, &fft));
  hmc->orbits = fft->orbits.count;
  sq_free(&hmc->power);
  PetscCall(sq_alloc(hmc->orbits, &hmc->power));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_start(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_start start = sq_start_of(&hmc->action, hmc->set.start);
  PetscCall(sq_hmc_make_probes(hmc, PetscMax((int64_t)2, (int64_t)hmc->set.chains / 4)));
  for (int64_t i = 0; i < hmc->count; i++) PetscCall(sq_chain_start(hmc->chain[i], start));
  for (int64_t i = 0; i < hmc->probes; i++)
    PetscCall(sq_chain_start(hmc->probe[i], start == SQ_START_HOT ? SQ_START_ORDERED : SQ_START_HOT));
  sq_history_clear(&hmc->warmup);
  sq_history_clear(&hmc->series);
  hmc->stride = 1;
  sq_choose_list(hmc);
  if (!time_to_choose(hmc)) hmc->trials = 1;
  PetscCall(prepare_spectra(hmc));
  hmc->fields = 0;
  if (hmc->trials == 1) hmc->trial[hmc->trying++].tried = true;
  hmc->tuning = (sq_hmc_tuning){.length = hmc->set.length > 0 ? hmc->set.length : 1, .cluster = hmc->trial[0].cluster};
  hmc->thermalising = true;
  hmc->round = 0;
  hmc->settled = false;
  hmc->fewest = 1;
  hmc->next_look = SHORTEST;
  set_steps(hmc, hmc->set.steps ? hmc->set.steps : bounded_steps(hmc->tuning.length / first_eps));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_thermalise_step(sq_hmc *hmc, bool *done)
{
  PetscFunctionBeginUser;
  PetscCall(run_block(hmc, block_length(hmc)));
  bool last = hmc->tuning.thermalisation >= (hmc->set.thermalisation ? hmc->set.thermalisation : LONGEST);
  *done = last;
  retune(hmc);
  if (!last) PetscCall(settle_length(hmc));
  if (!last) PetscCall(choose(hmc));
  if (!last && !hmc->set.thermalisation) PetscCall(long_enough(hmc, done));
  if (*done) PetscCall(finish(hmc, last && !hmc->set.thermalisation));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_thermalise(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  bool done = false;
  PetscCall(sq_hmc_start(hmc));
  while (!done) PetscCall(sq_hmc_thermalise_step(hmc, &done));
  PetscFunctionReturn(0);
}
