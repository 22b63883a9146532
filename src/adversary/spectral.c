/* SPDX-License-Identifier: BSD-3-Clause */
/* The largest singular value of a matrix by power iterations, and the gradient of a matrix that is divided by it
 * (T. Miyato et al., arXiv:1802.05957, section 2.2 and equation 12). Plain arrays. */
#include "src/adversary/normalise.h"
#include <math.h>

/* x/|x| in place; |x|. */
static double normalise(int64_t n, double *x)
{
  double norm2 = 0;
  for (int64_t i = 0; i < n; i++) norm2 += x[i] * x[i];
  const double norm = sqrt(norm2);
  for (int64_t i = 0; i < n && norm > 0; i++) x[i] /= norm;
  return norm;
}

static void multiply(int64_t rows, int64_t columns, const float *w, const double *u, double *left)
{
  for (int64_t i = 0; i < rows; i++) {
    left[i] = 0;
    for (int64_t j = 0; j < columns; j++) left[i] += (double)w[i * columns + j] * u[j];
  }
}

double sq_spectral_norm(int64_t rows, int64_t columns, const float *w, bool iterate, double *u, double *left)
{
  multiply(rows, columns, w, u, left);
  double sigma = normalise(rows, left);
  if (!iterate || !(sigma > 0)) return sigma;
  for (int64_t j = 0; j < columns; j++) u[j] = 0;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) u[j] += (double)w[i * columns + j] * left[i];
  (void)normalise(columns, u);
  multiply(rows, columns, w, u, left);
  return normalise(rows, left);
}

void sq_spectral_gradient(int64_t rows, int64_t columns, double sigma, const float *normalised, const double *u,
                          const double *left, float *gradient)
{
  double along = 0;
  for (int64_t i = 0; i < rows * columns; i++) along += (double)gradient[i] * normalised[i];
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) {
      const int64_t k = i * columns + j;
      gradient[k] = (float)((gradient[k] - along * left[i] * u[j]) / sigma);
    }
}
