/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading ahead: small records that are asked for one after the other come from the file many at a time, since a call
 * of HDF5 costs more than their numbers do. Only from published files, which do not change. What cannot be read so is
 * read record by record, and the message is of the record.
 */
#include "io_private.h"
#include <string.h>

enum { MOST = 1024, BYTES = 1 << 18 }; /* records, bytes of a rank's blocks */

void sq_io_select(const sq_records *records, int64_t index, int64_t many, hid_t space)
{
  const sq_lattice *lattice = records->lattice;
  hsize_t start[SQ_IO_RANK] = {(hsize_t)index}, count[SQ_IO_RANK];
  int first = sq_io_field_shape(&records->info, many, count) - lattice->dim; /* components, if any, in full */
  for (int i = 0; i < lattice->dim; i++) {
    start[first + i] = (hsize_t)lattice->start[lattice->first_dir + i];
    count[first + i] = (hsize_t)lattice->local[lattice->first_dir + i];
  }
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
}

void sq_io_ahead_clear(sq_io_ahead *ahead)
{
  sq_free(&ahead->block);
  sq_free(&ahead->column);
  sq_free(&ahead->checksum);
  sq_free(&ahead->seal);
  ahead->count = 0;
}

/* What is selected in a dataset's space, which is closed. */
static bool read_run(hid_t dataset, hid_t type, hid_t space, int64_t numbers, void *to)
{
  hsize_t size = (hsize_t)numbers;
  hid_t memory = H5Screate_simple(1, &size, NULL);
  bool fine = memory >= 0 && space >= 0 && H5Dread(dataset, type, memory, space, H5P_DEFAULT, to) >= 0;
  if (memory >= 0) H5Sclose(memory);
  if (space >= 0) H5Sclose(space);
  return fine;
}

static bool read_column(hid_t dataset, hid_t type, const sq_io_ahead *ahead, void *to)
{
  hsize_t first = (hsize_t)ahead->first, count = (hsize_t)ahead->count;
  hid_t space = H5Dget_space(dataset);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &count, NULL);
  return read_run(dataset, type, space, ahead->count, to);
}

static bool read_columns(const sq_io_group_ids *ids, int columns, sq_io_ahead *ahead)
{
  bool fine = read_column(ids->checksum, H5T_NATIVE_UINT64, ahead, ahead->checksum) &&
              read_column(ids->seal, H5T_NATIVE_UINT64, ahead, ahead->seal);
  for (int c = 0; c < columns && fine; c++)
    fine = read_column(ids->column[c], H5T_NATIVE_DOUBLE, ahead, ahead->column + c * ahead->count);
  return fine;
}

/* ahead->count records from ahead->first on. */
static bool fill(const sq_records *records, int64_t numbers, sq_io_ahead *ahead)
{
  const sq_io_group_ids *ids = &records->group[ahead->group];
  const int columns = records->info.group[ahead->group].columns;
  if (sq_alloc(ahead->count * numbers, &ahead->block) || sq_alloc(ahead->count * columns, &ahead->column) ||
      sq_alloc(ahead->count, &ahead->checksum) || sq_alloc(ahead->count, &ahead->seal))
    return false;
  hid_t space = H5Dget_space(ids->field);
  sq_io_select(records, ahead->first, ahead->count, space);
  if (!read_run(ids->field, H5T_NATIVE_DOUBLE, space, ahead->count * numbers, ahead->block)) return false;
  return records->lattice->rank > 0 || read_columns(ids, columns, ahead);
}

int64_t sq_io_ahead_find(sq_records *records, int group, int64_t index)
{
  sq_io_ahead *ahead = &records->ahead;
  const int64_t numbers = sq_io_info_components(&records->info) * records->lattice->local_volume,
                left = records->info.group[group].count - index;
  const bool follows = group == ahead->last_group && index == ahead->next;
  ahead->last_group = group;
  ahead->next = index + 1;
  if (records->writing) return -1;
  if (group == ahead->group && index >= ahead->first && index < ahead->first + ahead->count)
    return index - ahead->first;
  int64_t count = BYTES / (numbers * (int64_t)sizeof(double));
  if (count > MOST) count = MOST;
  if (count > left) count = left;
  if (!follows || count < 2) return -1;
  sq_io_ahead_clear(ahead);
  ahead->group = group;
  ahead->first = index;
  ahead->count = count;
  bool fine;
  H5E_BEGIN_TRY
  {
    fine = fill(records, numbers, ahead);
  }
  H5E_END_TRY
  if (!fine) sq_io_ahead_clear(ahead);
  return fine ? 0 : -1;
}
