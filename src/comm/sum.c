/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums that do not depend on the order; see sq_sum in the header.
 *
 * (x + B) - B with B = 1.5 * 2^(52+e) rounds x to a multiple of 2^e. What is left over goes to the next grid.
 * Each bin then adds multiples of one power of two, which is exact. Needs strict IEEE arithmetic: no -ffast-math.
 *
 * Arrays go another way to the same bits. x + B is B plus a whole number of steps 2^e, and the bits of a double,
 * read as a whole number, count these steps: so the bits are added as whole numbers, and n times those of B taken
 * away. The finest grid is taken before the middle one is subtracted; that is done with the totals. This saves six of
 * eleven additions of doubles.
 */
#include "squall/comm.h"
#include <math.h>
#include <string.h>

enum { LANES = 8, RUN = 2048 };                                            /* |x| < 2^39 fills 62 bits in a run */
static const double coarse = 0x1.8p40, middle = 0x1.8p16, fine = 0x1.8p-8; /* grids 2^-12, 2^-36, 2^-60 */

typedef double reals __attribute__((vector_size(8 * LANES)));
typedef uint64_t wholes __attribute__((vector_size(8 * LANES)));

/* Of the terms of a run: bits of x + B for the three grids, added up; the bits in which any of the first differed. */
typedef struct {
  wholes grid[3], odd;
} lanes;

static inline __attribute__((always_inline)) void add_one(sq_sum *sum, double x)
{
  double a = (x + coarse) - coarse;
  double y = x - a;
  double b = (y + middle) - middle;
  double z = y - b;
  sum->bin[0] += a;
  sum->bin[1] += b;
  sum->bin[2] += (z + fine) - fine;
}

void sq_sum_add(sq_sum *sum, double x)
{
  add_one(sum, x);
}

static uint64_t bits_of(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline __attribute__((always_inline)) void add_lanes(lanes *l, const void *eight)
{
  reals x;
  memcpy(&x, eight, sizeof x);
  const reals first = x + coarse, rest = x - (first - coarse);
  l->grid[0] += (wholes)first;
  l->grid[1] += (wholes)(rest + middle);
  l->grid[2] += (wholes)(rest + fine);
  l->odd |= (wholes)first ^ bits_of(coarse);
}

/* What some whole numbers, each of them B's bits plus steps, are in steps. */
static int64_t steps_of(const wholes *total, int64_t each, double grid)
{
  uint64_t lane[LANES], sum = 0;
  memcpy(lane, total, sizeof lane);
  for (int i = 0; i < LANES; i++) sum += lane[i];
  return (int64_t)(sum - (uint64_t)(LANES * each) * bits_of(grid));
}

/* Adds at most RUN terms. False, and nothing done, where one is too large for its bits to count steps: x + B then has
 * another exponent than B. */
SQ_VECTORS static bool add_run(sq_sum *sum, int64_t count, const double *x)
{
  lanes l = {.grid = {{0}}};
  double tail[LANES] = {0};
  const int64_t whole = count / LANES, each = (count + LANES - 1) / LANES;
  for (int64_t i = 0; i < whole; i++) add_lanes(&l, x + i * LANES);
  for (int64_t i = whole * LANES; i < count; i++) tail[i % LANES] = x[i];
  if (each > whole) add_lanes(&l, tail);
  uint64_t lane[LANES], odd = 0;
  memcpy(lane, &l.odd, sizeof lane);
  for (int i = 0; i < LANES; i++) odd |= lane[i];
  if (odd >> 52) return false;
  const int64_t a = steps_of(&l.grid[0], each, coarse), b = steps_of(&l.grid[1], each, middle),
                c = steps_of(&l.grid[2], each, fine);
  sum->bin[0] += (double)a * 0x1p-12;
  sum->bin[1] += (double)b * 0x1p-36;
  sum->bin[2] += (double)(c - b * (1 << 24)) * 0x1p-60;
  return true;
}

void sq_sum_add_array(sq_sum *sum, int64_t count, const double *x)
{
  for (int64_t n; count > 0; count -= n, x += n) {
    n = count < RUN ? count : RUN;
    if (n >= LANES && add_run(sum, n, x)) continue;
    for (int64_t i = 0; i < n; i++) add_one(sum, x[i]);
  }
}

double *sq_terms_room(sq_terms *terms, int64_t n)
{
  if (terms->count + n > SQ_TERMS) sq_terms_end(terms);
  terms->count += n;
  return terms->term + terms->count - n;
}

void sq_terms_end(sq_terms *terms)
{
  sq_sum_add_array(terms->sum, terms->count, terms->term);
  terms->count = 0;
}

double sq_sum_round(double x)
{
  const double a = (x + coarse) - coarse, y = x - a, b = (y + middle) - middle, z = y - b;
  return a + (b + ((z + fine) - fine));
}

void sq_sum_merge(sq_sum *sum, const sq_sum *other)
{
  for (int b = 0; b < 3; b++) sum->bin[b] += other->bin[b];
}

void sq_sum_subtract(sq_sum *sum, const sq_sum *other)
{
  for (int b = 0; b < 3; b++) sum->bin[b] -= other->bin[b];
}

double sq_sum_value(const sq_sum *sum)
{
  double value = sum->bin[0] + (sum->bin[1] + sum->bin[2]);
  return isfinite(value) ? value : NAN;
}

PetscErrorCode sq_sum_reduce(MPI_Comm comm, int count, sq_sum *sums)
{
  PetscFunctionBeginUser;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 3 * count, MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(0);
}
