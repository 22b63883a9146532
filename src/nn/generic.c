/* SPDX-License-Identifier: BSD-3-Clause */
/* The tuned kernels for any processor (vectors of four). */
#include "src/nn/kernels.h"
#define WIDTH 4
#define TILE  6
#define WTILE 6
#include "src/nn/template.h"
#include "src/nn/template_winograd.h"
#include "src/nn/template_activation.h"
#include "src/nn/template_vector.h"

static bool supported(void)
{
  return true;
}

const sq_nn_kernels sq_nn_generic = {.name = "generic",
                                     .supported = supported,
                                     .conv = conv,
                                     .conv_weights = conv_weights,
                                     .winograd = winograd,
                                     .winograd_weights = winograd_weights,
                                     .activate = activate,
                                     .activate_backward = activate_backward,
                                     .activate_tangent = activate_tangent,
                                     .activate_vector = activate_vector,
                                     .activate_vector_backward = activate_vector_backward,
                                     .activate_vector_tangent = activate_vector_tangent};
