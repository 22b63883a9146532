/* SPDX-License-Identifier: BSD-3-Clause */
/* layout: a records file from the outside: which groups and datasets it has, where, and of which size.
 *
 *   /                attributes: format, kind, action, extents, seed, fingerprint, deck, groups, code, libraries,
 * ranks, date /GROUP           attributes: count, columns /GROUP/field     float64 [count][L_0]..[L_{d-1}], row-major;
 *                    [count][components][L_0].. and an attribute components of / where a site has several numbers
 *   /GROUP/COLUMN    float64 [count], one for each column
 *   /GROUP/checksum  uint64 [count] over field, index and columns; 0: not written
 *   /GROUP/seal      uint64 [count] over checksum, index and columns, to verify numbers without reading fields
 *   /series          added when the file is published: named series and real attributes
 *
 * All datasets are contiguous and allocated at once by one rank, so that nothing but numbers changes later.
 */
#include "io_private.h"
#include <string.h>

enum { OVERHEAD = 1 << 16 }; /* bytes allowed for metadata but the deck */

int64_t sq_io_info_volume(const sq_records_info *info)
{
  int64_t volume = 1;
  for (int i = 0; i < SQ_DIM; i++) volume *= info->extent[i];
  return volume;
}

int sq_io_info_components(const sq_records_info *info)
{
  return info->components ? info->components : 1;
}

int sq_io_field_shape(const sq_records_info *info, int64_t count, hsize_t shape[SQ_IO_RANK])
{
  int rank = 0;
  shape[rank++] = (hsize_t)count;
  if (sq_io_info_components(info) > 1) shape[rank++] = (hsize_t)info->components;
  for (int mu = SQ_DIM - info->dim; mu < SQ_DIM; mu++) shape[rank++] = (hsize_t)info->extent[mu];
  return rank;
}

int64_t sq_io_info_bytes(const sq_records_info *info)
{
  int64_t bytes = OVERHEAD;
  for (int g = 0; g < info->groups; g++)
    bytes += info->group[g].count *
             (sq_io_info_components(info) * sq_io_info_volume(info) + info->group[g].columns + 2) * 8;
  return bytes;
}

/* Names must differ from each other and from what the file holds besides. */
static bool names_ok(const sq_records_info *info)
{
  for (int g = 0; g < info->groups; g++) {
    const sq_record_group *group = &info->group[g];
    if (!sq_io_name_ok(group->name, SQ_IO_NAME) || !strcmp(group->name, sq_io_extras_name)) return false;
    for (int h = 0; h < g; h++) {
      if (!strcmp(group->name, info->group[h].name)) return false;
    }
    for (int c = 0; c < group->columns; c++) {
      const char *name = group->column[c];
      if (!sq_io_name_ok(name, SQ_IO_NAME) || !strcmp(name, "field") || !strcmp(name, "checksum") ||
          !strcmp(name, "seal"))
        return false;
      for (int b = 0; b < c; b++) {
        if (!strcmp(name, group->column[b])) return false;
      }
    }
  }
  return true;
}

static bool sizes_ok(const sq_records_info *info)
{
  int64_t volume = sq_io_info_components(info), total = 0;
  if (info->components < 0 || info->components > SQ_COMPONENTS) return false;
  if (info->dim < 1 || info->dim > SQ_DIM || info->groups < 1 || info->groups > SQ_IO_GROUPS) return false;
  for (int i = 0; i < SQ_DIM; i++) {
    bool used = i >= SQ_DIM - info->dim;
    if (info->extent[i] < 1 || (!used && info->extent[i] != 1) ||
        __builtin_mul_overflow(volume, info->extent[i], &volume))
      return false;
  }
  for (int g = 0; g < info->groups; g++) {
    int64_t bytes, each;
    if (info->group[g].count < 1 || info->group[g].count > INT32_MAX || info->group[g].columns < 0 ||
        info->group[g].columns > SQ_IO_COLUMNS)
      return false;
    if (__builtin_add_overflow(volume, SQ_IO_COLUMNS + 2, &each) || __builtin_mul_overflow(each, 8, &each))
      return false;
    if (__builtin_mul_overflow(each, info->group[g].count, &bytes) || __builtin_add_overflow(total, bytes, &total))
      return false;
  }
  return total < INT64_MAX / 2;
}

bool sq_io_info_sound(const sq_records_info *info)
{
  return sizes_ok(info) && names_ok(info);
}

PetscErrorCode sq_io_info_check(const sq_records_info *info)
{
  PetscFunctionBeginUser;
  SqCheck(sizes_ok(info), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
          "a records file cannot have these extents, groups or counts");
  SqCheck(names_ok(info) && sq_io_name_ok(info->kind, SQ_IO_NAME), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
          "kind, groups and columns need different plain names");
  SqCheck(!info->deck || strlen(info->deck) < SQ_IO_DECK_MAX, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
          "a deck is shorter than %d bytes", SQ_IO_DECK_MAX);
  PetscFunctionReturn(0);
}

/* ---- writing ---- */

static void join(int count, const char *const *words, char *text, size_t size)
{
  size_t at = 0;
  text[0] = 0;
  for (int i = 0; i < count && at < size; i++)
    at += (size_t)snprintf(text + at, size - at, "%s%s", i ? " " : "", words[i]);
}

