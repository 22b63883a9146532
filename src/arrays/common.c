/* SPDX-License-Identifier: BSD-3-Clause */
/* What all formats need: noting a failure, the numbers of an item. */
#include "src/arrays/internal.h"
#include <stdarg.h>
#include <string.h>

bool sq_array_fail(sq_array_failure *failure, PetscErrorCode code, const char *format, ...)
{
  va_list args;
  if (failure->code) return false;
  int used = snprintf(failure->text, sizeof failure->text, "%.1000s: ", failure->path);
  va_start(args, format);
  vsnprintf(failure->text + used, sizeof failure->text - (size_t)used, format, args);
  va_end(args);
  failure->code = code;
  return false;
}

PetscErrorCode sq_array_item_get(const sq_array_item *item, int64_t first, int64_t count, double *values)
{
  PetscFunctionBeginUser;
  if (item->values) memcpy(values, item->values + first, (size_t)count * sizeof *values);
  else PetscCall(item->fill(item->context, first, count, values));
  PetscFunctionReturn(0);
}

int64_t sq_array_item_count(const sq_array_item *item)
{
  int64_t count = 1;
  for (int i = 0; i < item->shape.rank; i++) count *= item->shape.extent[i];
  return count;
}
