/* SPDX-License-Identifier: BSD-3-Clause */
/* The schedules, and the ways to read a network. */
#include "src/sde/types.h"

const sq_schedule_type *const sq_schedule_types[] = {&sq_schedule_ve, &sq_schedule_vp_linear, &sq_schedule_vp_cosine,
                                                     &sq_schedule_ddpm, NULL};

const sq_parametrisation *const sq_parametrisations[] = {&sq_parametrisation_denoiser, &sq_parametrisation_epsilon,
                                                         &sq_parametrisation_score, NULL};
