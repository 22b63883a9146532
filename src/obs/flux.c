/* SPDX-License-Identifier: BSD-3-Clause */
/* Columns of theories of fluxes (squall/flux.h): the particle number, |phi|^2, and how far fields break the constraint.
 */
#include "table.h"

/* ---- density: sum k_0 / V, the mean of d log Z/d mu /V ---- */

static void add_density(sq_obs *obs, sq_sum *sum)
{
  sq_sum_add_array(sum, obs->lattice->local_volume, obs->block);
}

const sq_obs_column_type sq_column_density_flux = {.name = "density", .space = &sq_space_flux, .add = add_density};

/* ---- winding: sum k_0 / L_0, the particles, whose number is the same in every time slice ---- */

static double particles(const sq_obs *obs, const sq_sum *sum)
{
  return sq_sum_value(sum) / (double)obs->slices;
}

const sq_obs_column_type sq_column_winding = {
  .name = "winding", .space = &sq_space_flux, .add = add_density, .value = particles};

/* ---- phi2: the mean of W(f + 2)/W(f), which is that of |phi|^2 ---- */

static void add_squares(sq_obs *obs, sq_sum *sum)
{
  const sq_flux_coupling coupling = obs->action.type->flux->coupling(&obs->action);
  sq_flux_add_squares(obs->phi, &coupling, sum);
}

const sq_obs_column_type sq_column_phi2_flux = {.name = "phi2", .space = &sq_space_flux, .add = add_squares};

/* ---- violations: the share of sites where k has a divergence; 0 but for fields of a model that does not know ---- */

static void add_violations(sq_obs *obs, sq_sum *sum)
{
  sq_flux_add_violations(obs->phi, sum);
}

const sq_obs_column_type sq_column_violations = {.name = "violations", .space = &sq_space_flux, .add = add_violations};
