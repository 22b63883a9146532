/* SPDX-License-Identifier: BSD-3-Clause */
/* layout_read: what a records file is about, read by one rank and believed only where it is exactly what layout.c
 * writes.
 *
 * Names, types, ranks, sizes, storage and links are held against an allow-list and against the size of the file before
 * any dataset is read.
 */
#include "io_private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Copies the words of text, separated by single blanks, into rows of SQ_IO_NAME bytes. Returns how many, or -1. */
static int split(const char *text, int most, char (*word)[SQ_IO_NAME])
{
  int count = 0;
  while (*text) {
    size_t length = strcspn(text, " ");
    if (count == most || length == 0 || length >= SQ_IO_NAME) return -1;
    memcpy(word[count], text, length);
    word[count++][length] = 0;
    text += length;
    if (*text == ' ' && !*++text) return -1;
  }
  return count;
}

/* "32x32" into the last directions. */
static bool parse_extents(const char *text, sq_records_info *info)
{
  int64_t extent[SQ_DIM];
  for (info->dim = 0; info->dim < SQ_DIM;) {
    char *end;
    errno = 0;
    extent[info->dim++] = strtoll(text, &end, 10);
    if (errno || end == text || extent[info->dim - 1] < 1) return false;
    if (!*end) break;
    if (*end != 'x') return false;
    text = end + 1;
    if (info->dim == SQ_DIM) return false;
  }
  for (int i = 0; i < SQ_DIM; i++) info->extent[i] = i < SQ_DIM - info->dim ? 1 : extent[i - (SQ_DIM - info->dim)];
  return true;
}

static bool parse_word(const char *text, int base, uint64_t *value)
{
  char *end;
  errno = 0;
  *value = strtoull(text, &end, base);
  return !errno && end != text && !*end && *text != '-';
}

/* 0 where the header has none: older files. */
static bool parse_key(const sq_store *header, const char *name, uint64_t *key, sq_io_status *status)
{
  const char *text;
  *key = 0;
  if (!sq_io_item_find(header, name)) return true;
  if (!sq_io_items_text(header, name, 32, &text, status)) return false;
  return parse_word(text, 16, key) || sq_io_fail(status, SQ_ERR_DATA, "its %s makes no sense", name);
}

static bool parse_header(const sq_store *header, sq_records_info *info, char **deck, sq_io_status *status)
{
  const char *kind, *action, *text[5];
  char name[SQ_IO_GROUPS][SQ_IO_NAME] = {0};
  if (!sq_io_items_text(header, "kind", sizeof info->kind, &kind, status) ||
      !sq_io_items_text(header, "action", sizeof info->action, &action, status) ||
      !sq_io_items_text(header, "extents", 96, &text[0], status) ||
      !sq_io_items_text(header, "seed", 32, &text[1], status) ||
      !sq_io_items_text(header, "fingerprint", 32, &text[2], status) ||
      !sq_io_items_text(header, "groups", SQ_IO_GROUPS * SQ_IO_NAME, &text[3], status) ||
      !sq_io_items_text(header, "deck", SQ_IO_DECK_MAX, &text[4], status))
    return false;
  int64_t components = 1;
  if (sq_io_item_find(header, "components") && !sq_io_items_int(header, "components", &components, status))
    return false;
  if (components < 1 || components > SQ_COMPONENTS)
    return sq_io_fail(status, SQ_ERR_DATA, "its components make no sense");
  info->components = (int)components;
  snprintf(info->kind, sizeof info->kind, "%s", kind);
  snprintf(info->action, sizeof info->action, "%s", action);
  info->groups = split(text[3], SQ_IO_GROUPS, name);
  if (!parse_extents(text[0], info) || !parse_word(text[1], 10, &info->seed) ||
      !parse_word(text[2], 16, &info->fingerprint) || info->groups < 1)
    return sq_io_fail(status, SQ_ERR_DATA, "its extents, seed, fingerprint or groups make no sense");
  if (!parse_key(header, "stream", &info->streams.own, status) ||
      !parse_key(header, "stream_of_fields", &info->streams.fields, status) ||
      !parse_key(header, "stream_of_training", &info->streams.training, status))
    return false;
  for (int g = 0; g < info->groups; g++) memcpy(info->group[g].name, name[g], SQ_IO_NAME);
  if (sq_alloc(strlen(text[4]) + 1, deck)) return sq_io_fail(status, PETSC_ERR_MEM, "no memory");
  memcpy(*deck, text[4], strlen(text[4]) + 1);
  return true;
}

static bool parse_group(hid_t file, sq_record_group *about, sq_io_status *status)
{
  const char *columns;
  sq_store *header = NULL;
  hid_t group = sq_io_h5_group(file, about->name, status);
  if (group < 0) return false;
  bool fine = !sq_store_create("header", &header) && sq_io_items_read(group, false, header, status) &&
              sq_io_items_int(header, "count", &about->count, status) &&
              sq_io_items_text(header, "columns", SQ_IO_COLUMNS * SQ_IO_NAME, &columns, status);
  if (fine) about->columns = split(columns, SQ_IO_COLUMNS, about->column);
  H5Gclose(group);
  sq_store_destroy(&header);
  return fine;
}

static bool same_shape(hid_t space, int rank, const hsize_t shape[])
{
  hsize_t found[SQ_IO_RANK], most[SQ_IO_RANK];
  if (H5Sget_simple_extent_type(space) != H5S_SIMPLE || H5Sget_simple_extent_ndims(space) != rank) return false;
  H5Sget_simple_extent_dims(space, found, most);
  return !memcmp(found, shape, (size_t)rank * sizeof *shape) && !memcmp(most, shape, (size_t)rank * sizeof *shape);
}

