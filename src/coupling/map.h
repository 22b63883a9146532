/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to coupling: monotone maps of single numbers. Kernels on arrays.
 *
 * The bend N(u) = u (1 + rho b u^2)/(1 + b u^2), odd, of slope 1 at u = 0 and rho far out, rises everywhere for rho >
 * 1/9: rho < 1 pulls tails in, as quartic potentials do, and pushes the middle apart. A site x of a layer, u the mean
 * of its neighbours, becomes
 *
 *   x' = w' u + unit (t' + e^s N(v)),  v = (x - w u)/unit + t,
 *   s = cap(s_0 + o_s g),  log rho = cap(r_0 + o_r g),  g = o_g + u/width,  cap(y) = y/sqrt(1 + y^2/4),
 *
 * with outputs t, t', o_s, o_r, o_g of an odd network: t and t' are odd in the field, s and rho are even.
 */
#ifndef SQUALL_COUPLING_MAP_H
#define SQUALL_COUPLING_MAP_H

#include "squall/base.h"

/* N, its slope, the derivative of the logarithm of that by u, and the derivatives of N and of log N' by log rho and by
 * log b. */
typedef struct {
  double value, slope, curve, by_rho, slope_by_rho, by_b, slope_by_b;
} sq_bend;
void sq_coupling_bend(double rho, double b, double u, sq_bend *bend);
/* u of N(u) = y. */
double sq_coupling_unbend(double rho, double b, double y);
double sq_coupling_cap(double y, double *slope);

/* Numbers of a layer that all its sites share, in the order of their weights; outputs of a network for a site. */
enum { SQ_MAP_W_IN, SQ_MAP_W_OUT, SQ_MAP_S, SQ_MAP_RHO, SQ_MAP_B, SQ_MAP_SHARED };
enum { SQ_MAP_T_IN, SQ_MAP_T_OUT, SQ_MAP_O_S, SQ_MAP_O_RHO, SQ_MAP_O_G, SQ_MAP_OUTPUTS };

/* n sites, or, where site[i] < 0, none: x before the map, u, and out[outputs][n]; nothing is owned. */
typedef struct {
  int64_t n;
  double unit, width;
  const double *shared; /* [SQ_MAP_SHARED] */
  const int64_t *site;
  double *x;
  const double *u;
  const double *const *out;
} sq_map;
/* y[n] of x[n], and the logarithms of the slopes. */
void sq_coupling_map(const sq_map *map, double *y, double *log_slope);
/* x[n] of y[n], and the same. */
void sq_coupling_unmap(const sq_map *map, const double *y, double *log_slope);
/* The way back of L, dL = sum c dy + factor d log q; log q falls by the logarithms of the slopes. along: y moves with
 * x, c[n] of y becomes that of x; else y stays, and c[n], of x, becomes that of y, where L = factor log q. du[n] and
 * dout[outputs][n] are written, dshared added to. */
void sq_coupling_map_back(const sq_map *map, bool along, double factor, double *c, double *du, double *const *dout,
                          double *dshared);

#endif
