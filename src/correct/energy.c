/* The action of a bare block: a padded field, its rim, its energy. */
#include "energy.h"

PetscErrorCode sq_energy_create(const sq_lattice *lattice, const sq_action *action, sq_energy *energy)
{
  PetscFunctionBeginUser;
  energy->action = *action;
  PetscCall(sq_field_create(lattice, 1, &energy->field));
  PetscCall(sq_halo_create_field(energy->field, SQ_HALO_FACES, &energy->halo));
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
