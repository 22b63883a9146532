/* action: what a deck may say. */
#include "squall/action.h"
#include "tap.h"
#include <string.h>

static PetscErrorCode from_text(const char *text, int dim, sq_action *action)
{
  const sq_param *const tables[] = {sq_action_params, NULL};
  sq_deck *deck;
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", text, tables, 0, NULL, &deck));
  PetscErrorCode code = sq_action_from_deck(deck, dim, action);
  TAP_CALL(sq_deck_destroy(&deck));
  return code;
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
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(from_text("action: {type: quartic, lambda: 0.4, kappa: 0}", 1, &action) == SQ_ERR_INPUT, "a parameter of "
                                                                                                     "the type must be "
                                                                                                     "given");
  tap_check(from_text("action: {kappa: 0.25, lambda: 1, mu: 1}", 1, &action) == SQ_ERR_INPUT, "and one of another type "
                                                                                              "not");
  tap_check(from_text("action: {kappa: 0.25, lambda: 0}", 2, &action) == SQ_ERR_INPUT, "and refused with 2 d kappa = "
                                                                                       "1");
  PetscPopErrorHandler();
  for (int i = 0; sq_action_types[i]; i++)
    tap_check(sq_action_params[0].names && !strcmp(sq_action_params[0].names(i), sq_action_types[i]->name),
              "%s can be chosen in a deck", sq_action_types[i]->name);
  return tap_end();
}
