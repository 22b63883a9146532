/* SPDX-License-Identifier: BSD-3-Clause */
/* kinks: the distribution of the number of kinks of paths (squall/obs.h), as ensembles have it and as it is. */
#ifndef SQUALL_ENSEMBLE_KINKS_H
#define SQUALL_ENSEMBLE_KINKS_H

#include "src/ensemble/ensemble.h"

enum { SQ_KINK_CLASSES = 12 }; /* 0, 2, ... kinks; the last: that many or more */

typedef struct {
  double exact[SQ_KINK_CLASSES]; /* NaN: not known */
  double probability[SQ_KINK_CLASSES], error[SQ_KINK_CLASSES];
  double fields; /* independent ones that they are worth */
} sq_kinks;

/* Of the fields of an ensemble; weighed: by their weights, which it has. found: whether it counts kinks at all. Not
 * collective. */
PetscErrorCode sq_kinks_of(const sq_ensemble *e, bool weighed, sq_kinks *kinks, bool *found);
/* Half the sum of all differences from the exact distribution; the largest of them in errors, classes of few fields
 * taken together. NaN where that is not known. Not collective. */
void sq_kinks_compare(const sq_kinks *kinks, double *distance, double *sigmas);

#endif
