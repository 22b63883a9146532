/* SPDX-License-Identifier: BSD-3-Clause */
/* items: the values of a store in an HDF5 group.
 *
 * Scalars are attributes (fixed-length text, int64, float64), arrays datasets, chunked and with fletcher32 so that
 * other tools refuse damage too. The attribute items_crc covers names, types, shapes and values of all of them. When
 * read, only what can have been written is accepted, and sizes are held against the storage really there before memory
 * is asked for.
 */
#include "io_private.h"
#include <string.h>

static const char crc_name[] = "items_crc";

static bool attribute_put(hid_t group, const char *name, hid_t type, hid_t memory, const void *value,
                          sq_io_status *status)
{
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute = H5Acreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  bool fine = SQ_IO_H5(status, SQ_ERR_IO, attribute, "attribute '%s'", name) &&
              SQ_IO_H5(status, SQ_ERR_IO, H5Awrite(attribute, memory, value), "attribute '%s'", name);
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  return fine;
}

static bool text_put(hid_t group, const sq_item *item, sq_io_status *status)
{
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, item->bytes);
  H5Tset_cset(type, H5T_CSET_UTF8);
  bool fine = attribute_put(group, item->name, type, type, item->data, status);
  H5Tclose(type);
  return fine;
}

/* Chunks of at most 2^17 numbers (1 MiB): whole rows of the last directions. */
static void chunk_shape(const sq_item *item, hsize_t chunk[4])
{
  int64_t room = 1 << 17;
  for (int i = item->rank - 1; i >= 0; i--) {
    int64_t here = item->shape[i] < room ? item->shape[i] : room;
    chunk[i] = (hsize_t)here;
    room = room / here > 0 ? room / here : 1;
  }
}

static bool array_put(hid_t group, const sq_item *item, sq_io_status *status)
{
  hsize_t shape[4], chunk[4];
  bool real = item->type == SQ_ITEM_REALS;
  for (int i = 0; i < item->rank; i++) shape[i] = (hsize_t)item->shape[i];
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(item->rank, shape, NULL);
  if (sq_io_item_count(item) > 0) {
    chunk_shape(item, chunk);
    H5Pset_chunk(creation, item->rank, chunk);
    H5Pset_fletcher32(creation);
  }
  hid_t dataset = H5Dcreate2(group, item->name, real ? H5T_IEEE_F64LE : H5T_STD_I64LE, space, H5P_DEFAULT, creation,
                             H5P_DEFAULT);
  bool fine = SQ_IO_H5(status, SQ_ERR_IO, dataset, "array '%s'", item->name) &&
              SQ_IO_H5(status, SQ_ERR_IO,
                       H5Dwrite(dataset, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                item->data),
                       "array '%s'", item->name);
  if (dataset >= 0) fine = SQ_IO_H5(status, SQ_ERR_IO, H5Dclose(dataset), "array '%s'", item->name) && fine;
  H5Sclose(space);
  H5Pclose(creation);
  return fine;
}

bool sq_io_items_write(hid_t group, const sq_store *store, sq_io_status *status)
{
  int64_t crc = sq_io_items_crc(store);
  for (int i = 0; i < store->items; i++) {
    const sq_item *item = &store->item[i];
    bool fine = item->type == SQ_ITEM_TEXT ?
                  text_put(group, item, status) :
                item->type == SQ_ITEM_INT ?
                  attribute_put(group, item->name, H5T_STD_I64LE, H5T_NATIVE_INT64, item->data, status) :
                item->type == SQ_ITEM_REAL ?
                  attribute_put(group, item->name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, item->data, status) :
                  array_put(group, item, status);
    if (!fine) return false;
  }
  return attribute_put(group, crc_name, H5T_STD_I64LE, H5T_NATIVE_INT64, &crc, status);
}

