/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps in vectors; the including file defines WIDTH (doubles in a vector), KERNEL, and the places in two vectors
 * after each other that a vector is moved to: one site back (BACK), one site ahead (AHEAD).
 *
 * The neighbours along a row are shifted in registers: so a number is loaded once for three sites, loads are not split
 * between two lines of the cache, and a row needs no rim. The order of operations is that of sweep_of_row in hopping.c,
 * so the bits are the same.
 */
#include "torus.h"

typedef double real __attribute__((vector_size(8 * WIDTH)));
typedef double unaligned __attribute__((vector_size(8 * WIDTH), aligned(8)));
#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define MOVED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int64_t places __attribute__((vector_size(8 * WIDTH)));
#define MOVED(a, b, ...) __builtin_shuffle(a, b, (places){__VA_ARGS__})
#endif

INLINE real load(const double *x)
{
  return *(const unaligned *)x;
}

/* One vector of a row: beside is the sum of the neighbours in it. */
INLINE real step(const int dim, const bool plain, const sq_torus_sheet *s, const double *x, const int64_t shift[2],
                 real now, real beside, real previous)
{
  real around = beside + (load(x + shift[0]) + load(x + shift[1]));
  if (dim > 2) around += load(x + s->shift[0]) + load(x + s->shift[1]);
  if (dim > 3) around += load(x + s->shift[2]) + load(x + s->shift[3]);
  return now * (s->linear - s->cubic * (now * now)) + (s->hop * around - (plain ? previous : s->ratio * previous));
}

/* shift[2]: to the rows on either side. What is left of a row that is no multiple of a vector is done by a last vector,
 * which repeats sites: their previous numbers are taken before next, which may be in their place, is written. */
INLINE void row(const int dim, const bool plain, const sq_torus_sheet *s, const double *x, const int64_t shift[2],
                const int64_t n, const double *previous, double *next)
{
  const int64_t last = n - WIDTH, rest = n % WIDTH;
  const real kept = load(previous + last), first = load(x);
  real before = load(x + last), now = first;
  for (int64_t i = 0; i <= last; i += WIDTH) {
    const real after = i < last - rest ? load(x + i + WIDTH) : first;
    const real ahead = rest && i == last - rest ? load(x + i + 1) : MOVED(now, after, AHEAD);
    *(unaligned *)(next + i) = step(dim, plain, s, x + i, shift, now, MOVED(before, now, BACK) + ahead,
                                    load(previous + i));
    before = now;
    now = after;
  }
  if (!rest) return;
  now = load(x + last);
  *(unaligned *)(next + last) = step(dim, plain, s, x + last, shift, now, load(x + last - 1) + MOVED(now, first, AHEAD),
                                     kept);
}

INLINE void rows(const int dim, const bool plain, const sq_torus_sheet *s, int64_t first, int64_t count,
                 const int64_t n)
{
  for (int64_t r = first; r < first + count; r++) {
    const int64_t pitch = s->pitch[0], around = (s->rows - 1) * pitch;
    const int64_t shift[] = {r > 0 ? -pitch : around, r < s->rows - 1 ? pitch : -around};
    row(dim, plain, s, s->now + r * pitch, shift, n, s->previous + r * s->pitch[1], s->next + r * s->pitch[2]);
  }
}

/* Short rows count: without loops. */
INLINE void rows_of(const int dim, const sq_torus_sheet *s, int64_t first, int64_t count)
{
  if (s->ratio != 1) rows(dim, false, s, first, count, s->length);
  else if (s->length == 8) rows(dim, true, s, first, count, 8);
  else if (s->length == 16) rows(dim, true, s, first, count, 16);
  else if (s->length == 32) rows(dim, true, s, first, count, 32);
  else if (s->length % 8 == 0) rows(dim, true, s, first, count, s->length & ~(int64_t)7);
  else rows(dim, true, s, first, count, s->length);
}

void KERNEL(int dim, const sq_torus_sheet *s, int64_t first, int64_t count)
{
  if (dim == 2) rows_of(2, s, first, count);
  else if (dim == 3) rows_of(3, s, first, count);
  else rows_of(4, s, first, count);
}
