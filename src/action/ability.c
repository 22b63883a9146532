/* What methods ask of theories, and what a theory lacks of it, in words: for whatever has to be refused before it is
 * begun. */
#include "types.h"

const char *sq_action_lacks(const sq_action *action, sq_ability ability)
{
  const bool one = sq_action_components(action) == 1;
  if (!action->type->smooth) return "has no force";
  if (ability != SQ_ABLE_FORCE && action->type->space != &sq_space_real) return "has no fields of real numbers";
  if (ability == SQ_ABLE_MODEL && !one && !sq_action_rotates(action))
    return "has several numbers a site that are no vector which its symmetry turns";
  if (ability == SQ_ABLE_NUMBER && !one) return "has more than one number a site";
  return NULL;
}

PetscErrorCode sq_action_need(const sq_action *action, sq_ability ability, const char *what)
{
  PetscFunctionBeginUser;
  const char *lack = sq_action_lacks(action, ability);
  SqCheck(!lack, SQ_EVERY_RANK, SQ_ERR_INPUT, "the action %s %s: %s cannot be done with it", action->type->name, lack,
          what);
  PetscFunctionReturn(0);
}
