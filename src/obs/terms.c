/* terms: what each site adds to an average. Kernels on raw arrays; the order of operations at a site is fixed, so the
 * terms do not depend on how the lattice is cut. */
#include "terms.h"

void sq_obs_squares(int64_t n, const double *x, double *square)
{
  for (int64_t i = 0; i < n; i++) square[i] = x[i] * x[i];
}

void sq_obs_minus_products(int64_t n, const double *x, const double *y, double *out)
{
  for (int64_t i = 0; i < n; i++) out[i] = -(x[i] * y[i]);
}

void sq_obs_links(int64_t n, const double *x, int strides, const int64_t *stride, double *link)
{
  for (int64_t i = 0; i < n; i++) {
    double forward = 0;
    for (int k = 0; k < strides; k++) forward += x[i + stride[k]];
    link[i] = x[i] * forward;
  }
}
