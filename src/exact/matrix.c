/* SPDX-License-Identifier: BSD-3-Clause */
/* matrix: powers by squaring, scaled against overflow. The matrices are transfer matrices: their elements are of one
 * sign, so nothing cancels. */
#include "src/exact/matrix.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

PetscErrorCode sq_jets_make(int n, sq_jets *matrix)
{
  PetscFunctionBeginUser;
  *matrix = (sq_jets){.n = n};
  for (int k = 0; k < 3; k++) PetscCall(sq_alloc((size_t)n * (size_t)n, &matrix->part[k]));
  PetscFunctionReturn(0);
}

void sq_jets_clear(sq_jets *matrix)
{
  for (int k = 0; k < 3; k++) sq_free(&matrix->part[k]);
}

static void multiply(int n, double factor, const double *a, const double *b, double *sum)
{
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, factor, a, n, b, n, 1, sum, n);
}

/* out = a b, its largest element of order 1. */
static void times(const sq_jets *a, const sq_jets *b, sq_jets *out)
{
  const int n = a->n;
  const size_t elements = (size_t)n * (size_t)n;
  double largest = 0;
  for (int k = 0; k < 3; k++) memset(out->part[k], 0, elements * sizeof(double));
  multiply(n, 1, a->part[0], b->part[0], out->part[0]);
  multiply(n, 1, a->part[0], b->part[1], out->part[1]);
  multiply(n, 1, a->part[1], b->part[0], out->part[1]);
  multiply(n, 1, a->part[0], b->part[2], out->part[2]);
  if (!a->two) multiply(n, 2, a->part[1], b->part[1], out->part[2]);
  multiply(n, 1, a->part[2], b->part[0], out->part[2]);
  for (size_t i = 0; i < elements; i++) largest = fmax(largest, fabs(out->part[0][i]));
  if (!(largest > 0)) largest = 1;
  for (int k = 0; k < 3; k++)
    for (size_t i = 0; i < elements; i++) out->part[k][i] /= largest;
  out->two = a->two;
  out->log = a->log + b->log + log(largest);
}

static void swap(sq_jets *a, sq_jets *b)
{
  sq_jets c = *a;
  *a = *b;
  *b = c;
}

static long double trace(int n, const double *a, const int *twist)
{
  long double sum = 0;
  for (int i = 0; i < n; i++) sum += a[(size_t)i * (size_t)n + (size_t)(twist ? twist[i] : i)];
  return sum;
}

PetscErrorCode sq_jets_trace(sq_jets *matrix, int64_t power, const int *twist, double *log, sq_jet *rest)
{
  PetscFunctionBeginUser;
  sq_jets product, next;
  bool any = false;
  PetscCall(sq_jets_make(matrix->n, &product));
  PetscCall(sq_jets_make(matrix->n, &next));
  for (int64_t left = power; left; left /= 2) {
    if (left % 2 && any) {
      times(&product, matrix, &next);
      swap(&product, &next);
    } else if (left % 2) {
      for (int k = 0; k < 3; k++)
        memcpy(product.part[k], matrix->part[k], (size_t)matrix->n * (size_t)matrix->n * sizeof(double));
      product.two = matrix->two;
      product.log = matrix->log;
      any = true;
    }
    if (left == 1) break;
    times(matrix, matrix, &next);
    swap(matrix, &next);
  }
  *log = product.log;
  *rest = (sq_jet){trace(matrix->n, product.part[0], twist), trace(matrix->n, product.part[1], twist),
                   trace(matrix->n, product.part[2], twist)};
  sq_jets_clear(&product);
  sq_jets_clear(&next);
  PetscFunctionReturn(0);
}
