/* SPDX-License-Identifier: BSD-3-Clause */
/* bessel: modified Bessel functions from the ratios of neighbouring orders, r_nu = I_nu/I_{nu-1} = 1/(2 nu/x +
 * r_{nu+1}), and the sum that all orders add up to. */
#include "src/exact/bessel.h"
#include <math.h>

double sq_exact_harmonics(int components, int l)
{
  double all = 1, less = 1; /* polynomials of degree l, and those of degree l - 2 */
  if (components == 1) return l < 2;
  for (int k = 1; k < components; k++) {
    all *= (double)(l + k) / k;
    less *= (double)(l - 2 + k) / k;
  }
  return all - (l < 2 ? 0 : less);
}

int sq_bessel_orders(double x)
{
  return 32 + (int)(11 * sqrt(fabs(x)));
}

void sq_exact_bessel(int components, double x, int count, long double *out)
{
  int highest = (count > sq_bessel_orders(x) ? count : sq_bessel_orders(x)) + 20;
  long double ratio = 0, sum = 0; /* sum_{l' > l} d_l' f_l'/f_l */
  for (int l = highest; l >= 1; l--) {
    long double nu = l + 0.5L * components - 1;
    ratio = x != 0 ? 1 / (2 * nu / fabsl(x) + ratio) : 0;
    if (l < count) out[l] = ratio;
    sum = ratio * ((long double)sq_exact_harmonics(components, l) + sum);
  }
  out[0] = 1 / (1 + sum);
  for (int l = 1; l < count; l++) out[l] *= x < 0 ? -out[l - 1] : out[l - 1];
}

PetscErrorCode sq_bessel_jets(double x, int count, sq_jet **jets)
{
  PetscFunctionBeginUser;
  long double *weight;
  PetscCall(sq_alloc(count, jets));
  PetscCall(sq_alloc(count + 2, &weight));
  sq_exact_bessel(2, x, count + 2, weight);
  for (int n = 0; n < count; n++) {
    int before = n < 1 ? 1 : n - 1, twice = n < 2 ? 2 - n : n - 2;
    (*jets)[n] = (sq_jet){weight[n], (weight[before] + weight[n + 1]) / 2,
                          (weight[twice] + 2 * weight[n] + weight[n + 2]) / 4};
  }
  sq_free(&weight);
  PetscFunctionReturn(0);
}
