/* SPDX-License-Identifier: BSD-3-Clause */
/* records: starting, resuming, opening and closing records files.
 *
 * Rank 0 lays the file out, reserves its blocks on the disk and closes it; then all ranks open it together, and from
 * there on only numbers change in place. So a kill at any moment leaves a file that can be opened, and a disk that
 * fills up later cannot stop a run.
 */
#include "io_private.h"
#include <string.h>
#include <unistd.h>

/* Under a temporary name until it is whole: a kill on the way leaves no file that could be taken for one to go on from.
 */
static bool lay_out(sq_records *records, const char *ranks, const sq_records_info *info, sq_io_status *status)
{
  char fresh[SQ_IO_PATH];
  int64_t bytes = sq_records_bytes(info);
  if (!sq_io_path(records->file_path, ".tmp", fresh, status)) return false;
  if (!sq_io_remove(fresh, status) || !sq_io_remove(records->file_path, status) ||
      !sq_io_undo_remove(records->file_path, status))
    return false;
  if (!sq_io_space(records->file_path, (double)bytes, "", status)) return false;
  /* before HDF5 writes, so that it does not fail half-way, and after, because it empties the file first */
  bool fine = sq_io_reserve(fresh, bytes, status) && sq_io_layout_write(fresh, info, ranks, status) &&
              sq_io_reserve(fresh, 0, status) && sq_io_sync(fresh, status) &&
              sq_io_rename(fresh, records->file_path, status);
  if (!fine) unlink(fresh);
  return fine;
}

/* The object, with its own communicator. MPI_Comm_split drops a Cartesian topology, MPI_Comm_dup would keep it. */
static PetscErrorCode new_records(const sq_grid *grid, const sq_lattice *lattice, const char *path, const char *suffix,
                                  sq_records **records)
{
  PetscFunctionBeginUser;
  int rank;
  sq_io_status status = {.path = path};

  PetscCall(sq_alloc(1, records));
  sq_records *r = *records;
  PetscCallMPI(MPI_Comm_rank(grid->world, &rank));
  PetscCallMPI(MPI_Comm_split(grid->world, 0, rank, &r->comm));
  r->lattice = lattice;
  r->file = H5I_INVALID_HID;
  if (sq_io_path(path, "", r->path, &status)) sq_io_path(path, suffix, r->file_path, &status);
  if (rank == 0) PetscCall(sq_store_create("series", &r->extras));
  if (status.code) PetscCall(sq_records_close(records));
  PetscCall(sq_io_agree(grid->world, &status));
  PetscFunctionReturn(0);
}

/* Info and deck from rank 0 to all. */
static PetscErrorCode share_about(sq_records *records)
{
  PetscFunctionBeginUser;
  int rank, length;

  PetscCallMPI(MPI_Comm_rank(records->comm, &rank));
  records->info.deck = NULL;
  PetscCallMPI(MPI_Bcast(&records->info, (int)sizeof records->info, MPI_BYTE, 0, records->comm));
  length = rank == 0 ? (int)strlen(records->deck) + 1 : 0;
  PetscCallMPI(MPI_Bcast(&length, 1, MPI_INT, 0, records->comm));
  if (rank != 0) PetscCall(sq_alloc(length, &records->deck));
  PetscCallMPI(MPI_Bcast(records->deck, length, MPI_CHAR, 0, records->comm));
  PetscFunctionReturn(0);
}

/* Opens the file and its datasets on all ranks. */
static PetscErrorCode open_shared(sq_records *records, bool write)
{
  PetscFunctionBeginUser;
  sq_io_status status = {.path = records->file_path};

  records->writing = write;
  records->file = sq_io_h5_open_shared(records->comm, records->file_path, write, &status);
  PetscCall(sq_io_agree(records->comm, &status));
  for (int g = 0; g < records->info.groups; g++) {
    if (!sq_io_group_open(records->file, &records->info.group[g], &records->group[g], &status)) break;
  }
  PetscCall(sq_io_agree(records->comm, &status));
  PetscFunctionReturn(0);
}

