/* SPDX-License-Identifier: BSD-3-Clause */
/* How a lattice is covered by blocks, and copies between a field and a window. */
#include "tiling.h"
#include <string.h>

PetscErrorCode sq_tiling_make(int dim, const int64_t extent[SQ_DIM], int64_t block, int64_t rim, sq_tiling *tiling)
{
  PetscFunctionBeginUser;
  sq_tiling *t = tiling;
  SqCheck(block >= 1 && rim >= 1, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "blocks of %lld sites a side with a rim of %lld: both must be at least 1", (long long)block, (long long)rim);
  *t = (sq_tiling){.dim = dim, .total = 1, .block_sites = 1, .window_sites = 1};
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t n = t->extent[mu] = extent[mu];
    t->block[mu] = PetscMin(block, n);
    t->window[mu] = PetscMin(t->block[mu] + 2 * rim, n);
    t->pitch[mu] = t->block[mu] + rim;
    t->blocks[mu] = PetscMax(n / t->pitch[mu], 1);
    t->total *= t->blocks[mu];
    t->block_sites *= t->block[mu];
    t->window_sites *= t->window[mu];
  }
  SqCheck(t->block_sites <= SQ_BLOCK_SITES, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "blocks of %lld sites: at most %d, for the eigenvectors of a block are found by dense algebra",
          (long long)t->block_sites, SQ_BLOCK_SITES);
  PetscFunctionReturn(0);
}

void sq_tiling_window(const sq_tiling *t, const int64_t begin[SQ_DIM], int64_t w, int64_t first[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    int64_t block = begin[mu] + w % t->blocks[mu] * t->pitch[mu] - (t->window[mu] - t->block[mu]) / 2;
    first[mu] = (block % t->extent[mu] + t->extent[mu]) % t->extent[mu];
    w /= t->blocks[mu];
  }
}

/* Row-major index of the site x of a lattice. */
static int64_t site_of(const int64_t extent[SQ_DIM], const int64_t x[SQ_DIM])
{
  return ((x[0] * extent[1] + x[1]) * extent[2] + x[2]) * extent[3] + x[3];
}

/* Coordinates of site i of a box, shifted and wrapped around the lattice. */
static void place(int64_t i, const int64_t box[SQ_DIM], const int64_t shift[SQ_DIM], const int64_t extent[SQ_DIM],
                  int64_t x[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    x[mu] = (i % box[mu] + shift[mu]) % extent[mu];
    i /= box[mu];
  }
}

void sq_tiling_cut(const sq_tiling *t, const int64_t first[SQ_DIM], const double *field, double *window)
{
  for (int64_t i = 0; i < t->window_sites; i++) {
    int64_t x[SQ_DIM];
    place(i, t->window, first, t->extent, x);
    window[i] = field[site_of(t->extent, x)];
  }
}

/* Where the block begins in its window. */
static void margin(const sq_tiling *t, int64_t shift[SQ_DIM])
{
  for (int mu = 0; mu < SQ_DIM; mu++) shift[mu] = (t->window[mu] - t->block[mu]) / 2;
}

void sq_tiling_put(const sq_tiling *t, const int64_t first[SQ_DIM], const double *block, double *field)
{
  int64_t shift[SQ_DIM], x[SQ_DIM];
  margin(t, shift);
  for (int mu = 0; mu < SQ_DIM; mu++) shift[mu] += first[mu];
  for (int64_t i = 0; i < t->block_sites; i++) {
    place(i, t->block, shift, t->extent, x);
    field[site_of(t->extent, x)] = block[i];
  }
}

void sq_tiling_inside(const sq_tiling *t, int64_t *inside)
{
  int64_t shift[SQ_DIM], x[SQ_DIM];
  margin(t, shift);
  for (int64_t i = 0; i < t->block_sites; i++) {
    place(i, t->block, shift, t->window, x);
    inside[i] = site_of(t->window, x);
  }
}
