/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole fields of spins on every rank, one byte a site: what ranks have of a lattice, put together. */
#include "squall/crosses.h"
#include <string.h>

PetscErrorCode sq_cross_whole_create(const sq_lattice *lattice, sq_cross_whole *whole)
{
  PetscFunctionBeginUser;
  sq_cross_whole *w = whole;
  int64_t mine[2 * SQ_DIM];
  *w = (sq_cross_whole){.lattice = lattice};
  PetscCall(sq_alloc(lattice->volume, &w->packed));
  PetscCall(sq_alloc(lattice->size, &w->counts));
  PetscCall(sq_alloc(lattice->size, &w->starts));
  PetscCall(sq_alloc(2 * SQ_DIM * lattice->size, &w->box));
  memcpy(mine, lattice->start, sizeof lattice->start);
  memcpy(mine + SQ_DIM, lattice->local, sizeof lattice->local);
  PetscCallMPI(MPI_Allgather(mine, 2 * SQ_DIM, MPI_INT64_T, w->box, 2 * SQ_DIM, MPI_INT64_T, lattice->comm));
  for (int r = 0, at = 0; r < lattice->size; at += w->counts[r++]) {
    const int64_t *local = w->box + (2 * r + 1) * SQ_DIM;
    w->counts[r] = (int)(local[2] * local[3]);
    w->starts[r] = at;
  }
  PetscFunctionReturn(0);
}

void sq_cross_whole_destroy(sq_cross_whole *w)
{
  sq_free(&w->packed);
  sq_free(&w->counts);
  sq_free(&w->starts);
  sq_free(&w->box);
}

PetscErrorCode sq_cross_whole_gather(sq_cross_whole *w, const double *block, int8_t *field)
{
  PetscFunctionBeginUser;
  const sq_lattice *l = w->lattice;
  int8_t *mine = w->packed + w->starts[l->rank];
  for (int64_t i = 0; i < l->local_volume; i++) mine[i] = block[i] > 0 ? 1 : -1;
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_INT8_T, w->packed, w->counts, w->starts, MPI_INT8_T, l->comm));
  for (int rank = 0; rank < l->size; rank++) {
    const int64_t *start = w->box + 2 * rank * SQ_DIM, *local = start + SQ_DIM;
    const int8_t *packed = w->packed + w->starts[rank];
    for (int64_t r = 0; r < local[2]; r++, packed += local[3])
      memcpy(field + (start[2] + r) * l->extent[3] + start[3], packed, (size_t)local[3]);
  }
  PetscFunctionReturn(0);
}

void sq_cross_whole_give(const sq_cross_whole *w, const int8_t *field, double *block)
{
  const sq_lattice *l = w->lattice;
  for (int64_t r = 0; r < l->local[2]; r++)
    for (int64_t c = 0; c < l->local[3]; c++) *block++ = field[(l->start[2] + r) * l->extent[3] + l->start[3] + c];
}
