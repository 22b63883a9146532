/* SPDX-License-Identifier: BSD-3-Clause */
/* Thermalisation as plain numbers, for a checkpoint: everything but the fields of its walkers, in one order for writing
 * and for reading. The same on every rank, for any layout of ranks.
 */
#include "internal.h"
#include <math.h>
#include <string.h>

/* A place in an array of numbers, which are read from there or put there; at NULL: counted only. */
typedef struct {
  double *at;
  int64_t count;
  bool put;
} tape;

static void number(tape *t, double *x)
{
  if (t->at && t->put) *t->at++ = *x;
  else if (t->at) *x = *t->at++;
  t->count++;
}

static void whole(tape *t, int64_t *x)
{
  double value = (double)*x;
  number(t, &value);
  *x = fabs(value) < 9e15 ? (int64_t)value : -1; /* what comes from a file may be anything */
}

static void small(tape *t, int *x)
{
  int64_t value = *x;
  whole(t, &value);
  *x = (int)value;
}

static void truth(tape *t, bool *x)
{
  int64_t value = *x;
  whole(t, &value);
  *x = value != 0;
}

static void go_through_trial(tape *t, sq_hmc_trial *trial)
{
  whole(t, &trial->cluster);
  truth(t, &trial->fourier);
  truth(t, &trial->tried);
  number(t, &trial->length);
  number(t, &trial->eps);
  number(t, &trial->mass);
  whole(t, &trial->steps);
  number(t, &trial->tau_int);
  number(t, &trial->cost);
}

/* What comes before the arrays, whose lengths it has. */
static void go_through_head(tape *t, sq_hmc *hmc)
{
  sq_thermalisation *s = hmc->thermal;
  double tuning[SQ_HMC_TUNING_NUMBERS];
  sq_hmc_tuning_save(&hmc->tuning, tuning);
  for (int i = 0; i < SQ_HMC_TUNING_NUMBERS; i++) number(t, &tuning[i]);
  sq_hmc_tuning_restore(&hmc->tuning, tuning);
  truth(t, &s->over);
  small(t, &s->trials);
  small(t, &s->trying);
  for (int k = 0; k < SQ_HMC_TRIALS; k++) go_through_trial(t, &s->trial[k]);
  small(t, &s->round);
  truth(t, &s->settled);
  whole(t, &s->since);
  truth(t, &s->untried);
  whole(t, &s->fewest);
  whole(t, &s->next_look);
  whole(t, &s->fields);
  number(t, &s->mass);
  number(t, &s->frequency);
  whole(t, &s->block);
  whole(t, &s->made);
  whole(t, &s->help);
  number(t, &s->apart);
  truth(t, &s->helped);
  truth(t, &s->ending);
  whole(t, &hmc->warmup.rows);
}

static void go_through_spectra(tape *t, int64_t orbits, sq_sum *power)
{
  for (int64_t k = 0; k < orbits; k++)
    for (int b = 0; b < (int)(sizeof power->bin / sizeof *power->bin); b++) number(t, &power[k].bin[b]);
}

/* refused[walkers]; rows of the block at work included. */
static void go_through_walkers(tape *t, sq_hmc *hmc, double *refused)
{
  const int64_t walkers = hmc->set.chains + hmc->all_probes, rows = hmc->warmup.rows + hmc->thermal->made;
  for (int64_t c = 0; c < walkers; c++) {
    number(t, &refused[c]);
    for (int64_t r = 0; r < rows; r++)
      for (int k = 0; k < SQ_HISTORY_COLUMNS; k++) number(t, &sq_history_at(&hmc->warmup, c, r)[k]);
  }
}

/* ---- refusals in a row, which belong to no chain's own numbers ---- */

static PetscErrorCode gather_refused(const sq_hmc *hmc, double *refused)
{
  PetscFunctionBeginUser;
  const sq_thermalisation *s = hmc->thermal;
  double *mine;
  PetscCall(sq_alloc(hmc->count + s->probes, &mine));
  for (int64_t i = 0; i < hmc->count; i++) mine[i] = hmc->chain[i]->refused;
  for (int64_t i = 0; i < s->probes; i++) mine[hmc->count + i] = s->probe[i]->refused;
  PetscCall(sq_gather_chains(hmc->grid, hmc->set.chains, 1, mine, refused));
  PetscCall(sq_gather_chains(hmc->grid, hmc->all_probes, 1, mine + hmc->count, refused + hmc->set.chains));
  sq_free(&mine);
  PetscFunctionReturn(0);
}

