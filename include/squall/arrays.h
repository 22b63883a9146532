/* SPDX-License-Identifier: BSD-3-Clause */
/* arrays: numbers in files of other programs: NumPy's npy and npz, raw binary, HDF5. A format is a row of a table.
 *
 * Files are untrusted: headers, sizes and types are checked before anything is allocated or read. Every rank opens a
 * file for itself; a failure of one of them is a failure of all. Numbers become double.
 */
#ifndef SQUALL_ARRAYS_H
#define SQUALL_ARRAYS_H

#include "squall/comm.h"

SQ_C_BEGIN

enum { SQ_ARRAY_RANK = 8, SQ_ARRAY_TEXT = 256 };

/* How a number stands in a file. */
typedef struct {
  char kind; /* f: real, i: integer, u: integer >= 0, b: truth value */
  int bytes;
  bool big; /* the first byte has the highest digits */
} sq_number;

typedef struct {
  int rank; /* 0: one number */
  int64_t extent[SQ_ARRAY_RANK];
  sq_number number;
} sq_array_shape;

/* Which array. Strings may be NULL or "" for what is not said. */
typedef struct {
  const char *path;
  const char *name;   /* of a dataset, a member; not said: the only one. HDF5: a group stands for all datasets in it,
                         which   have one shape, in the natural order of their names: a leading axis numbers them */
  const char *format; /* of the table; not said, or auto: what the file begins with says it */
  /* of raw files alone: */
  const char *type; /* f8, >f4, int32, ... (sq_number_read) */
  int rank;
  const int64_t *extent;
  int64_t offset; /* bytes before the array */
} sq_array_source;

typedef struct sq_array sq_array;

/* Opens an array. Errors: SQ_ERR_INPUT where there is none of that name (the message lists those there are) or the file
 * cannot be opened, SQ_ERR_DATA for a file that is damaged or of numbers that are none of sq_number. Collective over
 * comm. */
PetscErrorCode sq_array_open(MPI_Comm comm, const sq_array_source *source, sq_array **array);
/* What is open; format: the name of its row. Not collective. */
const sq_array_shape *sq_array_about(const sq_array *array);
const char *sq_array_format_of(const sq_array *array);
/* Reads the part that begins at first[rank] and has count[rank] numbers in each direction into values, in C order; a
 * rank that wants nothing has a 0 in count. Error: SQ_ERR_DATA. Collective over the comm of sq_array_open. */
PetscErrorCode sq_array_read(sq_array *array, const int64_t first[], const int64_t count[], double *values);
/* Frees it. Not collective. */
void sq_array_close(sq_array **array);

/* The name of format number index, NULL past the last: npy, npz, hdf5, raw. Not collective. */
const char *sq_array_format_name(int index);
/* "float32, big-endian, 5000 x 16 x 16". Not collective. */
void sq_array_describe(const sq_array_shape *shape, char text[SQ_ARRAY_TEXT]);
/* "5000 x 16 x 16". Not collective. */
void sq_array_extents_text(int rank, const int64_t extent[], char text[SQ_ARRAY_TEXT]);
/* NumPy's words for a type, with or without an order of bytes: <f8, >f4, |b1, float32, int64, bool; no order: the
 * lowest digits first. False: it is none, with the reason. Not collective. */
bool sq_number_read(const char *text, sq_number *number, char reason[SQ_ARRAY_TEXT]);

/* ---- writing ---- */

/* An array to be written; values in C order, [product of extents], or NULL: then fill gives numbers first .. first +
 * count - 1, in this order. Nothing is owned. */
typedef struct {
  const char *name; /* of the member of an npz: the name that numpy.load gives it */
  sq_array_shape shape;
  const double *values;
  PetscErrorCode (*fill)(void *context, int64_t first, int64_t count, double *values);
  void *context;
} sq_array_item;

/* Writes arrays as npy (one) or npz (some, not compressed) into a new file that takes the place of path when it has
 * been read back. This rank alone does it. Errors: SQ_ERR_INPUT for a format that cannot be written, SQ_ERR_IO, those
 * of fill. Not collective. */
PetscErrorCode sq_array_write(const char *format, const char *path, int items, const sq_array_item *item);

SQ_C_END

#endif
