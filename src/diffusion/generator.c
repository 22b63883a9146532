/* SPDX-License-Identifier: BSD-3-Clause */
/* A sampler as a generator. */
#include "squall/diffusion.h"

static PetscErrorCode generate(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *minus_log_q,
                               sq_generator_watch watch, void *context)
{
  return sq_sampler_generate(self, seed, first, count, blocks, minus_log_q, watch, context);
}

static double cost(const void *self)
{
  const sq_sampler *sampler = self;
  return (double)sampler->type->evaluations(sampler);
}

void sq_sampler_generator(sq_sampler *sampler, sq_generator *generator)
{
  *generator = (sq_generator){.self = sampler,
                              .lattice = sampler->score.fft->lattice,
                              .components = sampler->score.components,
                              .has_density = sampler->type->weighted,
                              .batch = sampler->batch,
                              .levels = sampler->grid.steps,
                              .a = sampler->grid.a,
                              .s = sampler->grid.s,
                              .generate = generate,
                              .cost = cost};
}

sq_sampler *sq_generator_sampler(const sq_generator *generator)
{
  return generator->generate == generate ? generator->self : NULL;
}
