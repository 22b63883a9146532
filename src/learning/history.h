/* history: rows of numbers of a training, in model.h5 and checkpoints as they stand here. */
#ifndef SQUALL_LEARNING_HISTORY_H
#define SQUALL_LEARNING_HISTORY_H

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

#endif
