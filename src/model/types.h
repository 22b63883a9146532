/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: the rows of the table. */
#ifndef SQUALL_MODEL_TYPES_H
#define SQUALL_MODEL_TYPES_H

#include "squall/model.h"

extern const sq_model_type sq_model_type_bisection;
extern const sq_model_type sq_model_type_coupling_flow;
extern const sq_model_type sq_model_type_pixelcnn;
extern const sq_model_type sq_model_type_hierarchical;
extern const sq_model_type sq_model_type_multilevel;
extern const sq_model_type sq_model_type_heights;
extern const sq_model_type sq_model_type_fourier_flow;
extern const sq_model_type sq_model_type_gan;
extern const sq_model_type sq_model_type_latent;

/* diffusion_train.c: how it learns; see sq_model_type. */
PetscErrorCode sq_diffusion_create(const sq_deck *deck, const sq_model_data *data, void **self);
PetscErrorCode sq_diffusion_objective(const sq_model_data *data, const void *self, sq_objective *objective);
PetscErrorCode sq_diffusion_update(void *self, const sq_model_data *data, const double *weight, int64_t most);
double sq_diffusion_numbers(const void *self);

/* zero_mode.c: the mixture that held-out fields of one coupling like best, from its training fields; count = 0 where
 * one normal distribution does as well, and for several components. Of the model, its shape and propagator. Deep in the
 * broken phase both peaks are much narrower than they are apart: intervals of the fit get shorter until each peak has
 * several. Collective over the ranks of the lattice. */
PetscErrorCode sq_diffusion_fit_zero_mode(const sq_lattice *lattice, const sq_dataset *training,
                                          const sq_dataset *testing, const sq_diffusion_model *model, sq_mixture *best);

/* settings.c: of a deck, the lattice that its model is trained on, as in sq_lattice. Not collective. */
void sq_train_extents(const sq_deck *deck, int64_t extent[SQ_DIM]);

#endif
