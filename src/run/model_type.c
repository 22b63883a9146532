/* SPDX-License-Identifier: BSD-3-Clause */
/* Which type the model of a run is of: a deck may name a file of a model and say no more about it. */
#include "src/run/run.h"

/* What a file of a model says that it is of; files of before say nothing, and are of the first type. */
static PetscErrorCode type_in(MPI_Comm world, const char *path, const sq_model_type **type)
{
  PetscFunctionBeginUser;
  sq_store *store;
  const char *name = sq_model_types[0]->name;
  PetscCall(sq_store_read(world, path, "model", false, &store, NULL));
  if (sq_store_has(store, "type")) PetscCall(sq_store_text(store, "type", &name));
  *type = sq_model_find(name);
  SqCheck(*type, world, SQ_ERR_DATA, "%s: a model of type %.60s is not one of squall's", path, name);
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_find_model_type(sq_run *run)
{
  PetscFunctionBeginUser;
  bool there = false;
  const bool silent = !sq_deck_given(run->deck, "model", "type") && !sq_deck_has_section(run->deck, "train");
  run->type = sq_model_type_of(run->deck);
  if (silent && run->sample.model[0]) PetscCall(sq_file_exists(run->world, run->sample.model, &there));
  if (there) PetscCall(type_in(run->world, run->sample.model, &run->type));
  PetscFunctionReturn(0);
}

const sq_model_type *sq_run_model_type(const sq_run *run)
{
  return run->type;
}
