/* SPDX-License-Identifier: BSD-3-Clause */
/* access: writing and reading single records.
 *
 * Each rank moves its own block, the first rank of a domain also the numbers. Transfers are independent, not
 * collective: when a write fails on one rank (a full disk), Open MPI's collective writes leave the ranks out of step,
 * and the next flush or close of the file hangs. The statuses are reduced afterwards. A record is committed by its
 * checksum, written last.
 */
#include "io_private.h"
#include <string.h>

static bool check_index(const sq_records *records, int group, int64_t index, sq_io_status *status)
{
  if (group < 0 || group >= records->info.groups)
    return sq_io_fail(status, PETSC_ERR_ARG_OUTOFRANGE, "has no group number %d", group);
  if (index >= records->info.group[group].count)
    return sq_io_fail(status, PETSC_ERR_ARG_OUTOFRANGE, "has no record %lld", (long long)index);
  return records->lattice != NULL ||
         sq_io_fail(status, PETSC_ERR_ARG_WRONGSTATE, "was opened without a lattice: its fields cannot be moved");
}

/* The numbers of this rank's block. */
static int64_t numbers_here(const sq_records *records)
{
  return sq_io_info_components(&records->info) * records->lattice->local_volume;
}

/* Moves this rank's block to (from) the file. */
static bool move_field(const sq_records *records, int group, int64_t index, const double *from, double *to,
                       sq_io_status *status)
{
  hid_t dataset = records->group[group].field, space = H5Dget_space(dataset);
  hsize_t numbers = (hsize_t)numbers_here(records);
  hid_t memory = H5Screate_simple(1, &numbers, NULL);
  sq_io_select(records, index, 1, space);
  bool fine = from ? SQ_IO_H5(status, SQ_ERR_IO, H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, from),
                              "record %lld cannot be written", (long long)index) :
                     SQ_IO_H5(status, SQ_ERR_DATA, H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, to),
                              "record %lld cannot be read", (long long)index);
  H5Sclose(memory);
  H5Sclose(space);
  return fine;
}

/* Takes back the commitment of a record about to be overwritten. */
static bool uncommit(const sq_io_group_ids *ids, int64_t index, sq_io_status *status)
{
  uint64_t checksum = 0;
  if (!sq_io_number_get(ids->checksum, H5T_NATIVE_UINT64, index, &checksum, status) || !checksum) return !status->code;
  checksum = 0;
  return sq_io_number_put(ids->checksum, H5T_NATIVE_UINT64, index, &checksum, status);
}

static bool commit(const sq_io_group_ids *ids, int64_t index, int columns, const double *column, uint64_t checksum,
                   sq_io_status *status)
{
  uint64_t seal = sq_io_record_seal(checksum, index, columns, column);
  for (int c = 0; c < columns; c++) {
    if (!sq_io_number_put(ids->column[c], H5T_NATIVE_DOUBLE, index, &column[c], status)) return false;
  }
  return sq_io_number_put(ids->seal, H5T_NATIVE_UINT64, index, &seal, status) &&
         sq_io_number_put(ids->checksum, H5T_NATIVE_UINT64, index, &checksum, status);
}

PetscErrorCode sq_records_write(sq_records *records, int group, int64_t index, const double *block,
                                const double *columns)
{
  PetscFunctionBeginUser;
  uint64_t sum = 0;
  sq_io_status status = {.path = records->file_path};

  if (check_index(records, group, index, &status) && index >= 0) {
    PetscCall(sq_block_checksum(records->lattice, sq_io_info_components(&records->info), block, &sum));
    if (!sq_run_finite(numbers_here(records), block))
      sq_io_fail(&status, SQ_ERR_DATA, "a field with numbers that are not finite was to be written");
    if (records->lattice->rank == 0) uncommit(&records->group[group], index, &status);
  }
  PetscCall(sq_io_agree(records->comm, &status));
  if (index >= 0) move_field(records, group, index, block, NULL, &status);
  PetscCall(sq_io_agree(records->comm, &status));
  if (index >= 0 && records->lattice->rank == 0) {
    int n = records->info.group[group].columns;
    double placed[SQ_IO_COLUMNS];
    for (int c = 0; c < n; c++) placed[c] = columns[records->placed ? records->place[group][c] : c];
    commit(&records->group[group], index, n, placed, sq_io_record_checksum(sum, index, n, placed), &status);
  }
  PetscCall(sq_io_agree(records->comm, &status));
  PetscFunctionReturn(0);
}

