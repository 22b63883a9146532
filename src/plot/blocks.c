/* SPDX-License-Identifier: BSD-3-Clause */
/* Data of figures in blocks of rows. */
#include "src/plot/plot.h"
#include <string.h>

PetscErrorCode sq_blocks_at(sq_blocks *b, const char *name, bool *fresh)
{
  PetscFunctionBeginUser;
  bool changed = strcmp(b->name, name);
  if (changed) PetscCall(sq_text_add(b->out, "%s# %s\n", b->name[0] ? "\n\n" : "", name));
  snprintf(b->name, sizeof b->name, "%s", name);
  if (fresh) *fresh = changed;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_blocks_end(sq_blocks *b)
{
  PetscFunctionBeginUser;
  if (b->name[0]) PetscCall(sq_text_add(b->out, "\n\n"));
  PetscFunctionReturn(0);
}