static PetscErrorCode put_key(sq_store *header, const char *name, uint64_t key)
{
  PetscFunctionBeginUser;
  char text[24];
  snprintf(text, sizeof text, "%016llx", (unsigned long long)key);
  if (key) PetscCall(sq_store_put_text(header, name, text));
  PetscFunctionReturn(0);
}

static PetscErrorCode root_header(const sq_records_info *info, const char *ranks, sq_store *header)
{
  PetscFunctionBeginUser;
  char text[SQ_IO_GROUPS * SQ_IO_NAME + 96];
  const char *group[SQ_IO_GROUPS];

  PetscCall(sq_io_header_common(sq_io_records_format, info->kind, header));
  PetscCall(sq_store_put_text(header, "ranks", ranks));
  PetscCall(sq_store_put_text(header, "action", info->action));
  PetscCall(sq_store_put_text(header, "deck", info->deck ? info->deck : ""));
  sq_extents_text(info->dim, info->extent + SQ_DIM - info->dim, text, sizeof text);
  PetscCall(sq_store_put_text(header, "extents", text));
  if (sq_io_info_components(info) > 1) PetscCall(sq_store_put_int(header, "components", info->components));
  snprintf(text, sizeof text, "%llu", (unsigned long long)info->seed);
  PetscCall(sq_store_put_text(header, "seed", text));
  snprintf(text, sizeof text, "%016llx", (unsigned long long)info->fingerprint);
  PetscCall(sq_store_put_text(header, "fingerprint", text));
  PetscCall(put_key(header, "stream", info->streams.own));
  PetscCall(put_key(header, "stream_of_fields", info->streams.fields));
  PetscCall(put_key(header, "stream_of_training", info->streams.training));
  for (int g = 0; g < info->groups; g++) group[g] = info->group[g].name;
  join(info->groups, group, text, sizeof text);
  PetscCall(sq_store_put_text(header, "groups", text));
  PetscFunctionReturn(0);
}

static PetscErrorCode group_header(const sq_record_group *group, sq_store *header)
{
  PetscFunctionBeginUser;
  char text[SQ_IO_COLUMNS * SQ_IO_NAME];
  const char *column[SQ_IO_COLUMNS];

  for (int c = 0; c < group->columns; c++) column[c] = group->column[c];
  join(group->columns, column, text, sizeof text);
  PetscCall(sq_store_put_int(header, "count", group->count));
  PetscCall(sq_store_put_text(header, "columns", text));
  PetscFunctionReturn(0);
}

/* zero: the storage is filled with 0; otherwise it keeps what the file system gives. */
static bool make_dataset(hid_t group, const char *name, hid_t type, int rank, const hsize_t shape[], bool zero,
                         sq_io_status *status)
{
  hid_t space = H5Screate_simple(rank, shape, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(creation, zero ? H5D_FILL_TIME_ALLOC : H5D_FILL_TIME_NEVER);
  hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  bool fine = SQ_IO_H5(status, SQ_ERR_IO, dataset, "dataset '%s'", name);
  if (fine) fine = SQ_IO_H5(status, SQ_ERR_IO, H5Dclose(dataset), "dataset '%s'", name);
  H5Pclose(creation);
  H5Sclose(space);
  return fine;
}

static bool make_datasets(hid_t group, const sq_records_info *info, const sq_record_group *about, sq_io_status *status)
{
  hsize_t shape[SQ_IO_RANK];
  int rank = sq_io_field_shape(info, about->count, shape);
  bool fine = make_dataset(group, "field", H5T_IEEE_F64LE, rank, shape, false, status) &&
              make_dataset(group, "checksum", H5T_STD_U64LE, 1, shape, true, status) &&
              make_dataset(group, "seal", H5T_STD_U64LE, 1, shape, true, status);
  for (int c = 0; c < about->columns && fine; c++)
    fine = make_dataset(group, about->column[c], H5T_IEEE_F64LE, 1, shape, true, status);
  return fine;
}

static bool make_group(hid_t file, const sq_records_info *info, const sq_record_group *about, sq_io_status *status)
{
  sq_store *header = NULL;
  if (sq_store_create("header", &header) || group_header(about, header))
    return sq_io_fail(status, PETSC_ERR_MEM, "no memory");
  hid_t group = sq_io_h5_new_group(file, about->name);
  bool fine = SQ_IO_H5(status, SQ_ERR_IO, group, "group '%s'", about->name) &&
              sq_io_items_write(group, header, status) && make_datasets(group, info, about, status);
  if (group >= 0) fine = SQ_IO_H5(status, SQ_ERR_IO, H5Gclose(group), "group '%s'", about->name) && fine;
  sq_store_destroy(&header);
  return fine;
}

bool sq_io_layout_write(const char *path, const sq_records_info *info, const char *ranks, sq_io_status *status)
{
  sq_store *header = NULL;
  if (sq_store_create("header", &header) || root_header(info, ranks, header))
    return sq_io_fail(status, PETSC_ERR_MEM, "no memory");
  hid_t file = sq_io_h5_create(path, true, status);
  bool fine = file >= 0 && sq_io_items_write(file, header, status);
  for (int g = 0; g < info->groups && fine; g++) fine = make_group(file, info, &info->group[g], status);
  if (fine) fine = SQ_IO_H5(status, SQ_ERR_IO, H5Fflush(file, H5F_SCOPE_GLOBAL), "flushing failed");
  sq_store_destroy(&header);
  return sq_io_h5_close(file, status) && fine;
}
