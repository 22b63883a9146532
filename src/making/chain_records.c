/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains as records: who fills what, and the loop that does it. See the header. */
#include "src/making/chain_records.h"
#include "src/run/input.h"
#include <string.h>

/* ---- who fills what ---- */

int64_t sq_chain_share(const sq_chain_records *c, int64_t chain)
{
  int64_t all = 0, first, count;
  for (int g = 0; g < c->groups; g++) {
    sq_share(c->size[g], c->chains, (int)chain, &first, &count);
    all += count;
  }
  return all;
}

bool sq_chain_place(const sq_chain_records *c, int64_t chain, int64_t n, int *group, int64_t *index)
{
  int64_t first, count;
  for (int g = 0; g < c->groups; g++) {
    sq_share(c->size[g], c->chains, (int)chain, &first, &count);
    *group = g;
    *index = first + n;
    if (n < count) return true;
    n -= count;
  }
  return false;
}

int64_t sq_chain_total(const sq_chain_records *c, int64_t n)
{
  int64_t all = 0;
  for (int64_t chain = 0; chain < c->chains; chain++) all += PetscMin(n, sq_chain_share(c, chain));
  return all;
}

static int64_t rounds(const sq_chain_records *c)
{
  return sq_chain_share(c, c->chains - 1);
}

/* ---- the file ---- */

void sq_chain_group(const sq_chain_maker *maker, const char *name, int64_t count, sq_records_info *info)
{
  const char *names[SQ_IO_COLUMNS] = {"chain"};
  for (int i = 0; i < maker->numbers; i++) names[1 + i] = maker->number_name[i];
  sq_describe_group(name, count, 1 + maker->numbers, names, true, info);
}

PetscErrorCode sq_chain_records_begin(sq_chain_records *c, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  c->groups = info->groups;
  for (int g = 0; g < c->groups; g++) c->size[g] = info->group[g].count;
  sq_share(c->chains, c->grid->replicas, c->grid->replica, &c->first, &c->count);
  c->most = (c->chains + c->grid->replicas - 1) / c->grid->replicas;
  PetscCall(sq_alloc(PetscMax(1, info->components) * c->lattice->local_volume, &c->block));
  PetscCall(sq_obs_create(c->lattice, &c->run->action, &c->obs));
  PetscFunctionReturn(0);
}

/* What is not measured on fields must be in a file that is gone on with. */
static PetscErrorCode check_own(const sq_chain_records *c, const sq_records_info *file, const sq_records_info *info,
                                const char *what)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < 1 + c->maker->numbers; i++)
    SqCheck(sq_group_column(&file->group[0], info->group[0].column[i]) >= 0, c->run->world, SQ_ERR_INPUT,
            "%s has no column %s, so it cannot be %s: move it away to make it anew", c->path, info->group[0].column[i],
            what);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_records_resume(sq_chain_records *c, const sq_records_info *info, bool *begun)
{
  PetscFunctionBeginUser;
  char part[SQ_PATH + 8];
  snprintf(part, sizeof part, "%s.part", c->path);
  PetscCall(sq_file_exists(c->run->world, part, begun));
  if (*begun) PetscCall(sq_input_check_own(c->run, part));
  if (*begun) PetscCall(sq_records_resume(c->grid, c->lattice, c->path, info, &c->records));
  if (*begun) PetscCall(check_own(c, sq_records_about(c->records), info, "continued"));
  PetscCall(sq_run_accept(c->run));
  PetscFunctionReturn(0);
}

/* The file counts a record once its checksum is there. */
PetscErrorCode sq_chain_records_complete(sq_chain_records *c, int64_t *complete)
{
  PetscFunctionBeginUser;
  uint64_t *sum[SQ_IO_GROUPS];
  *complete = rounds(c);
  for (int g = 0; g < c->groups; g++) {
    PetscCall(sq_alloc(c->size[g], &sum[g]));
    PetscCall(sq_records_checksums(c->records, g, sum[g]));
  }
  for (int64_t chain = 0; chain < c->chains; chain++) {
    int group;
    int64_t index, n = 0;
    while (sq_chain_place(c, chain, n, &group, &index) && sum[group][index]) n++;
    if (n < sq_chain_share(c, chain)) *complete = PetscMin(*complete, n);
  }
  for (int g = 0; g < c->groups; g++) sq_free(&sum[g]);
  PetscFunctionReturn(0);
}

/* Where the last of the first n records of this replica's chain i is; group -1: it has none. */
static void last_place(const sq_chain_records *c, int64_t i, int64_t n, int *group, int64_t *index)
{
  int64_t last = i < c->count ? PetscMin(n, sq_chain_share(c, c->first + i)) - 1 : -1;
  if (last < 0 || !sq_chain_place(c, c->first + i, last, group, index)) *group = -1;
}

PetscErrorCode sq_chain_records_restore(sq_chain_records *c, int64_t n)
{
  PetscFunctionBeginUser;
  double columns[SQ_IO_COLUMNS];
  if (n < 1) {
    PetscCall(sq_records_close(&c->records));
    PetscFunctionReturn(0);
  }
  for (int64_t i = 0; i < c->most; i++)
    for (int g = 0; g < c->groups; g++) { /* reads are collective and name one group */
      int group;
      int64_t index = -1;
      last_place(c, i, n, &group, &index);
      PetscCall(sq_records_read(c->records, g, group == g ? index : -1, c->block, columns));
      if (group == g) PetscCall(c->maker->restore(c->self, i, c->block, columns + 1));
    }
  sq_info("%s: resumed after %lld of %lld configurations", c->stage, (long long)sq_chain_total(c, n),
          (long long)sq_chain_total(c, rounds(c)));
  PetscFunctionReturn(0);
}

