/* SPDX-License-Identifier: BSD-3-Clause */
/* Reversibility: what makes the Metropolis decision exact holds only as far as a trajectory, its momenta reversed,
 * leads back. */
#include "internal.h"
#include <math.h>

static const double magnified =
  0x1p40; /* exact sums have a resolution of 2^-60, squares of rounding errors are below */

/* Adds (x - sign y)^2, magnified, to difference and y^2 to size. */
static void compare(int64_t n, const double *x, double sign, const double *y, sq_sum *difference, sq_sum *size)
{
  for (int64_t i = 0; i < n; i++) {
    double d = magnified * (x[i] - sign * y[i]);
    sq_sum_add(difference, d * d);
    sq_sum_add(size, y[i] * y[i]);
  }
}

static void draw_momenta(const sq_chain *chain, double *momentum)
{
  sq_md_normals(chain->md, sq_stream_make(chain->seed, SQ_RNG_REVERSAL, chain->id), (uint64_t)chain->trajectory, 0,
                momentum);
}

/* Forth and back; phi and force are work space. Leaves the last field in md->end and the last momenta, reversed, in
 * md->momentum. */
static PetscErrorCode there_and_back(const sq_chain *chain, double eps, int64_t steps, sq_field **phi, double **force)
{
  PetscFunctionBeginUser;
  sq_md *md = chain->md;
  draw_momenta(chain, md->momentum);
  PetscCall(sq_md_integrate(md, chain->phi, chain->force, eps, steps));
  sq_md_take(md, phi, force);
  for (int64_t i = 0; i < md->numbers; i++) md->momentum[i] = -md->momentum[i];
  PetscCall(sq_md_integrate(md, *phi, *force, eps, steps));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_chain_reversibility(const sq_chain *chain, double eps, int64_t steps, double *deviation)
{
  PetscFunctionBeginUser;
  enum { DIFFERENCE, SIZE, SUMS };
  sq_md *md = chain->md;
  const int64_t numbers = md->numbers;
  sq_sum sum[SUMS] = {{{0}}};
  sq_field *phi;
  double *force, *first, *last;
  PetscCall(sq_field_create_components(md->lattice, 1, md->components, &phi));
  PetscCall(sq_alloc(numbers, &force));
  PetscCall(sq_alloc(numbers, &first));
  PetscCall(sq_alloc(numbers, &last));
  PetscCall(there_and_back(chain, eps, steps, &phi, &force));
  sq_field_to_block(chain->phi, first);
  sq_field_to_block(md->end, last);
  compare(numbers, last, 1, first, &sum[DIFFERENCE], &sum[SIZE]);
  draw_momenta(chain, first);
  compare(numbers, md->momentum, -1, first, &sum[DIFFERENCE], &sum[SIZE]);
  PetscCall(sq_sum_reduce(md->lattice->comm, SUMS, sum));
  *deviation = sqrt(sq_sum_value(&sum[DIFFERENCE]) / sq_sum_value(&sum[SIZE])) / magnified;
  PetscCall(sq_field_destroy(&phi));
  sq_free(&force);
  sq_free(&first);
  sq_free(&last);
  PetscFunctionReturn(0);
}
