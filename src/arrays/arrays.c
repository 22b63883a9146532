/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening, reading and writing arrays of any format of the table; all ranks agree on what failed. */
#include "src/arrays/internal.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Ends in the failure of the rank that has the worst, on every rank. */
static PetscErrorCode agree(MPI_Comm comm, sq_array_failure *failure)
{
  PetscFunctionBeginUser;
  int here[2] = {(int)failure->code, 0}, worst[2];
  PetscCallMPI(MPI_Comm_rank(comm, &here[1]));
  PetscCallMPI(MPI_Allreduce(here, worst, 1, MPI_2INT, MPI_MAXLOC, comm));
  if (!worst[0]) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Bcast(failure->text, (int)sizeof failure->text, MPI_CHAR, worst[1], comm));
  SqFail(comm, (PetscErrorCode)worst[0], "%s", failure->text);
}

const char *sq_array_format_name(int index)
{
  return sq_array_formats[index] ? sq_array_formats[index]->name : NULL;
}

/* By name, or by what the file begins with. */
static bool find_format(const sq_array_source *source, sq_array *array, sq_array_failure *failure)
{
  char head[8] = {0};
  sq_array_file file;
  const bool named = source->format && source->format[0] && strcmp(source->format, "auto") != 0;
  array->format = sq_array_formats[named ? sq_find_name(sq_array_format_name, source->format) : 0];
  if (named) return array->format || sq_array_fail(failure, SQ_ERR_INPUT, "there is no format %s", source->format);
  if (!sq_array_file_open(array->path, &file, failure)) return false;
  const bool fine = sq_array_file_get(&file, 0, PetscMin(file.bytes, 8), (unsigned char *)head, failure);
  sq_array_file_close(&file);
  for (int i = 0; (array->format = sq_array_formats[i]); i++)
    if (array->format->is && array->format->is(array->path, head)) return fine;
  array->format = &sq_array_raw;
  return fine;
}

static bool open_here(const sq_array_source *source, sq_array *array, sq_array_failure *failure)
{
  if (strlen(source->path) >= sizeof array->path)
    return sq_array_fail(failure, SQ_ERR_INPUT, "the name is longer than %d bytes", SQ_ARRAY_PATH - 1);
  snprintf(array->path, sizeof array->path, "%s", source->path);
  return find_format(source, array, failure) && array->format->open(source, array, failure);
}

PetscErrorCode sq_array_open(MPI_Comm comm, const sq_array_source *source, sq_array **array)
{
  PetscFunctionBeginUser;
  sq_array_failure failure = {.path = source->path};
  PetscCall(sq_alloc(1, array));
  (*array)->comm = comm;
  (void)open_here(source, *array, &failure);
  PetscErrorCode code = agree(comm, &failure);
  if (code) sq_array_close(array);
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_array_shape *sq_array_about(const sq_array *array)
{
  return &array->shape;
}

const char *sq_array_format_of(const sq_array *array)
{
  return array->format->name;
}

PetscErrorCode sq_array_read(sq_array *array, const int64_t first[], const int64_t count[], double *values)
{
  PetscFunctionBeginUser;
  sq_array_failure failure = {.path = array->path};
  bool some = true;
  for (int i = 0; i < array->shape.rank; i++) {
    some = some && count[i] > 0;
    if (first[i] < 0 || count[i] < 0 || count[i] > array->shape.extent[i] - first[i])
      sq_array_fail(&failure, PETSC_ERR_ARG_OUTOFRANGE, "axis %d has no numbers %lld to %lld", i, (long long)first[i],
                    (long long)(first[i] + count[i] - 1));
  }
  if (some && !failure.code) (void)array->format->read(array, first, count, values, &failure);
  PetscCall(agree(array->comm, &failure));
  PetscFunctionReturn(0);
}

void sq_array_close(sq_array **array)
{
  if (*array && (*array)->format && (*array)->format->close) (*array)->format->close(*array);
  sq_free(array);
}

/* ---- writing ---- */

/* Reads back one array and compares the bytes that its numbers were written as. */
static PetscErrorCode compare(const char *format, const char *path, int items, const sq_array_item *item)
{
  PetscFunctionBeginUser;
  const sq_array_source source = {.path = path, .format = format, .name = items > 1 ? item->name : NULL};
  const int64_t rows = item->shape.rank ? item->shape.extent[0] : 1, all = sq_array_item_count(item);
  const int64_t row = rows ? all / rows : 0, some = PetscMax(1, (1 << 16) / PetscMax(1, row));
  int64_t first[SQ_ARRAY_RANK] = {0}, count[SQ_ARRAY_RANK];
  double *wanted, *found;
  sq_array *array;
  bool same = true;
  PetscCall(sq_array_open(PETSC_COMM_SELF, &source, &array));
  PetscCall(sq_alloc(some * row, &wanted));
  PetscCall(sq_alloc(some * row, &found));
  memcpy(count, item->shape.extent, sizeof count);
  for (int64_t at = 0; same && at < rows; at += some) {
    const int64_t n = PetscMin(some, rows - at) * row;
    unsigned char a[8], b[8];
    first[0] = at, count[0] = PetscMin(some, rows - at);
    PetscCall(sq_array_read(array, first, count, found));
    PetscCall(sq_array_item_get(item, at * row, n, wanted));
    for (int64_t i = 0; same && i < n; i++) {
      sq_number_encode(item->shape.number, 1, &wanted[i], a);
      sq_number_encode(item->shape.number, 1, &found[i], b);
      same = !memcmp(a, b, (size_t)item->shape.number.bytes) || (wanted[i] != wanted[i] && found[i] != found[i]);
    }
  }
  sq_free(&wanted);
  sq_free(&found);
  sq_array_close(&array);
  SqCheck(same, PETSC_COMM_SELF, SQ_ERR_IO, "%s: what was written is not what can be read back", path);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_part(const sq_array_format *format, const char *part, int items, const sq_array_item *item)
{
  PetscFunctionBeginUser;
  PetscCall(format->write(part, items, item));
  for (int i = 0; i < items; i++) PetscCall(compare(format->name, part, items, &item[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_array_write(const char *format, const char *path, int items, const sq_array_item *item)
{
  PetscFunctionBeginUser;
  char part[SQ_ARRAY_PATH];
  const sq_array_format *row = sq_array_formats[sq_find_name(sq_array_format_name, format)];
  SqCheck(row && row->write, PETSC_COMM_SELF, SQ_ERR_INPUT, "%s: arrays are written as npy or npz, not as %s", path,
          format);
  SqCheck(snprintf(part, sizeof part, "%s.part", path) < (int)sizeof part, PETSC_COMM_SELF, SQ_ERR_INPUT,
          "%s: the name is too long", path);
  for (int i = 0; i < items; i++) {
    int64_t bytes;
    SqCheck(item[i].shape.rank >= 0 && item[i].shape.rank <= SQ_ARRAY_RANK && sq_array_bytes(&item[i].shape, &bytes),
            PETSC_COMM_SELF, SQ_ERR_INPUT, "%s: no array has the shape of %s", path,
            item[i].name ? item[i].name : "it");
  }
  (void)unlink(part);
  PetscErrorCode code = write_part(row, part, items, item);
  if (code) (void)unlink(part);
  PetscCall(code);
  SqCheck(!rename(part, path), PETSC_COMM_SELF, SQ_ERR_IO, "%s: cannot be put in place: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}
