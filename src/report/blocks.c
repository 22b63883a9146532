/* What figures read and write: tables of the run, and data in blocks of rows. */
#include "src/report/report.h"
#include <string.h>

bool sq_report_one_site(const sq_report *r)
{
  double volume = 1;
  for (int i = 0; i < r->run->dim; i++) volume *= (double)r->run->extents[i];
  return volume < 2;
}

PetscErrorCode sq_report_table(const sq_report *r, const char *file, sq_cells *cells)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  *cells = (sq_cells){0};
  sq_run_path(r->run, file, path);
  if (sq_log_speaks()) PetscCall(sq_cells_read(path, cells));
  PetscFunctionReturn(0);
}

const char *sq_figure_name(int index)
{
  int i = 0;
  while (i < index && sq_figures[i]) i++;
  return index >= 0 && sq_figures[i] ? sq_figures[i]->name : NULL;
}

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
