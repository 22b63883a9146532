/* SPDX-License-Identifier: BSD-3-Clause */
/* Histories: value[chain][row][column], the same number of rows for each chain, room for capacity rows. */
#include "internal.h"
#include <string.h>

const char *const sq_history_name[SQ_HISTORY_COLUMNS] = {"trajectory",     "dH", "accepted", "M", "action_density",
                                                         "schwinger_dyson"};

double *sq_history_at(const sq_history *history, int64_t chain, int64_t row)
{
  return history->value + (chain * history->capacity + row) * SQ_HISTORY_COLUMNS;
}

PetscErrorCode sq_history_reserve(sq_history *history, int64_t chains, int64_t rows)
{
  PetscFunctionBeginUser;
  sq_history larger = {chains, history->rows, history->capacity, NULL};
  PetscCheck(history->rows == 0 || history->chains == chains, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a history of %lld chains takes none of %lld", (long long)history->chains, (long long)chains);
  if (history->value && history->chains == chains && rows <= history->capacity) PetscFunctionReturn(0);
  while (larger.capacity < rows) larger.capacity = larger.capacity ? 2 * larger.capacity : 64;
  PetscCall(sq_alloc(chains * larger.capacity * SQ_HISTORY_COLUMNS, &larger.value));
  for (int64_t c = 0; c < chains && history->rows > 0; c++)
    memcpy(sq_history_at(&larger, c, 0), sq_history_at(history, c, 0),
           (size_t)(history->rows * SQ_HISTORY_COLUMNS) * sizeof(double));
  sq_free(&history->value);
  *history = larger;
  PetscFunctionReturn(0);
}

void sq_history_clear(sq_history *history)
{
  sq_free(&history->value);
  *history = (sq_history){0};
}

void sq_history_thin(sq_history *history, int64_t stride)
{
  int64_t kept = 0;
  for (int64_t row = 0; row < history->rows; row++) {
    bool keep = history->chains > 0 && (int64_t)sq_history_at(history, 0, row)[SQ_HISTORY_TRAJECTORY] % stride == 0;
    for (int64_t c = 0; c < history->chains && keep; c++)
      memcpy(sq_history_at(history, c, kept), sq_history_at(history, c, row), SQ_HISTORY_COLUMNS * sizeof(double));
    kept += keep;
  }
  history->rows = kept;
}

PetscErrorCode sq_gather_chains(const sq_grid *grid, int64_t total, int64_t each, const double *mine, double *all)
{
  PetscFunctionBeginUser;
  int *count, *offset;
  PetscCall(sq_alloc(grid->replicas, &count));
  PetscCall(sq_alloc(grid->replicas, &offset));
  for (int r = 0; r < grid->replicas; r++) {
    int64_t first, share;
    sq_share(total, grid->replicas, r, &first, &share);
    count[r] = (int)(share * each);
    offset[r] = (int)(first * each);
  }
  PetscCallMPI(MPI_Allgatherv(mine, count[grid->replica], MPI_DOUBLE, all, count, offset, MPI_DOUBLE, grid->across));
  sq_free(&count);
  sq_free(&offset);
  PetscFunctionReturn(0);
}
