/* SPDX-License-Identifier: BSD-3-Clause */
/* What a records file of the run says of itself. */
#include "src/run/run.h"

PetscErrorCode sq_run_about(const sq_run *run, const char *path, sq_records_info *about)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_records *records;
  PetscCall(sq_grid_create(run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  *about = *sq_records_about(records);
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_fingerprint_of(const sq_run *run, const char *path, uint64_t *fingerprint)
{
  PetscFunctionBeginUser;
  sq_records_info about = {0};
  PetscCall(sq_run_about(run, path, &about));
  *fingerprint = about.fingerprint;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_streams_of(const sq_run *run, const char *path, sq_streams *streams)
{
  PetscFunctionBeginUser;
  sq_records_info about = {0};
  PetscCall(sq_run_about(run, path, &about));
  *streams = about.streams;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_read_reals(const sq_run *run, const char *path, int count, const char *const *name, double *value)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_records *records;
  PetscCall(sq_grid_create(run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  for (int i = 0; i < count; i++) PetscCall(sq_records_get_real(records, name[i], &value[i]));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}