/* Contiguous, unfiltered, in this file, within its bytes. */
static bool stored_here(hid_t dataset, int rank, const hsize_t shape[], int64_t file_bytes)
{
  hsize_t bytes = 8;
  for (int i = 0; i < rank; i++) bytes *= shape[i];
  hid_t creation = H5Dget_create_plist(dataset);
  bool fine = H5Pget_layout(creation) == H5D_CONTIGUOUS && H5Pget_nfilters(creation) == 0 &&
              H5Pget_external_count(creation) == 0;
  H5Pclose(creation);
  if (!fine || bytes == 0) return fine;
  haddr_t offset = H5Dget_offset(dataset);
  return H5Dget_storage_size(dataset) == bytes && offset != HADDR_UNDEF && offset <= (haddr_t)file_bytes &&
         bytes <= (haddr_t)file_bytes - offset;
}

static bool check_dataset(hid_t group, const char *name, hid_t type, int rank, const hsize_t shape[],
                          int64_t file_bytes, sq_io_status *status)
{
  if (!sq_io_h5_is(group, name, H5O_TYPE_DATASET, status)) return false;
  hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
  if (!SQ_IO_H5(status, SQ_ERR_DATA, dataset, "dataset '%s'", name)) return false;
  hid_t found = H5Dget_type(dataset), space = H5Dget_space(dataset);
  if (found < 0 || H5Tequal(found, type) <= 0)
    sq_io_fail(status, SQ_ERR_DATA, "the dataset '%s' is not of the type squall writes", name);
  if (space < 0 || !same_shape(space, rank, shape))
    sq_io_fail(status, SQ_ERR_DATA, "the dataset '%s' has a shape that contradicts the header", name);
  if (!status->code && !stored_here(dataset, rank, shape, file_bytes))
    sq_io_fail(status, SQ_ERR_DATA, "the dataset '%s' is not stored the way squall does it, or the file was cut", name);
  if (found >= 0) H5Tclose(found);
  if (space >= 0) H5Sclose(space);
  H5Dclose(dataset);
  return !status->code;
}

static bool check_group(hid_t file, const sq_records_info *info, const sq_record_group *about, int64_t file_bytes,
                        sq_io_status *status)
{
  const char *member[SQ_IO_COLUMNS + 3] = {"field", "checksum", "seal"};
  hsize_t shape[SQ_IO_RANK];
  const int rank = sq_io_field_shape(info, about->count, shape);
  for (int c = 0; c < about->columns; c++) member[3 + c] = about->column[c];
  hid_t group = sq_io_h5_group(file, about->name, status);
  if (group < 0) return false;
  bool fine = sq_io_h5_members(group, about->columns + 3, member, status);
  for (int i = 0; i < about->columns + 3 && fine; i++)
    fine = check_dataset(group, member[i], i == 1 || i == 2 ? H5T_STD_U64LE : H5T_IEEE_F64LE, i == 0 ? rank : 1, shape,
                         file_bytes, status);
  H5Gclose(group);
  return fine;
}

bool sq_io_in_the_making(const char *path)
{
  static const char suffix[] = ".part";
  size_t length = strlen(path);
  return length >= sizeof suffix && !strcmp(path + length - (sizeof suffix - 1), suffix);
}

/* The extras are there once the file is published. */
static bool read_extras(hid_t file, sq_store *extras, sq_io_status *status)
{
  hid_t group = sq_io_h5_group(file, sq_io_extras_name, status);
  if (group < 0) return false;
  bool fine = sq_io_items_read(group, true, extras, status);
  H5Gclose(group);
  return fine;
}

static bool read_file(hid_t file, sq_records_info *info, char **deck, sq_store *header, sq_store *extras,
                      sq_io_status *status)
{
  int64_t bytes;
  const char *member[SQ_IO_GROUPS + 1];
  if (!sq_io_header_read(file, sq_io_records_format, header, status) || !parse_header(header, info, deck, status))
    return false;
  for (int g = 0; g < info->groups; g++) {
    member[g] = info->group[g].name;
    if (!parse_group(file, &info->group[g], status)) return false;
  }
  if (!sq_io_info_sound(info)) return sq_io_fail(status, SQ_ERR_DATA, "its extents, counts or columns make no sense");
  int members = info->groups;
  if (H5Lexists(file, sq_io_extras_name, H5P_DEFAULT) > 0) member[members++] = sq_io_extras_name;
  if (!sq_io_h5_members(file, members, member, status) || !sq_io_size(status->path, &bytes, status)) return false;
  for (int g = 0; g < info->groups; g++) {
    if (!check_group(file, info, &info->group[g], bytes, status)) return false;
  }
  if (extras && members == info->groups)
    return sq_io_in_the_making(status->path) ||
           sq_io_fail(status, SQ_ERR_DATA, "has no group '%s', which every finished file has: it was taken out",
                      sq_io_extras_name);
  return !extras || read_extras(file, extras, status);
}

bool sq_io_layout_read(const char *path, sq_records_info *info, char **deck, sq_store *header, sq_store *extras,
                       sq_io_status *status)
{
  memset(info, 0, sizeof *info);
  *deck = NULL;
  status->path = path;
  hid_t file = sq_io_h5_open(path, false, status);
  if (file < 0) return false;
  bool fine = read_file(file, info, deck, header, extras, status);
  return sq_io_h5_close(file, status) && fine;
}