/* The numbers of a record: its columns, checksum and seal. */
typedef struct {
  double column[SQ_IO_COLUMNS];
  uint64_t checksum, seal;
} record_numbers;

static bool get_numbers(const sq_io_group_ids *ids, int64_t index, int columns, record_numbers *numbers,
                        sq_io_status *status)
{
  for (int c = 0; c < columns; c++) {
    if (!sq_io_number_get(ids->column[c], H5T_NATIVE_DOUBLE, index, &numbers->column[c], status)) return false;
  }
  return sq_io_number_get(ids->seal, H5T_NATIVE_UINT64, index, &numbers->seal, status) &&
         sq_io_number_get(ids->checksum, H5T_NATIVE_UINT64, index, &numbers->checksum, status);
}

static sq_io_fault_kind judge(uint64_t sum, bool finite, int64_t index, int columns, const record_numbers *numbers)
{
  uint64_t checksum = numbers->checksum;
  if (!checksum) return SQ_FAULT_UNWRITTEN;
  if (checksum != sq_io_record_checksum(sum, index, columns, numbers->column) ||
      numbers->seal != sq_io_record_seal(checksum, index, columns, numbers->column))
    return SQ_FAULT_CHECKSUM;
  return finite ? SQ_FAULT_NONE : SQ_FAULT_NOT_FINITE;
}

/* A record from the file, or from those that were read ahead. */
static void get_record(sq_records *records, int group, int64_t index, double *block, record_numbers *numbers,
                       sq_io_status *status)
{
  const sq_record_group *about = &records->info.group[group];
  const sq_io_ahead *ahead = &records->ahead;
  const int64_t at = sq_io_ahead_find(records, group, index), size = numbers_here(records);
  if (at < 0) {
    if (move_field(records, group, index, NULL, block, status) && records->lattice->rank == 0)
      get_numbers(&records->group[group], index, about->columns, numbers, status);
    return;
  }
  memcpy(block, ahead->block + at * size, (size_t)size * sizeof *block);
  for (int c = 0; c < about->columns; c++) numbers->column[c] = ahead->column[c * ahead->count + at];
  numbers->checksum = ahead->checksum[at];
  numbers->seal = ahead->seal[at];
}

PetscErrorCode sq_records_read(sq_records *records, int group, int64_t index, double *block, double *columns)
{
  PetscFunctionBeginUser;
  record_numbers numbers = {0};
  uint64_t sum;
  sq_io_status status = {.path = records->file_path};
  bool mine = index >= 0;

  check_index(records, group, index, &status);
  PetscCall(sq_io_agree(records->comm, &status));
  const sq_record_group *about = &records->info.group[group];
  if (mine) get_record(records, group, index, block, &numbers, &status);
  PetscCall(sq_io_agree(records->comm, &status));
  if (mine) {
    PetscCallMPI(MPI_Bcast(&numbers, (int)sizeof numbers, MPI_BYTE, 0, records->lattice->comm));
    PetscCall(sq_block_checksum(records->lattice, sq_io_info_components(&records->info), block, &sum));
    records->print = sum;
    sq_io_fault_kind fault = judge(sum, sq_run_finite(numbers_here(records), block), index, about->columns, &numbers);
    if (fault != SQ_FAULT_NONE)
      sq_io_fail(&status, SQ_ERR_DATA, "%s[%lld] %s", about->name, (long long)index, sq_io_fault_text(fault));
    for (int c = 0; columns && c < about->columns; c++)
      columns[records->placed ? records->place[group][c] : c] = numbers.column[c];
  }
  PetscCall(sq_io_agree(records->comm, &status));
  PetscFunctionReturn(0);
}

uint64_t sq_records_print(const sq_records *records)
{
  return records->print;
}
