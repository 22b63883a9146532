/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to small: what the stage fokker-planck shows of its density and its walkers, time by time. */
#ifndef SQUALL_SMALL_FRAMES_H
#define SQUALL_SMALL_FRAMES_H

#include "squall/fokkerplanck.h"
#include "src/run/run.h"
#include "src/run/table.h"

typedef struct {
  int64_t sites, cells; /* of the lattice; of histograms, bins^sites */
  int bins;
  double *share; /* [cells] probabilities */
  int64_t *count;
  sq_table density, times;
} sq_frames;

/* What stands side by side at a time. Nothing is owned. */
typedef struct {
  const sq_fokker_planck_problem *problem;
  const sq_fokker_planck *fp;
  const sq_walkers *walkers;
  double time;
  const double *equilibrium; /* [cells] probabilities */
} sq_frame;

/* Tables without rows. Not collective. */
PetscErrorCode sq_frames_begin(const sq_fokker_planck_problem *problem, int bins, sq_frames *frames);
/* Adds what is there now, and says it. Collective over the run's ranks. */
PetscErrorCode sq_frames_add(sq_frames *frames, const sq_frame *now);
/* Writes the files and frees the rest. Collective over run->world. */
PetscErrorCode sq_frames_write(const sq_run *run, sq_frames *frames);

#endif
