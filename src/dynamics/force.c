/* SPDX-License-Identifier: BSD-3-Clause */
/* The force at a field, whose rim is filled first. */
#include "internal.h"

PetscErrorCode sq_md_force(sq_md *md, sq_field *phi, double *force)
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_exchange(md->halo, phi->data));
  if (md->action.type->smooth) md->action.type->smooth->force(&md->action, phi, force); /* else it stays 0 */
  PetscFunctionReturn(0);
}
