/* SPDX-License-Identifier: BSD-3-Clause */
/* action: what a deck may say. */
#include "squall/action.h"
#include "tap.h"
#include <string.h>

static PetscErrorCode from_text(const char *text, int dim, sq_action *action)
{
  const sq_param *const tables[] = {sq_action_params, NULL};
  sq_deck *deck;
  PetscErrorCode code = sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", text, tables, 0, NULL, &deck);
  if (code) return code;
  code = sq_action_from_deck(deck, dim, action);
  TAP_CALL(sq_deck_destroy(&deck));
  return code;
}

/* Parameters come from the rows: each theory's are declared, and a theory needs its own and no others. */
static void check_parameters(void)
{
  const sq_param *const tables[] = {sq_action_params, NULL};
  static const char *const section[] = {"action", NULL};
  char *text;
  sq_deck *deck;
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", "action: {kappa: 0.2, lambda: 0.1}", tables, 0, NULL, &deck));
  for (const sq_action_type *const *type = sq_action_types; *type; type++)
    for (const sq_param *p = (*type)->params; p->key; p++)
      tap_check(!strcmp(p->section, "action") && *sq_deck_where(deck, "action", p->key), "%s.%s is declared",
                (*type)->name, p->key);
  TAP_CALL(sq_deck_text_of(deck, section, false, &text));
  tap_check(!strcmp(text, "action:\n  type: phi4\n  kappa: 0.2\n  lambda: 0.1\n"), "the echo is as it was");
  sq_free(&text);
  TAP_CALL(sq_deck_destroy(&deck));
}

int main(int argc, char **argv)
{
  sq_action action;
  tap_begin(&argc, &argv);
  tap_check(from_text("action: {type: phi4, kappa: 0.21, lambda: 0.022}", 2, &action) == 0, "an action is read from a "
                                                                                            "deck");
  tap_check(action.value[0] == 0.21 && action.value[1] == 0.022 && action.dim == 2, "with its values");
  tap_check(from_text("action: {kappa: 0.25, lambda: 0}", 1, &action) == 0, "the free field is accepted where it is "
                                                                            "stable");
  tap_check(from_text("action: {type: quartic, mu: -1, lambda: 0.4, kappa: 0}", 1, &action) == 0 &&
              action.value[0] == -1 && action.value[1] == 0.4,
            "and the double well");
  check_parameters();
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(from_text("action: {type: quartic, lambda: 0.4, kappa: 0}", 1, &action) == SQ_ERR_INPUT, "a parameter of "
                                                                                                     "the type must be "
                                                                                                     "given");
  tap_check(from_text("action: {kappa: 0.25, lambda: 1, mu: 1}", 1, &action) == SQ_ERR_INPUT, "and one of another type "
                                                                                              "not");
  tap_check(from_text("action: {kappa: 0.25, lambda: 0}", 2, &action) == SQ_ERR_INPUT, "and refused with 2 d kappa = "
                                                                                       "1");
  tap_check(from_text("action: {kappa: 0.25}", 2, &action) == SQ_ERR_INPUT, "lambda must be given too");
  PetscPopErrorHandler();
  for (int i = 0; sq_action_types[i]; i++)
    tap_check(sq_action_params[0].names && !strcmp(sq_action_params[0].names(i), sq_action_types[i]->name),
              "%s can be chosen in a deck", sq_action_types[i]->name);
  return tap_end();
}
