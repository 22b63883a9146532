/* The action of a deck: the parameters it declares, and the value made of them. The same on all ranks, no
 * communication. */
#include "types.h"
#include <stdlib.h>
#include <string.h>

const sq_param sq_action_params[] = {
  {"action", "type", SQ_PARAM_CHOICE, "phi4", 0, 0, NULL, "",
   "the theory; phi4: S = sum -2 kappa phi phi' + (1 - 2 lambda) phi^2 + lambda phi^4; quartic: S = sum -2 kappa phi "
   "phi' + mu/2 phi^2 + lambda/4! phi^4",
   .names = sq_action_type_name},
  {"action", "kappa", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "hopping parameter"},
  {"action", "lambda", SQ_PARAM_REAL, NULL, 0, 1e12, NULL, "",
   "quartic coupling; 0 is the free field and needs 2 d |kappa| < 1 (phi4) or 4 d |kappa| < mu (quartic)"},
  {"action", "mu", SQ_PARAM_REAL, "0", 0, 0, NULL, "", "of quartic: mass squared; negative for a double well"},
  {0},
};

/* A parameter with a default that the type does not have must keep it, and one that it has must be given: neither is
 * ever a slip of the pen. */
static PetscErrorCode check_given(const sq_deck *deck, const sq_action_type *type)
{
  PetscFunctionBeginUser;
  for (const sq_param *p = sq_action_params; p->section; p++) {
    bool mine = false;
    if (p->type != SQ_PARAM_REAL || !p->fallback) continue;
    for (int i = 0; i < type->parameters; i++) mine = mine || !strcmp(type->parameter[i], p->key);
    SqCheck(!mine || sq_deck_given(deck, "action", p->key), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: action.%s: must be given for the action %s", sq_deck_where(deck, "action", "type"), p->key,
            type->name);
    SqCheck(mine || sq_deck_real(deck, "action", p->key) == strtod(p->fallback, NULL), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: action.%s: the action %s has no such parameter", sq_deck_where(deck, "action", p->key), p->key,
            type->name);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_from_deck(const sq_deck *deck, int dim, sq_action *action)
{
  const sq_action_type *type = sq_action_find_type(sq_deck_text(deck, "action", "type"));
  double value[SQ_ACTION_PARAMETERS] = {0};
  PetscFunctionBeginUser;
  PetscCall(check_given(deck, type));
  for (int i = 0; i < type->parameters; i++) value[i] = sq_deck_real(deck, "action", type->parameter[i]);
  PetscCall(sq_action_make_at(type->name, dim, value, sq_deck_where(deck, "action", type->parameter[0]), action));
  PetscFunctionReturn(0);
}
