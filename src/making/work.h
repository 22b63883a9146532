/* SPDX-License-Identifier: BSD-3-Clause */
/* work: the working loop of a stage, one unit after another: it shows how far it is, measures what a unit takes, and
 * says when to save and when to stop.
 *
 *   PetscCall(sq_work_begin(run, "sample", done, total, &work));
 *   while (work.done < total) {
 *     sq_work_start(&work);
 *     ... make some units ...
 *     PetscCall(sq_work_unit(&work, done));
 *     if (work.due) sq_work_show(&work, "acceptance %.3f", acceptance);
 *     if (work.save) {
 *       ... make what is there durable ...
 *       PetscCall(sq_work_saved(&work));
 *     }
 *   }
 *   sq_work_end(&work, "acceptance %.3f", acceptance);
 */
#ifndef SQUALL_WORK_H
#define SQUALL_WORK_H

#include "src/run/run.h"

typedef struct {
  const sq_run *run;
  const char *stage;   /* for messages and status.json; kept, not owned */
  const char *figures; /* further members of status.json, each after a comma; "" at first; kept, not owned */
  int64_t done, total; /* units */
  bool due, save;      /* after sq_work_unit, the same on every rank: a line is to be shown; work is to be saved */
  double seconds;      /* of this rank in all units since sq_work_begin */
  /* private */
  sq_progress progress;
  sq_wish wish;
  bool parts;
  double started, longest, saved;
} sq_work;

/* Begins a stage of total units, of which `done` are there already; the run is accepted. Collective over run->world. */
PetscErrorCode sq_work_begin(const sq_run *run, const char *stage, int64_t done, int64_t total, sq_work *work);
/* Begins a part of the stage with units and a progress line of its own. As other parts may follow, wishes are obeyed
 * after its last unit, too. Not collective. */
void sq_work_part(sq_work *work, const char *name, int64_t done, int64_t total);
/* A unit (or some at once) begins: time is measured from here. Not collective. */
void sq_work_start(sq_work *work);
/* It is over; `done` are there now. Sets due and save. Collective over run->world. */
PetscErrorCode sq_work_unit(sq_work *work, int64_t done);
/* Shows a line, printf-like, and writes status.json. Not collective: the speaking rank does it. */
void sq_work_show(sq_work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* To be called when `save` was obeyed. Error: SQ_ERR_STOPPED where the wish was to stop. Collective over run->world. */
PetscErrorCode sq_work_saved(sq_work *work);
/* The last line. Not collective. */
void sq_work_end(sq_work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What all units took since sq_work_begin, times the ranks. Not collective. */
double sq_work_core_seconds(const sq_work *work);

#endif
