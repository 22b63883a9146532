/* SPDX-License-Identifier: BSD-3-Clause */
/* The format csv: series, a line for every number of every record; of a run, its tables too (tables.c). */
#include "src/export/export.h"
#include "src/export/tables.h"

static PetscErrorCode add_group(void *self, const sq_records_info *info, int group, const sq_export_series *s)
{
  PetscFunctionBeginUser;
  sq_out *out = self;
  (void)info, (void)group;
  for (int64_t r = 0, at = 0; r < s->chains; at += s->length[r++])
    for (int64_t i = at; i < at + s->length[r]; i++)
      for (int c = 0; c < s->columns; c++)
        sq_out_print(out, "%s,%d,%lld,%s,%.17g\n", s->name, s->label[r], (long long)s->trajectory[i], s->column[c],
                     s->value[c][i]);
  PetscFunctionReturn(0);
}

static PetscErrorCode records(const sq_export *e)
{
  PetscFunctionBeginUser;
  sq_out out;
  PetscCall(sq_out_open(e->to, false, &out));
  sq_out_print(&out, "ensemble,chain,trajectory,observable,value\n");
  PetscErrorCode code = sq_export_each_series(e, false, &out, add_group);
  PetscCall(sq_out_close(&out, code));
  PetscFunctionReturn(0);
}

const sq_export_format sq_export_csv = {.name = "csv",
                                        .ending = ".csv",
                                        .summary = "series of numbers, a line each; of a run also its tables, with "
                                                   "units",
                                        .records = records,
                                        .run = sq_export_tables};
