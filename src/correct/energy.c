/* SPDX-License-Identifier: BSD-3-Clause */
/* The action of a bare block: a padded field, its rim, its energy. */
#include "energy.h"

PetscErrorCode sq_energy_create(const sq_lattice *lattice, const sq_action *action, sq_energy *energy)
{
  PetscFunctionBeginUser;
  energy->action = *action;
  PetscCall(sq_field_create_components(lattice, 1, sq_action_components(action), &energy->field));
  PetscCall(sq_halo_create_field(energy->field, sq_action_reach(action), &energy->halo));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_energy_destroy(sq_energy *energy)
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_destroy(&energy->halo));
  PetscCall(sq_field_destroy(&energy->field));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_energy_add(sq_energy *energy, const double *block, sq_sum *sum)
{
  PetscFunctionBeginUser;
  sq_field_from_block(energy->field, block);
  PetscCall(sq_halo_exchange(energy->halo, energy->field->data));
  energy->action.type->energy(&energy->action, energy->field, sum);
  PetscFunctionReturn(0);
}

double sq_change_of_order(const sq_move_chain *chain, int components, const double *before, const double *change)
{
  double was = 0, is = 0, square = 0;
  if (components == 1) return chain->of_size ? fabs(before[0] + change[0]) - fabs(before[0]) : change[0];
  for (int c = 0; c < components; c++) {
    was += before[c] * before[c];
    is += (before[c] + change[c]) * (before[c] + change[c]);
    square += change[c] * change[c];
  }
  return chain->of_size ? sqrt(is) - sqrt(was) : sqrt(square / components);
}
