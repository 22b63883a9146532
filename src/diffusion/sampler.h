/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to diffusion: the rows of the table of samplers, and the steps they share. */
#ifndef SQUALL_DIFFUSION_SAMPLER_H
#define SQUALL_DIFFUSION_SAMPLER_H

#include "squall/diffusion.h"

extern const sq_sampler_type sq_sampler_ancestral, sq_sampler_ddpm, sq_sampler_euler, sq_sampler_predictor_corrector,
  sq_sampler_heun, sq_sampler_dpm_solver;

/* Euler-Maruyama's kernel, see sq_sampler_type. */
void sq_euler_kernel(const sq_sampler *sampler, int k, double *keep, double *take, double *variance);
/* Draws from the type's kernel, and weighs what it drew. */
PetscErrorCode sq_kernel_step(sq_sampler *sampler, int k, sq_sampler_paths *paths, double *blocks);

#endif
