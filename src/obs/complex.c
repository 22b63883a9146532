/* SPDX-License-Identifier: BSD-3-Clause */
/* Columns of the complex field with a chemical potential, as it is complexified (sq_action_complexified): continuations
 * of observables to complex numbers, which are complex; and the largest drift, whose tail tells whether they are right.
 *
 * A block has real parts first, then imaginary parts: numbers 0 .. h - 1 and h .. 2 h - 1 of h each.
 */
#include "table.h"
#include <math.h>

static int64_t half(const sq_obs *obs)
{
  return obs->components / 2 * obs->lattice->local_volume;
}

/* ---- the particle number a site ---- */

static void add_density(sq_obs *obs, sq_sum *sum)
{
  obs->action.type->complexified->particles(&obs->action, obs->phi, SQ_PARTICLES_REAL, sum);
}

static void add_density_imag(sq_obs *obs, sq_sum *sum)
{
  obs->action.type->complexified->particles(&obs->action, obs->phi, SQ_PARTICLES_IMAGINARY, sum);
}

const sq_obs_column_type sq_column_density_complex = {
  .name = "density", .space = &sq_space_complex, .add = add_density};
const sq_obs_column_type sq_column_density_imag = {
  .name = "density_imag", .space = &sq_space_complex, .add = add_density_imag};

/* ---- of two real numbers a site, at mu = 0: -dS/dmu is imaginary, 2 i (a b' - b a') a link in direction 0 ---- */

static void add_current(sq_obs *obs, sq_sum *sum)
{
  const int64_t n = obs->lattice->local[SQ_DIM - 1], ahead = obs->phi->stride[obs->lattice->first_dir];
  for (int64_t r = 0; r < obs->lattice->local_volume / n; r++) {
    const double *a = obs->phi->data + sq_field_row(obs->phi, r), *b = a + obs->phi->sites;
    for (int64_t i = 0; i < n; i++) obs->term[i] = 2 * (a[i] * b[i + ahead] - b[i] * a[i + ahead]);
    sq_sum_add_array(sum, n, obs->term);
  }
}

const sq_obs_column_type sq_column_current = {.name = "density_imag", .space = &sq_space_real, .add = add_current};

/* ---- density2: Re n^2 + Re dn/dmu /V of the density n, so that V (<density2> - <n>^2) is d<n>/dmu ---- */

static void add_density2(sq_obs *obs, sq_sum *sum)
{
  static const sq_particles part[] = {SQ_PARTICLES_REAL, SQ_PARTICLES_IMAGINARY, SQ_PARTICLES_CONTACT};
  for (int k = 0; k < 3; k++) obs->action.type->complexified->particles(&obs->action, obs->phi, part[k], &sum[k]);
}

static double density_squared(const sq_obs *obs, const sq_sum *sum)
{
  const double volume = (double)obs->lattice->volume, re = sq_sum_value(&sum[0]) / volume,
               im = sq_sum_value(&sum[1]) / volume;
  return re * re - im * im + sq_sum_value(&sum[2]) / volume / volume;
}

const sq_obs_column_type sq_column_density2_complex = {
  .name = "density2", .space = &sq_space_complex, .add = add_density2, .value = density_squared, .more = 2};

/* ---- phi2: the sum of squares of the complex numbers of a site ---- */

static void add_squares(sq_obs *obs, sq_sum *sum)
{
  const int64_t h = half(obs);
  const double *re = obs->block, *im = obs->block + h;
  for (int64_t i = 0; i < h; i++) obs->term[i] = re[i] * re[i] - im[i] * im[i];
  sq_sum_add_array(sum, h, obs->term);
}

static void add_squares_imag(sq_obs *obs, sq_sum *sum)
{
  const int64_t h = half(obs);
  const double *re = obs->block, *im = obs->block + h;
  for (int64_t i = 0; i < h; i++) obs->term[i] = 2 * (re[i] * im[i]);
  sq_sum_add_array(sum, h, obs->term);
}

const sq_obs_column_type sq_column_phi2_complex = {.name = "phi2", .space = &sq_space_complex, .add = add_squares};
const sq_obs_column_type sq_column_phi2_imag = {
  .name = "phi2_imag", .space = &sq_space_complex, .add = add_squares_imag};

/* ---- schwinger_dyson: Re x dS/dx, of all complex numbers of a site ---- */

static void add_virial(sq_obs *obs, sq_sum *sum)
{
  const int64_t h = half(obs);
  const double *re = obs->block, *im = obs->block + h;
  double *force = obs->term, *product = obs->term + 2 * h;
  obs->action.type->smooth->force(&obs->action, obs->phi, force);
  for (int64_t i = 0; i < h; i++) product[i] = im[i] * force[h + i] - re[i] * force[i];
  sq_sum_add_array(sum, h, product);
}

const sq_obs_column_type sq_column_schwinger_dyson_complex = {
  .name = "schwinger_dyson", .space = &sq_space_complex, .add = add_virial};

/* ---- drift: the largest of all sites ---- */

static double largest_drift(sq_obs *obs)
{
  const int64_t sites = obs->lattice->local_volume;
  double largest = 0;
  obs->action.type->smooth->force(&obs->action, obs->phi, obs->term);
  for (int64_t i = 0; i < sites; i++) {
    double square = 0;
    for (int c = 0; c < obs->components; c++) square += obs->term[c * sites + i] * obs->term[c * sites + i];
    if (!(square <= largest)) largest = square < INFINITY ? square : INFINITY;
  }
  return sqrt(largest);
}

const sq_obs_column_type sq_column_drift = {.name = "drift", .space = &sq_space_complex, .largest = largest_drift};
