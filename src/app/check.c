/* The command check: whether the parts of a deck fit each other, and what its stages would do, cost and need. */
#include "src/app/commands.h"

PetscErrorCode sq_deck_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  for (int i = 0; sq_stages[i]; i++)
    if (sq_stages[i]->fits && sq_stage_wanted(sq_stages[i], run)) PetscCall(sq_stages[i]->fits(run));
  PetscFunctionReturn(0);
}

static PetscErrorCode check(sq_run *run)
{
  PetscFunctionBeginUser;
  char *text, model[160] = "";
  const sq_model_type *type = sq_model_type_of(run->deck);
  PetscCall(sq_deck_fits(run));
  if (type->tell) PetscCall(type->tell(run->deck, &run->action, run->padded, model, sizeof model));
  PetscCall(sq_deck_text_of(run->deck, NULL, true, &text));
  sq_info("%s\nOn %d rank%s:", text, run->size, run->size > 1 ? "s" : "");
  sq_free(&text);
  if (model[0]) sq_info("  %s", model);
  for (int i = 0; sq_stages[i]; i++)
    if (sq_stages[i]->plan && sq_stage_wanted(sq_stages[i], run)) PetscCall(sq_stages[i]->plan(run));
  sq_info("The deck is valid.");
  PetscFunctionReturn(0);
}

const sq_command sq_check_command = {.name = "check",
                                     .place = SQ_PLACE_FIRST,
                                     .usage = "DECK",
                                     .summary = "validate a deck; show its effective parameters, decomposition, memory "
                                                "and cost; run nothing",
                                     .make = check,
                                     .prints = true};
