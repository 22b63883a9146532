/* SPDX-License-Identifier: BSD-3-Clause */
/* The types of models. */
#include "src/model/types.h"

const sq_model_type *const sq_model_types[] = {&sq_model_type_diffusion,
                                               &sq_model_type_pixelcnn,
                                               &sq_model_type_coupling_flow,
                                               &sq_model_type_hierarchical,
                                               &sq_model_type_multilevel,
                                               &sq_model_type_fourier_flow,
                                               &sq_model_type_gan,
                                               &sq_model_type_latent,
                                               &sq_model_type_bisection,
                                               &sq_model_type_heights,
                                               NULL};
