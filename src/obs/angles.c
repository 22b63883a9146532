/* SPDX-License-Identifier: BSD-3-Clause */
/* columns of angles: stiffness and vortices. */
#include "table.h"
#include "terms.h"
#include <math.h>

/* ---- helicity_mu, the helicity modulus of direction mu: (1/V) sum cos d - beta V ((1/V) sum sin d)^2, d the
 * differences along its links (M. E. Fisher, M. N. Barber, D. Jasnow, Phys. Rev. A 8 (1973) 1111; S. Teitel, C.
 * Jayaprakash, Phys. Rev. B 27 (1983) 598). The mean current is 0 by symmetry, so that the mean of this number is the
 * modulus, second derivative of the free energy by a twist. 0 in directions that the lattice has not got. ---- */

static void add_twists(sq_obs *obs, int direction, sq_sum *sum)
{
  const sq_lattice *lattice = obs->lattice;
  const int64_t length = lattice->local[3];
  if (direction >= lattice->dim) return;
  for (int64_t row = 0; row < lattice->local_volume / length; row++) {
    double *cosine = obs->term, *sine = obs->term + length;
    sq_obs_twists(length, obs->phi->data + sq_field_row(obs->phi, row),
                  obs->phi->stride[lattice->first_dir + direction], cosine, sine);
    sq_sum_add_array(&sum[0], length, cosine);
    sq_sum_add_array(&sum[1], length, sine);
  }
}

static void add_twists_0(sq_obs *obs, sq_sum *sum)
{
  add_twists(obs, 0, sum);
}

static void add_twists_1(sq_obs *obs, sq_sum *sum)
{
  add_twists(obs, 1, sum);
}

static void add_twists_2(sq_obs *obs, sq_sum *sum)
{
  add_twists(obs, 2, sum);
}

static void add_twists_3(sq_obs *obs, sq_sum *sum)
{
  add_twists(obs, 3, sum);
}

static double modulus(const sq_obs *obs, const sq_sum *sum)
{
  const double volume = (double)obs->lattice->volume, current = sq_sum_value(&sum[1]) / volume;
  return sq_sum_value(&sum[0]) / volume - obs->action.value[0] * volume * current * current;
}

const sq_obs_column_type sq_column_helicity_0 = {
  .name = "helicity_0", .add = add_twists_0, .value = modulus, .more = 1};
const sq_obs_column_type sq_column_helicity_1 = {
  .name = "helicity_1", .add = add_twists_1, .value = modulus, .more = 1};
const sq_obs_column_type sq_column_helicity_2 = {
  .name = "helicity_2", .add = add_twists_2, .value = modulus, .more = 1};
const sq_obs_column_type sq_column_helicity_3 = {
  .name = "helicity_3", .add = add_twists_3, .value = modulus, .more = 1};

/* ---- vortices: |winding number| of a plaquette, the mean over all planes ---- */

static void add_windings(sq_obs *obs, sq_sum *sum)
{
  const sq_lattice *lattice = obs->lattice;
  const int64_t length = lattice->local[3];
  for (int64_t row = 0; row < lattice->local_volume / length; row++)
    for (int mu = lattice->first_dir; mu < SQ_DIM; mu++)
      for (int nu = mu + 1; nu < SQ_DIM; nu++) {
        sq_obs_windings(length, obs->phi->data + sq_field_row(obs->phi, row), obs->phi->stride[mu],
                        obs->phi->stride[nu], obs->term);
        for (int64_t i = 0; i < length; i++) obs->term[i] = fabs(obs->term[i]);
        sq_sum_add_array(sum, length, obs->term);
      }
}

static double per_plaquette(const sq_obs *obs, const sq_sum *sum)
{
  const int dim = obs->lattice->dim, planes = dim * (dim - 1) / 2;
  return planes ? sq_sum_value(sum) / ((double)obs->lattice->volume * planes) : 0;
}

const sq_obs_column_type sq_column_vortices = {
  .name = "vortices", .add = add_windings, .value = per_plaquette, .corners = true};
