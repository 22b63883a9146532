/* SPDX-License-Identifier: BSD-3-Clause */
/* What ensembles of Markov chains take: how they are shared out, how large their files are. */
#include "src/stage/produce.h"
#include <math.h>

sq_plan sq_production_plan(const sq_run *run, const char *name, const sq_hmc_settings *set)
{
  const double numbers = sq_production_numbers(run), fluxes = 8 * numbers + 4 * sq_volume(run->padded);
  return (sq_plan){.stage = name,
                   .pieces = "chains",
                   .extents = run->extents,
                   .independent = set->chains,
                   .bytes = 64 * numbers,
                   .each = 32 * numbers,
                   .tables = set->dynamics == &sq_dynamics_worm ? fluxes : 0};
}

double sq_production_history(const sq_hmc_settings *set, double trajectories)
{
  return SQ_PRODUCTION_WIDE * (double)set->chains * fmin(trajectories, SQ_HISTORY_ROWS);
}

double sq_production_numbers(const sq_run *run)
{
  return sq_volume(run->padded) * sq_action_components(&run->action);
}

/* Worms are no work that ranks share. */
static void show_sharing(const sq_run *run, const sq_hmc_settings *set, const sq_budget *budget)
{
  if (set->dynamics != &sq_dynamics_worm || run->size <= set->chains || budget->quiet) return;
  sq_info("          every rank of a lattice makes all its worms: more than %d ranks, one for each chain, gain nothing",
          set->chains);
}

/* What is auto is found while the chains thermalise. Until then: what small and middle lattices came to (2 to 11 steps,
 * 300 to 400 trajectories, every 3rd to 5th). */
PetscErrorCode sq_production_show(const sq_run *run, const sq_hmc_settings *set, sq_budget *budget)
{
  PetscFunctionBeginUser;
  char text[160];
  const sq_plan chains = sq_production_plan(run, set->section, set);
  bool open = !set->steps || !set->thermalisation || !set->separation;
  double steps = set->steps ? (double)set->steps : 4 * PetscMax(1, pow(sq_volume(run->padded) / 4096, 0.25)),
         warm = set->thermalisation ? (double)set->thermalisation : 350,
         apart = set->separation ? (double)set->separation : 4, fields = (double)(set->configurations + set->test);
  double moves = set->chains * warm + apart * fields;
  PetscCall(sq_plan_show(run, &chains, budget));
  show_sharing(run, set, budget);
  snprintf(text, sizeof text, "%.3g %s%s", moves, set->dynamics->unit,
           open ? ", a guess of what is auto, for a lattice of middle size far from a critical point; near one it is "
                  "more" :
                  "");
  sq_budget_updates(run, budget, moves * sq_volume(run->padded) * sq_hmc_updates(set, run->dim, steps), text);
  sq_budget_records(budget, "ensemble.h5", fields, sq_production_numbers(run), 3 + sq_obs_columns(run->action.type));
  double history = sq_production_history(set, warm) + sq_production_history(set, apart * fields / set->chains);
  sq_budget_records(budget, "histories in it", 1, 0, history);
  PetscFunctionReturn(0);
}
