/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of arrays whose numbers lie one after the other in a file. */
#include "src/arrays/internal.h"

enum { PIECE = 1 << 16 }; /* numbers that are read together, at most */

/* A part as runs of consecutive numbers: where runs begin, how long they are, where their numbers go. */
typedef struct {
  int axis[SQ_ARRAY_RANK], outer;                      /* the axes that number runs, the slowest first */
  int64_t from[SQ_ARRAY_RANK], to[SQ_ARRAY_RANK], run; /* strides in the file and in values */
  int64_t spread;                                      /* stride in values along a run */
} runs;

/* In C order the last axes are one run where they are wanted whole. */
static void lay_out(const sq_array_shape *shape, bool fortran, const int64_t count[], runs *r)
{
  const int rank = shape->rank;
  int64_t from = 1, to = 1;
  r->outer = 0;
  r->run = r->spread = 1;
  for (int i = rank - 1; i >= 0; i--) {
    r->to[i] = to;
    to *= count[i];
  }
  bool whole = true;
  for (int k = rank - 1; k >= 0; k--) { /* from the fastest to the slowest */
    const int i = fortran ? rank - 1 - k : k;
    r->from[i] = from;
    from *= shape->extent[i];
    if (whole) r->run *= count[i];
    else r->axis[r->outer++] = i;
    if (k == rank - 1) r->spread = r->to[i];
    whole = whole && !fortran && count[i] == shape->extent[i];
  }
  for (int a = 0, b = r->outer - 1; a < b; a++, b--) {
    const int swap = r->axis[a];
    r->axis[a] = r->axis[b];
    r->axis[b] = swap;
  }
}

/* The next run, as an odometer: false after the last. */
static bool next(const runs *r, const int64_t count[], int64_t index[])
{
  for (int k = r->outer - 1; k >= 0; k--) {
    if (++index[r->axis[k]] < count[r->axis[k]]) return true;
    index[r->axis[k]] = 0;
  }
  return false;
}

bool sq_flat_read(const sq_array *array, int64_t offset, bool fortran, sq_flat_get get, const int64_t first[],
                  const int64_t count[], double *values, sq_array_failure *failure)
{
  const sq_array_shape *shape = &array->shape;
  const int size = shape->number.bytes;
  unsigned char *bytes;
  int64_t index[SQ_ARRAY_RANK] = {0}, begin = 0;
  runs r;
  bool fine = true;
  for (int i = 0; i < shape->rank; i++)
    if (!count[i]) return true;
  lay_out(shape, fortran, count, &r);
  for (int i = 0; i < shape->rank; i++) begin += first[i] * r.from[i];
  if (sq_alloc_bytes((size_t)PetscMin(r.run, PIECE) * (size_t)size, (void **)&bytes, __FILE__, __LINE__))
    return sq_array_fail(failure, PETSC_ERR_MEM, "no memory");
  do {
    int64_t at = begin, out = 0;
    for (int k = 0; k < r.outer; k++) {
      at += index[r.axis[k]] * r.from[r.axis[k]];
      out += index[r.axis[k]] * r.to[r.axis[k]];
    }
    for (int64_t done = 0, n; fine && done < r.run; done += n) {
      n = PetscMin(r.run - done, PIECE);
      fine = get(array->self, offset + (at + done) * size, n * size, bytes, failure);
      if (fine) sq_number_decode(shape->number, n, bytes, r.spread, values + out + done * r.spread);
    }
  } while (fine && next(&r, count, index));
  sq_free(&bytes);
  return fine;
}