/* Memory for an item that was found in a file. */
static void *item_data(sq_store *store, const char *name, sq_item_type type, int rank, const int64_t shape[],
                       size_t bytes, sq_io_status *status)
{
  void *data = NULL;
  if (sq_io_item_find(store, name)) sq_io_fail(status, SQ_ERR_DATA, "'%s' is there twice", name);
  else if (sq_io_item_add(store, name, type, rank, shape, bytes, &data))
    sq_io_fail(status, PETSC_ERR_MEM, "no memory for '%s'", name);
  return status->code ? NULL : data;
}

/* The type of an attribute in a store; false if a store has no such type. */
static bool attribute_type(hid_t type, size_t *bytes, sq_item_type *kind)
{
  *bytes = H5Tget_size(type);
  if (H5Tequal(type, H5T_STD_I64LE) > 0) *kind = SQ_ITEM_INT;
  else if (H5Tequal(type, H5T_IEEE_F64LE) > 0) *kind = SQ_ITEM_REAL;
  else if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && *bytes > 0 && *bytes < SQ_IO_TEXT_MAX)
    *kind = SQ_ITEM_TEXT;
  else return false;
  return true;
}

static bool attribute_read(hid_t attribute, const char *name, sq_store *store, int64_t *crc, sq_io_status *status)
{
  size_t bytes = 0;
  sq_item_type kind = SQ_ITEM_INT;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  bool known = type >= 0 && space >= 0 && H5Sget_simple_extent_type(space) == H5S_SCALAR &&
               attribute_type(type, &bytes, &kind);
  bool is_crc = !strcmp(name, crc_name);
  if (!known || (is_crc && kind != SQ_ITEM_INT))
    sq_io_fail(status, SQ_ERR_DATA, "the attribute '%s' is of a type squall does not write", name);
  void *data = status->code ? NULL : is_crc ? crc : item_data(store, name, kind, 0, NULL, bytes, status);
  if (data) {
    hid_t memory = kind == SQ_ITEM_INT ? H5T_NATIVE_INT64 : kind == SQ_ITEM_REAL ? H5T_NATIVE_DOUBLE : type;
    if (SQ_IO_H5(status, SQ_ERR_DATA, H5Aread(attribute, memory, data), "attribute '%s'", name) &&
        kind == SQ_ITEM_TEXT && (((char *)data)[bytes - 1] || strlen(data) + 1 != bytes))
      sq_io_fail(status, SQ_ERR_DATA, "the attribute '%s' is not a text", name);
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return !status->code;
}

static bool attributes_read(hid_t group, sq_store *store, int64_t *crc, sq_io_status *status)
{
  H5O_info_t info;
  if (!SQ_IO_H5(status, SQ_ERR_DATA, H5Oget_info(group, &info), "a group cannot be read")) return false;
  for (hsize_t i = 0; i < info.num_attrs && !status->code; i++) {
    char name[SQ_IO_ITEM_NAME];
    hid_t attribute = H5Aopen_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_NATIVE, i, H5P_DEFAULT, H5P_DEFAULT);
    if (!SQ_IO_H5(status, SQ_ERR_DATA, attribute, "an attribute cannot be read")) return false;
    if (H5Aget_name(attribute, sizeof name, name) >= (ssize_t)sizeof name || !sq_io_name_ok(name, sizeof name))
      sq_io_fail(status, SQ_ERR_DATA, "has an attribute with a name squall does not write");
    else attribute_read(attribute, name, store, crc, status);
    H5Aclose(attribute);
  }
  return !status->code;
}

