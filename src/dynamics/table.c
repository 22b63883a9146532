/* SPDX-License-Identifier: BSD-3-Clause */
/* The integrators, the schemes of the Langevin equation, and the dynamics of a chain. */
#include "internal.h"

const sq_integrator *const sq_integrators[] = {&sq_integrator_omelyan, &sq_integrator_leapfrog, &sq_integrator_omf4,
                                               NULL};

const sq_langevin_scheme *const sq_langevin_schemes[] = {&sq_langevin_euler, &sq_langevin_second, &sq_langevin_adjusted,
                                                         NULL};

const sq_dynamics *const sq_dynamics_types[] = {&sq_dynamics_trajectory, &sq_dynamics_langevin, &sq_dynamics_local,
                                                &sq_dynamics_cluster,    &sq_dynamics_worm,     NULL};
