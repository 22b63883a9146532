/* SPDX-License-Identifier: BSD-3-Clause */
/* All stages that a deck wants, in the order of a run: whether they fit each other, what they would take, making them.
 * A run that is a part of another one has its first stages from there. */
#include "src/course/course.h"
#include "src/ensemble/ensemble.h"
#include "src/plan/plan.h"
#include "src/run/input.h"

/* The number of the row to begin with. */
static int number_of(const sq_stage *first)
{
  int i = 0;
  while (first && sq_stages[i] && sq_stages[i] != first) i++;
  return i;
}

/* ---- before anything is made ---- */

PetscErrorCode sq_stages_fit(const sq_run *run, const sq_stage *first)
{
  PetscFunctionBeginUser;
  const int begin = number_of(first);
  for (int i = begin; sq_stages[i]; i++)
    if (sq_stages[i]->section && sq_stage_wanted(sq_stages[i], run)) PetscCall(sq_stage_suits(sq_stages[i], run));
  for (int i = begin; sq_stages[i]; i++)
    if (sq_stages[i]->fits && sq_stage_wanted(sq_stages[i], run)) PetscCall(sq_stages[i]->fits(run));
  PetscFunctionReturn(0);
}

static PetscErrorCode is_made(const sq_run *run, const sq_stage *stage, bool *made)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  *made = false;
  if (!stage->done_file) PetscFunctionReturn(0);
  sq_run_path(run, stage->done_file, path);
  PetscCall(sq_file_exists(run->world, path, made));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stages_plan(const sq_run *run, const sq_stage *first, sq_budget *budget)
{
  PetscFunctionBeginUser;
  for (int i = number_of(first); sq_stages[i]; i++) {
    bool made = false;
    const double before = budget->seconds;
    if (!sq_stage_wanted(sq_stages[i], run)) continue;
    if (budget->quiet) PetscCall(is_made(run, sq_stages[i], &made));
    if (!made && sq_stages[i]->plan) PetscCall(sq_stages[i]->plan(run, budget));
    sq_budget_settle(run, budget, sq_stages[i]->command.name, before);
  }
  PetscFunctionReturn(0);
}

/* ---- making ---- */

static PetscErrorCode any_fields(const sq_run *run, bool *any)
{
  PetscFunctionBeginUser;
  *any = false;
  for (int i = 0; sq_ensemble_file_name(i) && !*any; i++) {
    char path[SQ_PATH];
    PetscCall(sq_ensemble_file(run, i, path, any));
  }
  PetscFunctionReturn(0);
}

/* Before anything is extended: whether what was made of it must be moved away. */
static PetscErrorCode check_origins(const sq_run *run)
{
  PetscFunctionBeginUser;
  for (int i = 0; sq_stages[i]; i++) {
    char path[SQ_PATH];
    if (!sq_stages[i]->done_file || !sq_stage_wanted(sq_stages[i], run)) continue;
    sq_run_path(run, sq_stages[i]->done_file, path);
    PetscCall(sq_input_check_origin(run, path));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stages_make(sq_run *run, const sq_stage *first)
{
  PetscFunctionBeginUser;
  PetscCall(check_origins(run));
  for (int i = number_of(first); sq_stages[i]; i++) {
    bool wanted = sq_stage_wanted(sq_stages[i], run);
    if (wanted && sq_stages[i]->of_fields) PetscCall(any_fields(run, &wanted));
    if (wanted) PetscCall(sq_run_interrupted(run, sq_stages[i]->command.name));
    if (wanted) PetscCall(sq_stages[i]->command.make(run));
    if (wanted && sq_stages[i + 1]) PetscCall(sq_run_redraw(run, sq_stages[i]->command.name, 1, 1));
  }
  PetscFunctionReturn(0);
}
