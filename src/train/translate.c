/* SPDX-License-Identifier: BSD-3-Clause */
/* Translations of a field whose lattice may be cut: every rank gathers the field. */
#include "src/train/translate.h"
#include <string.h>

/* The first site of row r of the block, moved by a shift or not, without its last coordinate; that. */
static int64_t row_site(const sq_lattice *l, int64_t row, const int64_t shift[SQ_DIM], int64_t *last)
{
  int64_t x[SQ_DIM], site = 0;
  for (int mu = SQ_DIM - 2; mu >= 0; mu--) {
    x[mu] = (l->start[mu] + row % l->local[mu] + shift[mu]) % l->extent[mu];
    row /= l->local[mu];
  }
  for (int mu = 0; mu < SQ_DIM - 1; mu++) site = site * l->extent[mu] + x[mu];
  *last = (l->start[SQ_DIM - 1] + shift[SQ_DIM - 1]) % l->extent[SQ_DIM - 1];
  return site * l->extent[SQ_DIM - 1];
}

PetscErrorCode sq_translate(const sq_lattice *l, int components, const int64_t shift[SQ_DIM], double *block,
                            double *whole)
{
  PetscFunctionBeginUser;
  const int64_t none[SQ_DIM] = {0}, length = l->local[SQ_DIM - 1], extent = l->extent[SQ_DIM - 1];
  int64_t last;
  for (int c = 0; c < components; c++, block += l->local_volume) {
    if (l->size > 1) memset(whole, 0, (size_t)l->volume * sizeof *whole);
    for (int64_t row = 0; row < l->local_volume / length; row++) {
      const int64_t site = row_site(l, row, none, &last);
      memcpy(whole + site + last, block + row * length, (size_t)length * sizeof *block);
    }
    if (l->size > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, whole, (int)l->volume, MPI_DOUBLE, MPI_SUM, l->comm));
    for (int64_t row = 0; row < l->local_volume / length; row++) {
      const int64_t site = row_site(l, row, shift, &last);
      for (int64_t i = 0; i < length; i++) block[row * length + i] = whole[site + (last + i) % extent];
    }
  }
  PetscFunctionReturn(0);
}
