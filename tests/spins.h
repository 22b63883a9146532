/* SPDX-License-Identifier: BSD-3-Clause */
/* spins: independent signs as a model with an exact density, for tests: two weights, the biases of even and of odd
 * sites. It takes any part of a lattice. */
#ifndef SQUALL_TESTS_SPINS_H
#define SQUALL_TESTS_SPINS_H

#include "squall/field.h"
#include "squall/tractable.h"
#include <math.h>
#include <string.h>

enum { SPINS_BATCH = 64, SPINS_WEIGHTS = 2 };

typedef struct {
  const sq_lattice *lattice;
  double bias[SPINS_WEIGHTS];
  double scale;                            /* of the action it begins with: what it was told */
  signed char *parity;                     /* [local_volume] */
  double rest[SPINS_BATCH][SPINS_WEIGHTS]; /* d log q/d bias of the fields that it had last, this rank's part */
} spins;

static void spins_load(void *self, const float *weight)
{
  spins *s = self;
  for (int k = 0; k < SPINS_WEIGHTS; k++) s->bias[k] = (double)weight[k];
}

static PetscErrorCode spins_anneal(void *self, double scale)
{
  ((spins *)self)->scale = scale;
  return 0;
}

static PetscErrorCode spins_density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  spins *s = self;
  const int64_t n = s->lattice->local_volume;
  sq_sum sum[SPINS_BATCH] = {{{0}}};
  memset(s->rest, 0, sizeof s->rest);
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < n; i++) {
      const int k = s->parity[i];
      const double x = blocks[b * n + i];
      sq_sum_add(&sum[b], -log1p(exp(-2 * s->bias[k] * x)));
      s->rest[b][k] += x - tanh(s->bias[k]);
    }
  PetscCall(sq_sum_reduce(s->lattice->comm, count, sum));
  for (int b = 0; b < count; b++) log_q[b] = sq_sum_value(&sum[b]);
  PetscFunctionReturn(0);
}

static int64_t spins_site(const sq_lattice *lattice, int64_t i)
{
  const int64_t n = lattice->local[SQ_DIM - 1];
  return sq_lattice_row_site(lattice, i / n) + i % n;
}

static PetscErrorCode spins_draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  const spins *s = self;
  const int64_t n = s->lattice->local_volume;
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < n; i++) {
      const sq_stream stream = sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)(first + b));
      const double u = sq_rng_uniform(stream, (uint64_t)spins_site(s->lattice, i), 0, 0);
      blocks[b * n + i] = u < 1 / (1 + exp(-2 * s->bias[s->parity[i]])) ? 1 : -1;
    }
  PetscCall(spins_density(self, count, blocks, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode spins_backward(void *self, int count, const double *factor, float *gradient)
{
  const spins *s = self;
  for (int b = 0; b < count; b++)
    for (int k = 0; k < SPINS_WEIGHTS; k++) gradient[k] += (float)(factor[b] * s->rest[b][k]);
  return 0;
}

static PetscErrorCode spins_destroy(void *self)
{
  spins *s = self;
  sq_free(&s->parity);
  sq_free(&s);
  return 0;
}

/* Which sites are even, and which odd. */
static PetscErrorCode spins_parities(const sq_lattice *lattice, spins *s)
{
  PetscFunctionBeginUser;
  s->lattice = lattice;
  PetscCall(sq_alloc(lattice->local_volume, &s->parity));
  for (int64_t i = 0; i < lattice->local_volume; i++) {
    int64_t rest = spins_site(lattice, i), sum = 0;
    for (int mu = SQ_DIM - 1; mu >= 0; rest /= lattice->extent[mu--]) sum += rest % lattice->extent[mu];
    s->parity[i] = sum % 2;
  }
  PetscFunctionReturn(0);
}

__attribute__((unused)) static PetscErrorCode spins_create(const sq_lattice *lattice, int batch, sq_tractable *model)
{
  PetscFunctionBeginUser;
  spins *s;
  PetscCall(sq_alloc(1, &s));
  PetscCall(spins_parities(lattice, s));
  *model = (sq_tractable){.self = s,
                          .lattice = lattice,
                          .components = 1,
                          .batch = PetscMin(batch, SPINS_BATCH),
                          .parameters = SPINS_WEIGHTS,
                          .cost = 1,
                          .load = spins_load,
                          .anneal = spins_anneal,
                          .draw = spins_draw,
                          .density = spins_density,
                          .backward = spins_backward,
                          .destroy = spins_destroy};
  PetscFunctionReturn(0);
}

/* Fields by their number: the sign of site x is bit x, this rank's part. */
__attribute__((unused)) static void spins_state(const sq_lattice *lattice, int state, double *block)
{
  for (int64_t i = 0; i < lattice->local_volume; i++) block[i] = state >> spins_site(lattice, i) & 1 ? 1 : -1;
}

#endif
