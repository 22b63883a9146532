/* SPDX-License-Identifier: BSD-3-Clause */
/* store_read: a store from its file, or from the generation before it. */
#include "io_private.h"
#include <string.h>

/* One of the two generations, on rank 0; NULL if it cannot be read. */
static PetscErrorCode try_load(const char *path, const char *kind, sq_store **store, sq_io_status *status)
{
  PetscFunctionBeginUser;
  sq_store *header;

  PetscCall(sq_store_create("header", &header));
  PetscCall(sq_store_create(kind, store));
  if (!sq_io_probe(path, status) || !sq_io_store_load(path, kind, header, *store, status))
    PetscCall(sq_store_destroy(store));
  PetscCall(sq_store_destroy(&header));
  PetscFunctionReturn(0);
}

/* The file or, failing that, its previous generation. status is that of the file unless the previous one could be read.
 */
static PetscErrorCode load_either(const char *path, const char *kind, bool allow_previous, sq_store **store,
                                  sq_io_status *status)
{
  PetscFunctionBeginUser;
  char previous[SQ_IO_PATH];
  sq_io_status second = {.path = previous};

  PetscCall(try_load(path, kind, store, status));
  if (*store || !allow_previous || !sq_io_path(path, ".1", previous, status)) PetscFunctionReturn(0);
  PetscCall(try_load(previous, kind, store, &second));
  if (*store) {
    sq_warn("%s; going on with the one before it, %s", status->text, previous);
    *status = (sq_io_status){.path = path};
  } else if (status->code == SQ_ERR_INPUT && second.code != SQ_ERR_INPUT) *status = second;
  status->path = path;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_read(MPI_Comm comm, const char *path, const char *kind, bool allow_previous, sq_store **store,
                             bool *found)
{
  PetscFunctionBeginUser;
  int rank, missing;
  sq_io_status status = {.path = path};

  *store = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) PetscCall(load_either(path, kind, allow_previous, store, &status));
  missing = found && status.code == SQ_ERR_INPUT;
  PetscCallMPI(MPI_Bcast(&missing, 1, MPI_INT, 0, comm));
  if (found) *found = !missing;
  if (missing) PetscFunctionReturn(0);
  PetscCall(sq_io_agree(comm, &status));
  PetscCall(sq_io_store_share(comm, store));
  (*store)->silent = rank != 0;
  PetscFunctionReturn(0);
}
