/* SPDX-License-Identifier: BSD-3-Clause */
/* The format hdf5: datasets of numbers of any layout, alone or as the members of a group. HDF5 turns them into double.
 */
#include "src/arrays/internal.h"
#include "src/arrays/hdf5.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An open file with one dataset, or a group whose members are the slices of the array. */
typedef struct {
  hid_t file, group, dataset; /* dataset: the one that is open */
  int64_t open, count;        /* which it is of the members; how many there are, 0: no group */
  char **member;              /* [count] in order */
} hdf5;

static bool is(const char *path, const char head[8])
{
  (void)head;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  return H5Fis_hdf5(path) > 0;
}

/* ---- members of a group ---- */

static int in_order(const void *a, const void *b)
{
  const char *const *x = a, *const *y = b;
  const int order = sq_array_names_order(*x, *y);
  return order ? order : strcmp(*x, *y);
}

/* The name of link i of the group; the caller's. */
static bool copy_name(hid_t group, hsize_t i, char **name, sq_array_failure *failure)
{
  const ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
  if (n < 0 || n > 4096) return sq_array_fail(failure, SQ_ERR_DATA, "is damaged: a name cannot be read");
  if (sq_alloc(n + 1, name)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  return H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, *name, (size_t)n + 1, H5P_DEFAULT) >= 0 ||
         sq_array_fail(failure, SQ_ERR_DATA, "is damaged: a name cannot be read");
}

static bool list_members(hdf5 *self, sq_array_failure *failure)
{
  enum { MOST = 100000000 };
  H5G_info_t info;
  if (H5Gget_info(self->group, &info) < 0) return sq_array_fail(failure, SQ_ERR_DATA, "is damaged: no group");
  if (info.nlinks > MOST) return sq_array_fail(failure, SQ_ERR_DATA, "a group has more than %d members", MOST);
  if (sq_alloc(info.nlinks, &self->member)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  self->count = (int64_t)info.nlinks;
  for (int64_t i = 0; i < self->count; i++)
    if (!copy_name(self->group, (hsize_t)i, &self->member[i], failure)) return false;
  qsort(self->member, (size_t)self->count, sizeof *self->member, in_order);
  return true;
}

static bool open_member(hdf5 *self, int64_t i, sq_array_failure *failure)
{
  if (self->open == i && self->dataset >= 0) return true;
  if (self->dataset >= 0) H5Dclose(self->dataset);
  self->open = i;
  self->dataset = sq_hdf5_dataset(self->group, self->member[i], failure);
  return self->dataset >= 0;
}

/* All members are datasets of one shape, which gets an axis more. */
static bool stack(hdf5 *self, const char *name, sq_array_shape *shape, sq_array_failure *failure)
{
  if (!list_members(self, failure)) return false;
  if (!self->count) return sq_array_fail(failure, SQ_ERR_INPUT, "the group %s is empty", name);
  for (int64_t i = 0; i < self->count; i++) {
    sq_array_shape next;
    char first[SQ_ARRAY_TEXT], other[SQ_ARRAY_TEXT];
    if (!open_member(self, i, failure) || !sq_hdf5_shape(self->dataset, self->member[i], &next, failure)) return false;
    if (i == 0) *shape = next;
    if (next.rank == shape->rank && !memcmp(next.extent, shape->extent, (size_t)next.rank * sizeof *next.extent))
      continue;
    sq_array_describe(shape, first);
    sq_array_describe(&next, other);
    return sq_array_fail(failure, SQ_ERR_INPUT,
                         "the datasets of the group %s have several shapes, %s is %s and %s is %s: name one dataset, "
                         "or "
                         "a group with one for every configuration",
                         name, self->member[0], first, self->member[i], other);
  }
  if (shape->rank == SQ_ARRAY_RANK)
    return sq_array_fail(failure, SQ_ERR_DATA, "%s: has more than the %d axes that can be read", name, SQ_ARRAY_RANK);
  memmove(shape->extent + 1, shape->extent, (size_t)shape->rank * sizeof *shape->extent);
  shape->extent[0] = self->count;
  shape->rank++;
  return true;
}

/* ---- opening ---- */

static bool open_named(hdf5 *self, const char *name, sq_array_shape *shape, sq_array_failure *failure)
{
  char only[SQ_ARRAY_TEXT];
  bool group = false;
  if (!sq_hdf5_find(self->file, name, only, &group, failure)) return false;
  if (!group) {
    self->dataset = sq_hdf5_dataset(self->file, only, failure);
    return self->dataset >= 0 && sq_hdf5_shape(self->dataset, only, shape, failure);
  }
  self->group = H5Gopen2(self->file, only, H5P_DEFAULT);
  return self->group >= 0 ? stack(self, only, shape, failure) :
                            sq_array_fail(failure, SQ_ERR_DATA, "the group %s cannot be opened", only);
}

static bool open_hdf5(const sq_array_source *source, sq_array *array, sq_array_failure *failure)
{
  hdf5 *self;
  sq_array_file file;
  if (sq_alloc(1, &self)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  array->self = self;
  self->file = self->group = self->dataset = H5I_INVALID_HID;
  if (!sq_array_file_open(array->path, &file, failure)) return false;
  sq_array_file_close(&file);
  if (!sq_hdf5_probe(array->path, failure)) return false;
  self->file = sq_hdf5_file(array->path, failure);
  return self->file >= 0 && open_named(self, source->name ? source->name : "", &array->shape, failure);
}

/* ---- reading ---- */

static bool read_part(hid_t dataset, int rank, const int64_t first[], const int64_t count[], double *values,
                      sq_array_failure *failure)
{
  hsize_t at[SQ_ARRAY_RANK] = {0}, n[SQ_ARRAY_RANK] = {1}, all = 1;
  for (int i = 0; i < rank; i++) {
    at[i] = (hsize_t)first[i], n[i] = (hsize_t)count[i];
    all *= n[i];
  }
  hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(1, &all, NULL);
  bool fine = space >= 0 && memory >= 0 &&
              (rank == 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, n, NULL) >= 0) &&
              H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values) >= 0;
  if (!fine) sq_hdf5_fail(failure, "a dataset cannot be read");
  if (space >= 0) H5Sclose(space);
  if (memory >= 0) H5Sclose(memory);
  return fine;
}

static bool read_hdf5(sq_array *array, const int64_t first[], const int64_t count[], double *values,
                      sq_array_failure *failure)
{
  hdf5 *self = array->self;
  const int rank = array->shape.rank;
  int64_t slice = 1;
  if (!self->count) return read_part(self->dataset, rank, first, count, values, failure);
  for (int i = 1; i < rank; i++) slice *= count[i];
  for (int64_t i = 0; i < count[0]; i++)
    if (!open_member(self, first[0] + i, failure) ||
        !read_part(self->dataset, rank - 1, first + 1, count + 1, values + i * slice, failure))
      return false;
  return true;
}

static void close_hdf5(sq_array *array)
{
  hdf5 *self = array->self;
  if (!self) return;
  for (int64_t i = 0; i < self->count; i++) sq_free(&self->member[i]);
  sq_free(&self->member);
  if (self->file >= 0) H5Fclose(self->file); /* and all that is open of it */
  sq_free(&self);
}

const sq_array_format sq_array_hdf5 = {
  .name = "hdf5", .is = is, .open = open_hdf5, .read = read_hdf5, .close = close_hdf5};
