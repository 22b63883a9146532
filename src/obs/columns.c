/* columns: the numbers of a configuration, one after the other; each ends with its row of the table. */
#include "table.h"
#include "terms.h"
#include <math.h>

/* ---- M: phi ---- */

static double mean_field(const sq_obs *obs, const sq_sum *sum)
{
  sq_sum total = *sum;
  for (int64_t t = 0; t < obs->slices; t++) sq_sum_merge(&total, &obs->sum[obs->columns + t]);
  return sq_sum_value(&total) / (double)obs->lattice->volume;
}

const sq_obs_column_type sq_column_M = {.name = "M", .value = mean_field};

/* ---- phi2, phi4: phi^2, phi^4 ---- */

static void add_phi2(sq_obs *obs, sq_sum *sum)
{
  sq_obs_squares(obs->lattice->local_volume, obs->block, obs->term);
  sq_sum_add_array(sum, obs->lattice->local_volume, obs->term);
}

static void add_phi4(sq_obs *obs, sq_sum *sum)
{
  sq_obs_squares(obs->lattice->local_volume, obs->block, obs->term);
  sq_obs_squares(obs->lattice->local_volume, obs->term, obs->term);
  sq_sum_add_array(sum, obs->lattice->local_volume, obs->term);
}

const sq_obs_column_type sq_column_phi2 = {.name = "phi2", .add = add_phi2};
const sq_obs_column_type sq_column_phi4 = {.name = "phi4", .add = add_phi4};

/* ---- link: sum_{mu>0} phi_x phi_{x+mu} ---- */

static void add_links(sq_obs *obs, sq_sum *sum)
{
  const sq_lattice *lattice = obs->lattice;
  int64_t length = lattice->local[3];
  for (int64_t row = 0; row < lattice->local_volume / length; row++) {
    sq_obs_links(length, obs->phi->data + sq_field_row(obs->phi, row), lattice->dim,
                 obs->phi->stride + lattice->first_dir, obs->term);
    sq_sum_add_array(sum, length, obs->term);
  }
}

const sq_obs_column_type sq_column_link = {.name = "link", .add = add_links};

/* ---- action_density: S/V ---- */

static void add_action(sq_obs *obs, sq_sum *sum)
{
  obs->action.type->energy(&obs->action, obs->phi, sum);
}

const sq_obs_column_type sq_column_action_density = {.name = "action_density", .add = add_action};

/* ---- schwinger_dyson: phi_x dS/dphi_x, 1 on average (sq_space.identity) ---- */

static void add_virial(sq_obs *obs, sq_sum *sum)
{
  int64_t n = obs->lattice->local_volume;
  double *force = obs->term, *product = obs->term + n;
  obs->action.type->smooth->force(&obs->action, obs->phi, force);
  sq_obs_minus_products(n, obs->block, force, product);
  sq_sum_add_array(sum, n, product);
}

const sq_obs_column_type sq_column_schwinger_dyson = {.name = "schwinger_dyson", .add = add_virial};

/* ---- G_pmin: |phi_p|^2/V at p = 2 pi/L_0 along direction 0 ---- */

static double lowest_mode(const sq_obs *obs, const sq_sum *sum)
{
  double re = 0, im = 0;
  (void)sum;
  for (int64_t t = 0; t < obs->slices; t++) {
    double angle = 2 * PETSC_PI * (double)t / (double)obs->slices;
    re += cos(angle) * obs->slice[t];
    im += sin(angle) * obs->slice[t];
  }
  return (re * re + im * im) / (double)obs->lattice->volume;
}

const sq_obs_column_type sq_column_G_pmin = {.name = "G_pmin", .value = lowest_mode};
