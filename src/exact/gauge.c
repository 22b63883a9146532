/* SPDX-License-Identifier: BSD-3-Clause */
/* gauge: U(1) on a torus of two dimensions. All links can be integrated: one integer n remains, the charge of the flux
 * through every plaquette, Z = sum_n c_n^V with c_n the Fourier coefficients of the weight of a plaquette. A Wilson
 * loop has n + 1 inside. A topological term e^{i vartheta Q} shifts n by vartheta/2 pi: the second derivative gives
 * <Q^2>.
 */
#include "src/exact/bessel.h"
#include "src/exact/quadrature.h"
#include <math.h>

/* sum_n I_n^V as a function of beta, divided by (e^{|beta|} s)^V. */
static sq_jet partition(const sq_jet *bessel, int count, int64_t V, long double s)
{
  sq_jet sum = {0};
  for (int n = count - 1; n >= 0; n--) {
    sq_jet term = sq_jet_power(sq_jet_scale(1 / s, bessel[n]), V);
    sum = sq_jet_add(sum, n ? sq_jet_scale(2, term) : term);
  }
  return sum;
}

/* What a plaquette has of (theta/2 pi) sin(n theta) and (theta/2 pi)^2 cos(n theta), times e^{-|beta|}. */
typedef struct {
  long double first, second;
} moments;

static PetscErrorCode charge_moments(double beta, int count, moments *m)
{
  PetscFunctionBeginUser;
  const long double pi = acosl(-1);
  const int nodes = 2 * count + 100;
  long double *x, *w;
  /* beyond, the weight is below e^-45; for beta < 0 it is largest at pi */
  long double width = fminl(pi, pi * sqrtl(23 / fabsl(beta))), from = beta < 0 ? pi - width : 0;
  PetscCall(sq_alloc(nodes, &x));
  PetscCall(sq_alloc(nodes, &w));
  sq_legendre(nodes, x, w);
  for (int i = 0; i < nodes; i++) {
    long double theta = from + width * (1 + x[i]) / 2, Q = theta / (2 * pi);
    long double weight = width / 2 * w[i] / pi * expl(beta * cosl(theta) - fabsl(beta));
    for (int n = 0; n < count; n++) {
      m[n].first += weight * Q * sinl(n * theta);
      m[n].second += weight * Q * Q * cosl(n * theta);
    }
  }
  sq_free(&x);
  sq_free(&w);
  PetscFunctionReturn(0);
}

/* <Q^2> where three plaquettes or more can have a charge. */
static PetscErrorCode charge(const sq_jet *bessel, int count, double beta, int64_t V, long double Z, double *Q2)
{
  PetscFunctionBeginUser;
  enum { MOST = 1500 };
  long double sum = 0, size = 0, s = bessel[0].at;
  moments *m;
  int here = 1; /* n beyond add nothing */
  while (here < count && fabsl(powl(bessel[here].at / s, (long double)(V - 2))) > 1e-22L) here++;
  count = here;
  *Q2 = NAN; /* where so many n matter there are no charges */
  if (count > MOST) PetscFunctionReturn(0);
  PetscCall(sq_alloc(count, &m));
  PetscCall(charge_moments(beta, count, m));
  for (int n = count - 1; n >= 0; n--) {
    long double ratio = bessel[n].at / s,
                each = (n ? 2 : 1) * (long double)V * powl(ratio, (long double)(V - 2)) / (s * Z);
    sum += each * (ratio * m[n].second - (long double)(V - 1) * m[n].first * m[n].first / s);
    size += fabsl(each * ratio * m[n].second);
  }
  *Q2 = sum > 1e-9L * size ? (double)sum : NAN;
  sq_free(&m);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_exact_u1(const int64_t extent[2], double beta, sq_exact_gauge *gauge)
{
  PetscFunctionBeginUser;
  int64_t V = extent[0] * extent[1];
  int count = sq_bessel_orders(beta);
  sq_jet *bessel;
  PetscCall(sq_bessel_jets(beta, count, &bessel));
  sq_jet Z = partition(bessel, count, V, bessel[0].at), log_Z = sq_jet_log(Z);
  log_Z.at += (long double)V * (fabsl(beta) + logl(bessel[0].at));
  gauge->thermal = sq_jet_thermal(log_Z, beta, (double)V);
  gauge->plaquette = -gauge->thermal.energy;
  gauge->Q2 = 0;
  if (V > 2) PetscCall(charge(bessel, count, beta, V, Z.at, &gauge->Q2));
  sq_free(&bessel);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_exact_u1_wilson(const int64_t extent[2], double beta, int64_t area, double *loop)
{
  PetscFunctionBeginUser;
  int64_t V = extent[0] * extent[1];
  int count = sq_bessel_orders(beta);
  long double Z = 0, sum = 0;
  sq_jet *bessel;
  PetscCall(sq_bessel_jets(beta, count, &bessel));
  for (int n = 1 - count; n < count - 1; n++) {
    long double a = bessel[abs(n)].at / bessel[0].at, b = bessel[abs(n + 1)].at / bessel[0].at;
    Z += powl(a, (long double)V);
    sum += powl(a, (long double)(V - area)) * powl(b, (long double)area);
  }
  *loop = (double)(sum / Z);
  sq_free(&bessel);
  PetscFunctionReturn(0);
}
