/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of polishing, a schedule that knows nothing of the fields; and what has become of these, from their
 * columns. */
#include "src/correction/polish.h"
#include <math.h>

const char *const sq_polish_column[SQ_POLISH_OWN] = {"sample",      "accepted",     "accepted_late", "accepted_fine",
                                                     "abs_M_start", "action_start", "abs_M_half",    "action_half"};

/* ---- the steps of trajectory t ---- */

enum { FINE_EVERY = 8 };

double sq_polish_step(int64_t t)
{
  static const double finer[] = {1. / 4, 1. / 16, 1. / 64};
  enum { FINER = sizeof finer / sizeof *finer };
  return t % FINE_EVERY == FINE_EVERY - 1 ? finer[t / FINE_EVERY % FINER] : 1;
}

int64_t sq_polish_full_steps(int64_t first, int64_t end)
{
  return (end - end / FINE_EVERY) - (first - first / FINE_EVERY);
}

/* ---- what has become of them ---- */

static void drift(int64_t n, const double *before, const double *after, double *mean, double *sigmas)
{
  sq_running d = {0};
  for (int64_t i = 0; i < n; i++) sq_running_add(&d, fabs(after[i]) - fabs(before[i]));
  *mean = d.mean;
  *sigmas = d.mean == 0 ? 0 : d.mean / sq_running_error(&d);
}

/* The column of that name, or of another where the file is an old one without it, in a new array, the caller's. */
static PetscErrorCode column(sq_records *records, int64_t n, const char *name, const char *instead, double **x)
{
  PetscFunctionBeginUser;
  PetscCall(sq_records_find_column(records, 0, name, x));
  if (*x) PetscFunctionReturn(0);
  PetscCall(sq_alloc(n, x));
  PetscCall(sq_records_column(records, 0, instead, *x));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_drift(sq_records *records, int64_t n, const char *const name[3], int k, sq_polish_outcome *o)
{
  PetscFunctionBeginUser;
  double *x[3];
  for (int i = 0; i < 3; i++) PetscCall(column(records, n, name[i], name[i], &x[i]));
  drift(n, x[0], x[2], &o->moved[k], &o->sigmas[k]);
  drift(n, x[1], x[2], &o->late[k], &o->late_sigmas[k]);
  for (int i = 0; i < 3; i++) sq_free(&x[i]);
  PetscFunctionReturn(0);
}

/* A field that takes no full step for a whole half is still far out, where that would be rare: for a field that takes
 * one in ten, and to one of all. */
static PetscErrorCode count(sq_records *records, int64_t n, int64_t trajectories, sq_polish_outcome *o)
{
  PetscFunctionBeginUser;
  double *accepted, *late, *fine, held = 0;
  PetscCall(column(records, n, sq_polish_column[SQ_POLISH_ACCEPTED], sq_polish_column[SQ_POLISH_ACCEPTED], &accepted));
  PetscCall(column(records, n, sq_polish_column[SQ_POLISH_LATE], sq_polish_column[SQ_POLISH_ACCEPTED], &late));
  PetscCall(column(records, n, sq_polish_column[SQ_POLISH_FINE], sq_polish_column[SQ_POLISH_ACCEPTED], &fine));
  for (int64_t i = 0; i < n; i++) {
    bool never = accepted[i] == 0 && fine[i] == 0;
    o->acceptance += accepted[i] / (double)n;
    o->never += never;
    held += !never && late[i] == 0;
  }
  double chance = (double)n * pow(0.9, (double)sq_polish_full_steps(trajectories / 2, trajectories));
  o->held = chance < 0.1 ? held : NAN;
  sq_free(&fine);
  sq_free(&late);
  sq_free(&accepted);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_polish_look(sq_records *records, const sq_action_type *theory, int64_t trajectories,
                              sq_polish_outcome *o)
{
  PetscFunctionBeginUser;
  int64_t n = sq_records_about(records)->group[0].count;
  *o = (sq_polish_outcome){0};
  PetscCall(count(records, n, trajectories, o));
  PetscCall(add_drift(records, n, (const char *const[]){"action_start", "action_half", "action_density"}, 0, o));
  const char *end = sq_obs_column(theory, "abs_M") >= 0 ? "abs_M" : theory->columns[SQ_OBS_ORDER];
  PetscCall(add_drift(records, n, (const char *const[]){"abs_M_start", "abs_M_half", end}, 1, o));
  PetscFunctionReturn(0);
}
