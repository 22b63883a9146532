/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to exact: integrals of smooth functions. */
#ifndef SQUALL_EXACT_QUADRATURE_H
#define SQUALL_EXACT_QUADRATURE_H

/* Nodes x[n] and weights w[n] of the Gauss-Legendre rule on [-1, 1]: zeros of P_n by Newton's method. */
void sq_legendre(int n, long double *x, long double *w);

#endif
