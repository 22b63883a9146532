/* SPDX-License-Identifier: BSD-3-Clause */
/* The matrix of a coupling: products of two waves are waves of the sum and of the difference of their n, so its
 * elements are sums of Fourier sums of g - 1. Plain loops, for it is small. */
#include "flow.h"
#include <math.h>
#include <string.h>

/* Which sums an element is made of: sign_minus of the difference of n, sign_plus of the sum of n. */
typedef struct {
  bool odd;
  int minus, plus;
  double sign_minus, sign_plus;
} element;

/* Waves are h sqrt(2/N) cos, and -h sqrt(2/N) sin. */
static element element_of(int sites, int i, int j)
{
  const bool sine[2] = {2 * i > sites, 2 * j > sites};
  const int n = sq_fourier_number(sites, i), m = sq_fourier_number(sites, j);
  element e = {.minus = (n - m + sites) % sites, .plus = (n + m) % sites, .sign_minus = 1, .sign_plus = 1};
  if (sine[0] && sine[1]) e.sign_plus = -1;
  if (sine[0] == sine[1]) return e;
  e.odd = true; /* - cos n sin m = (sin(n - m) - sin(n + m))/2 */
  e.sign_plus = -1;
  e.sign_minus = sine[1] ? 1 : -1;
  return e;
}

void sq_fourier_matrix(int sites, int count, const int *index, const double *scale, const double *even,
                       const double *odd, double *M)
{
  for (int i = 0; i < count; i++)
    for (int j = 0; j <= i; j++) {
      const element e = element_of(sites, index[i], index[j]);
      const double *sum = e.odd ? odd : even;
      const double x = scale[i] * scale[j] * (e.sign_minus * sum[e.minus] + e.sign_plus * sum[e.plus]);
      M[i * count + j] = M[j * count + i] = x + (i == j);
    }
}

void sq_fourier_matrix_back(int sites, int count, const int *index, const double *scale, const double *Q, double *even,
                            double *odd)
{
  for (int i = 0; i < count; i++)
    for (int j = 0; j <= i; j++) {
      const element e = element_of(sites, index[i], index[j]);
      double *sum = e.odd ? odd : even;
      const double x = scale[i] * scale[j] * (i == j ? Q[i * count + i] : Q[i * count + j] + Q[j * count + i]);
      sum[e.minus] += e.sign_minus * x;
      sum[e.plus] += e.sign_plus * x;
    }
}

double sq_fourier_factor(int count, const double *M, double *L)
{
  double log_det = 0;
  for (int i = 0; i < count; i++)
    for (int j = 0; j <= i; j++) {
      double x = M[i * count + j];
      for (int k = 0; k < j; k++) x -= L[i * count + k] * L[j * count + k];
      L[i * count + j] = i == j ? sqrt(x) : x / L[j * count + j];
      if (i == j) log_det += log(x);
    }
  return log_det;
}

void sq_fourier_solve(int count, const double *L, double *x)
{
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < i; k++) x[i] -= L[i * count + k] * x[k];
    x[i] /= L[i * count + i];
  }
  for (int i = count - 1; i >= 0; i--) {
    x[i] /= L[i * count + i];
    for (int k = 0; k < i; k++) x[k] -= L[i * count + k] * x[i];
  }
}

/* Column by column, each from the diagonal on, for what is before it is known from the others. */
void sq_fourier_invert(int count, const double *L, double *inverse)
{
  for (int c = 0; c < count; c++) {
    double *x = inverse + c * count;
    for (int i = c; i < count; i++) {
      x[i] = i == c;
      for (int k = c; k < i; k++) x[i] -= L[i * count + k] * x[k];
      x[i] /= L[i * count + i];
    }
    for (int i = count - 1; i >= c; i--) {
      x[i] /= L[i * count + i];
      for (int k = c; k < i; k++) x[k] -= L[i * count + k] * x[i];
      inverse[i * count + c] = x[i];
    }
  }
}

void sq_fourier_times(int count, const double *M, const double *x, double *out)
{
  for (int i = 0; i < count; i++) {
    out[i] = 0;
    for (int j = 0; j < count; j++) out[i] += M[i * count + j] * x[j];
  }
}
