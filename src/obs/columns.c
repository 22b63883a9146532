/* SPDX-License-Identifier: BSD-3-Clause */
/* columns: the numbers of a configuration, one after the other; each ends with its row of the table. */
#include "table.h"
#include "terms.h"
#include <math.h>
#include <string.h>

/* The numbers of this rank's block. */
static int64_t numbers_here(const sq_obs *obs)
{
  return obs->components * obs->lattice->local_volume;
}

/* ---- M, abs_M: the first number and the length of the mean of the order parameter's vector ---- */

static double mean_of(const sq_obs *obs, int k)
{
  sq_sum total = {{0}};
  for (int64_t t = 0; t < obs->slices; t++) sq_sum_merge(&total, &obs->sum[obs->sums + k * obs->slices + t]);
  return sq_sum_value(&total) / (double)obs->lattice->volume;
}

static double mean_field(const sq_obs *obs, const sq_sum *sum)
{
  (void)sum;
  return mean_of(obs, 0);
}

static double mean_length(const sq_obs *obs, const sq_sum *sum)
{
  double square = 0;
  (void)sum;
  for (int k = 0; k < obs->orders; k++) square += mean_of(obs, k) * mean_of(obs, k);
  return sqrt(square);
}

const sq_obs_column_type sq_column_M = {.name = "M", .value = mean_field};
const sq_obs_column_type sq_column_abs_M = {.name = "abs_M", .value = mean_length};

/* ---- phi2, phi4: |phi|^2, |phi|^4 ---- */

static void add_phi2(sq_obs *obs, sq_sum *sum)
{
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  for (int64_t i = 0, n; i < numbers_here(obs); i += n) {
    n = PetscMin(numbers_here(obs) - i, SQ_TERMS);
    sq_obs_squares(n, obs->block + i, sq_terms_room(&terms, n));
  }
  sq_terms_end(&terms);
}

static void add_phi4(sq_obs *obs, sq_sum *sum)
{
  const int64_t sites = obs->lattice->local_volume;
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  double square[SQ_TERMS];
  for (int64_t i = 0, n; i < sites; i += n) {
    n = PetscMin(sites - i, SQ_TERMS);
    sq_obs_lengths(n, obs->components, sites, obs->block + i, square);
    sq_obs_squares(n, square, sq_terms_room(&terms, n));
  }
  sq_terms_end(&terms);
}

const sq_obs_column_type sq_column_phi2 = {.name = "phi2", .add = add_phi2};
const sq_obs_column_type sq_column_phi4 = {.name = "phi4", .add = add_phi4};

/* ---- link: sum_{mu>0} phi_x phi_{x+mu} ---- */

static void add_links(sq_obs *obs, sq_sum *sum)
{
  const sq_lattice *lattice = obs->lattice;
  const sq_field *phi = obs->phi;
  const int64_t length = lattice->local[3];
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  for (int c = 0; c < obs->components; c++)
    for (int64_t row = 0; row < lattice->local_volume / length; row++)
      for (int64_t i = 0, n; i < length; i += n) {
        n = PetscMin(length - i, SQ_TERMS);
        sq_obs_links(n, phi->data + c * phi->sites + sq_field_row(phi, row) + i, lattice->dim,
                     phi->stride + lattice->first_dir, sq_terms_room(&terms, n));
      }
  sq_terms_end(&terms);
}

const sq_obs_column_type sq_column_link = {.name = "link", .add = add_links};

/* ---- action_density: S/V ---- */

static void add_action(sq_obs *obs, sq_sum *sum)
{
  obs->action.type->energy(&obs->action, obs->phi, sum);
}

const sq_obs_column_type sq_column_action_density = {.name = "action_density", .add = add_action};

/* ---- energy: H/V of a theory with S = beta H ---- */

static void add_energy(sq_obs *obs, sq_sum *sum)
{
  sq_action unit = obs->action;
  for (int i = 0; unit.type->params[i].key; i++)
    if (!strcmp(unit.type->params[i].key, "beta")) unit.value[i] = 1;
  unit.type->energy(&unit, obs->phi, sum);
}

const sq_obs_column_type sq_column_energy = {.name = "energy", .add = add_energy};

/* ---- M_staggered: (-1)^(x_0 + x_1 + ...) phi_x ---- */

static void add_staggered(sq_obs *obs, sq_sum *sum)
{
  const sq_lattice *lattice = obs->lattice;
  const int64_t n = lattice->local[3];
  for (int64_t row = 0; row < lattice->local_volume / n; row++) {
    int64_t at = row, parity = lattice->start[3];
    for (int mu = SQ_DIM - 2; mu >= 0; mu--) {
      parity += lattice->start[mu] + at % lattice->local[mu];
      at /= lattice->local[mu];
    }
    sq_obs_alternate(n, parity % 2, obs->block + row * n, obs->term);
    sq_sum_add_array(sum, n, obs->term);
  }
}

const sq_obs_column_type sq_column_M_staggered = {.name = "M_staggered", .add = add_staggered};

/* ---- schwinger_dyson: phi_x dS/dphi_x, as many on average as there are components (sq_space.identity) ---- */

static void add_virial(sq_obs *obs, sq_sum *sum)
{
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  obs->action.type->smooth->force(&obs->action, obs->phi, obs->term);
  for (int64_t i = 0, n; i < numbers_here(obs); i += n) {
    n = PetscMin(numbers_here(obs) - i, SQ_TERMS);
    sq_obs_minus_products(n, obs->block + i, obs->term + i, sq_terms_room(&terms, n));
  }
  sq_terms_end(&terms);
}

const sq_obs_column_type sq_column_schwinger_dyson = {.name = "schwinger_dyson", .add = add_virial};

/* ---- G_pmin: |phi_p|^2/V at p = 2 pi/L_0 along direction 0, of all numbers of the order parameter's vector ---- */

static double power_of(const sq_obs *obs, const double *slice)
{
  double re = 0, im = 0;
  for (int64_t t = 0; t < obs->slices; t++) {
    double angle = 2 * PETSC_PI * (double)t / (double)obs->slices;
    re += cos(angle) * slice[t];
    im += sin(angle) * slice[t];
  }
  return (re * re + im * im) / (double)obs->lattice->volume;
}

static double lowest_mode(const sq_obs *obs, const sq_sum *sum)
{
  double power = 0;
  (void)sum;
  for (int k = 0; k < obs->orders; k++) power += power_of(obs, obs->slice + k * obs->slices);
  return power;
}

const sq_obs_column_type sq_column_G_pmin = {.name = "G_pmin", .value = lowest_mode};
