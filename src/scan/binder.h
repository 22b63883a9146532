/* SPDX-License-Identifier: BSD-3-Clause */
/* binder: the Binder cumulant of fields at one coupling, whatever made them. */
#ifndef SQUALL_SCAN_BINDER_H
#define SQUALL_SCAN_BINDER_H

#include "src/scan/scan.h"

typedef struct {
  double value, error; /* error: NaN where it is not known, or the weights are not trusted */
  double ess;          /* effective sample size of the weights that it is averaged with; NaN: there are none */
  bool of_model;       /* fields of a model as they are: it is the model's U_L */
} sq_binder;

/* Of the first group of a file: of Monte Carlo and corrected fields by their autocorrelation; of fields that a model
 * generated with weights, sum w |M|^4 / sum w and sum w |M|^2 / sum w, without the bias of order 1/n and with the error
 * of the jackknife, which has the noise of the weights. Not collective. */
PetscErrorCode sq_binder_of(const sq_ensemble *e, sq_binder *U);

/* The files that words mean: a file itself; of a run's directory its file of that name, or those of its couplings where
 * they have some. The caller's (sq_places_clear). Errors: SQ_ERR_INPUT for too many or too long ones. Collective. */
PetscErrorCode sq_binder_files(MPI_Comm world, int words, const char *const *word, const char *name, sq_places *files);

#endif
