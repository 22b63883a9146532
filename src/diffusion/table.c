/* SPDX-License-Identifier: BSD-3-Clause */
/* The samplers. */
#include "src/diffusion/sampler.h"

const sq_sampler_type *const sq_sampler_types[] = {&sq_sampler_ancestral,
                                                   &sq_sampler_ddpm,
                                                   &sq_sampler_euler,
                                                   &sq_sampler_predictor_corrector,
                                                   &sq_sampler_heun,
                                                   &sq_sampler_dpm_solver,
                                                   NULL};
