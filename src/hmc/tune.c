/* SPDX-License-Identifier: BSD-3-Clause */
/* Step sizes from acceptances. In equilibrium dH is close to normal with mean sigma^2/2 and deviation sigma (so that
 * <exp(-dH)> = 1), and the acceptance is erfc(sigma / sqrt 8) (Gupta, Irbaeck, Karsch, Petersson, Phys. Lett. B 242
 * (1990) 437); sigma grows as eps^order.
 */
#include "internal.h"
#include <math.h>

double sq_tune_sigma(double acceptance)
{
  double low = 0, high = 16;
  for (int i = 0; i < 60; i++) {
    double middle = (low + high) / 2;
    if (erfc(middle / sqrt(8)) > acceptance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

double sq_tune_stretch(double acceptance, double target, int order)
{
  if (!(acceptance > 0.02)) return 0.5;
  double stretch = pow(sq_tune_sigma(target) / sq_tune_sigma(fmin(acceptance, 0.9999)), 1.0 / order);
  return fmin(fmax(stretch, 0.5), 2);
}

int64_t sq_tune_vary(int64_t mean, sq_stream stream, int64_t trajectory)
{
  int64_t least = (mean + 1) / 2, count = 2 * (mean - least) + 1;
  return least + sq_rng_index(stream, 0, (uint64_t)trajectory, 0, (uint32_t)count);
}

/* The acceptance of one round, over all replicas. */
static PetscErrorCode try_step(const sq_grid *grid, sq_chain *chain, const sq_tuning_set *set, double eps,
                               double *acceptance)
{
  PetscFunctionBeginUser;
  const int64_t numbers = chain->phi->components * chain->phi->lattice->local_volume;
  sq_sum sum[2] = {{{0}}};
  int64_t first, count;
  sq_share(set->fields, grid->replicas, grid->replica, &first, &count);
  for (int64_t n = first; n < first + count; n++) {
    chain->id = set->first_id + (uint64_t)n;
    PetscCall(sq_chain_restore(chain, set->block + n * numbers, (double[SQ_CHAIN_NUMBERS]){0}));
    for (int64_t t = 0; t < set->trajectories; t++) PetscCall(sq_chain_trajectory(chain, eps, set->steps));
    sq_sum_add(&sum[0], (double)chain->counts.accepted);
    sq_sum_add(&sum[1], (double)chain->counts.proposed);
  }
  PetscCall(sq_sum_reduce(grid->across, 2, sum));
  *acceptance = sq_sum_value(&sum[0]) / sq_sum_value(&sum[1]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tune_step(const sq_grid *grid, sq_chain *chain, const sq_tuning_set *set, double *eps,
                            double *acceptance)
{
  PetscFunctionBeginUser;
  enum { ROUNDS = 12 };
  const double little = 0.03;
  double stretch = 0;
  for (int round = 0; round < ROUNDS && fabs(stretch - 1) > little; round++) {
    PetscCall(try_step(grid, chain, set, *eps, acceptance));
    stretch = sq_tune_stretch(*acceptance, set->target, set->order);
    *eps *= stretch;
  }
  PetscFunctionReturn(0);
}
