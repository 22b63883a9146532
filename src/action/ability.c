/* SPDX-License-Identifier: BSD-3-Clause */
/* What methods ask of theories, and what a theory lacks of it, in words: for whatever has to be refused before it is
 * begun. */
#include "types.h"

bool sq_action_known(const sq_action *action)
{
  return action->type->energy != NULL;
}

bool sq_action_repeats(const sq_action_type *type)
{
  return !type->smooth && type->space != &sq_space_real;
}

PetscErrorCode sq_action_need_known(const sq_action *action, const char *where, const char *what)
{
  PetscFunctionBeginUser;
  SqCheck(sq_action_known(action), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s%s%s is not possible without the action (action.type: %s): it needs S or its force. Without them squall "
          "imports fields (section ensemble), trains a model of type diffusion or gan on them, samples, measures and "
          "compares; "
          "for all else give the type and the couplings of the action",
          where ? where : "", where ? ": " : "", what, action->type->name);
  PetscFunctionReturn(0);
}

const char *sq_action_lacks(const sq_action *action, sq_ability ability)
{
  const bool one = sq_action_components(action) == 1, known = sq_action_known(action);
  if (!action->type->smooth && (known || ability != SQ_ABLE_FIELDS)) return "has no force";
  if (ability != SQ_ABLE_FORCE && action->type->space != &sq_space_real) return "has no fields of real numbers";
  if ((ability == SQ_ABLE_MODEL || (ability == SQ_ABLE_FIELDS && known)) && !one && !sq_action_rotates(action))
    return "has several numbers a site that are no vector which its symmetry turns";
  if (ability == SQ_ABLE_NUMBER && !one) return "has more than one number a site";
  return NULL;
}

PetscErrorCode sq_action_need(const sq_action *action, sq_ability ability, const char *what)
{
  PetscFunctionBeginUser;
  const char *lack = sq_action_lacks(action, ability);
  if (lack) PetscCall(sq_action_need_known(action, NULL, what));
  SqCheck(!lack, SQ_EVERY_RANK, SQ_ERR_INPUT, "the action %s %s: %s cannot be done with it", action->type->name, lack,
          what);
  PetscFunctionReturn(0);
}
