/* SPDX-License-Identifier: BSD-3-Clause */
/* store_file: a store on disk: root attributes (the header) and one group `data` with the items.
 *
 * Rank 0 writes a whole new file under a temporary name, reads it back, and renames it; so a kill or a full disk leaves
 * the old one. With a previous generation kept there is a file under the plain name at every moment, too.
 */
#include "io_private.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char data_name[] = "data";

static bool write_group(hid_t file, const sq_store *store, sq_io_status *status)
{
  hid_t group = sq_io_h5_new_group(file, data_name);
  if (!SQ_IO_H5(status, SQ_ERR_IO, group, "group '%s'", data_name)) return false;
  bool fine = sq_io_items_write(group, store, status);
  return SQ_IO_H5(status, SQ_ERR_IO, H5Gclose(group), "group '%s'", data_name) && fine;
}

static bool write_file(const char *path, const sq_store *header, const sq_store *store, sq_io_status *status)
{
  if (!sq_io_remove(path, status) || !sq_io_reserve(path, sq_io_items_bytes(header) + sq_io_items_bytes(store), status))
    return false;
  hid_t file = sq_io_h5_create(path, false, status);
  if (file < 0) return false;
  bool fine = sq_io_items_write(file, header, status) && write_group(file, store, status) &&
              SQ_IO_H5(status, SQ_ERR_IO, H5Fflush(file, H5F_SCOPE_GLOBAL), "flushing failed");
  return sq_io_h5_close(file, status) && fine && sq_io_sync(path, status);
}

bool sq_io_store_load(const char *path, const char *kind, sq_store *header, sq_store *store, sq_io_status *status)
{
  static const char *const members[] = {data_name};
  const char *found;
  status->path = path;
  hid_t file = sq_io_h5_open(path, false, status);
  if (file < 0) return false;
  bool fine = sq_io_header_read(file, sq_io_store_format, header, status) &&
              sq_io_h5_members(file, 1, members, status) &&
              sq_io_items_text(header, "kind", SQ_IO_NAME, &found, status);
  if (fine && kind && strcmp(kind, found))
    fine = sq_io_fail(status, SQ_ERR_DATA, "holds a %s where a %s is needed", found, kind);
  hid_t group = fine ? sq_io_h5_group(file, data_name, status) : H5I_INVALID_HID;
  if (group >= 0) {
    snprintf(store->kind, sizeof store->kind, "%s", found);
    sq_io_items_read(group, true, store, status);
    H5Gclose(group);
  }
  return sq_io_h5_close(file, status) && !status->code;
}

/* Reads the new file and compares every byte with what was to be written. */
static bool read_back(const char *path, const sq_store *header, const sq_store *store, sq_io_status *status)
{
  sq_store *header2 = NULL, *store2 = NULL;
  sq_io_status reading = {.path = path};
  bool fine = !sq_store_create("header", &header2) && !sq_store_create(store->kind, &store2) &&
              sq_io_store_load(path, store->kind, header2, store2, &reading) && sq_io_items_equal(header, header2) &&
              sq_io_items_equal(store, store2);
  sq_store_destroy(&header2);
  sq_store_destroy(&store2);
  return fine || sq_io_fail(status, SQ_ERR_IO, "what was read back is not what was written%s%s",
                            reading.code ? ": " : "", reading.text);
}

/* The old file gets a second name; where there are no hard links, its name is changed. */
static bool keep(const char *path, sq_io_status *status)
{
  char previous[SQ_IO_PATH];
  if (access(path, F_OK)) return true;
  if (!sq_io_path(path, ".1", previous, status) || !sq_io_remove(previous, status)) return false;
  return link(path, previous) == 0 || rename(path, previous) == 0 ||
         sq_io_fail_errno(status, SQ_ERR_IO, "keeping the old file as %s", previous);
}

static bool write_store(const char *path, const sq_store *header, const sq_store *store, bool keep_previous,
                        sq_io_status *status)
{
  char temporary[SQ_IO_PATH];
  if (!sq_io_path(path, ".tmp", temporary, status)) return false;
  bool fine = write_file(temporary, header, store, status) && read_back(temporary, header, store, status) &&
              (!keep_previous || keep(path, status)) && sq_io_rename(temporary, path, status);
  if (!fine) unlink(temporary);
  return fine;
}

PetscErrorCode sq_store_write(MPI_Comm comm, const sq_store *store, const char *path, bool keep_previous)
{
  PetscFunctionBeginUser;
  int rank;
  sq_store *header;
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    PetscCall(sq_store_create("header", &header));
    PetscCall(sq_io_header_common(sq_io_store_format, store->kind, header));
    write_store(path, header, store, keep_previous, &status);
    PetscCall(sq_store_destroy(&header));
  }
  PetscCall(sq_io_agree(comm, &status));
  PetscFunctionReturn(0);
}
