/* SPDX-License-Identifier: BSD-3-Clause */
/* The complex scalar field at mu = 0 (complex.h) as a real field of two numbers a site, Re phi and Im phi:
 *   S = sum_x [ -2 sum_nu (a a' + b b') + eta |phi|^2 + lambda |phi|^4 ].
 */
#include "complex.h"
#include "hopping.h"
#include <stdio.h>

static sq_hopping coefficients(const sq_action *action)
{
  return (sq_hopping){
    .hop = 2, .quadratic = action->value[SQ_COMPLEX_ETA], .quartic = action->value[SQ_COMPLEX_LAMBDA]};
}

static bool valid(const sq_action *action, char *reason, size_t size)
{
  if (action->value[SQ_COMPLEX_MU] != 0) {
    snprintf(reason, size,
             "mu = %g: the weight of a field is complex unless mu is 0; a section mc (dual variables) or langevin "
             "(complex Langevin dynamics) can do it",
             action->value[SQ_COMPLEX_MU]);
    return false;
  }
  return sq_complex_valid(action, reason, size);
}

static int numbers(const sq_action *action)
{
  (void)action;
  return 2;
}

static const char *const columns[] = {"M",      "phi2",  "phi4",         "link", "action_density", "schwinger_dyson",
                                      "G_pmin", "abs_M", "density_imag", NULL};

const sq_action_type sq_action_complex_field = {
  .name = "complex_field",
  .summary = "the theory complex at mu = 0 as two real numbers a site",
  .params = sq_complex_params,
  .space = &sq_space_real,
  .components = numbers,
  .columns = columns,
  .symmetric = true,
  .valid = valid,
  .energy = sq_hopping_energy,
  .both = sq_hopping_both,
  .smooth = &sq_hopping_smooth,
  .bond = &sq_hopping_vector_bond,
  .ordered_value = sq_hopping_ordered_value,
  .free_propagator = sq_hopping_free_propagator,
  .own = &(const sq_hopping_form){coefficients},
};
