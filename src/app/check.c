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
  sq_network_shape shape;
  char *text;
  PetscCall(sq_deck_fits(run));
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &shape));
  PetscCall(sq_deck_text_of(run->deck, NULL, true, &text));
  sq_info("%s\nOn %d rank%s:", text, run->size, run->size > 1 ? "s" : "");
  sq_free(&text);
  sq_info("  network %lld weights, %s, %.4g Mflop an evaluation of one field", (long long)sq_network_parameters(&shape),
          shape.odd ? "odd in phi" : "general", sq_network_flops(&shape) * sq_volume(run->padded) / 1e6);
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
