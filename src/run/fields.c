/* Records whose every field is a function of its number: those that are missing are made, one a replica at a time. */
#include "src/run/fields.h"
#include <math.h>

PetscErrorCode sq_fields_make(const sq_fields *f, const bool *missing, int64_t done)
{
  PetscFunctionBeginUser;
  double last_checkpoint = sq_now(), longest = 0, all = 0, before = (double)done, columns[SQ_IO_COLUMNS];
  int64_t next = 0, mine;
  char text[64];
  sq_progress progress;
  sq_progress_begin(&progress, f->stage, done, f->count);
  while (done < f->count) {
    sq_wish wish;
    PetscErrorCode worst;
    double began = sq_now();
    mine = -1;
    for (int r = 0; r < f->grid->replicas && next < f->count; next++) { /* the next missing one for every replica */
      if (!missing[next]) continue;
      if (r == f->grid->replica) mine = next;
      r++;
      done++;
    }
    PetscCall(sq_worst_status(f->run->world, f->make(f->context, mine, f->block, columns),
                              &worst)); /* one replica's may fail: all leave */
    PetscCall(worst);
    PetscCall(sq_records_write(f->records, 0, mine, f->block, columns));
    longest = fmax(longest, sq_now() - began);
    all += sq_now() - began;
    PetscCall(sq_run_wish(f->run, 2 * longest + 1, last_checkpoint, &wish));
    if (sq_progress_due(&progress)) {
      sq_run_status(f->run, f->stage, "running", done, f->count);
      f->text(f->context, text);
      sq_progress_show(&progress, done, "%s", text);
    }
    if (wish == SQ_GO_ON || done == f->count) continue;
    PetscCall(sq_records_flush(f->records));
    last_checkpoint = sq_now();
    if (wish == SQ_STOP) PetscCall(sq_run_stopped(f->run, f->stage, done, f->count));
  }
  f->text(f->context, text);
  sq_progress_end(&progress, f->count, "%s", text);
  PetscCall(
    sq_records_put_real(f->records, "core_seconds_an_update", all * f->run->size / ((double)f->count - before)));
  PetscFunctionReturn(0);
}
