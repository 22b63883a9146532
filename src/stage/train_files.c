/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage train: its checkpoints, and model.h5 (weights, what the type keeps, the history of the loss). */
#include "src/ensemble/load.h"
#include "src/stage/training.h"
#include <string.h>

enum {
  HISTORY_COLUMNS = sizeof(sq_history_row) / sizeof(double),
  WEIGHING_COLUMNS = sizeof(sq_weighing_row) / sizeof(double),
  RIVAL_COLUMNS = sizeof(sq_rival_row) / sizeof(double),
  WORTH_COLUMNS = sizeof(sq_worth_row) / sizeof(double)
};

/* With what the fields of models with an exact density weigh: read by figures, too. */
static PetscErrorCode put_history(const sq_training *t, sq_store *store)
{
  PetscFunctionBeginUser;
  PetscCall(sq_store_put_reals(store, "history", 2, (int64_t[]){t->rows, HISTORY_COLUMNS}, &t->history[0].step));
  if (t->objective.weighs)
    PetscCall(
      sq_store_put_reals(store, "history_weighing", 2, (int64_t[]){t->rows, WEIGHING_COLUMNS}, &t->weighing[0].f));
  if (t->rival)
    PetscCall(
      sq_store_put_reals(store, "history_rival", 2, (int64_t[]){t->rows, RIVAL_COLUMNS}, &t->rival_history[0].loss));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_training_write_checkpoint(sq_training *t)
{
  PetscFunctionBeginUser;
  sq_store *store;
  PetscCall(sq_run_checkpoint_create(t->run, t->fingerprint, &store));
  PetscCall(sq_store_put_reals(store, "partial", 1, (int64_t[]){SQ_TRAINING_SUMS}, t->loss_sum));
  if (t->objective.weighs)
    PetscCall(sq_store_put_reals(store, "partial_weighing", 1, (int64_t[]){SQ_WEIGHING_SUMS}, t->weighing_sum));
  if (t->rival) PetscCall(sq_store_put_reals(store, "partial_rival", 1, (int64_t[]){SQ_RIVAL_SUMS}, t->rival_sum));
  PetscCall(sq_store_put_reals(store, "seconds", 1, (int64_t[]){1}, &t->seconds));
  if (t->weighed)
    PetscCall(sq_store_put_reals(store, "worth_rows", 2, (int64_t[]){t->weighed, WORTH_COLUMNS}, &t->worth[0].step));
  PetscCall(sq_learner_put(t->learner, "state", store));
  if (t->rival) PetscCall(sq_learner_put(t->rival, "rival", store));
  if (t->rows) PetscCall(put_history(t, store));
  PetscCall(sq_store_write(t->run->world, store, t->checkpoint, true));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

/* Rows of `columns` numbers, at most `most` of them; none if there is no such array (older checkpoints). */
static PetscErrorCode read_rows(const sq_training *t, const sq_store *store, const char *name, int columns,
                                int64_t most, double *row, int64_t *rows)
{
  PetscFunctionBeginUser;
  const double *values;
  int64_t count = sq_store_length(store, name);
  *rows = 0;
  if (count <= 0) PetscFunctionReturn(0);
  SqCheck(count <= most * columns, t->run->world, SQ_ERR_DATA, "%s: its %s is too long", t->checkpoint, name);
  PetscCall(sq_store_reals(store, name, count, &values));
  memcpy(row, values, (size_t)count * sizeof *row);
  *rows = count / columns;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_training_read_checkpoint(sq_training *t, bool *found)
{
  PetscFunctionBeginUser;
  sq_store *store;
  int64_t one;
  PetscCall(sq_run_read_checkpoint(t->run, t->checkpoint, "checkpoint", true, t->fingerprint, &store, found));
  if (!*found) PetscFunctionReturn(0);
  PetscCall(sq_learner_get(t->learner, "state", store));
  if (t->rival) PetscCall(sq_learner_get(t->rival, "rival", store));
  t->set.steps = sq_learner_length(t->learner);
  PetscCall(read_rows(t, store, "history", HISTORY_COLUMNS, SQ_TRAINING_ROWS + 1, &t->history[0].step, &t->rows));
  PetscCall(read_rows(t, store, "worth_rows", WORTH_COLUMNS, SQ_TRAINING_WORTH_ROWS, &t->worth[0].step, &t->weighed));
  PetscCall(read_rows(t, store, "history_weighing", WEIGHING_COLUMNS, SQ_TRAINING_ROWS + 1, &t->weighing[0].f, &one));
  PetscCall(read_rows(t, store, "partial", SQ_TRAINING_SUMS, 1, t->loss_sum, &one));
  PetscCall(read_rows(t, store, "partial_weighing", SQ_WEIGHING_SUMS, 1, t->weighing_sum, &one));
  PetscCall(read_rows(t, store, "history_rival", RIVAL_COLUMNS, SQ_TRAINING_ROWS + 1, &t->rival_history[0].loss, &one));
  PetscCall(read_rows(t, store, "partial_rival", SQ_RIVAL_SUMS, 1, t->rival_sum, &one));
  PetscCall(read_rows(t, store, "seconds", 1, 1, &t->seconds, &one));
  PetscCall(sq_store_destroy(&store));
  sq_info("train: resumed at step %lld of %lld", (long long)sq_learner_steps(t->learner), (long long)t->set.steps);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_training_write_model(sq_training *t)
{
  PetscFunctionBeginUser;
  sq_store *store;
  sq_streams learned = {0};
  char *deck;
  PetscCall(sq_store_create("model", &store));
  PetscCall(sq_model_put(&t->model, store));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)t->fingerprint));
  if (t->data.training.count && !t->data.scan) PetscCall(sq_run_streams_of(t->run, t->ensemble, &learned));
  PetscCall(sq_store_put_int(store, "stream", (int64_t)t->stream));
  if (learned.own) PetscCall(sq_store_put_int(store, "stream_of_training", (int64_t)learned.own));
  PetscCall(sq_deck_text_of(t->run->deck, NULL, false, &deck));
  PetscCall(sq_store_put_text(store, "deck", deck));
  PetscCall(sq_store_put_int(store, "steps", sq_learner_steps(t->learner)));
  PetscCall(put_history(t, store));
  PetscCall(sq_store_write(t->run->world, store, t->path, false));
  PetscCall(sq_store_destroy(&store));
  sq_free(&deck);
  PetscCall(sq_run_remove_checkpoint(t->run, t->checkpoint));
  PetscFunctionReturn(0);
}
