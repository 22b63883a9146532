/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of a training as its model's file has them, or its checkpoint while it goes on. */
#include "src/learning/history.h"
#include "src/learning/learning.h"
#include "src/run/input.h"
#include <string.h>

/* The rows of an item beside those of the loss, as many of them; rows stays 0 where there is no such item. */
static PetscErrorCode read_beside(const sq_store *store, const sq_losses *h, const char *item, size_t size,
                                  int64_t *rows, void *row)
{
  PetscFunctionBeginUser;
  const int64_t columns = (int64_t)(size / sizeof(double));
  const double *values;
  double *copy;
  if (!h->losses || sq_store_length(store, item) != columns * h->losses) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, item, columns * h->losses, &values));
  *rows = h->losses;
  PetscCall(sq_alloc(columns * h->losses, &copy));
  memcpy(copy, values, (size_t)h->losses * size);
  *(double **)row = copy;
  PetscFunctionReturn(0);
}

/* The model, or, while it is learned, its checkpoint, which has the same history. */
static PetscErrorCode find(const sq_run *run, bool goes_on, sq_store **store, bool *found)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_run_path(run, "model.h5", path);
  PetscCall(sq_store_read(run->world, path, "model", false, store, found));
  if (*found) PetscCall(sq_input_check(run, path));
  if (*found || !goes_on) PetscFunctionReturn(0);
  sq_run_path(run, "train.checkpoint.h5", path);
  PetscCall(sq_run_read_checkpoint(run, path, "checkpoint", true, sq_train_fingerprint(run), store, found));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_losses_read(const sq_run *run, bool goes_on, sq_losses *h)
{
  PetscFunctionBeginUser;
  enum { COLUMNS = sizeof(sq_history_row) / sizeof(double) };
  bool found;
  sq_store *store;
  const double *values;
  *h = (sq_losses){0};
  PetscCall(find(run, goes_on, &store, &found));
  if (!found) PetscFunctionReturn(0);
  int64_t count = sq_store_length(store, "history");
  if (count > 0) {
    PetscCall(sq_store_reals(store, "history", count, &values));
    h->losses = count / COLUMNS;
    PetscCall(sq_alloc(h->losses, &h->loss));
    memcpy(h->loss, values, (size_t)h->losses * sizeof *h->loss);
  }
  PetscCall(read_beside(store, h, "history_weighing", sizeof *h->weighing, &h->weighings, &h->weighing));
  PetscCall(read_beside(store, h, "history_rival", sizeof *h->rival, &h->rivals, &h->rival));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

void sq_losses_clear(sq_losses *history)
{
  sq_free(&history->loss);
  sq_free(&history->weighing);
  sq_free(&history->rival);
}
