/* SPDX-License-Identifier: BSD-3-Clause */
/* quadrature: the Gauss-Legendre rule. */
#include "src/exact/quadrature.h"
#include <math.h>

void sq_legendre(int n, long double *x, long double *w)
{
  for (int i = 0; i < n; i++) {
    long double z = cosl(acosl(-1) * (i + 0.75L) / (n + 0.5L)), slope = 1;
    for (int round = 0; round < 6; round++) {
      long double P = 1, before = 0;
      for (int k = 1; k <= n; k++) {
        long double next = ((2 * k - 1) * z * P - (k - 1) * before) / k;
        before = P;
        P = next;
      }
      slope = n * (z * P - before) / (z * z - 1);
      z -= P / slope;
    }
    x[i] = z;
    w[i] = 2 / ((1 - z * z) * slope * slope);
  }
}
