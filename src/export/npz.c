/* SPDX-License-Identifier: BSD-3-Clause */
/* The format npz: the fields and columns of every group as arrays of NumPy, in the order of the file; GROUP.field,
 * GROUP.M, ..., and GROUP.weight, importance weights relative to the largest, where there are some. */
#include "squall/arrays.h"
#include "squall/stats.h"
#include "src/ensemble/witness.h"
#include "src/export/export.h"
#include <math.h>
#include <string.h>

enum { NAME = 2 * SQ_IO_NAME + 8, ITEMS = SQ_IO_GROUPS * (SQ_IO_COLUMNS + 2) };

/* The fields of one group; the record that was read last stays. */
typedef struct {
  sq_records *records;
  int group;
  int64_t first, numbers, has; /* first record that is wanted; numbers of a field; -1: none */
  double *field;
} source;

typedef struct {
  int items;
  sq_array_item item[ITEMS];
  char name[ITEMS][NAME];
  double *owned[ITEMS];
  source source[SQ_IO_GROUPS];
} collection;

/* Numbers of the array of all fields, a field at a time. */
static PetscErrorCode fill(void *context, int64_t first, int64_t count, double *values)
{
  PetscFunctionBeginUser;
  source *s = context;
  for (int64_t done = 0, now; done < count; done += now) {
    const int64_t record = (first + done) / s->numbers, at = (first + done) % s->numbers;
    now = PetscMin(count - done, s->numbers - at);
    if (record != s->has) PetscCall(sq_records_read(s->records, s->group, s->first + record, s->field, NULL));
    s->has = record;
    memcpy(values + done, s->field + at, (size_t)now * sizeof *values);
  }
  PetscFunctionReturn(0);
}

static sq_array_item *new_item(collection *all, const char *group, const char *name)
{
  snprintf(all->name[all->items], NAME, "%s.%s", group, name);
  sq_array_item *item = &all->item[all->items];
  *item = (sq_array_item){.name = all->name[all->items++], .shape = {.number = {'f', 8, false}}};
  return item;
}

static void add_fields(collection *all, const sq_records_info *info, sq_records *records, int g, int64_t first,
                       int64_t count, double *field)
{
  sq_array_item *item = new_item(all, info->group[g].name, "field");
  int64_t *extent = item->shape.extent;
  int rank = 0;
  source *s = &all->source[g];
  extent[rank++] = count;
  if (info->components > 1) extent[rank++] = info->components;
  for (int mu = SQ_DIM - info->dim; mu < SQ_DIM; mu++) extent[rank++] = info->extent[mu];
  item->shape.rank = rank;
  *s = (source){.records = records, .group = g, .first = first, .numbers = 1, .has = -1, .field = field};
  for (int i = 1; i < rank; i++) s->numbers *= extent[i];
  item->fill = fill;
  item->context = s;
}

static PetscErrorCode add_column(collection *all, sq_records *records, int g, const char *column, int64_t first,
                                 int64_t count)
{
  PetscFunctionBeginUser;
  const sq_record_group *group = &sq_records_about(records)->group[g];
  const bool weight = !strcmp(column, "weight");
  double *values;
  PetscCall(sq_records_find_column(records, g, weight ? "log_weight" : column, &values));
  for (int64_t i = 0; weight && values && i < group->count; i++)
    if (isnan(values[i])) sq_free(&values);
  if (!values) PetscFunctionReturn(0);
  if (weight) sq_weights_relative(group->count, values, values);
  all->owned[all->items] = values;
  sq_array_item *item = new_item(all, group->name, column);
  item->shape.rank = 1;
  item->shape.extent[0] = count;
  item->values = values + first;
  PetscFunctionReturn(0);
}

static PetscErrorCode collect(const sq_export *e, sq_records *records, double *field, collection *all)
{
  PetscFunctionBeginUser;
  const sq_records_info *info = sq_records_about(records);
  int64_t first[SQ_IO_GROUPS], last[SQ_IO_GROUPS];
  PetscCall(sq_export_range(e, info, INT64_MAX, first, last));
  for (int g = 0; g < info->groups; g++) {
    const int64_t count = last[g] - first[g] + 1;
    if (count <= 0) continue;
    add_fields(all, info, records, g, first[g], count, field);
    for (int c = 0; c < info->group[g].columns; c++)
      PetscCall(add_column(all, records, g, info->group[g].column[c], first[g], count));
    PetscCall(add_column(all, records, g, "weight", first[g], count));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write(const sq_export *e, sq_records *records, double *field)
{
  PetscFunctionBeginUser;
  collection *all;
  PetscCall(sq_alloc(1, &all));
  PetscErrorCode code = collect(e, records, field, all);
  if (!code) code = sq_array_write("npz", e->to, all->items, all->item);
  for (int i = 0; i < ITEMS; i++) sq_free(&all->owned[i]);
  sq_free(&all);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static PetscErrorCode records(const sq_export *e)
{
  PetscFunctionBeginUser;
  PetscCall(sq_export_with_fields(e, write));
  PetscFunctionReturn(0);
}

const sq_export_format sq_export_npz = {.name = "npz",
                                        .ending = ".npz",
                                        .summary = "fields and columns as arrays of NumPy",
                                        .records = records,
                                        .some = true};
