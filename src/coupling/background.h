/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to coupling: a theory's Gaussian approximation about a constant background.
 *
 * Given the mean M of a field, the other modes are Gaussian with 1/G(p) = R - 2 hop sum_mu cos p_mu; R(M) = <V''> over
 * numbers of mean M and variance (1/V) sum_{p != 0} G(p), the best one (D. R. Hartree's approximation). Its variational
 * free energy at fixed M,
 *
 *   Gamma(M) = V (<V> - hop d M^2) - sum_{p != 0} [hop G(p) sum_mu cos p_mu + 1/2 log G(p)],
 *
 * gives M the density e^{-Gamma}: with one peak or two. All of it is kept as functions of a normal number zeta, at
 * nodes zeta = 0, step, 2 step, .. and between them by cubics: a(zeta) = sqrt(V) M, odd and rising, and the gap, log(R
 * - R_0), even; R_0 = the largest of 2 hop sum_mu cos p_mu over p != 0.
 */
#ifndef SQUALL_COUPLING_BACKGROUND_H
#define SQUALL_COUPLING_BACKGROUND_H

#include "squall/action.h"
#include "squall/fft.h"

enum { SQ_BACKGROUND_NODES = 513, SQ_BACKGROUND_CELLS = 64 }; /* cells: in a unit of zeta */

typedef struct {
  double hop, floor;                                           /* floor: R_0 */
  double a[SQ_BACKGROUND_NODES], a_slope[SQ_BACKGROUND_NODES]; /* at the nodes, and the slopes there */
  double gap[SQ_BACKGROUND_NODES], gap_slope[SQ_BACKGROUND_NODES];
  double unit, width; /* of a number given all others; of the field */
} sq_background;
/* At some zeta: a, da/dzeta, d log a'/dzeta; the gap and its slope. */
typedef struct {
  double a, slope, curve, gap, gap_slope;
} sq_background_at;

/* Not collective. */
void sq_background_make(const sq_action *action, const sq_orbits *orbits, double volume, sq_background *background);
sq_background_at sq_background_look(const sq_background *background, double zeta);
/* zeta of a(zeta) = a. */
double sq_background_find(const sq_background *background, double a);

#endif
