/* SPDX-License-Identifier: BSD-3-Clause */
/* What figures ask of a run: its tables, whether it has one site; names of figures. */
#include "src/report/report.h"

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
