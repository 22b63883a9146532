/* SPDX-License-Identifier: BSD-3-Clause */
/* Algorithms and what they cost: 2 tau_int times the work of a trajectory, for one independent configuration.
 *
 * tau_int is measured during thermalisation; the work is counted in site updates (a force and a move at one site) with
 * the constants below rather than in seconds, so that the choice, and with it the ensemble, is the same on any machine
 * and on any number of ranks. They are from one core with AVX-512, where a site update takes 0.55 ns in cache, and need
 * be right only to a factor of two: the algorithms that compete differ by more.
 */
#include "internal.h"
#include <math.h>

static const double trajectory_work = 16; /* momenta, the first and the last force, the sums of H */
static const double fourier_work = 12;    /* of a pair of transforms */

static const double shortest_length = 0.25, longest_length = 32;

static void add(sq_hmc *hmc, int64_t cluster, bool fourier)
{
  sq_thermalisation *t = hmc->thermal;
  t->trial[t->trials++] = (sq_hmc_trial){.cluster = cluster, .fourier = fourier};
}

static void list_clusters(sq_hmc *hmc, bool fourier)
{
  bool open = hmc->set.cluster == SQ_HMC_AUTO,
       possible = hmc->action.type->bond && hmc->lattice->volume > 1; /* one site turns by itself (flip) */
  if (!open) add(hmc, hmc->set.cluster, fourier);
  /* Cluster updates first: they also thermalise fastest where that is slow. With Fourier acceleration they
   * are tried only where that is asked for: both together never paid. */
  if (open && possible && (!fourier || hmc->thermal->trials == 0)) add(hmc, 1, fourier);
  if (open) add(hmc, 0, fourier);
}

void sq_choose_list(sq_hmc *hmc)
{
  hmc->thermal->trials = hmc->thermal->trying = 0;
  if (hmc->set.acceleration != SQ_ACCELERATION_FOURIER) list_clusters(hmc, false);
  if (hmc->set.acceleration != SQ_ACCELERATION_NONE) list_clusters(hmc, true);
}

static double work_of(const sq_hmc_settings *set, int dim, const sq_hmc_trial *trial, double steps)
{
  const double force = trial->fourier ? 1 + fourier_work : 1,
               others = (double)trial->cluster * sq_dynamics_cluster.work(dim, 1) +
                        (double)set->over_relaxation * sq_chain_relax_work(dim);
  if (set->dynamics && set->dynamics->work) return set->dynamics->work(dim, steps) + others;
  return trajectory_work + steps * (set->integrator->count / 2) * force + others;
}

double sq_choose_work(const sq_hmc *hmc, const sq_hmc_trial *trial, double steps)
{
  return work_of(&hmc->set, hmc->lattice->dim, trial, steps);
}

double sq_hmc_updates(const sq_hmc_settings *set, int dim, double steps)
{
  const sq_hmc_trial trial = {.cluster = set->cluster > 0 ? set->cluster : 0,
                              .fourier = set->acceleration == SQ_ACCELERATION_FOURIER};
  return work_of(set, dim, &trial, steps);
}

/* The slowest mode has frequency about 1/sqrt(chi). Measured in d = 1, 2, 4, in both phases and near kappa_c: 2 tau_int
 * times the cost is within a third of its least value at 1.5 sqrt(chi_abs), chi_abs = V (<M^2> - <|M|>^2), when lengths
 * are varied; with cluster updates, which move the slowest mode themselves, at about a third of that, but hardly below
 * 1 (kappa = 0.26, 0.2705, L = 64; d = 3, kappa = 0.1875483, lambda = 1.1, L = 16). */
double sq_choose_length(const sq_hmc_trial *trial, double susceptibility, double frequency)
{
  double length = 1.5 * sqrt(susceptibility);
  if (trial->fourier) return fmin(M_PI / 2 / frequency, longest_length); /* forgets every mode of a free field */
  if (trial->cluster) length = fmin(length, 0.5 + length / 3);
  return length > shortest_length ? fmin(length, longest_length) : shortest_length;
}

const sq_hmc_trial *sq_choose_best(const sq_hmc *hmc)
{
  const sq_thermalisation *t = hmc->thermal;
  const sq_hmc_trial *best = NULL;
  for (int k = 0; k < t->trials; k++)
    if (t->trial[k].tried && (!best || t->trial[k].cost < best->cost)) best = &t->trial[k];
  return best;
}

const sq_hmc_trial *sq_choose_present(const sq_hmc *hmc)
{
  const sq_thermalisation *t = hmc->thermal;
  return t->trying < t->trials ? &t->trial[t->trying] : sq_choose_best(hmc);
}
