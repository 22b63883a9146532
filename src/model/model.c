/* SPDX-License-Identifier: BSD-3-Clause */
/* Models: what holds for every type. */
#include "src/model/tractable_row.h"
#include "src/model/types.h"
#include <string.h>

const char *sq_model_name(int index)
{
  return sq_model_types[index] ? sq_model_types[index]->name : NULL;
}

const sq_model_type *sq_model_find(const char *name)
{
  return sq_model_types[sq_find_name(sq_model_name, name)];
}

PetscErrorCode sq_model_destroy(sq_model *model)
{
  PetscFunctionBeginUser;
  if (model->self) PetscCall(model->type->destroy(&model->self));
  *model = (sq_model){0};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_model_put(const sq_model *model, sq_store *store)
{
  PetscFunctionBeginUser;
  PetscCall(sq_store_put_text(store, "type", model->type->name));
  PetscCall(model->type->put(model->self, store));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_model_get(MPI_Comm comm, const sq_store *store, const char *path, sq_model *model)
{
  PetscFunctionBeginUser;
  const char *name = sq_model_types[0]->name;
  if (sq_store_has(store, "type")) PetscCall(sq_store_text(store, "type", &name));
  *model = (sq_model){.type = sq_model_find(name)};
  SqCheck(model->type, comm, SQ_ERR_DATA, "%s: a model of type %.60s is not one of squall's", path, name);
  PetscCall(model->type->get(comm, store, path, &model->self));
  PetscFunctionReturn(0);
}

/* Whether actions agree in all parameters but those of the axes. */
static bool alike(const sq_scan *scan, const sq_action *a, const sq_action *b)
{
  sq_action moved = *a;
  for (int i = 0; i < scan->axes; i++) moved.value[scan->parameter[i]] = b->value[scan->parameter[i]];
  return sq_action_equal(&moved, b);
}

PetscErrorCode sq_model_place(MPI_Comm comm, const char *path, const sq_action *action, sq_model *model)
{
  PetscFunctionBeginUser;
  const sq_scan *scan = model->type->scan ? model->type->scan(model->self) : NULL;
  if (!scan) PetscFunctionReturn(0);
  const sq_action own = *model->type->action(model->self);
  const bool same = alike(scan, &own, action);
  const int axis = same ? sq_scan_outside(scan, action) : -1;
  if (axis >= 0) {
    const double *value = scan->value[axis];
    const int parameter = scan->parameter[axis];
    SqFail(comm, SQ_ERR_INPUT,
           "%s: a model for %s from %.10g to %.10g, this deck has action.%s: %.10g: choose one in that "
           "range, or train a model with train.scan over a wider one",
           path, action->type->params[parameter].key, value[0], value[scan->count[axis] - 1],
           action->type->params[parameter].key, action->value[parameter]);
  }
  PetscCall(model->type->place(&model->self, same ? action : &own));
  PetscFunctionReturn(0);
}

uint64_t sq_model_print(const sq_model *model)
{
  uint64_t print = 14695981039346656037u; /* Fowler, Noll, Vo, on words */
  int64_t count;
  const double *weight = model->type->weights(model->self, &count);
  for (int64_t i = 0; i < count; i++) {
    uint64_t word;
    memcpy(&word, &weight[i], sizeof word);
    print = (print ^ word) * 1099511628211u;
  }
  return print;
}

sq_generator_needs sq_model_needs(const sq_model *model, const int64_t extent[SQ_DIM])
{
  return model->type->needs(model->self, extent);
}

PetscErrorCode sq_model_generator(const sq_model *model, const sq_sample_settings *set, sq_fft *fft, bool plain,
                                  sq_generator *generator)
{
  PetscFunctionBeginUser;
  PetscCall(model->type->generator(model->self, set, fft, plain, generator));
  PetscFunctionReturn(0);
}
