/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to adversary: the weights of a critic, normalised layer by layer. Not collective. */
#ifndef SQUALL_ADVERSARY_NORMALISE_H
#define SQUALL_ADVERSARY_NORMALISE_H

#include "squall/adversary.h"

/* ---- kernels (spectral.c) ---- */
/* The largest singular value of w[rows][columns] by u[columns]: |w u|, after an iteration u -> w^T w u, normalised, if
 * iterate; left[rows]: w u/|w u|. A matrix of zeros has the value 0. */
double sq_spectral_norm(int64_t rows, int64_t columns, const float *w, bool iterate, double *u, double *left);
/* gradient, with respect to w/sigma held in `normalised`, becomes that with respect to w, u and left fixed. */
void sq_spectral_gradient(int64_t rows, int64_t columns, double sigma, const float *normalised, const double *u,
                          const double *left, float *gradient);

/* ---- all layers (normalise.c) ---- */
/* Stretch i of a critic's weights: those of its network, then the factors of the outputs, a matrix of one column. False
 * past the last; the constant is in none. */
bool sq_critic_stretch(const sq_adversary_shape *shape, int i, sq_network_layer *layer);

typedef struct sq_normaliser sq_normaliser;
PetscErrorCode sq_normaliser_create(const sq_adversary_shape *shape, sq_normaliser **normaliser);
PetscErrorCode sq_normaliser_destroy(sq_normaliser **normaliser);
/* normalised[parameters]: the weights as the critic takes them; state and iterate as of sq_critic_load. */
void sq_normaliser_apply(sq_normaliser *normaliser, const float *weight, double *state, bool iterate,
                         float *normalised);
/* gradient[parameters], with respect to the weights made last, becomes that with respect to those they are made of. */
void sq_normaliser_back(const sq_normaliser *normaliser, const float *normalised, float *gradient);

#endif
