/* SPDX-License-Identifier: BSD-3-Clause */
/* The stages scan and couplings: ensembles at the couplings that a model learns at, before it learns; fields that it
 * makes at those that are wanted, after that. */
#include "src/sweep/sweep.h"
#include "src/plan/plan.h"
#include <string.h>

static PetscErrorCode say(const sq_run *part, const char *what)
{
  PetscFunctionBeginUser;
  char action[256];
  sq_action_describe(&part->action, action, sizeof action);
  sq_info("%s: %s, in %s", what, action, part->directory);
  PetscFunctionReturn(0);
}

/* ---- scan ---- */

static PetscErrorCode ensemble_fits(sq_run *part, void *context)
{
  (void)context;
  const sq_stage *stage = sq_coupling_ensemble(part);
  return stage->fits ? stage->fits(part) : 0;
}

static PetscErrorCode scan_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  PetscCall(sq_couplings_check(run));
  PetscCall(sq_couplings_to_learn(run, &scan));
  PetscCall(sq_sweep_each(run, &scan, ensemble_fits, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode ensemble_plan(sq_run *part, void *context)
{
  PetscFunctionBeginUser;
  sq_budget *budget = context;
  const sq_stage *stage = sq_coupling_ensemble(part);
  if (!budget->quiet) PetscCall(say(part, "  scan"));
  if (stage->plan) PetscCall(stage->plan(part, budget));
  PetscFunctionReturn(0);
}

static PetscErrorCode scan_plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  PetscCall(sq_couplings_to_learn(run, &scan));
  PetscCall(sq_sweep_each(run, &scan, ensemble_plan, budget));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_ensemble(sq_run *part, void *context)
{
  PetscFunctionBeginUser;
  (void)context;
  PetscCall(say(part, "scan"));
  PetscCall(sq_sweep_make_ensemble(part));
  PetscFunctionReturn(0);
}

static PetscErrorCode scan_make(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  SqCheck(sq_couplings_learned(run), run->world, SQ_ERR_INPUT,
          "the deck has no train.scan, which says at which couplings a model learns: such as {action: {%s: [0.2, "
          "0.25]}}",
          run->action.type->params[0].key);
  PetscCall(scan_fits(run));
  PetscCall(sq_run_accept(run));
  PetscCall(sq_couplings_to_learn(run, &scan));
  PetscCall(sq_sweep_each(run, &scan, make_ensemble, NULL));
  sq_run_status(run, "scan", "finished", sq_scan_places(&scan), sq_scan_places(&scan), "");
  PetscFunctionReturn(0);
}

const sq_stage sq_scan_stage = {.command = {.name = "scan",
                                            .usage = "DECK",
                                            .summary = "make the ensembles at the couplings that one model learns at "
                                                       "(train.scan)",
                                            .sections = SQ_DECK("run", "lattice", "action", "parallel", "hmc", "train"),
                                            .make = scan_make},
                                .wanted = sq_couplings_learned,
                                .fits = scan_fits,
                                .plan = scan_plan};

/* ---- couplings ---- */

static PetscErrorCode couplings_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  PetscCall(sq_couplings_to_sample(run, &scan));
  PetscFunctionReturn(0);
}

/* At every coupling what generating takes in the run itself: the model that a part would read is not there yet. */
static PetscErrorCode fields_plan(sq_run *part, void *context)
{
  PetscFunctionBeginUser;
  sq_budget *budget = context;
  const sq_run *run = part->part_of;
  PetscCall(say(part, "  couplings"));
  for (int i = 0; sq_stages[i]; i++) {
    const sq_stage *stage = sq_stages[i];
    const bool generates = stage->section && (!strcmp(stage->section, "sample") || !strcmp(stage->section, "correct"));
    if (generates && stage->plan && sq_stage_wanted(stage, run)) PetscCall(stage->plan(run, budget));
  }
  PetscFunctionReturn(0);
}

/* What ranks cannot do fails in the stages of the run itself. */
static PetscErrorCode couplings_plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  if (budget->quiet) PetscFunctionReturn(0);
  PetscCall(sq_couplings_to_sample(run, &scan));
  PetscCall(sq_sweep_each(run, &scan, fields_plan, budget));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_fields(sq_run *part, void *context)
{
  PetscFunctionBeginUser;
  (void)context;
  PetscCall(say(part, "couplings"));
  PetscCall(sq_sweep_make_all(part));
  PetscFunctionReturn(0);
}

static PetscErrorCode couplings_make(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  SqCheck(sq_couplings_sampled(run), run->world, SQ_ERR_INPUT,
          "the deck has no sample.scan, which says at which couplings fields are wanted: such as {action: {%s: [0.2, "
          "0.25]}}",
          run->action.type->params[0].key);
  PetscCall(sq_couplings_to_sample(run, &scan));
  PetscCall(sq_run_accept(run));
  PetscCall(sq_sweep_each(run, &scan, make_fields, NULL));
  PetscCall(sq_sweep_write(run, &scan));
  sq_run_status(run, "couplings", "finished", sq_scan_places(&scan), sq_scan_places(&scan), "");
  PetscFunctionReturn(0);
}

const sq_stage sq_couplings_stage = {
  .command = {.name = "couplings",
              .usage = "DECK",
              .summary = "generate at many couplings with one model (sample.scan), and put what they say in a table",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "train", "schedule", "sample"),
              .make = couplings_make},
  .wanted = sq_couplings_sampled,
  .fits = couplings_fits,
  .plan = couplings_plan};
