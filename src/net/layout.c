/* SPDX-License-Identifier: BSD-3-Clause */
/* Weights of models as tensors with names: a list in the making. */
#include "squall/net.h"
#include <stdarg.h>
#include <string.h>

static PetscErrorCode make_room(sq_layout *l)
{
  PetscFunctionBeginUser;
  sq_network_tensor *more;
  if (l->count < l->room) PetscFunctionReturn(0);
  PetscCall(sq_alloc(2 * l->room + 64, &more));
  if (l->count) memcpy(more, l->tensor, (size_t)l->count * sizeof *more);
  sq_free(&l->tensor);
  l->tensor = more;
  l->room = 2 * l->room + 64;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_layout_add(sq_layout *l, int rank, const int64_t shape[], const char *name, ...)
{
  PetscFunctionBeginUser;
  sq_network_tensor t = {.rank = rank, .at = l->at};
  int64_t numbers = 1;
  va_list args;
  va_start(args, name);
  vsnprintf(t.name, sizeof t.name, name, args);
  va_end(args);
  for (int i = 0; i < rank; i++) numbers *= t.shape[i] = shape[i];
  if (numbers <= 0) PetscFunctionReturn(0);
  PetscCall(make_room(l));
  l->tensor[l->count++] = t;
  l->at += numbers;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_layout_add_network(sq_layout *l, const sq_network_shape *shape, const char *prefix)
{
  PetscFunctionBeginUser;
  sq_network_tensor t;
  for (int i = 0; sq_network_tensor_of(shape, i, &t); i++) {
    PetscCall(make_room(l));
    sq_network_tensor *own = &l->tensor[l->count++];
    *own = t;
    own->at += l->at;
    snprintf(own->name, sizeof own->name, "%.16s%.47s", prefix, t.name);
  }
  l->at += sq_network_parameters(shape);
  PetscFunctionReturn(0);
}

void sq_layout_clear(sq_layout *l)
{
  sq_free(&l->tensor);
  *l = (sq_layout){0};
}
