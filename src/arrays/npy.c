/* SPDX-License-Identifier: BSD-3-Clause */
/* The format npy: one array. */
#include "src/arrays/internal.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  sq_array_file file; /* first: the self of sq_array_file_get */
  int64_t data;
  bool fortran;
} npy;

static bool is(const char *path, const char head[8])
{
  (void)path;
  return !memcmp(head, "\x93NUMPY", 6);
}

/* The array takes all the rest of the file. */
static bool check_size(const sq_array_shape *shape, int64_t rest, sq_array_failure *failure)
{
  char about[SQ_ARRAY_TEXT];
  int64_t bytes;
  sq_array_describe(shape, about);
  if (!sq_array_bytes(shape, &bytes)) return sq_array_fail(failure, SQ_ERR_DATA, "%s: no array is so large", about);
  if (bytes > rest)
    return sq_array_fail(failure, SQ_ERR_DATA, "was cut: %s takes %lld bytes, there are %lld", about, (long long)bytes,
                         (long long)rest);
  return bytes == rest || sq_array_fail(failure, SQ_ERR_DATA,
                                        "has %lld bytes behind the array (%s): numpy.save more than once into one file "
                                        "is not read; save one array",
                                        (long long)(rest - bytes), about);
}

static bool open_npy(const sq_array_source *source, sq_array *array, sq_array_failure *failure)
{
  unsigned char begin[SQ_NPY_BEGIN], *header;
  npy *self;
  if (sq_alloc(1, &self)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  array->self = self;
  self->file.descriptor = -1;
  if (source->name && source->name[0])
    return sq_array_fail(failure, SQ_ERR_INPUT, "an npy has one array without a name: leave out %s", source->name);
  if (!sq_array_file_open(array->path, &self->file, failure)) return false;
  if (self->file.bytes < SQ_NPY_BEGIN) return sq_array_fail(failure, SQ_ERR_DATA, "was cut within its header");
  if (!sq_array_file_get(self, 0, SQ_NPY_BEGIN, begin, failure)) return false;
  self->data = sq_npy_data(begin);
  if (!self->data || self->data > self->file.bytes || self->data > SQ_NPY_MOST)
    return sq_array_fail(failure, SQ_ERR_DATA, "is no npy of version 1 to 3, or its header is damaged");
  if (sq_alloc(self->data, &header)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  bool fine = sq_array_file_get(self, 0, self->data, header, failure) &&
              sq_npy_parse(header, self->data, &array->shape, &self->fortran, failure);
  sq_free(&header);
  return fine && check_size(&array->shape, self->file.bytes - self->data, failure);
}

static bool read_npy(sq_array *array, const int64_t first[], const int64_t count[], double *values,
                     sq_array_failure *failure)
{
  const npy *self = array->self;
  return sq_flat_read(array, self->data, self->fortran, sq_array_file_get, first, count, values, failure);
}

static void close_npy(sq_array *array)
{
  npy *self = array->self;
  if (self) sq_array_file_close(&self->file);
  sq_free(&self);
}

/* ---- writing ---- */

static PetscErrorCode write_numbers(FILE *out, const char *path, const sq_array_item *item)
{
  PetscFunctionBeginUser;
  enum { PIECE = 1 << 16 };
  const int64_t count = sq_array_item_count(item);
  double *values;
  unsigned char *bytes;
  PetscErrorCode code = 0;
  bool written = true;
  PetscCall(sq_alloc(PIECE, &values));
  PetscCall(sq_alloc(8 * PIECE, &bytes));
  for (int64_t at = 0, n; !code && written && at < count; at += n) {
    n = PetscMin(count - at, PIECE);
    code = sq_array_item_get(item, at, n, values);
    if (code) break;
    sq_number_encode(item->shape.number, n, values, bytes);
    written = fwrite(bytes, (size_t)item->shape.number.bytes, (size_t)n, out) == (size_t)n;
  }
  sq_free(&values);
  sq_free(&bytes);
  PetscCall(code);
  SqCheck(written, PETSC_COMM_SELF, SQ_ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_npy(const char *path, int items, const sq_array_item *item)
{
  PetscFunctionBeginUser;
  unsigned char header[SQ_NPY_HEADER];
  const int64_t size = sq_npy_header(&item->shape, header);
  SqCheck(items == 1, PETSC_COMM_SELF, SQ_ERR_INPUT, "%s: an npy has one array, here are %d: write an npz", path,
          items);
  FILE *out = fopen(path, "wbx");
  SqCheck(out, PETSC_COMM_SELF, SQ_ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
  bool written = fwrite(header, 1, (size_t)size, out) == (size_t)size;
  PetscErrorCode code = written ? write_numbers(out, path, item) : 0;
  written = written && !fflush(out) && !fsync(fileno(out));
  const int why = errno;
  written = !fclose(out) && written;
  PetscCall(code);
  SqCheck(written, PETSC_COMM_SELF, SQ_ERR_IO, "%s: cannot be written: %s", path, strerror(why));
  PetscFunctionReturn(0);
}

const sq_array_format sq_array_npy = {
  .name = "npy", .is = is, .open = open_npy, .read = read_npy, .close = close_npy, .write = write_npy};
