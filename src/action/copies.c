/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of a small lattice: fields stacked along a leading direction that the action does not know. */
#include "squall/action.h"
#include <string.h>

PetscErrorCode sq_copies_create(const sq_action *action, const int64_t extent[], int64_t copies, sq_copies **many)
{
  PetscFunctionBeginUser;
  sq_copies *c;
  int64_t stacked[SQ_DIM] = {copies};
  SqCheck(action->dim < SQ_DIM, SQ_EVERY_RANK, SQ_ERR_INPUT, "copies of a lattice have at most %d dimensions, not %d",
          SQ_DIM - 1, action->dim);
  PetscCall(sq_action_need(action, SQ_ABLE_NUMBER, "what walkers and grids in field space do"));
  memcpy(stacked + 1, extent, (size_t)action->dim * sizeof *extent);
  PetscCall(sq_alloc(1, &c));
  c->action = *action;
  c->copies = copies;
  PetscCall(sq_lattice_create(MPI_COMM_SELF, action->dim, extent, NULL, &c->single));
  PetscCall(sq_lattice_create(MPI_COMM_SELF, action->dim + 1, stacked, NULL, &c->stack));
  PetscCall(sq_field_create(c->single, 1, &c->one));
  PetscCall(sq_field_create(c->stack, 1, &c->many));
  c->sites = c->single->volume;
  *many = c;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_copies_destroy(sq_copies **many)
{
  PetscFunctionBeginUser;
  if (!*many) PetscFunctionReturn(0);
  PetscCall(sq_field_destroy(&(*many)->one));
  PetscCall(sq_field_destroy(&(*many)->many));
  PetscCall(sq_lattice_destroy(&(*many)->single));
  PetscCall(sq_lattice_destroy(&(*many)->stack));
  sq_free(many);
  PetscFunctionReturn(0);
}

static void fill(sq_field *field, const double *block)
{
  int64_t sites;
  sq_field_from_block(field, block);
  sq_field_wrap(field, 0, sq_field_planes(field, &sites));
}

double sq_copies_action(sq_copies *many, const double *phi)
{
  sq_sum sum = {{0}};
  fill(many->one, phi);
  many->action.type->energy(&many->action, many->one, &sum);
  return sq_sum_value(&sum);
}

void sq_copies_force(sq_copies *many, const double *phi, double *force)
{
  fill(many->many, phi);
  many->action.type->smooth->force(&many->action, many->many, force);
}
