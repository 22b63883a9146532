/* SPDX-License-Identifier: BSD-3-Clause */
/* free: quadratic actions, mode by mode. */
#include "squall/exact.h"
#include <math.h>

/* sum of cos p_mu over the directions from `first` on, of mode number n of their lattice. */
static double cosines(int first, int dim, const int64_t extent[], int64_t n)
{
  double sum = 0;
  for (int mu = dim - 1; mu >= first; n /= extent[mu--])
    sum += cos(2 * acos(-1) * (double)(n % extent[mu]) / (double)extent[mu]);
  return sum;
}

static int64_t modes(int first, int dim, const int64_t extent[])
{
  int64_t n = 1;
  for (int mu = first; mu < dim; mu++) n *= extent[mu];
  return n;
}

PetscErrorCode sq_exact_field_free(int components, int dim, const int64_t extent[], double quadratic, double hop,
                                   sq_exact_field *field)
{
  PetscFunctionBeginUser;
  long double log_Z = 0, phi2 = 0, phi4;
  int64_t V = modes(0, dim, extent);
  for (int64_t n = 0; n < V; n++) {
    double stiffness = 2 * (quadratic - hop * cosines(0, dim, extent, n)); /* S = 1/2 sum_p stiffness |phi_p|^2/V */
    SqCheck(stiffness > 0, SQ_EVERY_RANK, SQ_ERR_INPUT, "a mode of the free field is not damped: Z is infinite");
    log_Z += 0.5L * logl(2 * acosl(-1) / stiffness);
    phi2 += 1.0L / stiffness;
  }
  phi2 /= (long double)V;
  phi4 = components * (components + 2) * phi2 * phi2;
  *field = (sq_exact_field){(double)(components * log_Z), (double)(components * phi2), (double)phi4};
  PetscFunctionReturn(0);
}

/* The product over frequencies of 2 cosh w - 2 cosh(mu + i p) is 2 cosh(L w) - 2 cosh(L mu). */
PetscErrorCode sq_exact_complex_free(int dim, const int64_t extent[], double eta, double mu, sq_exact_complex *field)
{
  PetscFunctionBeginUser;
  long double L = (long double)extent[0], log_Z = 0, n = 0, phi2 = 0;
  int64_t count = modes(1, dim, extent);
  for (int64_t k = 0; k < count; k++) {
    double half = eta / 2 - cosines(1, dim, extent, k); /* cosh w */
    SqCheck(half > cosh(mu), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "lambda = 0: |mu| = %g must be below the mass, %g for eta = %g in %d dimensions", fabs(mu),
            acosh(fmax(1, eta / 2 - dim + 1)), eta, dim);
    long double w = acoshl(half), up = expl(-L * (w - fabsl(mu))), down = expl(-L * (w + fabsl(mu)));
    long double rest = (1 - up) * (1 - down); /* 2 cosh(L w) - 2 cosh(L mu) = e^{L w} rest */
    log_Z -= L * (w + logl(2)) + logl(rest);
    n += (mu < 0 ? -1 : 1) * (up - down) / rest;
    phi2 += (1 - up * down) / rest / (2 * sinhl(w));
  }
  phi2 /= (long double)count;
  *field = (sq_exact_complex){(double)log_Z, (double)(n / (long double)count), (double)phi2, (double)(2 * phi2 * phi2),
                              .sectors = 0};
  PetscFunctionReturn(0);
}
