/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking at an HDF5 file of other programs: what is in it, whether it can be read. See the header. */
#include "src/arrays/hdf5.h"
#include <string.h>

static herr_t deepest(unsigned n, const H5E_error2_t *entry, void *text)
{
  if (n == 0 && entry->desc) snprintf(text, SQ_ARRAY_TEXT, "%s", entry->desc);
  return 0;
}

bool sq_hdf5_fail(sq_array_failure *failure, const char *what)
{
  char reason[SQ_ARRAY_TEXT] = "HDF5 gives no reason";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, deepest, reason);
  return sq_array_fail(failure, SQ_ERR_DATA, "%s: %s", what, reason);
}

hid_t sq_hdf5_file(const char *path, sq_array_failure *failure)
{
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t list = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, list);
  if (file < 0) sq_hdf5_fail(failure, "is no readable HDF5 file");
  H5Pclose(list);
  return file;
}

/* ---- datasets ---- */

hid_t sq_hdf5_dataset(hid_t loc, const char *name, sq_array_failure *failure)
{
  H5O_info_t about;
  H5L_info_t link;
  if (H5Lget_info(loc, name, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_EXTERNAL)
    return sq_array_fail(failure, SQ_ERR_INPUT, "%s is a link into another file: name that one", name), -1;
  if (H5Oget_info_by_name(loc, name, &about, H5P_DEFAULT) < 0 || about.type != H5O_TYPE_DATASET)
    return sq_array_fail(failure, SQ_ERR_INPUT, "%s is no dataset", name), -1;
  hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  H5Pset_chunk_cache(access, 12421, (size_t)64 << 20, 0.75); /* parts of many chunks are read again and again */
  hid_t dataset = H5Dopen2(loc, name, access);
  H5Pclose(access);
  if (dataset < 0) sq_hdf5_fail(failure, name);
  return dataset;
}

/* Numbers in the file as our words have them. */
static bool number_of(hid_t type, const char *name, sq_number *number, sq_array_failure *failure)
{
  const H5T_class_t class = H5Tget_class(type);
  const size_t bytes = H5Tget_size(type);
  if (class == H5T_COMPOUND && H5Tget_nmembers(type) == 2)
    return sq_array_fail(failure, SQ_ERR_DATA,
                         "%s has pairs of numbers, such as complex ones: store real and imaginary parts in an axis of "
                         "their own, numpy.stack([a.real, a.imag], axis=1), or angles, numpy.angle(a)",
                         name);
  if (class == H5T_ENUM)
    return sq_array_fail(failure, SQ_ERR_DATA, "%s has truth values or names: store integers, a.astype('i1')", name);
  if ((class != H5T_FLOAT && class != H5T_INTEGER) || bytes > 16)
    return sq_array_fail(failure, SQ_ERR_DATA, "%s is no array of real or integer numbers", name);
  number->kind = class == H5T_FLOAT ? 'f' : H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i';
  number->bytes = (int)bytes;
  number->big = H5Tget_order(type) == H5T_ORDER_BE;
  return true;
}

/* Whether chunks fit into memory and their filters are there. */
static bool layout_fits(hid_t list, const char *name, sq_array_failure *failure)
{
  enum { MOST = 1 << 30 };
  hsize_t chunk[SQ_ARRAY_RANK];
  double numbers = 1;
  const int filters = H5Pget_nfilters(list);
  if (H5Pget_layout(list) == H5D_CHUNKED) {
    const int rank = H5Pget_chunk(list, SQ_ARRAY_RANK, chunk);
    for (int i = 0; i < rank && i < SQ_ARRAY_RANK; i++) numbers *= (double)chunk[i];
  }
  if (numbers > MOST) return sq_array_fail(failure, SQ_ERR_DATA, "%s has chunks of %.3g numbers", name, numbers);
  for (int i = 0; i < filters; i++) {
    unsigned flags, config;
    size_t values = 0;
    char filter[64] = "";
    const H5Z_filter_t id = H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, sizeof filter, filter, &config);
    if (H5Zfilter_avail(id) <= 0)
      return sq_array_fail(failure, SQ_ERR_DATA,
                           "%s is compressed by %s (filter %d), which this HDF5 has not: store it with gzip", name,
                           filter[0] ? filter : "something", (int)id);
  }
  return true;
}