/* Reads the header on rank 0 and tells all. */
static PetscErrorCode read_about(sq_records *records, sq_store *extras)
{
  PetscFunctionBeginUser;
  int rank;
  sq_store *header;
  sq_io_status status = {.path = records->file_path};

  PetscCallMPI(MPI_Comm_rank(records->comm, &rank));
  if (rank == 0) {
    PetscCall(sq_store_create("header", &header));
    if (sq_io_probe(records->file_path, &status))
      sq_io_layout_read(records->file_path, &records->info, &records->deck, header, extras, &status);
    PetscCall(sq_store_destroy(&header));
  }
  PetscCall(sq_io_agree(records->comm, &status));
  PetscCall(share_about(records));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_lattice(const sq_records *records)
{
  PetscFunctionBeginUser;
  char file[96], wanted[96];
  const sq_lattice *lattice = records->lattice;
  const sq_records_info *info = &records->info;

  if (!lattice || (lattice->dim == info->dim && !memcmp(lattice->extent, info->extent, sizeof info->extent)))
    PetscFunctionReturn(0);
  sq_extents_text(info->dim, info->extent + SQ_DIM - info->dim, file, sizeof file);
  sq_extents_text(lattice->dim, lattice->extent + SQ_DIM - lattice->dim, wanted, sizeof wanted);
  SqFail(records->comm, SQ_ERR_DATA, "%s: its fields have %s sites, but the lattice here has %s", records->file_path,
         file, wanted);
}

static PetscErrorCode create(const sq_grid *grid, const sq_records_info *info, sq_records *records)
{
  PetscFunctionBeginUser;
  int rank;
  char blocks[192], ranks[256];
  sq_io_status status = {.path = records->file_path};

  PetscCall(sq_io_info_check(info));
  records->info = *info;
  PetscCall(check_lattice(records));
  PetscCallMPI(MPI_Comm_rank(records->comm, &rank));
  if (rank == 0) {
    const char *deck = info->deck ? info->deck : "";
    PetscCall(sq_alloc(strlen(deck) + 1, &records->deck));
    memcpy(records->deck, deck, strlen(deck) + 1);
    sq_lattice_describe(records->lattice, blocks, sizeof blocks);
    snprintf(ranks, sizeof ranks, "%d replicas of: %s", grid->replicas, blocks);
    lay_out(records, ranks, info, &status);
  }
  PetscCall(sq_io_agree(records->comm, &status));
  PetscCall(share_about(records));
  PetscCall(open_shared(records, true));
  PetscFunctionReturn(0);
}

/* Keeps the object on success, destroys it on failure. */
#define KEEP_OR_CLOSE(call, records)                                                                                   \
  do {                                                                                                                 \
    PetscErrorCode code_ = (call);                                                                                     \
    if (code_) (void)sq_records_close(records);                                                                        \
    PetscCall(code_);                                                                                                  \
  } while (0)

int64_t sq_records_bytes(const sq_records_info *info)
{
  return sq_io_info_bytes(info) + (info->deck ? (int64_t)strlen(info->deck) : 0);
}

PetscErrorCode sq_records_create(const sq_grid *grid, const sq_lattice *lattice, const char *path,
                                 const sq_records_info *info, sq_records **records)
{
  PetscFunctionBeginUser;
  PetscCall(new_records(grid, lattice, path, ".part", records));
  KEEP_OR_CLOSE(create(grid, info, *records), records);
  PetscFunctionReturn(0);
}

/* The first thing in which the file is not what is wanted, or NULL. */
static const char *difference(const sq_records_info *file, const sq_records_info *wanted)
{
  if (strcmp(file->kind, wanted->kind)) return "kind";
  if (strcmp(file->action, wanted->action)) return "action";
  if (file->seed != wanted->seed) return "seed";
  if (sq_io_info_components(file) != sq_io_info_components(wanted)) return "number of components";
  if (file->fingerprint != wanted->fingerprint) return "deck (the parameters that determine its content)";
  if (file->streams.own && file->streams.own != wanted->streams.own) return "stream of random numbers";
  if (file->groups != wanted->groups) return "number of groups";
  for (int g = 0; g < file->groups; g++) {
    const sq_record_group *a = &file->group[g], *b = &wanted->group[g];
    if (strcmp(a->name, b->name)) return "groups";
    if (a->count != b->count) return "number of records";
    for (int c = 0; c < a->columns; c++)
      if (sq_group_column(b, a->column[c]) < 0) return "set of columns";
  }
  return NULL;
}

/* A file that another version began keeps its columns: this one has them all, and perhaps more. */
static void place_columns(const sq_records_info *wanted, sq_records *records)
{
  for (int g = 0; g < records->info.groups; g++) {
    const sq_record_group *file = &records->info.group[g];
    for (int c = 0; c < file->columns; c++) records->place[g][c] = sq_group_column(&wanted->group[g], file->column[c]);
    records->placed = records->placed || !sq_group_same_columns(file, &wanted->group[g]);
  }
}

static PetscErrorCode resume(const sq_records_info *info, sq_records *records)
{
  PetscFunctionBeginUser;
  int rank;
  sq_io_status status = {.path = records->file_path};

  PetscCallMPI(MPI_Comm_rank(records->comm, &rank));
  if (rank == 0) sq_io_undo_restore(records->file_path, &status);
  PetscCall(sq_io_agree(records->comm, &status));
  PetscCall(read_about(records, NULL));
  PetscCall(check_lattice(records));
  const char *what = difference(&records->info, info);
  SqCheck(!what, records->comm, SQ_ERR_DATA,
          "%s: cannot be continued, it was begun with another %s; remove it to start afresh", records->file_path, what);
  place_columns(info, records);
  PetscCall(open_shared(records, true));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_resume(const sq_grid *grid, const sq_lattice *lattice, const char *path,
                                 const sq_records_info *info, sq_records **records)
{
  PetscFunctionBeginUser;
  PetscCall(new_records(grid, lattice, path, ".part", records));
  KEEP_OR_CLOSE(resume(info, *records), records);
  PetscFunctionReturn(0);
}

static PetscErrorCode open_published(sq_records *records)
{
  PetscFunctionBeginUser;
  PetscCall(read_about(records, records->extras));
  PetscCall(check_lattice(records));
  PetscCall(open_shared(records, false));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_open(const sq_grid *grid, const sq_lattice *lattice, const char *path, sq_records **records)
{
  PetscFunctionBeginUser;
  PetscCall(new_records(grid, lattice, path, "", records));
  KEEP_OR_CLOSE(open_published(*records), records);
  PetscFunctionReturn(0);
}

const sq_records_info *sq_records_about(const sq_records *records)
{
  return &records->info;
}

const char *sq_records_deck(const sq_records *records)
{
  return records->deck;
}

PetscErrorCode sq_records_close(sq_records **records)
{
  PetscFunctionBeginUser;
  sq_records *r = *records;
  if (!r) PetscFunctionReturn(0);
  sq_io_status status = {.path = r->file_path};
  sq_io_h5_close(r->file, &status);
  PetscCall(sq_store_destroy(&r->extras));
  sq_free(&r->deck);
  sq_io_ahead_clear(&r->ahead);
  MPI_Comm comm = r->comm;
  PetscErrorCode code = sq_io_agree(comm, &status);
  PetscCallMPI(MPI_Comm_free(&comm));
  sq_free(records);
  PetscCall(code);
  PetscFunctionReturn(0);
}
