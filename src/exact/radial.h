/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to exact: one site after the other, N components with V = m2 r^2 + c4 r^4 a site and a hop h to the next:
 *   M(phi, phi') = exp(-(V + V')/2 - |h| (phi -+ phi')^2/2),    - for h > 0,
 * in polar coordinates: a matrix of radii for every angular momentum l. */
#ifndef SQUALL_EXACT_RADIAL_H
#define SQUALL_EXACT_RADIAL_H

#include "src/exact/jet.h"

typedef struct {
  int components, points, momenta;
  double hop, lowest; /* h; the lowest V, which the matrices lack: every site has a factor e^{-lowest} more */
  double *r;          /* [points] */
  double *weight;     /* [points] of the measure d^N phi, with e^{-(V - lowest)} */
  double *harmonic;   /* [momenta][points][points] e^{-|x|} f_l(x), x = h r r' (sq_exact_bessel) */
} sq_radial;

/* strongest: the largest of |h| and of other links whose harmonics are asked for. Error: SQ_ERR_INPUT if e^{-V} cannot
 * be integrated. Clear with sq_radial_clear. */
PetscErrorCode sq_radial_make(int components, double m2, double c4, double hop, double strongest, int points,
                              sq_radial *radial);
void sq_radial_clear(sq_radial *radial);
/* M_l of two radii, symmetric: the measure is shared by both. */
double sq_radial_element(const sq_radial *radial, int l, int i, int j);
/* The harmonics of a link of strength g >= 0 between radii, as of the hop: out[momenta][points][points]. */
PetscErrorCode sq_radial_harmonics(const sq_radial *radial, double g, double *out);

#endif
