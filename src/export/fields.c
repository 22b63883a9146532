/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of a file, one after the other, and which of them are wanted. */
#include "src/ensemble/witness.h"
#include "src/export/export.h"

PetscErrorCode sq_export_range(const sq_export *e, const sq_records_info *info, int64_t most, int64_t first[],
                               int64_t last[])
{
  PetscFunctionBeginUser;
  int64_t wanted = 0;
  for (int g = 0; g < info->groups; g++) {
    const int64_t end = info->group[g].count - 1;
    first[g] = e->last < 0 ? 0 : e->first;
    last[g] = PetscMin(end, e->last < 0 ? most - 1 : e->last);
    if (last[g] >= first[g]) wanted += last[g] - first[g] + 1;
  }
  SqCheck(wanted, MPI_COMM_SELF, SQ_ERR_INPUT, "%s: no group has records %lld to %lld; squall info says what it has",
          e->from, (long long)e->first, (long long)e->last);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_export_with_fields(const sq_export *e, sq_export_work work)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  double *field;
  PetscCall(sq_open_fields_of(MPI_COMM_SELF, e->from, &grid, &lattice, &records));
  PetscCall(sq_alloc(PetscMax(1, sq_records_about(records)->components) * lattice->local_volume, &field));
  PetscErrorCode code = work(e, records, field);
  sq_free(&field);
  PetscCall(sq_records_close(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscCall(code);
  PetscFunctionReturn(0);
}
