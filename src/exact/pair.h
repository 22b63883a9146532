/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to exact: fields with slices of one site, or of two that are linked, of one time slice after the other. */
#ifndef SQUALL_EXACT_PAIR_H
#define SQUALL_EXACT_PAIR_H

#include "src/exact/matrix.h"
#include "src/exact/radial.h"

/* An eigenstate of the matrix of radii of one site. */
typedef struct {
  int l;
  double value;
  const double *vector; /* [points] */
} sq_radial_state;

typedef struct {
  sq_radial radial;
  int sites;   /* of a slice: 1 or 2 */
  double link; /* strength of the link between two */
  /* of two: */
  double *harmonic; /* [momenta][points][points] of the link, with e^{-link (r - r')^2/2} */
  double *vectors;  /* [momenta][points][points] */
  int states;
  sq_radial_state *state; /* [states] those that matter */
  double **half;          /* [states][states][2][3][points] sums over the radius of the first site, made when needed */
} sq_slices;

/* V, hop and points as sq_radial_make; error: as there. Clear with sq_slices_clear. */
PetscErrorCode sq_slices_make(int components, int sites, double m2, double c4, double hop, double link, int points,
                              sq_slices *slices);
void sq_slices_clear(sq_slices *slices);
/* Traces over `length` slices of the states of angular momentum K (of two sites: together; parity, of one component):
 * *log_Z = log |Z_K| (Z_K < 0 where hop < 0, K and length are odd); sums over the sites of a slice of <r^2> and <r^4>.
 */
PetscErrorCode sq_slices_trace(sq_slices *slices, int K, int64_t length, double *log_Z, double *r2, double *r4);

#endif
