/* SPDX-License-Identifier: BSD-3-Clause */
/* The complex scalar field with a chemical potential,
 *   S = sum_x [ eta |phi|^2 + lambda |phi|^4 - sum_nu (e^{mu delta_{nu,0}} phi*_x phi_{x+nu} + e^{-mu delta_{nu,0}}
 *       phi_x phi*_{x+nu}) ],
 * in dual variables: fluxes k and l on the links, whose weights are positive (squall/flux.h). A site has 2 d numbers: k
 * of the links that leave it in directions 0 .. d - 1, then l. What the rows of the table call S is minus the logarithm
 * of the weight, so that Z = sum e^{-S}.
 */
#include "complex.h"
#include <math.h>

static sq_flux_coupling coupling(const sq_action *action)
{
  return (sq_flux_coupling){.eta = action->value[SQ_COMPLEX_ETA],
                            .lambda = action->value[SQ_COMPLEX_LAMBDA],
                            .mu = action->value[SQ_COMPLEX_MU]};
}

static int components(const sq_action *action)
{
  return 2 * action->dim;
}

static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const sq_flux_coupling c = coupling(action);
  sq_flux_add_action(phi, &c, sum);
}

/* The order parameter is the density, the mean of k_0. */
static void particles(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const int64_t n = phi->lattice->local[SQ_DIM - 1];
  (void)action;
  for (int64_t row = 0; row < phi->lattice->local_volume / n; row++)
    sq_sum_add_array(sum, n, phi->data + sq_field_row(phi, row));
}

/* The length of the classical field: whether there is a condensate. */
static double ordered_value(const sq_action *action)
{
  const sq_flux_coupling c = coupling(action);
  return sqrt(sq_flux_condensate(action->dim, &c));
}

static const char *const columns[] = {"density", "phi2", "action_density", "winding", "violations", NULL};

const sq_action_type sq_action_complex = {
  .name = "complex",
  .summary = "eta |phi|^2 + lambda |phi|^4 - sum_nu (e^{mu delta_{nu,0}} phi*_x phi_{x+nu} + c.c. with -mu), as fluxes",
  .params = sq_complex_params,
  .space = &sq_space_flux,
  .components = components,
  .columns = columns,
  .valid = sq_complex_valid,
  .energy = energy,
  .order = particles,
  .flux = &(const sq_action_flux){.coupling = coupling},
  .ordered_value = ordered_value,
  .form = {[SQ_FORM_HMC] = &sq_action_complex_field, [SQ_FORM_LANGEVIN] = &sq_action_complex_langevin},
};
