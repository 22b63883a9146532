/* SPDX-License-Identifier: BSD-3-Clause */
/* measure: the stage measure, and what it makes beside the numbers of each ensemble. */
#ifndef SQUALL_MEASURE_H
#define SQUALL_MEASURE_H

#include "src/run/stage.h"

/* The run's trajectories, and forward ones of its held-out fields beside them: scales.csv (G_t(p) at every level),
 * scales_modes.csv (where each mode has as much noise as field), scales_magnetisation.csv (the distribution of M at
 * every level). Nothing where there are none. Collective over run->world (scales.c). */
PetscErrorCode sq_scales_measure(sq_run *run);

extern const sq_stage sq_measure_stage;

#endif
