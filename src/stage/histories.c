/* SPDX-License-Identifier: BSD-3-Clause */
/* What an ensemble keeps of its making beside its records: histories and tuning, written and read back. */
#include "src/stage/produce.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_history_widen(const sq_history *history, int64_t probes, double **values)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(history->chains * history->rows * SQ_PRODUCTION_WIDE, values));
  for (int64_t chain = 0; chain < history->chains; chain++)
    for (int64_t r = 0; r < history->rows; r++) {
      double *to = *values + (chain * history->rows + r) * SQ_PRODUCTION_WIDE;
      bool probe = chain >= history->chains - probes;
      to[0] = (double)(probe ? chain - (history->chains - probes) : chain);
      to[1] = probe;
      memcpy(to + 2, history->value + (chain * history->capacity + r) * SQ_HISTORY_COLUMNS,
             SQ_HISTORY_COLUMNS * sizeof *to);
    }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_history_put_wide(sq_records *records, const char *name, int64_t rows, const double *values)
{
  PetscFunctionBeginUser;
  const char *names[SQ_PRODUCTION_WIDE] = {"chain", "probe"};
  for (int c = 0; c < SQ_HISTORY_COLUMNS; c++) names[c + 2] = sq_history_name[c];
  PetscCall(sq_records_put_series(records, name, rows, SQ_PRODUCTION_WIDE, names, values));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_production_recall(const sq_run *run, const char *path, double *tuning, double *disagreement,
                                    sq_monitor *monitor)
{
  PetscFunctionBeginUser;
  static const char *const kept[] = {"reversibility_checks", "reversibility"};
  double number[SQ_MONITOR_NUMBERS], found[2];
  PetscCall(sq_run_read_reals(run, path, SQ_HMC_TUNING_NUMBERS, sq_hmc_tuning_name, tuning));
  PetscCall(sq_run_read_reals(run, path, 1, (const char *const[]){"start_disagreement"}, disagreement));
  PetscCall(sq_run_read_reals(run, path, 2, kept, found));
  sq_monitor_save(monitor, number);
  for (int i = 0; i < 2; i++)
    if (!isnan(found[i])) number[i] = found[i];
  sq_monitor_restore(monitor, number);
  PetscFunctionReturn(0);
}

/* The rows of production without what stands in front of them. */
static PetscErrorCode narrow(int64_t rows, int chains, const double *values, sq_history *history)
{
  PetscFunctionBeginUser;
  *history = (sq_history){0};
  if (!rows || rows % chains || rows / chains > SQ_HISTORY_ROWS) PetscFunctionReturn(0);
  *history = (sq_history){.chains = chains, .rows = rows / chains, .capacity = rows / chains};
  PetscCall(sq_alloc(rows * SQ_HISTORY_COLUMNS, &history->value));
  for (int64_t r = 0; r < rows; r++)
    memcpy(history->value + r * SQ_HISTORY_COLUMNS, values + r * SQ_PRODUCTION_WIDE + 2,
           SQ_HISTORY_COLUMNS * sizeof *values);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_histories_recall(const sq_run *run, const char *path, int chains, int64_t *rows, double **warmup,
                                   sq_history *production)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_records *records;
  double *values;
  int64_t count;
  int columns;
  PetscCall(sq_grid_create(run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  PetscCall(sq_records_get_series(records, "thermalisation", rows, &columns, warmup));
  SqCheck(!*rows || columns == SQ_PRODUCTION_WIDE, run->world, SQ_ERR_DATA, "%s: its history has %d columns, not %d",
          path, columns, SQ_PRODUCTION_WIDE);
  PetscCall(sq_records_get_series(records, "production", &count, &columns, &values));
  PetscCall(narrow(columns == SQ_PRODUCTION_WIDE ? count : 0, chains, values, production));
  sq_free(&values);
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}
