/* SPDX-License-Identifier: BSD-3-Clause */
/* The format raw: numbers without a word about them. What is said of them must fit the size of the file. */
#include "src/arrays/internal.h"

typedef struct {
  sq_array_file file; /* first: the self of sq_array_file_get */
  int64_t offset;
} raw;

static bool open_raw(const sq_array_source *source, sq_array *array, sq_array_failure *failure)
{
  char reason[SQ_ARRAY_TEXT], about[SQ_ARRAY_TEXT];
  raw *self;
  int64_t bytes;
  if (sq_alloc(1, &self)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  array->self = self;
  self->file.descriptor = -1;
  self->offset = source->offset;
  if (!source->rank || !source->type || !source->type[0])
    return sq_array_fail(failure, SQ_ERR_INPUT,
                         "is no npy, npz or HDF5 file; for raw numbers their shape and type must be given: shape: "
                         "[5000, 16, 16], type: f8");
  if (source->rank > SQ_ARRAY_RANK)
    return sq_array_fail(failure, SQ_ERR_INPUT, "shape has %d axes, %d can be read", source->rank, SQ_ARRAY_RANK);
  if (!sq_number_read(source->type, &array->shape.number, reason))
    return sq_array_fail(failure, SQ_ERR_INPUT, "type: %s", reason);
  array->shape.rank = source->rank;
  for (int i = 0; i < source->rank; i++) array->shape.extent[i] = source->extent[i];
  if (!sq_array_file_open(array->path, &self->file, failure)) return false;
  sq_array_describe(&array->shape, about);
  if (!sq_array_bytes(&array->shape, &bytes) || bytes > INT64_MAX - source->offset)
    return sq_array_fail(failure, SQ_ERR_INPUT, "%s: no array is so large", about);
  return self->file.bytes == bytes + source->offset ||
         sq_array_fail(failure, SQ_ERR_INPUT, "%s takes %lld bytes, with offset %lld, but the file has %lld", about,
                       (long long)(bytes + source->offset), (long long)source->offset, (long long)self->file.bytes);
}

static bool read_raw(sq_array *array, const int64_t first[], const int64_t count[], double *values,
                     sq_array_failure *failure)
{
  const raw *self = array->self;
  return sq_flat_read(array, self->offset, false, sq_array_file_get, first, count, values, failure);
}

static void close_raw(sq_array *array)
{
  raw *self = array->self;
  if (self) sq_array_file_close(&self->file);
  sq_free(&self);
}

const sq_array_format sq_array_raw = {.name = "raw", .open = open_raw, .read = read_raw, .close = close_raw};
