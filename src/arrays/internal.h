/* SPDX-License-Identifier: BSD-3-Clause */
/* What the formats of arrays share: an open array, how a failure is noted, numbers in bytes, arrays that lie flat.
 *
 * Calling rule: functions returning bool note what failed and never communicate; sq_array_open and sq_array_read make
 * all ranks agree.
 */
#ifndef SQUALL_ARRAYS_INTERNAL_H
#define SQUALL_ARRAYS_INTERNAL_H

#include "squall/arrays.h"
#include "squall/deck.h"

enum { SQ_ARRAY_PATH = 4096, SQ_ARRAY_MESSAGE = 2048, SQ_ARRAY_LIST = 12 };

/* The first failure of this rank; code 0 while all is well. */
typedef struct {
  const char *path; /* of the file that it is about: begins the message */
  PetscErrorCode code;
  char text[SQ_ARRAY_MESSAGE];
} sq_array_failure;
/* Notes it unless there is one; returns false. */
bool sq_array_fail(sq_array_failure *failure, PetscErrorCode code, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

/* A format of files. */
typedef struct {
  const char *name;
  bool (*is)(const char *path, const char head[8]); /* by its first bytes; NULL: it must be named */
  bool (*open)(const sq_array_source *source, sq_array *array, sq_array_failure *failure);
  bool (*read)(sq_array *array, const int64_t first[], const int64_t count[], double *values,
               sq_array_failure *failure);
  void (*close)(sq_array *array); /* what open has left, also where it failed */
  /* Writes into a new file at path; NULL: this format is not written. */
  PetscErrorCode (*write)(const char *path, int items, const sq_array_item *item);
} sq_array_format;
extern const sq_array_format sq_array_npy, sq_array_npz, sq_array_hdf5, sq_array_raw;
extern const sq_array_format *const sq_array_formats[]; /* NULL-terminated (table.c) */

struct sq_array {
  MPI_Comm comm;
  const sq_array_format *format;
  char path[SQ_ARRAY_PATH];
  sq_array_shape shape;
  void *self; /* of the format */
};

/* ---- names (names.c) ---- */
/* What a message says of the arrays that a file has; names beyond SQ_ARRAY_LIST are counted alone. */
typedef struct {
  const char *wanted; /* "": none in particular */
  int64_t count;
  char list[1024];
  sq_nearest nearest;
} sq_array_names;
void sq_array_names_add(sq_array_names *names, const char *name, const char *about);
/* Fails: the wanted one is not there, or which of them is not said. */
bool sq_array_names_fail(const sq_array_names *names, const char *what, sq_array_failure *failure);
/* Like strcmp, digits by the number they make: conf_9 before conf_10. */
int sq_array_names_order(const char *a, const char *b);

/* ---- numbers (number.c) ---- */
/* n numbers from bytes to double, and back: out[i stride]. */
void sq_number_decode(sq_number number, int64_t n, const unsigned char *bytes, int64_t stride, double *out);
void sq_number_encode(sq_number number, int64_t n, const double *values, unsigned char *bytes);
void sq_number_name(sq_number number, char text[SQ_ARRAY_TEXT]);
/* The bytes that an array takes; false: more than can be counted, or an extent below 0. */
bool sq_array_bytes(const sq_array_shape *shape, int64_t *bytes);

/* ---- arrays that lie flat in bytes (flat.c) ---- */
/* Gives n bytes from byte `at` on. */
typedef bool (*sq_flat_get)(void *self, int64_t at, int64_t n, unsigned char *bytes, sq_array_failure *failure);
/* sq_array_format.read of an array that begins at byte offset; fortran: the first index runs fastest. Bytes are asked
 * for in ascending order. */
bool sq_flat_read(const sq_array *array, int64_t offset, bool fortran, sq_flat_get get, const int64_t first[],
                  const int64_t count[], double *values, sq_array_failure *failure);

/* ---- files (file.c) ---- */
typedef struct {
  int descriptor;
  int64_t bytes;
} sq_array_file;
bool sq_array_file_open(const char *path, sq_array_file *file, sq_array_failure *failure);
/* A sq_flat_get of such a file. */
bool sq_array_file_get(void *file, int64_t at, int64_t n, unsigned char *bytes, sq_array_failure *failure);
void sq_array_file_close(sq_array_file *file);

/* ---- headers of npy (npy_header.c) ---- */
enum { SQ_NPY_BEGIN = 12, SQ_NPY_MOST = 65536 };
/* Where the array begins, given the first SQ_NPY_BEGIN bytes; 0: this is no npy. */
int64_t sq_npy_data(const unsigned char begin[SQ_NPY_BEGIN]);
/* What the header says, header[size] being all before the data. */
bool sq_npy_parse(const unsigned char *header, int64_t size, sq_array_shape *shape, bool *fortran,
                  sq_array_failure *failure);
/* The header of an array in C order; returns its length, at most SQ_NPY_HEADER. */
enum { SQ_NPY_HEADER = 512 };
int64_t sq_npy_header(const sq_array_shape *shape, unsigned char header[SQ_NPY_HEADER]);

/* Numbers first .. first + count - 1 of an item. */
PetscErrorCode sq_array_item_get(const sq_array_item *item, int64_t first, int64_t count, double *values);
/* The number of them all. */
int64_t sq_array_item_count(const sq_array_item *item);

#endif
