/* SPDX-License-Identifier: BSD-3-Clause */
/* The format npz: a zip archive whose members NAME.npy are arrays. What the members are is read by libzip, which
 * verifies their checksums where they are read to the end. A member may be compressed: it is a stream, which is begun
 * anew to go back. */
#include "src/arrays/internal.h"
#include <string.h>
#include <zip.h>

typedef struct {
  zip_t *archive;
  zip_file_t *stream;
  zip_uint64_t member;
  int64_t at, bytes, data; /* of the stream; of the member; where its array begins */
  bool fortran;
} npz;

static bool is(const char *path, const char head[8])
{
  (void)path;
  return !memcmp(head, "PK\003\004", 4) || !memcmp(head, "PK\005\006", 4);
}

static bool rewind_member(npz *self, sq_array_failure *failure)
{
  if (self->stream) zip_fclose(self->stream);
  self->stream = zip_fopen_index(self->archive, self->member, 0);
  self->at = 0;
  return self->stream ||
         sq_array_fail(failure, SQ_ERR_DATA, "a member cannot be read: %s", zip_strerror(self->archive));
}

static bool take(npz *self, int64_t n, unsigned char *bytes, sq_array_failure *failure)
{
  while (n > 0) {
    const zip_int64_t got = zip_fread(self->stream, bytes, (zip_uint64_t)n);
    if (got <= 0)
      return sq_array_fail(failure, SQ_ERR_DATA, "is damaged: %s",
                           got ? zip_file_strerror(self->stream) : "it was cut");
    bytes += got, n -= got, self->at += got;
  }
  return true;
}

static bool get(void *self_, int64_t at, int64_t n, unsigned char *bytes, sq_array_failure *failure)
{
  npz *self = self_;
  unsigned char skipped[1 << 14];
  if ((!self->stream || at < self->at) && !rewind_member(self, failure)) return false;
  while (self->at < at)
    if (!take(self, PetscMin(at - self->at, (int64_t)sizeof skipped), skipped, failure)) return false;
  if (!take(self, n, bytes, failure)) return false;
  /* the end: what comes is nothing, or that the checksum is wrong */
  return self->at < self->bytes || zip_fread(self->stream, skipped, 1) == 0 ||
         sq_array_fail(failure, SQ_ERR_DATA, "is damaged: %s", zip_file_strerror(self->stream));
}

