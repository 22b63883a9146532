/* SPDX-License-Identifier: BSD-3-Clause */
/* The distribution of a spin: x = +-1 with log q = -log(1 + e^{-2 H x}), H = h + o. */
#include "src/conditional/types.h"

static double total(const sq_conditional_batch *batch, int64_t i)
{
  return (double)batch->par[i] + (batch->field ? batch->field[i] : 0);
}

/* Uniform numbers x[n] become signs. */
SQ_VECTORS static void decide(const sq_conditional_batch *batch, double *x)
{
  for (int64_t i = 0; i < batch->n; i++) x[i] = x[i] * (1 + sq_exponential(-2 * total(batch, i))) < 1 ? 1 : -1;
}

static void draw(const sq_conditional_batch *batch, const sq_conditional_address *address, double *x)
{
  for (int64_t i = 0; i < batch->n; i++) x[i] = sq_rng_uniform(address->stream[i], address->site[i], address->step, 0);
  decide(batch, x);
}

SQ_VECTORS static void log_density(const sq_conditional_batch *batch, const double *x, double *log_q)
{
  for (int64_t i = 0; i < batch->n; i++) {
    const double z = -2 * x[i] * total(batch, i), more = z > 0 ? z : 0;
    log_q[i] = -(more + sq_logarithm(1 + sq_exponential(-fabs(z))));
  }
}

/* d log q/dH = 2 x/(1 + e^{2 H x}). */
SQ_VECTORS static void gradient(const sq_conditional_batch *batch, const double *x, const double *factor,
                                float *gradient)
{
  for (int64_t i = 0; i < batch->n; i++)
    gradient[i] = (float)(factor[i] * 2 * x[i] / (1 + sq_exponential(2 * x[i] * total(batch, i))));
}

const sq_conditional sq_conditional_sign = {.name = "sign",
                                            .components = 1,
                                            .vectors = 1,
                                            .fields = 1,
                                            .most = 1,
                                            .covariant = true,
                                            .draw = draw,
                                            .log_density = log_density,
                                            .gradient = gradient};
