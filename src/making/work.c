/* SPDX-License-Identifier: BSD-3-Clause */
/* The working loop of a stage: see the header for its order. What a rank decides by its own clock is made the same on
 * all of them in sq_work_unit. */
#include "src/making/work.h"
#include <math.h>
#include <stdarg.h>

enum { LINE = 256 };

/* Of a part of another run, its name stands before that of the work. */
static void begin_progress(sq_work *work, const char *name, int64_t done, int64_t total)
{
  const sq_run *run = work->run;
  const char *part = run->part_of ? strrchr(run->directory, '/') : NULL;
  char both[64];
  snprintf(both, sizeof both, "%.30s%s%.30s", part ? part + 1 : "", part ? ": " : "", name);
  sq_progress_begin(&work->progress, both, done, total);
}

PetscErrorCode sq_work_begin(const sq_run *run, const char *stage, int64_t done, int64_t total, sq_work *work)
{
  PetscFunctionBeginUser;
  PetscCall(sq_run_accept(run));
  *work = (sq_work){.run = run, .stage = stage, .figures = "", .done = done, .total = total, .saved = sq_now()};
  begin_progress(work, stage, done, total);
  PetscFunctionReturn(0);
}

void sq_work_part(sq_work *work, const char *name, int64_t done, int64_t total)
{
  work->done = done;
  work->total = total;
  work->parts = true;
  begin_progress(work, name, done, total);
}

void sq_work_start(sq_work *work)
{
  work->started = sq_now();
}

PetscErrorCode sq_work_unit(sq_work *work, int64_t done)
{
  PetscFunctionBeginUser;
  const double checkpoint = 2; /* seconds for it and for leaving */
  double seconds = sq_now() - work->started;
  work->seconds += seconds;
  work->longest = fmax(work->longest, seconds);
  work->done = done;
  work->due = sq_progress_due(&work->progress);
  PetscCall(sq_run_wish(work->run, 2 * work->longest + checkpoint, work->saved, &work->due, &work->wish));
  work->save = work->wish != SQ_GO_ON && (done < work->total || work->parts);
  PetscFunctionReturn(0);
}

void sq_work_show(sq_work *work, const char *format, ...)
{
  char line[LINE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  sq_progress_show(&work->progress, work->done, "%s", line);
  sq_run_status(work->run, work->stage, "running", work->done, work->total, work->figures);
}

PetscErrorCode sq_work_saved(sq_work *work)
{
  PetscFunctionBeginUser;
  work->saved = sq_now();
  if (work->wish == SQ_STOP) PetscCall(sq_run_stopped(work->run, work->stage, work->done, work->total));
  PetscCall(sq_run_redraw(work->run, work->stage, work->done, work->total));
  PetscFunctionReturn(0);
}

void sq_work_end(sq_work *work, const char *format, ...)
{
  char line[LINE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  sq_progress_end(&work->progress, work->total, "%s", line);
  sq_run_status(work->run, work->stage, work->parts ? "running" : "finished", work->total, work->total, work->figures);
}

double sq_work_core_seconds(const sq_work *work)
{
  return work->seconds * work->run->size;
}
