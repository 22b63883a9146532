/* SPDX-License-Identifier: BSD-3-Clause */
/* The probability flow as a generator. */
#include "src/likelihood/flow.h"

static PetscErrorCode generate(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *minus_log_q,
                               sq_generator_watch watch, void *context)
{
  return sq_flow_generate(self, seed, first, count, blocks, minus_log_q, watch, context);
}

static double cost(const void *self)
{
  return ((const sq_flow *)self)->cost;
}

void sq_flow_generator(sq_flow *flow, sq_generator *generator)
{
  *generator = (sq_generator){.self = flow,
                              .lattice = flow->score.fft->lattice,
                              .components = flow->score.components,
                              .has_density = true,
                              .batch = flow->batch,
                              .levels = flow->grid.steps,
                              .a = flow->grid.a,
                              .s = flow->grid.s,
                              .generate = generate,
                              .cost = cost};
}
