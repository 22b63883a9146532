/* SPDX-License-Identifier: BSD-3-Clause */
/* What sq_spectra has added up; within this module. */
#ifndef SQUALL_OBS_SPECTRA_H
#define SQUALL_OBS_SPECTRA_H

#include "squall/obs.h"

struct sq_spectra_sums {
  int64_t records;
  bool independent;    /* no chains were given */
  int *bin;            /* [records] the bin of each */
  int bins, chains;    /* bins stand chain by chain; */
  int64_t *length;     /* [chains] so many in each */
  double *count;       /* [bins] fields added */
  sq_sum *power;       /* [bins][orbits] */
  sq_sum *correlator;  /* [bins][L_0] */
  double *slice, *one; /* [L_0] scratch: sums over slices and the correlator of one field */
};

/* The error of the mean of numbers x[bins] that the bins have: by the Gamma method over them, chain by chain, so that
 * bins need not be longer than the autocorrelation; NaN where it is not known. Not collective. */
PetscErrorCode sq_spectra_error(const sq_spectra_sums *sums, const double *x, double *error);

#endif