/* The columns of a record of an older file in today's order; those that it lacks are measured anew. */
static PetscErrorCode renew(sq_chain_records *c, const sq_record_group *file, const sq_record_group *wanted,
                            double columns[SQ_IO_COLUMNS])
{
  PetscFunctionBeginUser;
  double theirs[SQ_IO_COLUMNS];
  const int own = 1 + c->maker->numbers;
  memcpy(theirs, columns, sizeof theirs);
  PetscCall(sq_obs_measure(c->obs, c->block, columns + own));
  for (int k = 0; k < wanted->columns; k++) {
    const int at = sq_group_column(file, wanted->column[k]);
    if (at >= 0) columns[k] = theirs[at];
  }
  PetscFunctionReturn(0);
}

/* Copies record n of this replica's chain i, if it has one, from where it stands in a file to where it will. */
static PetscErrorCode copy(sq_chain_records *c, const sq_chain_records *old, int64_t i, int64_t n)
{
  PetscFunctionBeginUser;
  double columns[SQ_IO_COLUMNS] = {0};
  const sq_record_group *file = &sq_records_about(old->records)->group[0],
                        *wanted = &sq_records_about(c->records)->group[0];
  int from = -1, to = -1;
  int64_t there = -1, here = -1;
  bool has = i < c->count && sq_chain_place(old, c->first + i, n, &from, &there) &&
             sq_chain_place(c, c->first + i, n, &to, &here);
  for (int g = 0; g < old->groups; g++)
    PetscCall(sq_records_read(old->records, g, has && g == from ? there : -1, c->block, columns));
  if (has && !sq_group_same_columns(file, wanted)) PetscCall(renew(c, file, wanted, columns));
  for (int g = 0; g < c->groups; g++)
    PetscCall(sq_records_write(c->records, g, has && g == to ? here : -1, c->block, columns));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_records_extend(sq_chain_records *c, const sq_records_info *info, int64_t *complete, bool *even)
{
  PetscFunctionBeginUser;
  sq_chain_records old = {.chains = c->chains};
  PetscCall(sq_records_open(c->grid, c->lattice, c->path, &old.records));
  const sq_records_info *about = sq_records_about(old.records);
  PetscCall(check_own(c, about, info, "extended"));
  old.groups = about->groups;
  for (int g = 0; g < old.groups; g++) old.size[g] = about->group[g].count;
  *complete = sq_chain_share(&old, 0);
  for (int64_t chain = 0; chain < c->chains; chain++) *complete = PetscMin(*complete, sq_chain_share(&old, chain));
  *even = sq_chain_total(&old, INT64_MAX) == *complete * c->chains;
  PetscCall(sq_records_create(c->grid, c->lattice, c->path, info, &c->records));
  for (int64_t n = 0; n < *complete; n++)
    for (int64_t i = 0; i < c->most; i++) PetscCall(copy(c, &old, i, n));
  PetscCall(sq_records_close(&old.records));
  PetscFunctionReturn(0);
}

static PetscErrorCode checkpoint(sq_chain_records *c, int64_t n)
{
  PetscFunctionBeginUser;
  PetscCall(sq_records_flush(c->records));
  PetscCall(c->maker->checkpoint(c->self, n));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_records_create(sq_chain_records *c, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  PetscCall(sq_records_create(c->grid, c->lattice, c->path, info, &c->records));
  PetscCall(checkpoint(c, 0));
  PetscFunctionReturn(0);
}

/* ---- the loop ---- */

/* Record n of this replica's chain i, if it has one. */
static PetscErrorCode store(sq_chain_records *c, int64_t i, int64_t n)
{
  PetscFunctionBeginUser;
  double columns[SQ_IO_COLUMNS];
  int group = -1;
  int64_t index = -1;
  if (i < c->count && sq_chain_place(c, c->first + i, n, &group, &index)) {
    columns[0] = (double)(c->first + i);
    PetscCall(c->maker->save(c->self, i, c->block, columns + 1));
    PetscCall(sq_obs_measure(c->obs, c->block, columns + 1 + c->maker->numbers));
  } else group = -1;
  for (int g = 0; g < c->groups; g++)
    PetscCall(sq_records_write(c->records, g, g == group ? index : -1, c->block, columns));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_records_make(sq_chain_records *c, int64_t done, int64_t separation)
{
  PetscFunctionBeginUser;
  sq_work work;
  PetscCall(sq_work_begin(c->run, c->stage, sq_chain_total(c, done), sq_chain_total(c, rounds(c)), &work));
  for (int64_t n = done; n < rounds(c); n++) {
    sq_work_start(&work);
    PetscCall(c->maker->advance(c->self, n));
    for (int64_t i = 0; i < c->most; i++) PetscCall(store(c, i, n));
    PetscCall(sq_work_unit(&work, sq_chain_total(c, n + 1)));
    if (work.due) PetscCall(c->maker->show(c->self, &work, false));
    if (!work.save) continue;
    PetscCall(checkpoint(c, n + 1));
    PetscCall(sq_work_saved(&work));
  }
  PetscCall(c->maker->show(c->self, &work, true));
  double updates = (double)((rounds(c) - done) * separation * c->chains);
  PetscCall(sq_records_put_real(c->records, "core_seconds_an_update", sq_work_core_seconds(&work) / updates));
  PetscCall(sq_records_put_real(c->records, "updates_a_field", (double)separation));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_records_end(sq_chain_records *c)
{
  PetscFunctionBeginUser;
  PetscCall(sq_records_close(&c->records));
  PetscCall(sq_obs_destroy(&c->obs));
  sq_free(&c->block);
  PetscFunctionReturn(0);
}
