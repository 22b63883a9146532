/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: the type gan. */
#ifndef SQUALL_MODEL_GAN_H
#define SQUALL_MODEL_GAN_H

#include "squall/model.h"

typedef struct {
  sq_adversary_shape shape; /* orbits and propagator are owned; the critic of one from a file is {0} */
  int64_t extent[SQ_DIM];   /* of the lattice that it was trained on */
  int64_t parameters;
  double *weight; /* [parameters] of the forger, averaged */
} sq_gan;

extern const sq_param sq_gan_params[];
/* Both networks that a deck asks for, without spectra. Error: SQ_ERR_INPUT. Not collective; the same on every rank. */
PetscErrorCode sq_gan_read(const sq_deck *deck, const sq_action *action, sq_adversary_shape *shape);
/* Fields of a microbatch; a batch is cut into four at least, for replicas to share. Not collective. */
int sq_gan_micro(const sq_adversary_shape *shape, const int64_t extent[SQ_DIM], int64_t batch);
PetscErrorCode sq_gan_destroy(void **self);

/* gan_train.c: how it learns; see sq_model_type. */
extern const sq_model_rival sq_gan_critic;
PetscErrorCode sq_gan_create(const sq_deck *deck, const sq_model_data *data, void **self);
PetscErrorCode sq_gan_update(void *self, const sq_model_data *data, const double *weight, int64_t most);

#endif
