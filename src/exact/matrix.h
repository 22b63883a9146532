/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to exact: square matrices with two derivatives by one parameter, and traces of their powers. */
#ifndef SQUALL_EXACT_MATRIX_H
#define SQUALL_EXACT_MATRIX_H

#include "src/exact/jet.h"

typedef struct {
  int n;
  double *part[3]; /* [n][n] the matrix, its first and its second derivative */
  bool two;        /* two parameters: part[2] is the first derivative by another one */
  double log;      /* all times e^log */
} sq_jets;

/* Zero; freed with sq_jets_clear. */
PetscErrorCode sq_jets_make(int n, sq_jets *matrix);
void sq_jets_clear(sq_jets *matrix);
/* log and rest: e^log rest is the trace of matrix^power times a permutation of its rows; twist NULL: of none. power >=
 * 1. The matrix is destroyed (its numbers are, not its memory). */
PetscErrorCode sq_jets_trace(sq_jets *matrix, int64_t power, const int *twist, double *log, sq_jet *rest);

#endif
