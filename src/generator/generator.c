/* SPDX-License-Identifier: BSD-3-Clause */
/* Generators: what holds for every one of them. */
#include "squall/generator.h"

int64_t sq_generator_numbers(const sq_generator *g)
{
  return (g->components > 1 ? g->components : 1) * g->lattice->local_volume;
}

PetscErrorCode sq_generator_generate(const sq_generator *g, uint64_t seed, int64_t first, int count, double *blocks,
                                     double *minus_log_q, sq_generator_watch watch, void *context)
{
  PetscFunctionBeginUser;
  PetscCheck(count >= 0 && count <= g->batch, g->lattice->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "%d fields at once of a generator that makes %d", count, g->batch);
  if (count) PetscCall(g->generate(g->self, seed, first, count, blocks, minus_log_q, watch, context));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_generator_destroy(sq_generator *g)
{
  PetscFunctionBeginUser;
  if (g->owner) PetscCall(g->destroy(g->owner));
  *g = (sq_generator){0};
  PetscFunctionReturn(0);
}
