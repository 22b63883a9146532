/* SPDX-License-Identifier: BSD-3-Clause */
/* What the report reads of a run's files, besides its tables. */
#include "src/report/report.h"
#include "src/run/input.h"

static PetscErrorCode read_series(sq_report *r)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool exists;
  sq_grid *grid;
  sq_records *records;
  sq_run_ensemble(r->run, path);
  PetscCall(sq_file_exists(r->run->world, path, &exists));
  if (!exists) PetscFunctionReturn(0);
  PetscCall(sq_input_check(r->run, path));
  PetscCall(sq_grid_create(r->run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  PetscCall(sq_records_get_series(records, "thermalisation", &r->thermalisation.rows, &r->thermalisation.columns,
                                  &r->thermalisation.value));
  PetscCall(
    sq_records_get_series(records, "production", &r->production.rows, &r->production.columns, &r->production.value));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

void sq_report_clear(sq_report *r)
{
  sq_free(&r->thermalisation.value);
  sq_free(&r->production.value);
  sq_losses_clear(&r->history);
  sq_likelihood_clear(&r->likelihood);
}

PetscErrorCode sq_report_read(sq_report *r)
{
  PetscFunctionBeginUser;
  bool found;
  PetscCall(sq_ensembles_of_run(r->run, r->ensemble, &r->ensembles));
  PetscCall(read_series(r));
  PetscCall(sq_losses_read(r->run, r->where != NULL, &r->history));
  PetscCall(sq_likelihood_read(r->run, &r->likelihood, &found));
  PetscCall(sq_report_log_Z(r));
  PetscFunctionReturn(0);
}
