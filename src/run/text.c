/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that grows: tables, figures' data, pages. */
#include "src/run/text.h"
#include <stdarg.h>
#include <string.h>

static PetscErrorCode make_room(sq_text *t, size_t room)
{
  PetscFunctionBeginUser;
  if (t->size - t->used >= room) PetscFunctionReturn(0);
  char *more;
  size_t size = 2 * t->size + room + 4096;
  PetscCall(sq_alloc(size, &more));
  if (t->used) memcpy(more, t->text, t->used);
  sq_free(&t->text);
  t->text = more;
  t->size = size;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_text_add(sq_text *t, const char *format, ...)
{
  PetscFunctionBeginUser;
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  PetscErrorCode code = length < 0 ? PETSC_ERR_PLIB : make_room(t, (size_t)length + 1);
  if (!code) t->used += (size_t)vsnprintf(t->text + t->used, (size_t)length + 1, format, again);
  va_end(again);
  PetscCall(code);
  PetscFunctionReturn(0);
}

void sq_text_clear(sq_text *t)
{
  sq_free(&t->text);
  *t = (sq_text){0};
}
