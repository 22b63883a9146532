/* SPDX-License-Identifier: BSD-3-Clause */
/* The integrators of the flow. */
#include "src/likelihood/flow.h"

const sq_flow_integrator *const sq_flow_integrators[] = {&sq_flow_heun, &sq_flow_dormand_prince, NULL};
