/* SPDX-License-Identifier: BSD-3-Clause */
/* undo: a journal for the one moment in which a records file changes in more than its numbers.
 *
 * Publishing adds the group `series`, for which HDF5 rewrites metadata in place. A full disk or a kill then would
 * cost all records. So all bytes of the file outside the datasets of the records are copied to path.undo first:
 *   int64 magic, size of the file, regions; per region offset, length; the bytes of all regions; crc32 of all that.
 * A journal without its right crc was never finished, and the file not yet touched.
 */
#include "io_private.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { MAX_REGIONS = SQ_IO_GROUPS * (SQ_IO_COLUMNS + 3) + 1 };
static const int64_t magic = 0x31304f444e555153; /* "SQUNDO01" */

typedef struct {
  int64_t offset, length;
} region;

static int by_offset(const void *a, const void *b)
{
  const region *x = a, *y = b;
  return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void add_dataset(hid_t dataset, region *list, int *count)
{
  haddr_t offset = H5Dget_offset(dataset);
  if (offset != HADDR_UNDEF) list[(*count)++] = (region){(int64_t)offset, (int64_t)H5Dget_storage_size(dataset)};
}

/* Where the numbers of the records are, in order of offset. */
static bool data_regions(const char *path, const sq_records_info *info, region *list, int *count, sq_io_status *status)
{
  hid_t file = sq_io_h5_open(path, false, status);
  if (file < 0) return false;
  *count = 0;
  for (int g = 0; g < info->groups && !status->code; g++) {
    sq_io_group_ids ids;
    if (!sq_io_group_open(file, &info->group[g], &ids, status)) break;
    add_dataset(ids.field, list, count);
    add_dataset(ids.checksum, list, count);
    add_dataset(ids.seal, list, count);
    for (int c = 0; c < info->group[g].columns; c++) add_dataset(ids.column[c], list, count);
  }
  qsort(list, (size_t)*count, sizeof *list, by_offset);
  return sq_io_h5_close(file, status) && !status->code;
}

/* The gaps between them, up to the size of the file. */
static int gaps(int count, const region *data, int64_t bytes, region *gap)
{
  int gap_count = 0;
  int64_t at = 0;
  for (int i = 0; i <= count; i++) {
    int64_t next = i < count ? data[i].offset : bytes;
    if (next > at) gap[gap_count++] = (region){at, next - at};
    if (i < count && data[i].offset + data[i].length > at) at = data[i].offset + data[i].length;
  }
  return gap_count;
}

/* The journal in memory. */
typedef struct {
  size_t bytes;
  unsigned char *data;
} journal;

static bool compose(int file, int64_t file_bytes, int count, const region *gap, journal *out, sq_io_status *status)
{
  int64_t head[3] = {magic, file_bytes, count}, total = 0;
  size_t at = sizeof head + (size_t)count * sizeof *gap;
  for (int i = 0; i < count; i++) total += gap[i].length;
  out->bytes = at + (size_t)total + sizeof(uint64_t);
  if (sq_alloc(out->bytes, &out->data)) return sq_io_fail(status, PETSC_ERR_MEM, "no memory");
  memcpy(out->data, head, sizeof head);
  memcpy(out->data + sizeof head, gap, (size_t)count * sizeof *gap);
  for (int i = 0; i < count; i++) {
    if (!sq_io_read_at(file, gap[i].offset, (size_t)gap[i].length, out->data + at, status)) return false;
    at += (size_t)gap[i].length;
  }
  uint64_t crc = crc32_z(0, out->data, at);
  memcpy(out->data + at, &crc, sizeof crc);
  return true;
}

static bool write_journal(const char *undo, const journal *what, sq_io_status *status)
{
  char parent[SQ_IO_PATH];
  sq_io_parent(undo, parent);
  return sq_io_write_new(undo, what->bytes, what->data, status) && sq_io_sync(parent, status);
}

bool sq_io_undo_save(const char *path, const sq_records_info *info, sq_io_status *status)
{
  char undo[SQ_IO_PATH];
  region data[MAX_REGIONS], gap[MAX_REGIONS];
  int count;
  int64_t bytes;
  journal what = {0};
  if (!sq_io_path(path, ".undo", undo, status) || !sq_io_size(path, &bytes, status) ||
      !data_regions(path, info, data, &count, status))
    return false;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  bool fine = file >= 0 || sq_io_fail_errno(status, SQ_ERR_IO, "cannot be opened");
  fine = fine && compose(file, bytes, gaps(count, data, bytes, gap), gap, &what, status) &&
         write_journal(undo, &what, status);
  if (file >= 0) close(file);
  sq_free(&what.data);
  return fine;
}

/* The journal from its file; data NULL if it was never finished. */
static bool read_journal(const char *undo, journal *what, sq_io_status *status)
{
  int64_t bytes, head[3];
  uint64_t crc;
  if (!sq_io_size(undo, &bytes, status)) return false;
  if (bytes < (int64_t)(sizeof head + sizeof crc)) return true;
  if (sq_alloc(bytes, &what->data)) return sq_io_fail(status, PETSC_ERR_MEM, "no memory");
  what->bytes = (size_t)bytes;
  int file = open(undo, O_RDONLY | O_CLOEXEC);
  bool fine = file >= 0 ? sq_io_read_at(file, 0, what->bytes, what->data, status) :
                          sq_io_fail_errno(status, SQ_ERR_IO, "%s cannot be opened", undo);
  if (file >= 0) close(file);
  if (!fine) return false;
  memcpy(head, what->data, sizeof head);
  memcpy(&crc, what->data + what->bytes - sizeof crc, sizeof crc);
  if (crc != crc32_z(0, what->data, what->bytes - sizeof crc) || head[0] != magic) sq_free(&what->data);
  return true;
}

/* Writes the saved regions back and cuts off what was added. */
static bool apply(const char *path, const journal *what, sq_io_status *status)
{
  int64_t head[3];
  region gap;
  memcpy(head, what->data, sizeof head);
  size_t from = sizeof head + (size_t)head[2] * sizeof gap;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return sq_io_fail_errno(status, SQ_ERR_IO, "cannot be opened");
  for (int64_t i = 0; i < head[2] && !status->code; i++) {
    memcpy(&gap, what->data + sizeof head + (size_t)i * sizeof gap, sizeof gap);
    if (from + (size_t)gap.length > what->bytes) sq_io_fail(status, SQ_ERR_DATA, "its journal contradicts itself");
    else sq_io_write_at(file, gap.offset, (size_t)gap.length, what->data + from, status);
    from += (size_t)gap.length;
  }
  if (!status->code && (ftruncate(file, (off_t)head[1]) || fsync(file)))
    sq_io_fail_errno(status, SQ_ERR_IO, "putting it back");
  close(file);
  return !status->code;
}

bool sq_io_undo_restore(const char *path, sq_io_status *status)
{
  char undo[SQ_IO_PATH];
  journal what = {0};
  if (!sq_io_path(path, ".undo", undo, status)) return false;
  if (access(undo, F_OK) || access(path, F_OK)) return true;
  bool fine = read_journal(undo, &what, status) && (!what.data || apply(path, &what, status));
  sq_free(&what.data);
  return fine && sq_io_remove(undo, status);
}

bool sq_io_undo_remove(const char *path, sq_io_status *status)
{
  char undo[SQ_IO_PATH];
  return sq_io_path(path, ".undo", undo, status) && sq_io_remove(undo, status);
}
