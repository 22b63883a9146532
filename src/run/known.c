/* SPDX-License-Identifier: BSD-3-Clause */
/* What is exactly known of log Z, kept by the run: exact sums take seconds, and several stages ask for the same. */
#include "squall/known.h"
#include "src/run/run.h"
#include <string.h>

struct sq_answer {
  sq_action action;
  int64_t extent[SQ_DIM];
  double log_Z;
  sq_answer *next;
};

static bool is_of(const sq_answer *a, const sq_action *action, const int64_t extents[])
{
  return sq_action_equal(&a->action, action) && !memcmp(a->extent, extents, (size_t)action->dim * sizeof *extents);
}

PetscErrorCode sq_run_log_Z(const sq_run *run, const sq_action *action, const int64_t extents[], double *log_Z)
{
  PetscFunctionBeginUser;
  sq_answer *a = *run->answers;
  while (a && !is_of(a, action, extents)) a = a->next;
  if (!a) {
    PetscCall(sq_known_log_Z(action, extents, log_Z));
    PetscCall(sq_alloc(1, &a));
    *a = (sq_answer){.action = *action, .log_Z = *log_Z, .next = *run->answers};
    memcpy(a->extent, extents, (size_t)action->dim * sizeof *extents);
    *run->answers = a;
  }
  *log_Z = a->log_Z;
  PetscFunctionReturn(0);
}

void sq_run_forget_answers(sq_run *run)
{
  for (sq_answer *a = *run->answers, *next; a; a = next) {
    next = a->next;
    sq_free(&a);
  }
  sq_free(&run->answers);
}
