/* SPDX-License-Identifier: BSD-3-Clause */
/* Algorithms of the section mc: what each needs of a theory, and how it moves a chain. */
#include "types.h"

/* ---- hybrid Monte Carlo ---- */

static bool has_force(const sq_action *action)
{
  return action->type->smooth != NULL;
}

static void fill_hmc(sq_hmc_settings *set)
{
  set->dynamics = &sq_dynamics_trajectory;
  set->vary_length = true;
  set->reversibility = 1000;
}

const sq_mc_algorithm sq_mc_hmc = {.name = "hmc",
                                   .summary = "trajectories of hybrid Monte Carlo, tuned, with cluster updates",
                                   .needs = "a force",
                                   .possible = has_force,
                                   .keys = (const char *const[]){"cluster", "jumps", NULL},
                                   .fill = fill_hmc};

/* ---- sweeps of local updates ---- */

static bool has_local(const sq_action *action)
{
  return action->type->local != NULL;
}

static void fill_local(sq_hmc_settings *set)
{
  set->dynamics = &sq_dynamics_local;
  if (set->cluster == SQ_HMC_AUTO) set->cluster = 1;
  set->steps = PetscMax(set->steps, (int64_t)1);
  set->length = (double)set->steps;
}

const sq_mc_algorithm sq_mc_local = {.name = "local",
                                     .summary = "sweeps of heat baths, with cluster updates",
                                     .needs = "heat baths of its numbers",
                                     .possible = has_local,
                                     .keys = (const char *const[]){"cluster", "sweeps", NULL},
                                     .fill = fill_local};

/* ---- cluster updates alone ---- */

static bool has_clusters(const sq_action *action)
{
  return action->type->bond && action->type->space->reflected;
}

static void fill_cluster(sq_hmc_settings *set)
{
  set->dynamics = &sq_dynamics_cluster;
  set->steps = PetscMax(set->cluster, (int64_t)1);
  set->length = (double)set->steps;
  set->cluster = 0;
}

const sq_mc_algorithm sq_mc_cluster = {.name = "cluster",
                                       .summary = "cluster updates alone",
                                       .needs = "bonds, and reflections that reach all its fields",
                                       .possible = has_clusters,
                                       .keys = (const char *const[]){"cluster", NULL},
                                       .fill = fill_cluster};

/* ---- worms ---- */

static bool has_fluxes(const sq_action *action)
{
  return action->type->flux != NULL;
}

static void fill_worm(sq_hmc_settings *set)
{
  set->dynamics = &sq_dynamics_worm;
  set->length = 1;
}

const sq_mc_algorithm sq_mc_worm = {.name = "worm",
                                    .summary = "worms and heat baths of fluxes",
                                    .needs = "fluxes",
                                    .possible = has_fluxes,
                                    .keys = (const char *const[]){"worms", NULL},
                                    .fill = fill_worm};
