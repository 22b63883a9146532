/* SPDX-License-Identifier: BSD-3-Clause */
/* history: rows of numbers of a training, in model.h5 and checkpoints as they stand here. */
#ifndef SQUALL_LEARNING_HISTORY_H
#define SQUALL_LEARNING_HISTORY_H

#include "src/run/run.h"

typedef struct {
  double step, loss, held_out, learning_rate, gradient_norm; /* held_out: negative where it was not measured */
} sq_history_row;
/* Beside it, of f = log q + scale S, for models with an exact density: its mean, the root of its mean variance in a
 * batch, the share of forward steps, and the scale of S at the row's end. */
typedef struct {
  double f, spread, forward, scale;
} sq_weighing_row;
/* Beside it, of what a model learns against: its mean loss, the last rate, the norm of the last gradient. */
typedef struct {
  double loss, learning_rate, gradient_norm;
} sq_rival_row;

/* All rows of a run's training. */
typedef struct {
  int64_t losses;
  sq_history_row *loss; /* [losses], owned */
  int64_t weighings;
  sq_weighing_row *weighing; /* [weighings]: losses, or 0; owned */
  int64_t rivals;
  sq_rival_row *rival; /* [rivals]: losses, or 0; owned */
} sq_losses;

/* Reads model.h5, or, of a training that goes on, its checkpoint; no file, no rows. Collective over run->world. */
PetscErrorCode sq_losses_read(const sq_run *run, bool goes_on, sq_losses *history);
void sq_losses_clear(sq_losses *history);

#endif
