/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to sde: the rows of the tables. */
#ifndef SQUALL_SDE_TYPES_H
#define SQUALL_SDE_TYPES_H

#include "squall/sde.h"

extern const sq_schedule_type sq_schedule_ve, sq_schedule_vp_linear, sq_schedule_vp_cosine, sq_schedule_ddpm;
extern const sq_parametrisation sq_parametrisation_denoiser, sq_parametrisation_epsilon, sq_parametrisation_score;

#endif
