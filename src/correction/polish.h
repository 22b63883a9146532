/* SPDX-License-Identifier: BSD-3-Clause */
/* polish: what the methods mala and hmc do with a field, and what became of all of them. */
#ifndef SQUALL_CORRECTION_POLISH_H
#define SQUALL_CORRECTION_POLISH_H

#include "src/correction/correction.h"

/* The columns of polished fields; then those of sq_obs_measure. */
enum {
  SQ_POLISH_SAMPLE,
  SQ_POLISH_ACCEPTED, /* share of the full steps; of those of the second half; of the finer steps */
  SQ_POLISH_LATE,
  SQ_POLISH_FINE,
  SQ_POLISH_M_START,
  SQ_POLISH_ACTION_START,
  SQ_POLISH_M_HALF,
  SQ_POLISH_ACTION_HALF,
  SQ_POLISH_OWN,
  SQ_POLISH_COLUMNS = SQ_POLISH_OWN + SQ_OBS_MOST
};
extern const char *const sq_polish_column[SQ_POLISH_OWN];

/* The step size of trajectory t over the full one: every eighth is finer, by 4, 16, 64 in turn. Not collective. */
double sq_polish_step(int64_t t);
/* Of trajectories t, first <= t < end, so many take full steps. Not collective. */
int64_t sq_polish_full_steps(int64_t first, int64_t end);

/* Counted over all fields. */
typedef struct {
  double acceptance; /* of full steps */
  double never,
    held; /* fields that no trajectory moved; that finer steps alone move, NaN: too few trajectories to tell */
  double moved[2], sigmas[2];     /* mean of end - start of S/V, |M|; in its errors: fields are independent */
  double late[2], late_sigmas[2]; /* of end - half way */
} sq_polish_outcome;

/* From the columns of a file of that many trajectories a field. Collective. */
PetscErrorCode sq_polish_look(sq_records *records, const sq_action_type *theory, int64_t trajectories,
                              sq_polish_outcome *outcome);

#endif
