/* SPDX-License-Identifier: BSD-3-Clause */
/* The sites of the two colours of a checkerboard, and means over neighbours. Colours are those of the sum of a site's
 * coordinates; where an odd extent brings two sites of a colour together, neither enters the mean of the other. */
#include "src/coupling/layer.h"
#include <string.h>

/* Coordinates of a site of a box of those extents. */
static void place_of(const int64_t extent[SQ_DIM], int64_t site, int64_t x[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; site /= extent[mu--]) x[mu] = site % extent[mu];
}

/* Positions of a cell, as coordinates 0 or 1, in the order of their numbers: those of even ones, and of odd ones. */
static void fill_cells(sq_coupling_sites *s)
{
  const sq_lattice *l = s->lattice;
  int next[2] = {0, 0};
  for (int corner = 0; corner < 1 << l->dim; corner++) {
    int sum = 0, bit[SQ_DIM] = {0};
    for (int k = 0; k < l->dim; k++) sum += bit[SQ_DIM - 1 - k] = corner >> k & 1;
    int64_t *list = s->site[sum % 2] + next[sum % 2]++ * s->count;
    for (int64_t i = 0; i < s->count; i++) {
      int64_t x[SQ_DIM], site = 0;
      place_of(s->cells->local, i, x);
      for (int mu = 0; mu < SQ_DIM; mu++) site = site * l->local[mu] + (mu < l->first_dir ? 0 : 2 * x[mu] + bit[mu]);
      list[i] = site;
    }
  }
}

static void fill_sites(sq_coupling_sites *s)
{
  const sq_lattice *l = s->lattice;
  for (int64_t i = 0; i < s->count; i++) {
    int64_t x[SQ_DIM], sum = 0;
    place_of(l->local, i, x);
    for (int mu = 0; mu < SQ_DIM; mu++) sum += x[mu] + l->start[mu];
    for (int colour = 0; colour < 2; colour++) s->site[colour][i] = sum % 2 == colour ? i : -1;
  }
}

/* The sites of a colour into the padded blocks, the others as zeros. */
static void pad(sq_coupling_sites *s, int count, int colour, const double *x)
{
  const sq_nn_block *b = &s->block;
  const int64_t length = b->n[3], *other = s->site[1 - colour];
  for (int f = 0; f < count; f++) {
    double *to = s->padded + f * b->sites;
    for (int64_t row = 0; row < s->lattice->local_volume / length; row++, x += length)
      memcpy(to + sq_nn_row(b, row), x, (size_t)length * sizeof *x);
    for (int64_t i = 0; i < s->positions * s->count; i++)
      if (other[i] >= 0) to[sq_nn_row(b, other[i] / length) + other[i] % length] = 0;
  }
}

PetscErrorCode sq_coupling_means(sq_coupling_sites *s, int count, int colour, const double *x)
{
  PetscFunctionBeginUser;
  const sq_nn_block *b = &s->block;
  const int64_t length = b->n[3];
  const double share = 0.5 / s->lattice->dim;
  double *to = s->mean;
  pad(s, count, colour, x);
  PetscCall(sq_halo_exchange(s->halo, s->padded));
  for (int f = 0; f < count; f++)
    for (int64_t row = 0; row < s->lattice->local_volume / length; row++, to += length) {
      const double *from = s->padded + f * b->sites + sq_nn_row(b, row);
      memset(to, 0, (size_t)length * sizeof *to);
      for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++)
        for (int64_t i = 0; i < length; i++) to[i] += share * (from[i + b->stride[mu]] + from[i - b->stride[mu]]);
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode create_arrays(sq_coupling_sites *s)
{
  PetscFunctionBeginUser;
  const int64_t size = s->positions * s->batch * s->count;
  PetscCall(sq_alloc(s->batch * s->block.sites, &s->padded));
  PetscCall(sq_alloc(s->batch * s->lattice->local_volume, &s->mean));
  PetscCall(sq_alloc(s->positions, &s->in));
  PetscCall(sq_alloc(s->positions, &s->scale));
  PetscCall(sq_alloc(s->positions * SQ_MAP_OUTPUTS, &s->dout));
  for (int k = 0; k < s->positions; k++) PetscCall(sq_alloc(s->batch * s->count, &s->in[k]));
  for (int k = 0; k < s->positions; k++) PetscCall(sq_alloc(s->batch, &s->scale[k]));
  for (int k = 0; k < s->positions * SQ_MAP_OUTPUTS; k++) PetscCall(sq_alloc(s->batch * s->count, &s->dout[k]));
  PetscCall(sq_alloc(s->batch, &s->level));
  PetscCall(sq_alloc(size, &s->du));
  PetscCall(sq_alloc(size, &s->y));
  PetscCall(sq_alloc(size, &s->log_slope));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_coupling_sites_create(const sq_lattice *lattice, int cell, int batch, sq_coupling_sites *s)
{
  PetscFunctionBeginUser;
  *s = (sq_coupling_sites){.lattice = lattice, .cells = (sq_lattice *)lattice, .batch = batch};
  if (cell > 1) PetscCall(sq_lattice_coarsen(lattice, &s->cells));
  s->positions = cell > 1 ? 1 << (lattice->dim - 1) : 1;
  s->count = s->cells->local_volume;
  for (int colour = 0; colour < 2; colour++) PetscCall(sq_alloc(s->positions * s->count, &s->site[colour]));
  if (cell > 1) fill_cells(s);
  else fill_sites(s);
  sq_nn_block_make(lattice->dim, lattice->local, &s->block);
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FACES, sizeof(double), batch, &s->halo));
  PetscCall(create_arrays(s));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_coupling_sites_destroy(sq_coupling_sites *s)
{
  PetscFunctionBeginUser;
  for (int colour = 0; colour < 2; colour++) sq_free(&s->site[colour]);
  for (int k = 0; k < s->positions; k++) sq_free(&s->in[k]);
  for (int k = 0; k < s->positions; k++) sq_free(&s->scale[k]);
  for (int k = 0; k < s->positions * SQ_MAP_OUTPUTS; k++) sq_free(&s->dout[k]);
  sq_free(&s->in);
  sq_free(&s->scale);
  sq_free(&s->dout);
  sq_free(&s->level);
  sq_free(&s->du);
  sq_free(&s->y);
  sq_free(&s->log_slope);
  sq_free(&s->padded);
  sq_free(&s->mean);
  PetscCall(sq_halo_destroy(&s->halo));
  if (s->cells != s->lattice) PetscCall(sq_lattice_destroy(&s->cells));
  PetscFunctionReturn(0);
}