static void hand_out_refused(sq_hmc *hmc, const double *refused)
{
  sq_thermalisation *s = hmc->thermal;
  int64_t first, count;
  sq_share(hmc->all_probes, hmc->grid->replicas, hmc->grid->replica, &first, &count);
  for (int64_t i = 0; i < hmc->count; i++) hmc->chain[i]->refused = (int)refused[hmc->first + i];
  for (int64_t i = 0; i < count; i++) s->probe[i]->refused = (int)refused[hmc->set.chains + first + i];
}

/* ---- both ways ---- */

PetscErrorCode sq_hmc_thermalisation_save(sq_hmc *hmc, int64_t *count, double **numbers)
{
  PetscFunctionBeginUser;
  sq_thermalisation *s = hmc->thermal;
  double *refused;
  sq_sum *power;
  PetscCall(sq_alloc(hmc->set.chains + hmc->all_probes, &refused));
  PetscCall(sq_alloc(s->orbits, &power));
  PetscCall(gather_refused(hmc, refused));
  if (s->power) memcpy(power, s->power, (size_t)s->orbits * sizeof *power);
  if (s->orbits) PetscCall(sq_sum_reduce(hmc->grid->world, (int)s->orbits, power));
  tape t = {.put = true};
  for (int pass = 0; pass < 2; pass++) { /* to count; to write */
    go_through_head(&t, hmc);
    go_through_spectra(&t, s->orbits, power);
    go_through_walkers(&t, hmc, refused);
    if (pass) break;
    *count = t.count;
    PetscCall(sq_alloc(*count, numbers));
    t.at = *numbers;
  }
  sq_free(&refused);
  sq_free(&power);
  PetscFunctionReturn(0);
}

/* Whether numbers whose head was read are those of a thermalisation of this kind. */
static bool plausible(const sq_hmc *hmc, int64_t head, int64_t count)
{
  const sq_thermalisation *s = hmc->thermal;
  const int64_t rows = hmc->warmup.rows, all = rows + s->made, walkers = hmc->set.chains + hmc->all_probes,
                most = sq_round_limit(hmc);
  bool inside = rows >= 0 && s->made >= 0 && all <= most && s->since >= 0 && s->since <= rows && s->help >= 0 &&
                s->help <= 2 * rows && s->block >= s->made && s->block <= most && hmc->tuning.steps >= 1 &&
                s->trials >= 1 && s->trials <= SQ_HMC_TRIALS && s->trying >= 0 && s->trying <= s->trials &&
                hmc->tuning.cluster >= 0 && hmc->tuning.cluster <= SQ_CLUSTER_SWEEPS;
  return inside && count == head + 3 * s->orbits + walkers * (1 + all * SQ_HISTORY_COLUMNS);
}

static PetscErrorCode make_room(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  const int64_t rows = hmc->warmup.rows;
  hmc->warmup.rows = 0; /* none is there yet */
  PetscCall(sq_history_reserve(&hmc->warmup, hmc->set.chains + hmc->all_probes, rows + hmc->thermal->block));
  hmc->warmup.rows = rows;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_thermalisation_restore(sq_hmc *hmc, int64_t count, const double *numbers)
{
  PetscFunctionBeginUser;
  sq_thermalisation *s = hmc->thermal;
  double *copy, *refused;
  int rank;
  tape size = {.put = true}, t = {0};
  go_through_head(&size, hmc);
  SqCheck(count >= size.count, hmc->grid->world, SQ_ERR_DATA, "thermalisation: %lld numbers, wanted are %lld and more",
          (long long)count, (long long)size.count);
  PetscCall(sq_alloc(count, &copy));
  memcpy(copy, numbers, (size_t)count * sizeof *copy);
  t.at = copy;
  go_through_head(&t, hmc);
  const bool sound = plausible(hmc, size.count, count);
  if (!sound) sq_free(&copy);
  SqCheck(sound, hmc->grid->world, SQ_ERR_DATA,
          "thermalisation: these %lld numbers are not of %d chains and %lld orbits", (long long)count, hmc->set.chains,
          (long long)s->orbits);
  PetscCall(sq_alloc(hmc->set.chains + hmc->all_probes, &refused));
  PetscCall(make_room(hmc));
  go_through_spectra(&t, s->orbits, s->power);
  go_through_walkers(&t, hmc, refused);
  hand_out_refused(hmc, refused);
  PetscCallMPI(MPI_Comm_rank(hmc->grid->world, &rank));
  if (rank && s->power) memset(s->power, 0, (size_t)s->orbits * sizeof *s->power); /* they are parts of one sum */
  if (s->over) PetscCall(sq_watch_starts(hmc));
  sq_free(&refused);
  sq_free(&copy);
  PetscFunctionReturn(0);
}

sq_chain **sq_hmc_probes(const sq_hmc *hmc, int64_t *first, int64_t *count)
{
  sq_share(hmc->all_probes, hmc->grid->replicas, hmc->grid->replica, first, count);
  return hmc->thermal->probe;
}
