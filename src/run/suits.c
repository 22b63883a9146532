/* SPDX-License-Identifier: BSD-3-Clause */
/* Which sections of a deck a theory can have, as its records say (sq_stage.lacks): what has to be refused is refused
 * before anything is done, with what is possible instead. */
#include "src/run/stage.h"

/* What the theory lacks for a stage, in the stage's form; NULL: nothing. reason has room for words of the theory's own.
 */
static const char *lacks(const sq_stage *stage, const sq_run *run, char *reason, size_t size)
{
  sq_action action;
  if (!stage->lacks) return NULL;
  if (!sq_action_has_form(&run->action, stage->form, &action, reason, size)) return reason;
  return stage->lacks(run, &action);
}

/* " (hmc, local)": the algorithms of a stage that the theory has. */
static size_t list_algorithms(const sq_stage *stage, const sq_run *run, char *text, size_t size)
{
  char names[200];
  if (!stage->algorithms) return 0;
  stage->algorithms(&run->action, names, sizeof names);
  return (size_t)snprintf(text, size, " (%s)", names);
}

/* "mc (hmc, local), hmc, langevin" */
static void list_possible(const sq_run *run, char *text, size_t size)
{
  char reason[256];
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; sq_stages[i]; i++) {
    if (!sq_stages[i]->lacks || lacks(sq_stages[i], run, reason, sizeof reason) || used >= size) continue;
    used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", sq_stages[i]->section);
    if (used < size) used += list_algorithms(sq_stages[i], run, text + used, size - used);
  }
}

PetscErrorCode sq_stage_suits(const sq_stage *stage, const sq_run *run)
{
  PetscFunctionBeginUser;
  char reason[256], possible[400];
  const char *lack = lacks(stage, run, reason, sizeof reason);
  if (!lack) PetscFunctionReturn(0);
  snprintf(possible, sizeof possible, "%s%s%s", stage->section,
           stage->lacks == sq_lacks_model ? " with model.type: " : "",
           stage->lacks == sq_lacks_model ? sq_run_model_type(run)->name : "");
  PetscCall(sq_action_need_known(&run->action, sq_deck_where(run->deck, "action", "type"), possible));
  list_possible(run, possible, sizeof possible);
  SqFail(run->world, SQ_ERR_INPUT, "%s: %s: the action %s %s; possible with it: %s",
         sq_deck_where(run->deck, "action", "type"), stage->section, run->action.type->name, lack, possible);
}

const char *sq_lacks_force(const sq_run *run, const sq_action *action)
{
  (void)run;
  return sq_action_lacks(action, SQ_ABLE_FORCE);
}

const char *sq_lacks_number(const sq_run *run, const sq_action *action)
{
  (void)run;
  return sq_action_lacks(action, SQ_ABLE_NUMBER);
}

const char *sq_lacks_model(const sq_run *run, const sq_action *action)
{
  const sq_model_type *type = sq_run_model_type(run);
  return type->lacks ? type->lacks(action) : NULL;
}