/* What the member is, if it is an array. */
static bool read_header(npz *self, sq_array_shape *shape, sq_array_failure *failure)
{
  unsigned char begin[SQ_NPY_BEGIN], *header;
  zip_stat_t about;
  int64_t bytes;
  zip_stat_init(&about);
  if (zip_stat_index(self->archive, self->member, 0, &about) || !(about.valid & ZIP_STAT_SIZE) ||
      about.size > INT64_MAX)
    return sq_array_fail(failure, SQ_ERR_DATA, "is damaged: the size of a member is not known");
  self->bytes = (int64_t)about.size;
  if (self->bytes < SQ_NPY_BEGIN || !rewind_member(self, failure) || !get(self, 0, SQ_NPY_BEGIN, begin, failure))
    return sq_array_fail(failure, SQ_ERR_DATA, "is damaged: a member is no npy");
  self->data = sq_npy_data(begin);
  if (!self->data || self->data > self->bytes || self->data > SQ_NPY_MOST)
    return sq_array_fail(failure, SQ_ERR_DATA, "a member is no npy of version 1 to 3");
  if (sq_alloc(self->data, &header)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  bool fine = get(self, 0, self->data, header, failure) &&
              sq_npy_parse(header, self->data, shape, &self->fortran, failure);
  sq_free(&header);
  return fine && ((sq_array_bytes(shape, &bytes) && bytes == self->bytes - self->data) ||
                  sq_array_fail(failure, SQ_ERR_DATA, "is damaged: a member has not the size of its array"));
}

/* "phi" of "phi.npy". */
static void name_of(const char *member, char name[SQ_ARRAY_TEXT])
{
  const size_t n = strlen(member);
  const bool ends = n > 4 && !strcmp(member + n - 4, ".npy");
  snprintf(name, SQ_ARRAY_TEXT, "%.*s", (int)(ends ? n - 4 : n), member);
}

/* Adds what there is to a message. */
static bool list_members(npz *self, const char *wanted, sq_array_failure *failure)
{
  sq_array_names names = {.wanted = wanted};
  const zip_int64_t members = zip_get_num_entries(self->archive, 0);
  for (zip_int64_t i = 0; i < members; i++) {
    sq_array_failure none = {.path = ""};
    sq_array_shape shape = {0};
    char name[SQ_ARRAY_TEXT], about[SQ_ARRAY_TEXT] = "?";
    const char *member = zip_get_name(self->archive, (zip_uint64_t)i, 0);
    if (!member) continue;
    self->member = (zip_uint64_t)i;
    if (i < SQ_ARRAY_LIST && read_header(self, &shape, &none)) sq_array_describe(&shape, about);
    name_of(member, name);
    sq_array_names_add(&names, name, about);
  }
  return sq_array_names_fail(&names, "array", failure);
}

static bool find_member(npz *self, const char *wanted, sq_array_failure *failure)
{
  const zip_int64_t members = zip_get_num_entries(self->archive, 0);
  for (zip_int64_t i = 0; wanted[0] && i < members; i++) {
    char name[SQ_ARRAY_TEXT];
    const char *member = zip_get_name(self->archive, (zip_uint64_t)i, 0);
    if (!member) continue;
    name_of(member, name);
    if (strcmp(name, wanted) && strcmp(member, wanted)) continue;
    self->member = (zip_uint64_t)i;
    return true;
  }
  return (!wanted[0] && members == 1) || list_members(self, wanted, failure);
}

static bool open_npz(const sq_array_source *source, sq_array *array, sq_array_failure *failure)
{
  int why = 0;
  npz *self;
  sq_array_file file;
  if (sq_alloc(1, &self)) return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  array->self = self;
  if (!sq_array_file_open(array->path, &file, failure)) return false;
  sq_array_file_close(&file);
  self->archive = zip_open(array->path, ZIP_RDONLY | ZIP_CHECKCONS, &why);
  if (!self->archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, why);
    sq_array_fail(failure, SQ_ERR_DATA, "is damaged: %s", zip_error_strerror(&error));
    zip_error_fini(&error);
    return false;
  }
  return find_member(self, source->name ? source->name : "", failure) && read_header(self, &array->shape, failure);
}

static bool read_npz(sq_array *array, const int64_t first[], const int64_t count[], double *values,
                     sq_array_failure *failure)
{
  const npz *self = array->self;
  return sq_flat_read(array, self->data, self->fortran, get, first, count, values, failure);
}

static void close_npz(sq_array *array)
{
  npz *self = array->self;
  if (self && self->stream) zip_fclose(self->stream);
  if (self && self->archive) zip_discard(self->archive);
  sq_free(&self);
}

/* ---- writing: libzip asks for the bytes of a member when the archive is closed ---- */

typedef struct {
  const sq_array_item *item;
  unsigned char header[SQ_NPY_HEADER];
  int64_t size, bytes, at; /* of the header; of the member; the next byte */
  PetscErrorCode code;     /* of fill */
  zip_error_t error;
} member;

/* Bytes from m->at on; whole numbers behind the header. */
static zip_int64_t give(member *m, unsigned char *out, int64_t room)
{
  enum { PIECE = 1024 };
  const int size = m->item->shape.number.bytes;
  double values[PIECE];
  unsigned char bytes[8 * PIECE];
  int64_t n, skip = 0;
  const unsigned char *from = m->header + m->at;
  if (m->at < m->size) n = m->size - m->at;
  else {
    const int64_t number = (m->at - m->size) / size;
    const int64_t numbers = PetscMin(PIECE, (m->bytes - m->size) / size - number);
    skip = (m->at - m->size) % size;
    n = numbers * size - skip;
    if (n > 0 && (m->code = sq_array_item_get(m->item, number, numbers, values))) return -1;
    sq_number_encode(m->item->shape.number, numbers, values, bytes);
    from = bytes + skip;
  }
  n = PetscMin(n, room);
  memcpy(out, from, (size_t)n);
  m->at += n;
  return n;
}

