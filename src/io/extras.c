/* SPDX-License-Identifier: BSD-3-Clause */
/* extras: series and real attributes beside the records.
 *
 * They live in a store on rank 0: filled while a file is made and written when it is published; read whole when a file
 * is opened.
 */
#include "io_private.h"
#include <math.h>
#include <string.h>

static PetscErrorCode put_names(sq_store *extras, const char *name, int columns, const char *const *names)
{
  PetscFunctionBeginUser;
  char item[SQ_IO_ITEM_NAME], text[4096] = "";
  size_t at = 0;

  for (int c = 0; c < columns && at < sizeof text; c++)
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", c ? " " : "", names[c]);
  snprintf(item, sizeof item, "%s.columns", name);
  PetscCall(sq_store_put_text(extras, item, text));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_put_series(sq_records *records, const char *name, int64_t rows, int columns,
                                     const char *const *names, const double *values)
{
  PetscFunctionBeginUser;
  SqCheck(records->writing, records->comm, PETSC_ERR_ARG_WRONGSTATE, "%s: is open for reading only",
          records->file_path);
  SqCheck(sq_io_name_ok(name, SQ_IO_NAME) && rows >= 0 && columns >= 1, records->comm, PETSC_ERR_ARG_WRONG,
          "a series of %lld x %d numbers cannot be called '%s'", (long long)rows, columns, name);
  if (records->extras) {
    PetscCall(sq_store_put_reals(records->extras, name, 2, (int64_t[]){rows, columns}, values));
    PetscCall(put_names(records->extras, name, columns, names));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_get_series(sq_records *records, const char *name, int64_t *rows, int *columns,
                                     double **values)
{
  PetscFunctionBeginUser;
  int64_t shape[2] = {0, 0};

  const sq_item *item = records->extras ? sq_io_item_find(records->extras, name) : NULL;
  if (item && item->type == SQ_ITEM_REALS && item->rank == 2) memcpy(shape, item->shape, sizeof shape);
  PetscCallMPI(MPI_Bcast(shape, 2, MPI_INT64_T, 0, records->comm));
  *rows = shape[0];
  *columns = (int)shape[1];
  PetscCall(sq_alloc(shape[0] * shape[1], values));
  if (item && shape[0] > 0) memcpy(*values, item->data, item->bytes);
  for (int64_t r = 0; r < shape[0]; r += 1 << 20) {
    int64_t some = shape[0] - r < 1 << 20 ? shape[0] - r : 1 << 20;
    PetscCallMPI(MPI_Bcast(*values + r * shape[1], (int)(some * shape[1]), MPI_DOUBLE, 0, records->comm));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_put_real(sq_records *records, const char *name, double value)
{
  PetscFunctionBeginUser;
  SqCheck(records->writing, records->comm, PETSC_ERR_ARG_WRONGSTATE, "%s: is open for reading only",
          records->file_path);
  SqCheck(sq_io_name_ok(name, SQ_IO_ITEM_NAME), records->comm, PETSC_ERR_ARG_WRONG,
          "an attribute cannot be called '%s'", name);
  if (records->extras) PetscCall(sq_store_put_real(records->extras, name, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode find_real(sq_records *records, const char *name, bool *there, double *value)
{
  PetscFunctionBeginUser;
  double found[2] = {0, NAN};

  const sq_item *item = records->extras ? sq_io_item_find(records->extras, name) : NULL;
  if (item && item->type == SQ_ITEM_REAL) {
    found[0] = 1;
    memcpy(&found[1], item->data, sizeof found[1]);
  }
  PetscCallMPI(MPI_Bcast(found, 2, MPI_DOUBLE, 0, records->comm));
  *there = found[0] == 1;
  *value = found[1];
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_find_real(sq_records *records, const char *name, double *value)
{
  PetscFunctionBeginUser;
  bool there;

  PetscCall(find_real(records, name, &there, value));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_records_get_real(sq_records *records, const char *name, double *value)
{
  PetscFunctionBeginUser;
  bool there;

  PetscCall(find_real(records, name, &there, value));
  SqCheck(there, records->comm, SQ_ERR_DATA, "%s: has no number '%s'", records->file_path, name);
  PetscFunctionReturn(0);
}
