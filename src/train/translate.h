/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to train: stored fields moved over the lattice. */
#ifndef SQUALL_TRAIN_TRANSLATE_H
#define SQUALL_TRAIN_TRANSLATE_H

#include "squall/lattice.h"

/* block[components][local_volume]: what was at x + shift is at x then; whole[lattice->volume] is scratch. Collective
 * over the ranks of the lattice. */
PetscErrorCode sq_translate(const sq_lattice *lattice, int components, const int64_t shift[SQ_DIM], double *block,
                            double *whole);

#endif
