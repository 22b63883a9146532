/* Sums that do not depend on the order; see sq_sum in the header.
 *
 * (x + B) - B with B = 1.5 * 2^(52+e) rounds x to a multiple of 2^e. What is left over goes to the next grid.
 * Each bin then adds multiples of one power of two, which is exact. Needs strict IEEE arithmetic: no -ffast-math.
 */
#include "squall/comm.h"
#include <math.h>

enum { LANES = 8 };
static const double coarse = 0x1.8p40, middle = 0x1.8p16, fine = 0x1.8p-8; /* grids 2^-12, 2^-36, 2^-60 */

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

SQ_VECTORS void sq_sum_add_array(sq_sum *sum, int64_t count, const double *x)
{
  sq_sum lane[LANES] = {{{0}}};
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) add_one(&lane[l], x[i + l]);
  for (; i < count; i++) add_one(sum, x[i]);
  for (int l = 0; l < LANES; l++) sq_sum_merge(sum, &lane[l]);
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