static bool extents_of(hid_t dataset, const char *name, sq_array_shape *shape, sq_array_failure *failure)
{
  hsize_t extent[H5S_MAX_RANK];
  int64_t bytes;
  hid_t space = H5Dget_space(dataset);
  const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  const bool simple = rank >= 0 && H5Sget_simple_extent_type(space) != H5S_NULL &&
                      H5Sget_simple_extent_dims(space, extent, NULL) >= 0;
  if (space >= 0) H5Sclose(space);
  if (!simple) return sq_array_fail(failure, SQ_ERR_DATA, "%s has no shape", name);
  if (rank > SQ_ARRAY_RANK)
    return sq_array_fail(failure, SQ_ERR_DATA, "%s has more than the %d axes that can be read", name, SQ_ARRAY_RANK);
  shape->rank = rank;
  for (int i = 0; i < rank; i++) shape->extent[i] = extent[i] > INT64_MAX ? -1 : (int64_t)extent[i];
  return sq_array_bytes(shape, &bytes) || sq_array_fail(failure, SQ_ERR_DATA, "%s: no array is so large", name);
}

/* HDF5 reads what was never written as zeros, of any size. */
static bool is_written(hid_t dataset, hid_t list, const char *name, const sq_array_shape *shape,
                       sq_array_failure *failure)
{
  int64_t bytes;
  const H5D_layout_t layout = H5Pget_layout(list);
  if (!sq_array_bytes(shape, &bytes) || !bytes || H5Pget_external_count(list) > 0) return true;
  if (layout == H5D_VIRTUAL) return sq_hdf5_parts(dataset, list, name, shape, failure);
  return H5Dget_storage_size(dataset) > 0 ||
         sq_array_fail(failure, SQ_ERR_DATA, "%s was never written: the file has a shape and no numbers", name);
}

bool sq_hdf5_shape(hid_t dataset, const char *name, sq_array_shape *shape, sq_array_failure *failure)
{
  hid_t type = H5Dget_type(dataset), list = H5Dget_create_plist(dataset);
  *shape = (sq_array_shape){0};
  bool fine = type >= 0 && list >= 0 && number_of(type, name, &shape->number, failure) &&
              layout_fits(list, name, failure) && extents_of(dataset, name, shape, failure) &&
              is_written(dataset, list, name, shape, failure);
  if (type >= 0) H5Tclose(type);
  if (list >= 0) H5Pclose(list);
  return fine || sq_array_fail(failure, SQ_ERR_DATA, "%s cannot be read", name);
}

/* ---- what is in the file ---- */

typedef struct {
  sq_array_names *names;
  sq_array_failure why; /* the first of the datasets that are no arrays of numbers */
  char only[SQ_ARRAY_TEXT];
} listing;

/* Datasets of numbers; what else there is is nothing to import. */
static herr_t list_one(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
  listing *l = context;
  sq_array_failure *why = &l->why;
  sq_array_shape shape;
  char about[SQ_ARRAY_TEXT];
  if (info->type != H5O_TYPE_DATASET || strlen(name) >= sizeof l->only) return 0;
  hid_t dataset = sq_hdf5_dataset(file, name, why);
  if (dataset >= 0 && sq_hdf5_shape(dataset, name, &shape, why)) {
    sq_array_describe(&shape, about);
    sq_array_names_add(l->names, name, about);
    snprintf(l->only, sizeof l->only, "%s", name);
  }
  if (dataset >= 0) H5Dclose(dataset);
  return 0;
}

static bool is_there(hid_t file, const char *path)
{
  char part[SQ_ARRAY_TEXT];
  for (const char *at = path; *at; at++) {
    if (at == path || *at != '/') continue;
    snprintf(part, sizeof part, "%.*s", (int)(at - path), path);
    if (H5Lexists(file, part, H5P_DEFAULT) <= 0) return false;
  }
  return !strcmp(path, "/") ||
         (H5Lexists(file, path, H5P_DEFAULT) > 0 && H5Oexists_by_name(file, path, H5P_DEFAULT) > 0);
}

bool sq_hdf5_find(hid_t file, const char *name, char found[SQ_ARRAY_TEXT], bool *group, sq_array_failure *failure)
{
  sq_array_names names = {.wanted = name};
  listing l = {.names = &names, .why = {.path = failure->path}};
  H5O_info_t about;
  while (name[0] == '/' && name[1]) names.wanted = ++name;
  if (strlen(name) >= SQ_ARRAY_TEXT)
    return sq_array_fail(failure, SQ_ERR_INPUT, "the name of a dataset is longer than %d bytes", SQ_ARRAY_TEXT - 1);
  if (name[0] && is_there(file, name) && H5Oget_info_by_name(file, name, &about, H5P_DEFAULT) >= 0) {
    snprintf(found, SQ_ARRAY_TEXT, "%s", name);
    *group = about.type == H5O_TYPE_GROUP;
    return true;
  }
  H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, list_one, &l);
  snprintf(found, SQ_ARRAY_TEXT, "%s", l.only);
  if (!names.count && l.why.code) return *failure = l.why, false;
  return (!name[0] && names.count == 1) || sq_array_names_fail(&names, "dataset", failure);
}
