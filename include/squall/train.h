/* train: denoising score matching with data-parallel gradients.
 *
 * The batch is cut into microbatches of fixed size, which are shared out to the replicas. Each microbatch's gradient
 * is rounded to a grid of 2^-40 and summed as integers: one allreduce of one flat array a step, and the same bits on
 * any number of replicas. Which fields, levels, noise and symmetries a step takes is a function of (seed, step) alone,
 * so a training resumed from its state goes on as if it had never stopped.
 */
#ifndef SQUALL_TRAIN_H
#define SQUALL_TRAIN_H

#include "squall/score.h"

/* This replica's view of an ensemble: its part of every field (all replicas hold all fields). */
typedef struct {
  int64_t count;
  double *blocks; /* [count][local_volume] */
} sq_dataset;

/* G(p) = <|phi_p|^2>/V and A(p) = <|dS_p|^2>/V over the data set, orbit by orbit; arrays of fft->orbits.count. <phi_p
 * conj(dS_p)>/V = 1 (Schwinger-Dyson) takes noise away: for a Gaussian theory both are exact. The same bits on any rank
 * count. Collective over grid->world. */
PetscErrorCode sq_measure_spectra(const sq_grid *grid, sq_fft *fft, const sq_action *action, const sq_dataset *data,
                                  double *propagator, double *force_power);

typedef struct {
  uint64_t seed;
  int64_t steps, batch, warm_up;
  double learning_rate,
    final_rate;   /* cosine from the first to the second (a fraction of the first) after the warm-up */
  double average; /* length of the weights' running average, in steps */
  double clip;    /* of the gradient's norm; 0: none */
  double focus;   /* share of the levels drawn where errors cost path weight, the rest uniform in log s (trainer.c) */
  sq_schedule schedule;           /* levels are drawn as it draws them; type NULL: as above */
  const sq_parametrisation *loss; /* what the squared error is of, its weights made 1 on average; NULL: of F */
} sq_train_options;

typedef struct {
  double loss; /* mean over batch and sites of the weighted |F - target|^2: 1 is the Gaussian solution */
  double gradient_norm, learning_rate;
} sq_train_record;

typedef struct sq_trainer sq_trainer;

/* model: shape, spectra, range of s and initial weights; its weights are replaced by the averages at
 * sq_trainer_average. All objects are kept, not owned. Collective over grid->world. */
PetscErrorCode sq_trainer_create(const sq_grid *grid, sq_fft *fft, const sq_train_options *options,
                                 const sq_dataset *data, sq_diffusion_model *model, sq_trainer **trainer);
PetscErrorCode sq_trainer_destroy(sq_trainer **trainer);
/* Steps done so far. */
int64_t sq_trainer_steps(const sq_trainer *trainer);
/* The total number of steps, which sets the schedule; a new one, and the length of the average, before the first step.
 */
int64_t sq_trainer_length(const sq_trainer *trainer);
void sq_trainer_set_length(sq_trainer *trainer, int64_t steps, double average);
/* One optimiser step. A loss or gradient that is not a number is an error (SQ_ERR_DATA). Collective over grid->world.
 */
PetscErrorCode sq_trainer_step(sq_trainer *trainer, sq_train_record *record);
/* The loss of the averaged weights on the first `count` fields of a data set, with noise that never changes.
 * Collective. */
PetscErrorCode sq_trainer_validate(sq_trainer *trainer, const sq_dataset *data, int64_t count, double *loss);
/* Copies the averaged weights into the model. Not collective. */
void sq_trainer_average(const sq_trainer *trainer, sq_diffusion_model *model);
/* The whole state (weights, moments, averages, step) to and from a store. Not collective. Error: SQ_ERR_DATA. */
PetscErrorCode sq_trainer_put(const sq_trainer *trainer, sq_store *store);
PetscErrorCode sq_trainer_get(sq_trainer *trainer, const sq_store *store);

#endif
