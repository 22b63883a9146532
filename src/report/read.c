/* What the report reads of a run's files, besides its tables. */
#include "src/report/report.h"
#include "src/learning/learning.h"
#include "src/run/input.h"
#include <string.h>

static PetscErrorCode read_histories(sq_report *r)
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

/* The rows of an item beside those of the loss, as many of them; rows stays 0 where there is no such item. */
static PetscErrorCode read_beside(const sq_store *store, const sq_report *r, const char *item, size_t size,
                                  int64_t *rows, void *row)
{
  PetscFunctionBeginUser;
  const int64_t columns = (int64_t)(size / sizeof(double));
  const double *values;
  double *copy;
  if (!r->losses || sq_store_length(store, item) != columns * r->losses) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, item, columns * r->losses, &values));
  *rows = r->losses;
  PetscCall(sq_alloc(columns * r->losses, &copy));
  memcpy(copy, values, (size_t)r->losses * size);
  *(double **)row = copy;
  PetscFunctionReturn(0);
}

/* The model, or, while it is learned, its checkpoint, which has the same history. */
static PetscErrorCode find_loss(const sq_report *r, sq_store **store, bool *found)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_run_path(r->run, "model.h5", path);
  PetscCall(sq_store_read(r->run->world, path, "model", false, store, found));
  if (*found) PetscCall(sq_input_check(r->run, path));
  if (*found || !r->where) PetscFunctionReturn(0);
  sq_run_path(r->run, "train.checkpoint.h5", path);
  PetscCall(sq_run_read_checkpoint(r->run, path, "checkpoint", true, sq_train_fingerprint(r->run), store, found));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_loss(sq_report *r)
{
  PetscFunctionBeginUser;
  enum { COLUMNS = sizeof(sq_history_row) / sizeof(double) };
  bool found;
  sq_store *store;
  const double *values;
  PetscCall(find_loss(r, &store, &found));
  if (!found) PetscFunctionReturn(0);
  int64_t count = sq_store_length(store, "history");
  if (count > 0) {
    PetscCall(sq_store_reals(store, "history", count, &values));
    r->losses = count / COLUMNS;
    PetscCall(sq_alloc(r->losses, &r->loss));
    memcpy(r->loss, values, (size_t)r->losses * sizeof *r->loss);
  }
  PetscCall(read_beside(store, r, "history_weighing", sizeof *r->weighing, &r->weighings, &r->weighing));
  PetscCall(read_beside(store, r, "history_rival", sizeof *r->rival, &r->rivals, &r->rival));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

void sq_report_clear(sq_report *r)
{
  sq_free(&r->thermalisation.value);
  sq_free(&r->production.value);
  sq_free(&r->loss);
  sq_free(&r->weighing);
  sq_free(&r->rival);
  sq_likelihood_clear(&r->likelihood);
}

PetscErrorCode sq_report_read(sq_report *r)
{
  PetscFunctionBeginUser;
  bool found;
  PetscCall(sq_ensembles_of_run(r->run, r->ensemble, &r->ensembles));
  PetscCall(read_histories(r));
  PetscCall(read_loss(r));
  PetscCall(sq_likelihood_read(r->run, &r->likelihood, &found));
  PetscCall(sq_report_log_Z(r));
  PetscFunctionReturn(0);
}
