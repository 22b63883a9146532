/* SPDX-License-Identifier: BSD-3-Clause */
/* spectrum: an fft object with its tables of modes, and what is done to a spectrum mode by mode.
 *
 * Modes of a rank are in the order of plan.c, [group][plane][lane]; nothing outside fft depends on it, since
 * frequency, orbit and weight tell what each mode is. Only create, destroy and filter are collective.
 */
#include "plan.h"

/* A column of the transformed planes -> its coordinates n along the directions that span a plane. */
static void column_mode(const sq_fft_plan *plan, const int64_t extent[SQ_DIM], int64_t column, int64_t n[SQ_DIM])
{
  for (int mu = 0; mu < SQ_DIM; mu++) n[mu] = 0;
  const int first = plan->directions > 1 ? 1 : 0, last = plan->directions - 1;
  for (int k = last; k >= first; k--) {
    const int mu = plan->direction[k];
    const int64_t kept = k == last ? extent[mu] / 2 + 1 : extent[mu];
    n[mu] = column % kept;
    column /= kept;
  }
}

/* 1 when -n lies in the kept half as well (n = 0 or L/2 along the halved direction). */
static double mode_weight(const sq_fft_plan *plan, const int64_t extent[SQ_DIM], const int64_t n[SQ_DIM])
{
  if (plan->directions == 0) return 1;
  const int mu = plan->direction[plan->directions - 1];
  return n[mu] == 0 || 2 * n[mu] == extent[mu] ? 1 : 2;
}

static void name_mode(sq_fft *fft, int64_t k, const int64_t n[SQ_DIM])
{
  const int64_t *extent = fft->lattice->extent;
  int64_t index = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) index = index * extent[mu] + n[mu];
  fft->frequency[k] = index;
  fft->orbit[k] = (int32_t)sq_orbits_find(&fft->orbits, n);
  fft->weight[k] = mode_weight(fft->plan, extent, n);
}

static void name_group(sq_fft *fft, int64_t group)
{
  const sq_fft_plan *plan = fft->plan;
  const int64_t lanes = sq_fft_plan_lanes(plan, group);
  for (int64_t lane = 0; lane < lanes; lane++) {
    int64_t n[SQ_DIM];
    column_mode(plan, fft->lattice->extent, (plan->first_group + group) * SQ_LANES + lane, n);
    for (int64_t i = 0; i < plan->planes; i++) {
      if (plan->directions > 1) n[plan->direction[0]] = i;
      name_mode(fft, (group * SQ_LANES) * plan->planes + i * lanes + lane, n);
    }
  }
}

PetscErrorCode sq_fft_create(const sq_lattice *lattice, sq_fft **result)
{
  PetscFunctionBeginUser;
  sq_fft *fft;
  PetscCall(sq_alloc(1, &fft));
  fft->lattice = lattice;
  PetscCall(sq_orbits_create(lattice->dim, lattice->extent, &fft->orbits));
  PetscCall(sq_fft_plan_create(lattice, &fft->plan));
  for (int64_t g = 0; g < fft->plan->my_groups; g++) fft->modes += fft->plan->planes * sq_fft_plan_lanes(fft->plan, g);
  PetscCall(sq_alloc(fft->modes, &fft->orbit));
  PetscCall(sq_alloc(fft->modes, &fft->weight));
  PetscCall(sq_alloc(fft->modes, &fft->frequency));
  PetscCall(sq_alloc(fft->modes, &fft->work));
  for (int64_t g = 0; g < fft->plan->my_groups; g++) name_group(fft, g);
  *result = fft;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fft_destroy(sq_fft **fft)
{
  PetscFunctionBeginUser;
  if (!*fft) PetscFunctionReturn(0);
  PetscCall(sq_fft_plan_destroy(&(*fft)->plan));
  sq_orbits_destroy(&(*fft)->orbits);
  sq_free(&(*fft)->orbit);
  sq_free(&(*fft)->weight);
  sq_free(&(*fft)->frequency);
  sq_free(&(*fft)->work);
  sq_free(fft);
  PetscFunctionReturn(0);
}

/* mode[k] *= multiplier[orbit of k]; multiplier[orbits.count]. */
static void multiply(const sq_fft *fft, const double *multiplier, double complex *mode)
{
  for (int64_t k = 0; k < fft->modes; k++) mode[k] *= multiplier[fft->orbit[k]];
}

PetscErrorCode sq_fft_filter(sq_fft *fft, const double *multiplier, const double *block, double *out)
{
  PetscFunctionBeginUser;
  PetscCall(sq_fft_forward(fft, block, fft->work));
  multiply(fft, multiplier, fft->work);
  PetscCall(sq_fft_inverse(fft, fft->work, out));
  PetscFunctionReturn(0);
}

void sq_fft_add_power(const sq_fft *fft, const double complex *mode, sq_sum *power)
{
  const double inverse_volume = 1 / (double)fft->lattice->volume;
  for (int64_t k = 0; k < fft->modes; k++) {
    const int32_t orbit = fft->orbit[k];
    const double square = creal(mode[k]) * creal(mode[k]) + cimag(mode[k]) * cimag(mode[k]);
    sq_sum_add(&power[orbit], square * inverse_volume * fft->weight[k] / (double)fft->orbits.multiplicity[orbit]);
  }
}
