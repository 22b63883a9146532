/* The stage hmc: chains of hybrid Monte Carlo -> ensemble.h5 (groups training, testing). */
#include "src/stage/produce.h"
#include <math.h>

static const char *const sections[] = {"lattice", "action", "hmc", NULL};

static PetscErrorCode make(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_production what = {.name = "hmc",
                        .file = "ensemble",
                        .checkpoint = "hmc",
                        .group = {"training", "testing"},
                        .fingerprint = sq_run_fingerprint(run, sections),
                        .stream = sq_run_stream(run, "hmc", sections)};
  PetscCall(sq_hmc_settings_from_deck(run->deck, &what.set));
  sq_hmc_suit(&what.set, &run->action);
  PetscCall(sq_produce(run, &what));
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set;
  PetscCall(sq_hmc_settings_from_deck(run->deck, &set));
  PetscFunctionReturn(0);
}

/* What is auto is found while the chains thermalise. Until then: what small and middle lattices came to (2 to 11 steps,
 * 300 to 400 trajectories, every 3rd to 5th). */
static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set;
  char text[160];
  PetscCall(sq_hmc_settings_from_deck(run->deck, &set));
  const sq_plan chains = sq_production_plan(run, "hmc", &set);
  bool open = !set.steps || !set.thermalisation || !set.separation;
  double steps = set.steps ? (double)set.steps : 4 * PetscMax(1, pow(sq_volume(run->padded) / 4096, 0.25)),
         warm = set.thermalisation ? (double)set.thermalisation : 350,
         apart = set.separation ? (double)set.separation : 4, fields = (double)(set.configurations + set.test);
  double trajectories = set.chains * warm + apart * fields;
  PetscCall(sq_plan_show(run, &chains, budget));
  snprintf(text, sizeof text, "%.3g trajectories%s", trajectories,
           open ? ", a guess of what is auto, for a lattice of middle size far from a critical point; near one it is "
                  "more" :
                  "");
  sq_budget_updates(run, budget, trajectories * sq_volume(run->padded) * sq_hmc_updates(&set, run->dim, steps), text);
  sq_budget_records(budget, "ensemble.h5", fields, sq_production_numbers(run), 3 + sq_obs_columns(run->action.type));
  double history = sq_production_history(&set, warm) + sq_production_history(&set, apart * fields / set.chains);
  sq_budget_records(budget, "histories in it", 1, 0, history);
  PetscFunctionReturn(0);
}

const sq_stage sq_hmc_stage = {.command = {.name = "hmc",
                                           .usage = "DECK",
                                           .summary = "make an ensemble with hybrid Monte Carlo",
                                           .sections = SQ_DECK("run", "lattice", "action", "parallel", "hmc"),
                                           .params = SQ_TABLES(sq_hmc_params),
                                           .make = make},
                               .section = "hmc",
                               .fits = fits,
                               .files = SQ_FILES("ensemble.h5"),
                               .done_file = "ensemble.h5",
                               .products = SQ_PRODUCTS({"ensemble.h5", "ensemble", sections},
                                                       {"hmc.thermalisation.h5", "thermalisation", sections},
                                                       {"hmc.checkpoint.h5", "checkpoint", sections}),
                               .plan = plan};
