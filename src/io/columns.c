/* SPDX-License-Identifier: BSD-3-Clause */
/* columns: the numbers of all records of a group at once, without the fields.
 *
 * Rank 0 reads them and holds every record against its seal; the others are told. While a file is being made, a record
 * that does not match counts as not written: it will be written again.
 */
#include "io_private.h"
#include <string.h>

/* All numbers of a group: columns[columns][count], checksums and seals [count]. */
typedef struct {
  double *column;
  uint64_t *checksum, *seal;
} group_numbers;

static void free_numbers(group_numbers *numbers)
{
  sq_free(&numbers->column);
  sq_free(&numbers->checksum);
  sq_free(&numbers->seal);
}

static bool read_numbers(const sq_io_group_ids *ids, const sq_record_group *about, group_numbers *numbers,
                         sq_io_status *status)
{
  if (sq_alloc(about->count * about->columns, &numbers->column) || sq_alloc(about->count, &numbers->checksum) ||
      sq_alloc(about->count, &numbers->seal))
    return sq_io_fail(status, PETSC_ERR_MEM, "no memory for the columns of '%s'", about->name);
  for (int c = 0; c < about->columns; c++) {
    if (!SQ_IO_H5(
          status, SQ_ERR_DATA,
          H5Dread(ids->column[c], H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers->column + c * about->count),
          "the column '%s' of '%s' cannot be read", about->column[c], about->name))
      return false;
  }
  return SQ_IO_H5(status, SQ_ERR_DATA,
                  H5Dread(ids->checksum, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers->checksum),
                  "checksums of '%s'", about->name) &&
         SQ_IO_H5(status, SQ_ERR_DATA,
                  H5Dread(ids->seal, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers->seal), "seals of '%s'",
                  about->name);
}

static bool check_seals(const sq_record_group *about, bool writing, group_numbers *numbers, sq_io_status *status)
{
  double column[SQ_IO_COLUMNS];
  for (int64_t i = 0; i < about->count; i++) {
    for (int c = 0; c < about->columns; c++) column[c] = numbers->column[c * about->count + i];
    bool sealed = numbers->checksum[i] &&
                  numbers->seal[i] == sq_io_record_seal(numbers->checksum[i], i, about->columns, column);
    if (sealed) continue;
    if (!writing)
      return sq_io_fail(status, SQ_ERR_DATA, "%s[%lld] %s", about->name, (long long)i,
                        sq_io_fault_text(numbers->checksum[i] ? SQ_FAULT_CHECKSUM : SQ_FAULT_UNWRITTEN));
    numbers->checksum[i] = 0;
    for (int c = 0; c < about->columns; c++) numbers->column[c * about->count + i] = 0;
  }
  return true;
}

/* The values of column (-1: the checksums) as 8-byte words, on every rank. */
static PetscErrorCode fetch(sq_records *records, int group, int column, void *values)
{
  PetscFunctionBeginUser;
  int rank;
  group_numbers numbers = {0};
  sq_io_status status = {.path = records->file_path};

  const sq_record_group *about = &records->info.group[group];
  PetscCallMPI(MPI_Comm_rank(records->comm, &rank));
  if (rank == 0 && read_numbers(&records->group[group], about, &numbers, &status) &&
      check_seals(about, records->writing, &numbers, &status)) {
    const void *from = column < 0 ? (const void *)numbers.checksum : numbers.column + column * about->count;
    if (about->count) memcpy(values, from, (size_t)about->count * 8);
  }
  free_numbers(&numbers);
  PetscCall(sq_io_agree(records->comm, &status));
  PetscCallMPI(MPI_Bcast(values, (int)about->count, MPI_INT64_T, 0, records->comm));
  PetscFunctionReturn(0);
}

int sq_group_column(const sq_record_group *group, const char *name)
{
  for (int c = 0; c < group->columns; c++)
    if (!strcmp(group->column[c], name)) return c;
  return -1;
}

bool sq_group_same_columns(const sq_record_group *a, const sq_record_group *b)
{
  bool same = a->columns == b->columns;
  for (int c = 0; same && c < a->columns; c++) same = !strcmp(a->column[c], b->column[c]);
  return same;
}

/* Its number among the group's columns; -1 if there is none of that name. */
static PetscErrorCode find(const sq_records *records, int group, const char *column, int *at)
{
  PetscFunctionBeginUser;
  SqCheck(group >= 0 && group < records->info.groups, records->comm, PETSC_ERR_ARG_OUTOFRANGE,
          "%s: has no group number %d", records->file_path, group);
  *at = sq_group_column(&records->info.group[group], column);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_column(sq_records *records, int group, const char *column, double *values)
{
  PetscFunctionBeginUser;
  int at = -1;

  PetscCall(find(records, group, column, &at));
  SqCheck(at >= 0, records->comm, SQ_ERR_DATA, "%s: group '%s' has no column '%s'", records->file_path,
          records->info.group[group].name, column);
  PetscCall(fetch(records, group, at, values));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_find_column(sq_records *records, int group, const char *column, double **values)
{
  PetscFunctionBeginUser;
  int at = -1;

  *values = NULL;
  PetscCall(find(records, group, column, &at));
  if (at < 0) PetscFunctionReturn(0);
  PetscCall(sq_alloc(records->info.group[group].count, values));
  PetscErrorCode code = fetch(records, group, at, *values);
  if (code) sq_free(values);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_checksums(sq_records *records, int group, uint64_t *checksums)
{
  PetscFunctionBeginUser;
  SqCheck(group >= 0 && group < records->info.groups, records->comm, PETSC_ERR_ARG_OUTOFRANGE,
          "%s: has no group number %d", records->file_path, group);
  PetscCall(fetch(records, group, -1, checksums));
  PetscFunctionReturn(0);
}
