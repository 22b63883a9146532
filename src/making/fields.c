/* SPDX-License-Identifier: BSD-3-Clause */
/* Records whose every field is a function of its number: batches with a missing one are made, one a replica at a time.
 */
#include "src/making/fields.h"
#include "src/run/input.h"

/* The batches of a file in the making. */
typedef struct {
  int64_t count, next; /* fields; of the batch that is looked at next */
  bool *missing;       /* [count] */
  int64_t numbers;     /* of one block */
  double *blocks, *columns;
} batches;

/* Begins the file, or goes on with what an interrupted stage left of it: says which fields are missing, and how many
 * are there. */
static PetscErrorCode open_file(sq_fields *f, const sq_records_info *info, batches *b, int64_t *done)
{
  PetscFunctionBeginUser;
  uint64_t *sum;
  char part[SQ_PATH + 8];
  bool begun;
  snprintf(part, sizeof part, "%s.part", f->path);
  PetscCall(sq_file_exists(f->run->world, part, &begun));
  *done = 0;
  for (int64_t i = 0; i < b->count; i++) b->missing[i] = true;
  if (!begun) {
    PetscCall(sq_records_create(f->grid, f->lattice, f->path, info, &f->records));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_input_check_own(f->run, part));
  PetscCall(sq_alloc(b->count, &sum));
  PetscCall(sq_records_resume(f->grid, f->lattice, f->path, info, &f->records));
  PetscCall(sq_records_checksums(f->records, 0, sum));
  for (int64_t i = 0; i < b->count; i++) {
    b->missing[i] = sum[i] == 0;
    *done += !b->missing[i];
  }
  sq_free(&sum);
  sq_info("%s: resumed after %lld of %lld fields", f->stage, (long long)*done, (long long)b->count);
  PetscFunctionReturn(0);
}

/* Copies from the finished file what it has of the missing fields, the replicas in turn. */
static PetscErrorCode copy_finished(const sq_fields *f, const sq_records_info *info, batches *b, int64_t *done)
{
  PetscFunctionBeginUser;
  sq_records *from;
  PetscCall(sq_records_open(f->grid, f->lattice, f->path, &from));
  const sq_record_group *has = &sq_records_about(from)->group[0], *wanted = &info->group[0];
  bool same = sq_group_same_columns(has, wanted) && has->count <= b->count;
  for (int64_t i = 0; same && i < has->count; i += f->grid->replicas) {
    int64_t n = i + f->grid->replica;
    bool mine = n < has->count && b->missing[n];
    PetscCall(sq_records_read(from, 0, mine ? n : -1, b->blocks, b->columns));
    PetscCall(sq_records_write(f->records, 0, mine ? n : -1, b->blocks, b->columns));
  }
  for (int64_t n = 0; same && n < has->count; n++) {
    *done += b->missing[n];
    b->missing[n] = false;
  }
  PetscCall(sq_records_close(&from));
  PetscFunctionReturn(0);
}

/* The next batch with a missing field: its first; -1: there is none. missing: how many of its fields are. */
static int64_t next_batch(batches *b, int batch, int64_t *missing)
{
  while (b->next < b->count) {
    int64_t first = b->next, end = PetscMin(first + batch, b->count);
    *missing = 0;
    for (int64_t n = first; n < end; n++) *missing += b->missing[n];
    b->next = end;
    if (*missing) return first;
  }
  return -1;
}

/* Deals the next batches out, one a replica. first: of this replica's, -1: none. made: fields of all of them; returns
 * how many of them were missing. */
static int64_t deal(const sq_fields *f, batches *b, int64_t *first, int64_t *made)
{
  int64_t all = 0, missing;
  *first = -1;
  for (int r = 0; r < f->grid->replicas; r++) {
    int64_t at = next_batch(b, f->batch, &missing);
    if (at < 0) break;
    if (r == f->grid->replica) *first = at;
    *made += PetscMin(f->batch, b->count - at);
    all += missing;
  }
  return all;
}

/* Makes one batch, and writes it: writes are collective over all replicas. */
static PetscErrorCode make(const sq_fields *f, batches *b, int64_t first)
{
  PetscFunctionBeginUser;
  int count = first < 0 ? 0 : (int)PetscMin(f->batch, b->count - first);
  PetscErrorCode worst;
  PetscCall(sq_worst_status(f->run->world, f->make(f->context, PetscMax(first, 0), count, b->blocks, b->columns),
                            &worst)); /* one replica's may fail: all leave */
  PetscCall(worst);
  for (int i = 0; i < f->batch; i++)
    PetscCall(sq_records_write(f->records, 0, i < count ? first + i : -1, b->blocks + i * b->numbers,
                               b->columns + i * SQ_IO_COLUMNS));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_missing(const sq_fields *f, batches *b, int64_t done)
{
  PetscFunctionBeginUser;
  int64_t first, made = 0;
  char text[64];
  sq_work work;
  PetscCall(sq_work_begin(f->run, f->stage, done, b->count, &work));
  while (done < b->count) {
    sq_work_start(&work);
    done += deal(f, b, &first, &made);
    PetscCall(make(f, b, first));
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
  PetscCall(sq_records_put_real(f->records, "core_seconds_an_update", sq_work_core_seconds(&work) / (double)made));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fields_make(sq_fields *f, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  batches b = {.count = info->group[0].count, .numbers = PetscMax(1, info->components) * f->lattice->local_volume};
  int64_t done;
  PetscCall(sq_alloc(b.count, &b.missing));
  PetscCall(sq_alloc(f->batch * b.numbers, &b.blocks));
  PetscCall(sq_alloc(f->batch * SQ_IO_COLUMNS, &b.columns));
  PetscErrorCode code = open_file(f, info, &b, &done);
  if (!code && f->extend) code = copy_finished(f, info, &b, &done);
  if (!code) code = make_missing(f, &b, done);
  sq_free(&b.missing);
  sq_free(&b.blocks);
  sq_free(&b.columns);
  PetscCall(code);
  PetscFunctionReturn(0);
}
