/* The tuned kernels for any processor (vectors of four). */
#include "src/nn/kernels.h"
#define WIDTH 4
#define TILE  6
#define WTILE 6
#include "src/nn/template.h"
#include "src/nn/template_winograd.h"

static bool supported(void)
{
  return true;
}

const sq_nn_kernels sq_nn_generic = {
  "generic", supported, conv, conv_weights, winograd, winograd_weights, activate, activate_backward, activate_tangent};
