/* SPDX-License-Identifier: BSD-3-Clause */
/* Block moves that a model has of its own: on lattices of any extents, whatever its fields have. */
#include "src/model/tractable_row.h"

bool sq_model_has_blocks(const sq_model_type *type)
{
  return type->tractable && type->tractable->blocks;
}

PetscErrorCode sq_model_blocks_check(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM],
                                     int64_t *block)
{
  PetscFunctionBeginUser;
  sq_tractable_shape shape;
  PetscCall(sq_tractable_shape_read(deck, action, &shape));
  PetscCall(sq_model_type_of(deck)->tractable->blocks->side(&shape, extent, block));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_model_blocks_side(const sq_model *model, const int64_t extent[SQ_DIM], int64_t *block)
{
  PetscFunctionBeginUser;
  PetscCall(model->type->tractable->blocks->side(sq_tractable_shape_of(model->self), extent, block));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_model_blocks(const sq_model *model, const sq_lattice *lattice, int64_t *block, sq_mover *mover)
{
  PetscFunctionBeginUser;
  const sq_tractable_blocks *blocks = model->type->tractable->blocks;
  const sq_tractable_shape *shape = sq_tractable_shape_of(model->self);
  float *weight;
  PetscCall(blocks->side(shape, lattice->extent, block));
  PetscCall(sq_tractable_rounded(model->self, &weight));
  PetscCall(blocks->mover(shape, weight, lattice, *block, mover));
  sq_free(&weight);
  PetscFunctionReturn(0);
}