/* Whether a dataset is laid out as array_put does it, and its storage holds the numbers its shape claims. */
static bool array_known(hid_t dataset, hid_t space, int64_t file_bytes, int64_t shape[4], int *rank)
{
  hsize_t extent[4];
  int64_t count = 1;
  if (H5Sget_simple_extent_type(space) != H5S_SIMPLE || (*rank = H5Sget_simple_extent_ndims(space)) < 1 || *rank > 4)
    return false;
  H5Sget_simple_extent_dims(space, extent, NULL);
  for (int i = 0; i < *rank; i++) {
    shape[i] = (int64_t)extent[i];
    if (extent[i] > INT64_MAX || __builtin_mul_overflow(count, shape[i], &count)) return false;
  }
  if (count == 0) return true;
  hid_t creation = H5Dget_create_plist(dataset);
  unsigned flags, config;
  size_t values = 0;
  H5Z_filter_t filter = H5Pget_nfilters(creation) == 1 ?
                          H5Pget_filter2(creation, 0, &flags, &values, NULL, 0, NULL, &config) :
                          -1;
  bool fine = H5Pget_layout(creation) == H5D_CHUNKED && filter == H5Z_FILTER_FLETCHER32;
  H5Pclose(creation);
  hsize_t storage = H5Dget_storage_size(dataset);
  return fine && storage <= (hsize_t)file_bytes && (hsize_t)count <= storage / 8;
}

static bool array_read(hid_t dataset, const char *name, int64_t file_bytes, sq_store *store, sq_io_status *status)
{
  int64_t shape[4] = {0};
  int rank = 0;
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  bool real = type >= 0 && H5Tequal(type, H5T_IEEE_F64LE) > 0, whole = type >= 0 && H5Tequal(type, H5T_STD_I64LE) > 0;
  if ((!real && !whole) || space < 0 || !array_known(dataset, space, file_bytes, shape, &rank))
    sq_io_fail(status, SQ_ERR_DATA, "the array '%s' is of a type, shape or layout squall does not write", name);
  if (!status->code) {
    sq_item item = {.rank = rank, .shape = {shape[0], shape[1], shape[2], shape[3]}};
    int64_t count = sq_io_item_count(&item);
    void *data = item_data(store, name, real ? SQ_ITEM_REALS : SQ_ITEM_INTS, rank, shape, (size_t)count * 8, status);
    if (data && count > 0)
      (void)SQ_IO_H5(status, SQ_ERR_DATA,
                     H5Dread(dataset, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
                     "array '%s'", name);
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return !status->code;
}

/* Where the arrays of a group go. */
typedef struct {
  int64_t file_bytes;
  sq_store *store;
  sq_io_status *status;
} reader;

/* One link of a group; stops the iteration where it is not an array. */
static herr_t link_read(hid_t group, const char *name, const H5L_info_t *link, void *context)
{
  const reader *r = context;
  (void)link;
  if (!sq_io_name_ok(name, SQ_IO_ITEM_NAME)) {
    sq_io_fail(r->status, SQ_ERR_DATA, "holds an object with a name squall does not write");
    return 1;
  }
  if (!sq_io_h5_is(group, name, H5O_TYPE_DATASET, r->status)) return 1;
  hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
  if (!SQ_IO_H5(r->status, SQ_ERR_DATA, dataset, "array '%s'", name)) return 1;
  bool fine = array_read(dataset, name, r->file_bytes, r->store, r->status);
  H5Dclose(dataset);
  return !fine;
}

/* In the order in which they stand in the file: to sort the links of older files (sq_io_h5_new_group), HDF5 1.10 makes
 * a table of them, which crashes where they are damaged. */
static bool arrays_read(hid_t group, sq_store *store, sq_io_status *status)
{
  reader r = {.store = store, .status = status};
  hsize_t at = 0;
  if (!sq_io_size(status->path, &r.file_bytes, status)) return false;
  return SQ_IO_H5(status, SQ_ERR_DATA, H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &at, link_read, &r),
                  "a group cannot be read") &&
         !status->code;
}

bool sq_io_items_read(hid_t group, bool arrays, sq_store *store, sq_io_status *status)
{
  int64_t crc = 0;
  if (!attributes_read(group, store, &crc, status) || (arrays && !arrays_read(group, store, status))) return false;
  return crc == sq_io_items_crc(store) ||
         sq_io_fail(status, SQ_ERR_DATA, "damaged: its attributes do not match their checksum");
}
