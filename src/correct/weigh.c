/* SPDX-License-Identifier: BSD-3-Clause */
/* What generated fields are worth: the weights of some of them. Fields of a batch are made together, batches are shared
 * out over the replicas. */
#include "squall/correct.h"
#include "squall/obs.h"
#include <math.h>
#include <string.h>

/* This replica's share; 0 where another one makes the field. */
static PetscErrorCode weigh_mine(const sq_generator *g, const sq_grid *grid, sq_obs *obs, uint64_t seed, int64_t count,
                                 double *blocks, double *log_weight)
{
  PetscFunctionBeginUser;
  double columns[SQ_OBS_MOST];
  for (int64_t first = (int64_t)grid->replica * g->batch; first < count; first += (int64_t)grid->replicas * g->batch) {
    int together = (int)PetscMin(g->batch, count - first);
    PetscCall(sq_generator_generate(g, seed, first, together, blocks, log_weight + first, NULL, NULL));
    for (int b = 0; b < together; b++) {
      PetscCall(sq_obs_measure(obs, blocks + b * sq_generator_numbers(g), columns));
      log_weight[first + b] -= sq_obs_action(obs, columns);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_generator_log_weights(const sq_generator *g, const sq_grid *grid, const sq_action *action,
                                        uint64_t seed, int64_t count, double *log_weight)
{
  PetscFunctionBeginUser;
  sq_obs *obs;
  double *blocks;
  PetscErrorCode worst;
  PetscCall(sq_obs_create(g->lattice, action, &obs));
  PetscCall(sq_alloc(g->batch * sq_generator_numbers(g), &blocks));
  memset(log_weight, 0, (size_t)count * sizeof *log_weight);
  PetscCall(sq_worst_status(grid->world, weigh_mine(g, grid, obs, seed, count, blocks, log_weight),
                            &worst)); /* one replica's may fail: all leave */
  PetscCall(worst);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, log_weight, (int)count, MPI_DOUBLE, MPI_SUM, grid->across));
  sq_free(&blocks);
  PetscCall(sq_obs_destroy(&obs));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_generator_weigh(const sq_generator *g, const sq_grid *grid, const sq_action *action, uint64_t seed,
                                  int64_t count, sq_weighed *weighed)
{
  PetscFunctionBeginUser;
  double *log_weight;
  sq_running all = {0};
  PetscCall(sq_alloc(count, &log_weight));
  PetscCall(sq_generator_log_weights(g, grid, action, seed, count, log_weight));
  for (int64_t i = 0; i < count; i++) sq_running_add(&all, log_weight[i]);
  *weighed = (sq_weighed){.spread = sqrt(sq_running_variance(&all))};
  PetscCall(sq_weights_summary(count, log_weight, &weighed->weights));
  PetscCall(sq_weights_acceptance(count, log_weight, &weighed->acceptance));
  sq_free(&log_weight);
  PetscFunctionReturn(0);
}
