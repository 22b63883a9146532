/* SPDX-License-Identifier: BSD-3-Clause */
/* header: the attributes that every squall file begins with, and stores on their way between ranks. */
#include "io_private.h"
#include <string.h>
#include <time.h>

const char sq_io_records_format[] = "squall records", sq_io_store_format[] = "squall store",
           sq_io_extras_name[] = "series";

enum { FORMAT_VERSION = 1 };

PetscErrorCode sq_io_header_common(const char *format, const char *kind, sq_store *header)
{
  PetscFunctionBeginUser;
  char date[32];
  time_t now = time(NULL);
  struct tm utc;

  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  PetscCall(sq_store_put_text(header, "format", format));
  PetscCall(sq_store_put_int(header, "format_version", FORMAT_VERSION));
  PetscCall(sq_store_put_text(header, "kind", kind));
  PetscCall(sq_store_put_text(header, "code", sq_version()));
  PetscCall(sq_store_put_text(header, "libraries", sq_libraries()));
  PetscCall(sq_store_put_text(header, "date", date));
  PetscFunctionReturn(0);
}

/* The format is asked for first: a foreign HDF5 file should not be called damaged. */
static bool is_squall_file(hid_t file, sq_io_status *status)
{
  return H5Aexists(file, "format") > 0 || sq_io_fail(status, SQ_ERR_DATA, "is an HDF5 file, but not one squall wrote");
}

bool sq_io_header_read(hid_t file, const char *format, sq_store *header, sq_io_status *status)
{
  const char *found, *text;
  int64_t version;
  if (!is_squall_file(file, status) || !sq_io_items_read(file, false, header, status)) return false;
  if (!sq_io_items_text(header, "format", SQ_IO_NAME, &found, status)) return false;
  if (format ? strcmp(found, format) != 0 : strcmp(found, sq_io_records_format) && strcmp(found, sq_io_store_format))
    return sq_io_fail(status, SQ_ERR_DATA, "is a file of format '%s'; '%s' is needed", found,
                      format ? format : "squall records or squall store");
  if (!sq_io_items_int(header, "format_version", &version, status)) return false;
  if (!sq_io_items_text(header, "code", SQ_IO_TEXT_MAX, &text, status)) return false;
  if (version != FORMAT_VERSION)
    return sq_io_fail(status, SQ_ERR_DATA,
                      "has version %lld of '%s', and this program, %s, reads version %d: use the one that wrote it, "
                      "%.60s, or a newer one",
                      (long long)version, found, sq_version(), FORMAT_VERSION, text);
  return sq_io_items_text(header, "kind", SQ_IO_NAME, &text, status) &&
         sq_io_items_text(header, "libraries", SQ_IO_TEXT_MAX, &text, status) &&
         sq_io_items_text(header, "date", SQ_IO_TEXT_MAX, &text, status);
}

/* MPI counts are int. */
static PetscErrorCode share_bytes(MPI_Comm comm, size_t bytes, void *data)
{
  PetscFunctionBeginUser;
  const size_t most = 1 << 30;

  for (size_t at = 0; at < bytes; at += most)
    PetscCallMPI(MPI_Bcast((char *)data + at, (int)(bytes - at < most ? bytes - at : most), MPI_BYTE, 0, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_io_store_share(MPI_Comm comm, sq_store **store)
{
  PetscFunctionBeginUser;
  int rank, items;
  char kind[SQ_IO_NAME];
  sq_item item;
  void *data = NULL;

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  items = rank == 0 ? (*store)->items : 0;
  if (rank == 0) memcpy(kind, (*store)->kind, sizeof kind);
  PetscCallMPI(MPI_Bcast(&items, 1, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(kind, (int)sizeof kind, MPI_CHAR, 0, comm));
  if (rank != 0) PetscCall(sq_store_create(kind, store));
  for (int i = 0; i < items; i++) {
    if (rank == 0) item = (*store)->item[i];
    PetscCallMPI(MPI_Bcast(&item, (int)sizeof item, MPI_BYTE, 0, comm));
    if (rank == 0) data = (*store)->item[i].data;
    else PetscCall(sq_io_item_add(*store, item.name, item.type, item.rank, item.shape, item.bytes, &data));
    PetscCall(share_bytes(comm, item.bytes, data));
  }
  PetscFunctionReturn(0);
}
