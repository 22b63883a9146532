/* SPDX-License-Identifier: BSD-3-Clause */
/* publish: from path.part to path: read everything back, add the extras, make it durable, rename.
 *
 * Until the rename the old published file is untouched, and after any failure path.part can be resumed.
 */
#include "io_private.h"
#include <string.h>

PetscErrorCode sq_records_flush(sq_records *records)
{
  PetscFunctionBeginUser;
  sq_io_status status = {.path = records->file_path};

  (void)SQ_IO_H5(&status, SQ_ERR_IO, H5Fflush(records->file, H5F_SCOPE_GLOBAL), "flushing failed");
  if (records->extras) sq_io_sync(records->file_path, &status);
  PetscCall(sq_io_agree(records->comm, &status));
  PetscFunctionReturn(0);
}

/* Refuses a file of which a record is missing or not as it was written. What was damaged while the file was in the
 * making, perhaps by an earlier program, is bad data: it will not become better by going on. */
static PetscErrorCode verify(const sq_records *records)
{
  PetscFunctionBeginUser;
  int64_t count;
  sq_io_fault *faults;
  sq_io_status status = {.path = records->file_path};

  PetscCall(sq_io_check_records(records->comm, records->file_path, &records->info, &count, &faults));
  if (records->extras && count > 0) {
    sq_io_fault_kind kind = (sq_io_fault_kind)faults[0].kind;
    bool damaged = kind == SQ_FAULT_CHECKSUM || kind == SQ_FAULT_UNREADABLE;
    sq_io_fail(&status, damaged ? SQ_ERR_DATA : SQ_ERR_IO, "not published: %s[%lld] %s (%lld such records)%s",
               records->info.group[faults[0].group].name, (long long)faults[0].index, sq_io_fault_text(kind),
               (long long)count, damaged ? "; move the file away to make it anew" : "");
  }
  sq_free(&faults);
  PetscCall(sq_io_agree(records->comm, &status));
  PetscFunctionReturn(0);
}

static bool write_extras(const char *path, const sq_store *extras, sq_io_status *status)
{
  hid_t file = sq_io_h5_open(path, true, status);
  if (file < 0) return false;
  hid_t group = sq_io_h5_new_group(file, sq_io_extras_name);
  bool fine = SQ_IO_H5(status, SQ_ERR_IO, group, "group '%s'", sq_io_extras_name) &&
              sq_io_items_write(group, extras, status);
  if (group >= 0) fine = SQ_IO_H5(status, SQ_ERR_IO, H5Gclose(group), "group '%s'", sq_io_extras_name) && fine;
  if (fine) fine = SQ_IO_H5(status, SQ_ERR_IO, H5Fflush(file, H5F_SCOPE_GLOBAL), "flushing failed");
  return sq_io_h5_close(file, status) && fine && sq_io_sync(path, status);
}

/* Opens the finished file like any reader and compares. */
static bool extras_arrived(const sq_records *records, sq_io_status *status)
{
  sq_store *header = NULL, *extras = NULL;
  sq_records_info info;
  char *deck = NULL;
  sq_io_status reading = {.path = records->file_path};
  bool fine = !sq_store_create("header", &header) && !sq_store_create("series", &extras) &&
              sq_io_layout_read(records->file_path, &info, &deck, header, extras, &reading) &&
              sq_io_items_equal(extras, records->extras);
  sq_free(&deck);
  sq_store_destroy(&header);
  sq_store_destroy(&extras);
  return fine || sq_io_fail(status, SQ_ERR_IO, "what was read back is not what was written%s%s",
                            reading.code ? ": " : "", reading.text);
}

/* Rank 0. */
static bool finish(const sq_records *records, sq_io_status *status)
{
  const char *part = records->file_path;
  if (!sq_io_undo_save(part, &records->info, status)) return false;
  if (sq_io_reserve(part, sq_io_items_bytes(records->extras), status) && write_extras(part, records->extras, status) &&
      extras_arrived(records, status) && sq_io_rename(part, records->path, status))
    return sq_io_undo_remove(part, status);
  sq_io_status restoring = {.path = part};
  sq_io_undo_restore(part, &restoring);
  return false;
}

static PetscErrorCode publish(sq_records *records)
{
  PetscFunctionBeginUser;
  sq_io_status status = {.path = records->file_path};

  SqCheck(records->writing, records->comm, PETSC_ERR_ARG_WRONGSTATE, "%s: is open for reading only",
          records->file_path);
  PetscCall(sq_records_flush(records));
  sq_io_h5_close(records->file, &status);
  records->file = H5I_INVALID_HID;
  PetscCall(sq_io_agree(records->comm, &status));
  PetscCall(verify(records));
  if (records->extras) finish(records, &status);
  PetscCall(sq_io_agree(records->comm, &status));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_publish(sq_records **records)
{
  PetscFunctionBeginUser;
  PetscErrorCode code = publish(*records);
  PetscCall(sq_records_close(records));
  PetscCall(code);
  PetscFunctionReturn(0);
}
