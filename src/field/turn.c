/* SPDX-License-Identifier: BSD-3-Clause */
/* Orthogonal matrices, and what they make of the numbers of sites. Plain arrays. */
#include "squall/field.h"
#include <math.h>

/* Subtracts from row k what it has in common with the rows before, which are orthonormal. */
static void separate(int n, int k, double *matrix)
{
  double *row = matrix + k * n;
  for (int j = 0; j < k; j++) {
    double product = 0;
    for (int i = 0; i < n; i++) product += row[i] * matrix[j * n + i];
    for (int i = 0; i < n; i++) row[i] -= product * matrix[j * n + i];
  }
}

static void normalise(int n, double *row)
{
  double square = 0;
  for (int i = 0; i < n; i++) square += row[i] * row[i];
  for (int i = 0; i < n; i++) row[i] /= sqrt(square);
}

void sq_turn_random(int n, sq_stream stream, uint64_t step, uint16_t draw, double *matrix)
{
  sq_rng_normals(stream, 0, n * n, step, draw, matrix);
  for (int k = 0; k < n; k++)
    for (int twice = 0; twice < 2; twice++) { /* the second time for what rounding left */
      separate(n, k, matrix);
      normalise(n, matrix + k * n);
    }
}

void sq_turn_numbers(int components, const double *matrix, int64_t n, int64_t pitch, double *x)
{
  for (int64_t i = 0; i < n; i++) {
    double turned[SQ_COMPONENTS] = {0};
    for (int c = 0; c < components; c++)
      for (int b = 0; b < components; b++) turned[c] += matrix[c * components + b] * x[b * pitch + i];
    for (int c = 0; c < components; c++) x[c * pitch + i] = turned[c];
  }
}
