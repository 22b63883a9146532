/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to quantum: the parts of a fit of the gap. Serial, not collective. */
#ifndef SQUALL_QUANTUM_GAP_H
#define SQUALL_QUANTUM_GAP_H

#include "squall/quantum.h"

/* cosh(m (L/2 - t)) / cosh(m L/2), which cannot overflow (effective_mass.c). */
double sq_cosh_falling(double m, double sites, double t);
/* The time in which C falls by e, at most half the lattice, and the mass that follows (gap_data.c). */
int64_t sq_gap_decay_time(const sq_series *series, int64_t sites, double *mass);
/* The length of bins that are longer than what C(0) and C(t) remember (gap_data.c). */
PetscErrorCode sq_gap_bin_length(const sq_series *series, int64_t t, int64_t *length);
/* The points of a window and how they are weighed; mean[points]. found: whether there is anything to fit (gap_data.c).
 */
PetscErrorCode sq_gap_prepare(const sq_series *series, int64_t from, int64_t to, int64_t length, sq_gap_fit *fit,
                              double *mean, bool *found);

#endif
