/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to sde. */
#ifndef SQUALL_SDE_GRID_H
#define SQUALL_SDE_GRID_H

#include "squall/sde.h"

/* Room for steps + 1 levels, all a = 1 and s = 0. */
PetscErrorCode sq_noise_grid_allocate(int steps, sq_noise_grid *grid);

#endif
