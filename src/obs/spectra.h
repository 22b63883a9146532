/* What sq_spectra has added up; within this module. */
#ifndef SQUALL_OBS_SPECTRA_H
#define SQUALL_OBS_SPECTRA_H

#include "squall/obs.h"

struct sq_spectra_sums {
  int64_t records;
  int bins;
  int64_t *count;      /* [bins] fields added */
  sq_sum *power;       /* [bins][orbits] */
  sq_sum *correlator;  /* [bins][L_0] */
  double *slice, *one; /* [L_0] scratch: sums over slices and the correlator of one field */
};

#endif
