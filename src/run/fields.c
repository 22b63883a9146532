/* Records whose every field is a function of its number: those that are missing are made, one a replica at a time. */
#include "src/run/fields.h"
#include "src/run/work.h"

/* Deals the next missing fields out, one a replica, and says how many; mine: this replica's, -1: none. */
static int64_t deal(const sq_fields *f, const bool *missing, int64_t *next, int64_t *mine)
{
  int64_t dealt = 0;
  *mine = -1;
  while (dealt < f->grid->replicas && *next < f->count) {
    int64_t n = (*next)++;
    if (!missing[n]) continue;
    if (dealt == f->grid->replica) *mine = n;
    dealt++;
  }
  return dealt;
}

PetscErrorCode sq_fields_make(const sq_fields *f, const bool *missing, int64_t done)
{
  PetscFunctionBeginUser;
  double columns[SQ_IO_COLUMNS], made = (double)(f->count - done);
  int64_t next = 0, mine;
  char text[64];
  sq_work work;
  sq_work_begin(f->run, f->stage, done, f->count, &work);
  while (done < f->count) {
    PetscErrorCode worst;
    sq_work_start(&work);
    done += deal(f, missing, &next, &mine);
    PetscCall(sq_worst_status(f->run->world, f->make(f->context, mine, f->block, columns),
                              &worst)); /* one replica's may fail: all leave */
    PetscCall(worst);
    PetscCall(sq_records_write(f->records, 0, mine, f->block, columns));
    PetscCall(sq_work_unit(&work, done));
    if (work.due) {
      f->text(f->context, text);
      sq_work_show(&work, "%s", text);
    }
    if (!work.save) continue;
    PetscCall(sq_records_flush(f->records));
    PetscCall(sq_work_saved(&work));
  }
  f->text(f->context, text);
  sq_work_end(&work, "%s", text);
  PetscCall(sq_records_put_real(f->records, "core_seconds_an_update", sq_work_core_seconds(&work) / made));
  PetscFunctionReturn(0);
}
