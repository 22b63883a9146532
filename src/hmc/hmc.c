/* SPDX-License-Identifier: BSD-3-Clause */
/* Many chains: which replica runs which, production, its series and counters.
 *
 * Chains 0 .. chains - 1 are shared out over the replicas in contiguous runs; probes of thermalisation have numbers
 * from SQ_FIRST_PROBE on. All ranks of a domain hold the same numbers; what all replicas must know is gathered in chain
 * order.
 */
#include "internal.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_hmc_create(const sq_grid *grid, const sq_lattice *lattice, const sq_action *action,
                             const sq_hmc_settings *settings, uint64_t seed, sq_hmc **hmc)
{
  PetscFunctionBeginUser;
  sq_hmc *h;
  PetscCall(sq_alloc(1, &h));
  h->grid = grid;
  h->lattice = lattice;
  h->action = *action;
  h->set = *settings;
  h->seed = seed;
  h->stride = 1;
  h->all_probes = PetscMax((int64_t)2, (int64_t)settings->chains / 4);
  PetscCall(sq_md_create(lattice, action, settings->integrator, &h->md));
  if (!h->set.steps && h->set.dynamics->steps) PetscCall(h->set.dynamics->steps(h->md, seed, &h->set.steps));
  sq_share(settings->chains, grid->replicas, grid->replica, &h->first, &h->count);
  PetscCall(sq_hmc_make_chains(h, (uint64_t)h->first, h->count, &h->chain));
  *hmc = h;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_destroy(sq_hmc **hmc)
{
  PetscFunctionBeginUser;
  if (!*hmc) PetscFunctionReturn(0);
  PetscCall(sq_hmc_drop_chains((*hmc)->count, &(*hmc)->chain));
  PetscCall(sq_thermalisation_destroy(&(*hmc)->thermal));
  PetscCall(sq_md_destroy(&(*hmc)->md));
  sq_history_clear(&(*hmc)->warmup);
  sq_history_clear(&(*hmc)->series);
  sq_free(hmc);
  PetscFunctionReturn(0);
}

/* ---- trajectories ---- */

/* One trajectory of every chain; a row of the series when one is due. */
static PetscErrorCode advance_all(sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  sq_history *series = &hmc->series;
  double row[SQ_HISTORY_COLUMNS];
  bool due = hmc->count > 0 && (hmc->chain[0]->trajectory + 1) % hmc->stride == 0;
  for (int64_t i = 0; i < hmc->count; i++) {
    PetscCall(sq_hmc_move(hmc, hmc->chain[i], row));
    if (due) memcpy(sq_history_at(series, i, series->rows), row, sizeof row);
  }
  series->rows += due;
  if (series->rows == SQ_HISTORY_ROWS) {
    hmc->stride *= 2;
    sq_history_thin(series, hmc->stride);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_advance(sq_hmc *hmc, int64_t trajectories)
{
  PetscFunctionBeginUser;
  PetscCall(
    sq_history_reserve(&hmc->series, hmc->count, PetscMin(hmc->series.rows + trajectories, (int64_t)SQ_HISTORY_ROWS)));
  for (int64_t t = 0; t < trajectories; t++) PetscCall(advance_all(hmc));
  PetscFunctionReturn(0);
}

/* ---- what all replicas know together ---- */

PetscErrorCode sq_hmc_rows(const sq_hmc *hmc, int64_t *rows)
{
  PetscFunctionBeginUser;
  *rows = hmc->series.rows;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, rows, 1, MPI_INT64_T, MPI_MAX, hmc->grid->world));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_gather_series(sq_hmc *hmc, sq_history *history)
{
  PetscFunctionBeginUser;
  const sq_history *mine = &hmc->series;
  int64_t rows, chains = hmc->set.chains, width;
  double *packed;
  PetscCall(sq_hmc_rows(hmc, &rows));
  PetscCheck(hmc->count == 0 || rows == mine->rows, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE,
             "the replicas made different numbers of trajectories");
  width = rows * SQ_HISTORY_COLUMNS;
  *history = (sq_history){0};
  PetscCall(sq_alloc(hmc->count * width, &packed));
  PetscCall(sq_alloc(chains * width, &history->value));
  for (int64_t i = 0; i < hmc->count; i++)
    memcpy(packed + i * width, sq_history_at(mine, i, 0), (size_t)width * sizeof(double));
  PetscCall(sq_gather_chains(hmc->grid, chains, width, packed, history->value));
  history->chains = chains;
  history->rows = history->capacity = rows;
  sq_free(&packed);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_set_series(sq_hmc *hmc, const sq_history *history)
{
  PetscFunctionBeginUser;
  sq_history_clear(&hmc->series);
  PetscCall(sq_history_reserve(&hmc->series, hmc->count, history->rows));
  for (int64_t i = 0; i < hmc->count; i++)
    memcpy(sq_history_at(&hmc->series, i, 0), sq_history_at(history, hmc->first + i, 0),
           (size_t)(history->rows * SQ_HISTORY_COLUMNS) * sizeof(double));
  hmc->series.rows = history->rows;
  hmc->stride = 1;
  if (history->rows > 1) {
    const double *first = sq_history_at(history, 0, 0), *second = sq_history_at(history, 0, 1);
    hmc->stride = (int64_t)(second[SQ_HISTORY_TRAJECTORY] - first[SQ_HISTORY_TRAJECTORY]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_counts(const sq_hmc *hmc, sq_metropolis *counts)
{
  PetscFunctionBeginUser;
  enum { NUMBERS = SQ_METROPOLIS_NUMBERS };
  double *mine, *all, sum[NUMBERS] = {0};
  PetscCall(sq_alloc(hmc->count * NUMBERS, &mine));
  PetscCall(sq_alloc(hmc->set.chains * NUMBERS, &all));
  for (int64_t i = 0; i < hmc->count; i++) sq_metropolis_save(&hmc->chain[i]->counts, mine + i * NUMBERS);
  PetscCall(sq_gather_chains(hmc->grid, hmc->set.chains, NUMBERS, mine, all));
  for (int64_t k = 0; k < hmc->set.chains * NUMBERS; k++) sum[k % NUMBERS] += all[k];
  sq_metropolis_restore(counts, sum);
  sq_free(&mine);
  sq_free(&all);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_reversibility(const sq_hmc *hmc, double *worst)
{
  PetscFunctionBeginUser;
  double deviation;
  *worst = 0;
  for (int64_t i = 0; i < hmc->count; i++) {
    PetscCall(sq_chain_reversibility(hmc->chain[i], hmc->tuning.eps, hmc->tuning.steps, &deviation));
    *worst = deviation <= *worst ? *worst : isnan(deviation) ? INFINITY : deviation;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, worst, 1, MPI_DOUBLE, MPI_MAX, hmc->grid->world));
  PetscFunctionReturn(0);
}
