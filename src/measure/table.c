/* SPDX-License-Identifier: BSD-3-Clause */
/* What is gathered from every field of an ensemble. */
#include "src/measure/gather.h"

const sq_gatherer *const sq_gatherers[] = {&sq_gather_spectra, &sq_gather_quantum, &sq_gather_windings,
                                           &sq_gather_angles,  &sq_gather_kinks,   NULL};
