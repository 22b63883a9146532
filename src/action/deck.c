/* The action of a deck: the parameters it declares, and the value made of them. The same on all ranks, no communication. */
#include "types.h"

const sq_param sq_action_params[] = {
  {"action", "type", SQ_PARAM_CHOICE, "phi4", 0, 0, "phi4", "",
   "the theory; phi4: S = sum -2 kappa phi phi' + (1 - 2 lambda) phi^2 + lambda phi^4"},
  {"action", "kappa", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "hopping parameter"},
  {"action", "lambda", SQ_PARAM_REAL, NULL, 0, 1e12, NULL, "",
   "quartic coupling; 0 is the free field and needs 2 d |kappa| < 1"},
  {0},
};

PetscErrorCode sq_action_from_deck(const sq_deck *deck, int dim, sq_action *action)
{
  const sq_action_type *type = sq_action_find_type(sq_deck_text(deck, "action", "type"));
  double value[SQ_ACTION_PARAMETERS] = {0};
  PetscFunctionBeginUser;
  PetscCheck(type, PETSC_COMM_SELF, PETSC_ERR_PLIB, "the choices of action.type are not those of the table");
  for (int i = 0; i < type->parameters; i++) value[i] = sq_deck_real(deck, "action", type->parameter[i]);
  PetscCall(sq_action_make_at(type->name, dim, value, sq_deck_where(deck, "action", type->parameter[0]), action));
  PetscFunctionReturn(0);
}
