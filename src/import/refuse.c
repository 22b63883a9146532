/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of fields that are not what the deck says: an error, or a warning where the deck is lenient. */
#include "src/import/look.h"
#include <stdarg.h>

PetscErrorCode sq_look_refuse(const sq_look *l, const char *format, ...)
{
  PetscFunctionBeginUser;
  char text[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  SqCheck(l->source.set.lenient, l->source.run->world, SQ_ERR_DATA,
          "%s: %s (ensemble.checks: warn imports them all "
          "the same)",
          l->source.set.source.path, text);
  sq_warn("import: %s", text);
  PetscFunctionReturn(0);
}