static zip_int64_t read_member(member *m, unsigned char *out, zip_uint64_t room)
{
  zip_int64_t all = 0;
  const int64_t most = (int64_t)PetscMin(room, (zip_uint64_t)1 << 30);
  while (all < most && m->at < m->bytes) {
    const zip_int64_t n = give(m, out + all, most - all);
    if (n < 0) return zip_error_set(&m->error, ZIP_ER_INTERNAL, 0), -1;
    all += n;
  }
  return all;
}

static zip_int64_t source(void *self, void *data, zip_uint64_t size, zip_source_cmd_t what)
{
  member *m = self;
  switch (what) {
  case ZIP_SOURCE_OPEN: m->at = 0; return 0;
  case ZIP_SOURCE_READ: return read_member(m, data, size);
  case ZIP_SOURCE_STAT: {
    zip_stat_t *about = data;
    zip_stat_init(about);
    about->valid = ZIP_STAT_SIZE;
    about->size = (zip_uint64_t)m->bytes;
    return sizeof *about;
  }
  case ZIP_SOURCE_ERROR: return zip_error_to_data(&m->error, data, size);
  case ZIP_SOURCE_SUPPORTS:
    return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                          ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
  default: return 0; /* close, free: there is nothing to do */
  }
}

static bool add_member(zip_t *archive, const sq_array_item *item, member *m)
{
  char name[SQ_ARRAY_TEXT + 8];
  int64_t numbers;
  m->item = item;
  m->size = sq_npy_header(&item->shape, m->header);
  zip_error_init(&m->error);
  if (!sq_array_bytes(&item->shape, &numbers)) return false;
  m->bytes = m->size + numbers;
  snprintf(name, sizeof name, "%.*s.npy", SQ_ARRAY_TEXT - 1, item->name);
  zip_source_t *bytes = zip_source_function(archive, source, m);
  zip_int64_t index = bytes ? zip_file_add(archive, name, bytes, ZIP_FL_ENC_UTF_8) : -1;
  if (bytes && index < 0) zip_source_free(bytes);
  enum { FIRST_DAY = 1 << 5 | 1 }; /* of 1980, for all: the same numbers make the same file at any time */
  return index >= 0 && !zip_set_file_compression(archive, (zip_uint64_t)index, ZIP_CM_STORE, 0) &&
         !zip_file_set_dostime(archive, (zip_uint64_t)index, 0, FIRST_DAY, 0);
}

static PetscErrorCode write_npz(const char *path, int items, const sq_array_item *item)
{
  PetscFunctionBeginUser;
  char why[SQ_ARRAY_TEXT];
  member *members;
  int error = 0;
  zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_EXCL, &error);
  SqCheck(archive, PETSC_COMM_SELF, SQ_ERR_IO, "%s: cannot be written (libzip: error %d)", path, error);
  PetscCall(sq_alloc(items, &members));
  bool fine = true;
  for (int i = 0; fine && i < items; i++) fine = add_member(archive, &item[i], &members[i]);
  fine = fine && !zip_close(archive);
  PetscErrorCode code = 0;
  if (!fine) {
    snprintf(why, sizeof why, "%s", zip_strerror(archive));
    zip_discard(archive);
  }
  for (int i = 0; i < items; i++) {
    if (!code) code = members[i].code;
    zip_error_fini(&members[i].error);
  }
  sq_free(&members);
  PetscCall(code);
  SqCheck(fine, PETSC_COMM_SELF, SQ_ERR_IO, "%s: cannot be written: %s", path, why);
  PetscFunctionReturn(0);
}

const sq_array_format sq_array_npz = {
  .name = "npz", .is = is, .open = open_npz, .read = read_npz, .close = close_npz, .write = write_npz};
