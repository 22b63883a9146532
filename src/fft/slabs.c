/* SPDX-License-Identifier: BSD-3-Clause */
/* slabs: moves a field between blocks (how squall cuts lattices) and slabs (how the transform needs them).
 *
 * A block is in block order, so the sites of one slab in it are one contiguous range; the packed buffer holds, for one
 * rank after the other, the part of this slab that lies in that rank's block, in that block's order. Runs say where it
 * belongs in the slab. Everything is precomputed: a call is one MPI_Alltoallv and one pass over the slab.
 */
#include "plan.h"
#include <string.h>

typedef struct {
  int64_t start[SQ_DIM], local[SQ_DIM]; /* the block */
  int64_t first, count;                 /* the slab */
} rank_part;

static int64_t larger(int64_t a, int64_t b)
{
  return a > b ? a : b;
}
static int64_t smaller(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

/* Coordinates along split that the block of one rank and the slab of another share: from low to before high. */
static void overlap(const rank_part *block, const rank_part *slab, int split, int64_t *low, int64_t *high)
{
  *low = larger(block->start[split], slab->first);
  *high = larger(*low, smaller(block->start[split] + block->local[split], slab->first + slab->count));
}

/* Sites of a block with one coordinate along split. Directions before split have extent 1. */
static int64_t layer_sites(const rank_part *block, int split)
{
  int64_t sites = 1;
  for (int mu = split + 1; mu < SQ_DIM; mu++) sites *= block->local[mu];
  return sites;
}

/* MPI counts are int. */
static PetscErrorCode set_counts(const sq_lattice *lattice, int split, const rank_part *part, sq_slabs *slabs)
{
  PetscFunctionBeginUser;
  const rank_part *mine = part + lattice->rank;
  int64_t packed = 0, low, high;
  for (int r = 0; r < lattice->size; r++) {
    overlap(mine, part + r, split, &low, &high);
    int64_t layer = layer_sites(mine, split);
    PetscCall(PetscMPIIntCast((high - low) * layer, slabs->block_count + r));
    PetscCall(PetscMPIIntCast(high > low ? (low - mine->start[split]) * layer : 0, slabs->block_from + r));
    overlap(part + r, mine, split, &low, &high);
    PetscCall(PetscMPIIntCast((high - low) * layer_sites(part + r, split), slabs->slab_count + r));
    PetscCall(PetscMPIIntCast(packed, slabs->slab_from + r));
    packed += slabs->slab_count[r];
  }
  PetscFunctionReturn(0);
}

/* Where row number `row` of the part of block inside the slab begins in the slab. low: its first coordinate along
 * split. */
static int64_t row_place(const sq_lattice *lattice, const rank_part *slab, const rank_part *block, int split,
                         int64_t low, int64_t row, int64_t plane_sites, int64_t pitch)
{
  int64_t site = 0, factor = 1;
  if (split < SQ_DIM - 1) {
    site = block->start[SQ_DIM - 1];
    factor = lattice->extent[SQ_DIM - 1];
    for (int mu = SQ_DIM - 2; mu > split; mu--) {
      site += factor * (block->start[mu] + row % block->local[mu]);
      row /= block->local[mu];
      factor *= lattice->extent[mu];
    }
  }
  site += factor * (low - slab->first + row);
  return site / plane_sites * pitch + site % plane_sites;
}

/* Appends a run, or lengthens the last one; before slabs->run is there it only counts. */
static void add_run(sq_slabs *slabs, sq_run *last, int64_t to, int64_t length)
{
  if (slabs->runs && last->to + last->length == to) {
    last->length += length;
  } else {
    *last = (sq_run){to, length};
    slabs->runs++;
  }
  if (slabs->run) slabs->run[slabs->runs - 1] = *last;
}

static void make_runs(const sq_lattice *lattice, int split, const rank_part *part, int64_t plane_sites, int64_t pitch,
                      sq_slabs *slabs)
{
  sq_run last = {0, 0};
  slabs->runs = 0;
  for (int r = 0; r < lattice->size; r++) {
    const rank_part *slab = part + lattice->rank;
    int64_t low, high;
    overlap(part + r, slab, split, &low, &high);
    int64_t layer = layer_sites(part + r, split), length = split < SQ_DIM - 1 ? part[r].local[SQ_DIM - 1] : high - low;
    int64_t rows = length > 0 ? (high - low) * layer / length : 0;
    for (int64_t row = 0; row < rows; row++)
      add_run(slabs, &last, row_place(lattice, slab, part + r, split, low, row, plane_sites, pitch), length);
  }
}

static PetscErrorCode gather_parts(const sq_lattice *lattice, int64_t first, int64_t count, rank_part *part)
{
  PetscFunctionBeginUser;
  rank_part mine = {.first = first, .count = count};
  memcpy(mine.start, lattice->start, sizeof mine.start);
  memcpy(mine.local, lattice->local, sizeof mine.local);
  const int words = (int)(sizeof mine / sizeof(int64_t));
  PetscCallMPI(MPI_Allgather(&mine, words, MPI_INT64_T, part, words, MPI_INT64_T, lattice->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_slabs_create(const sq_lattice *lattice, int split, int64_t first, int64_t count, int64_t plane_sites,
                               int64_t pitch, sq_slabs **result)
{
  PetscFunctionBeginUser;
  sq_slabs *slabs;
  rank_part *part;
  PetscCall(sq_alloc(1, &slabs));
  PetscCall(sq_alloc(lattice->size, &part));
  PetscCall(sq_alloc(lattice->size, &slabs->block_count));
  PetscCall(sq_alloc(lattice->size, &slabs->block_from));
  PetscCall(sq_alloc(lattice->size, &slabs->slab_count));
  PetscCall(sq_alloc(lattice->size, &slabs->slab_from));
  slabs->comm = lattice->comm;
  PetscCall(gather_parts(lattice, first, count, part));
  PetscCall(set_counts(lattice, split, part, slabs));
  make_runs(lattice, split, part, plane_sites, pitch, slabs);
  PetscCall(sq_alloc(slabs->runs, &slabs->run));
  make_runs(lattice, split, part, plane_sites, pitch, slabs);
  PetscCall(sq_alloc(count * (lattice->volume / lattice->extent[split]), &slabs->packed));
  sq_free(&part);
  *result = slabs;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_slabs_destroy(sq_slabs **slabs)
{
  PetscFunctionBeginUser;
  if (!*slabs) PetscFunctionReturn(0);
  sq_free(&(*slabs)->block_count);
  sq_free(&(*slabs)->block_from);
  sq_free(&(*slabs)->slab_count);
  sq_free(&(*slabs)->slab_from);
  sq_free(&(*slabs)->run);
  sq_free(&(*slabs)->packed);
  sq_free(slabs);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_slabs_from_block(sq_slabs *slabs, const double *block, double *slab)
{
  PetscFunctionBeginUser;
  PetscCallMPI(MPI_Alltoallv(block, slabs->block_count, slabs->block_from, MPI_DOUBLE, slabs->packed, slabs->slab_count,
                             slabs->slab_from, MPI_DOUBLE, slabs->comm));
  const double *next = slabs->packed;
  for (int64_t k = 0; k < slabs->runs; k++) {
    memcpy(slab + slabs->run[k].to, next, (size_t)slabs->run[k].length * sizeof *slab);
    next += slabs->run[k].length;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_slabs_to_block(sq_slabs *slabs, const double *slab, double factor, double *block)
{
  PetscFunctionBeginUser;
  double *next = slabs->packed;
  for (int64_t k = 0; k < slabs->runs; k++) {
    const double *run = slab + slabs->run[k].to;
    for (int64_t i = 0; i < slabs->run[k].length; i++) next[i] = factor * run[i];
    next += slabs->run[k].length;
  }
  PetscCallMPI(MPI_Alltoallv(slabs->packed, slabs->slab_count, slabs->slab_from, MPI_DOUBLE, block, slabs->block_count,
                             slabs->block_from, MPI_DOUBLE, slabs->comm));
  PetscFunctionReturn(0);
}
