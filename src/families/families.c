/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage families: diffusion models, multilevel models, flows and what else the deck names, each trained, sampled,
 * corrected and measured in a run of its own on the deck's ensemble, for equally long; then the table of all. What is
 * finished is kept, so that the same command goes on after an interruption, or with a family more. */
#include "src/families/families.h"
#include "src/plan/plan.h"

/* ---- before it begins ---- */

/* Of each family its run, which is not made. */
static PetscErrorCode with_each(const sq_run *run, PetscErrorCode (*look)(const sq_run *part, sq_budget *budget),
                                sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_families_settings set;
  sq_families_settings_from_deck(run->deck, &set);
  PetscCall(sq_families_check(run, &set));
  for (const sq_family *f = set.family; f < set.family + set.count; f++) {
    sq_run *part;
    PetscCall(sq_family_run(run, &set, f, &part));
    PetscCall(look(part, budget));
    PetscCall(sq_run_destroy(&part));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode look_whether_it_fits(const sq_run *part, sq_budget *budget)
{
  (void)budget;
  return sq_family_fits(part);
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  PetscCall(with_each(run, look_whether_it_fits, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  PetscCall(with_each(run, sq_family_plan, budget));
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static PetscErrorCode see(void *context, sq_run *part)
{
  PetscFunctionBeginUser;
  PetscCall(sq_family_add(context, part));
  PetscFunctionReturn(0);
}

static PetscErrorCode need_ensemble(const sq_run *run)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool there;
  sq_run_ensemble(run, path);
  PetscCall(sq_file_exists(run->world, path, &there));
  SqCheck(there, run->world, SQ_ERR_INPUT,
          "there is no %s for the families to learn from and to be held against: run `squall %s` first", path,
          sq_run_ensemble_command(run));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_families_settings set;
  sq_family_rows *rows;
  PetscCall(need_ensemble(run));
  PetscCall(sq_run_accept(run));
  PetscCall(sq_alloc(1, &rows));
  sq_families_settings_from_deck(run->deck, &set);
  PetscCall(sq_family_add_ensemble(run, rows));
  for (int i = 0; i < set.count; i++) {
    sq_run *part;
    PetscCall(sq_family_run(run, &set, &set.family[i], &part));
    sq_info("families: %s, %d of %d, in %s", set.family[i].type->name, i + 1, set.count, part->directory);
    PetscCall(sq_family_make(part, see, rows));
    PetscCall(sq_run_destroy(&part));
  }
  PetscCall(sq_family_write(run, rows));
  sq_run_status(run, "families", "finished", set.count, set.count, "");
  sq_free(&rows);
  PetscFunctionReturn(0);
}

const sq_stage sq_families_stage = {.command = {.name = "families",
                                                .usage = "DECK",
                                                .summary = "train several types of models on one ensemble for the same "
                                                           "time, and compare them",
                                                .sections = SQ_DECK("run", "lattice", "action", "parallel", "families"),
                                                .params = SQ_TABLES(sq_families_params),
                                                .make = make},
                                    .section = "families",
                                    .fits = fits,
                                    .plan = plan};
