/* SPDX-License-Identifier: BSD-3-Clause */
/* widths: independent normal numbers as a model with an exact density, for tests: two weights, the logarithms of the
 * widths at even and at odd sites. Its fields are functions of noise and weights: it has pull. */
#ifndef SQUALL_TESTS_WIDTHS_H
#define SQUALL_TESTS_WIDTHS_H

#include "tests/spins.h"

typedef struct {
  spins sites; /* lattice, parities */
  double log_width[SPINS_WEIGHTS];
  double count[SPINS_WEIGHTS]; /* sites of each parity on this rank */
  double *last;                /* [SPINS_BATCH][local_volume] the fields that it had last */
} widths;

static void widths_load(void *self, const float *weight)
{
  widths *w = self;
  for (int k = 0; k < SPINS_WEIGHTS; k++) w->log_width[k] = (double)weight[k];
}

static PetscErrorCode widths_density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  widths *w = self;
  const int64_t n = w->sites.lattice->local_volume;
  sq_sum sum[SPINS_BATCH] = {{{0}}};
  memmove(w->last, blocks, (size_t)(count * n) * sizeof *blocks);
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < n; i++) {
      const double width = w->log_width[w->sites.parity[i]], z = exp(-width) * blocks[b * n + i];
      sq_sum_add(&sum[b], -0.5 * z * z - width - 0.5 * log(2 * M_PI));
    }
  PetscCall(sq_sum_reduce(w->sites.lattice->comm, count, sum));
  for (int b = 0; b < count; b++) log_q[b] = sq_sum_value(&sum[b]);
  PetscFunctionReturn(0);
}

static PetscErrorCode widths_draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  const widths *w = self;
  const int64_t n = w->sites.lattice->local_volume;
  for (int b = 0; b < count; b++) {
    const sq_stream stream = sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)(first + b));
    sq_block_normals(w->sites.lattice, stream, 0, 0, blocks + b * n);
    for (int64_t i = 0; i < n; i++) blocks[b * n + i] *= exp(w->log_width[w->sites.parity[i]]);
  }
  PetscCall(widths_density(self, count, blocks, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode widths_backward(void *self, int count, const double *factor, float *gradient)
{
  const widths *w = self;
  const int64_t n = w->sites.lattice->local_volume;
  double sum[SPINS_WEIGHTS] = {0};
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < n; i++) {
      const int k = w->sites.parity[i];
      const double z = exp(-w->log_width[k]) * w->last[b * n + i];
      sum[k] += factor[b] * (z * z - 1);
    }
  for (int k = 0; k < SPINS_WEIGHTS; k++) gradient[k] += (float)sum[k];
  return 0;
}

/* dphi/dw = phi; of log q the width alone moves with w. */
static PetscErrorCode widths_pull(void *self, int count, const double *cotangent, const double *factor, float *gradient)
{
  const widths *w = self;
  const int64_t n = w->sites.lattice->local_volume;
  double sum[SPINS_WEIGHTS] = {0};
  for (int b = 0; b < count; b++)
    for (int64_t i = 0; i < n; i++) sum[w->sites.parity[i]] += cotangent[b * n + i] * w->last[b * n + i] - factor[b];
  for (int k = 0; k < SPINS_WEIGHTS; k++) gradient[k] += (float)sum[k];
  return 0;
}

static PetscErrorCode widths_destroy(void *self)
{
  widths *w = self;
  sq_free(&w->sites.parity);
  sq_free(&w->last);
  sq_free(&w);
  return 0;
}

static PetscErrorCode widths_create(const sq_lattice *lattice, sq_tractable *model)
{
  PetscFunctionBeginUser;
  widths *w;
  PetscCall(sq_alloc(1, &w));
  PetscCall(spins_parities(lattice, &w->sites));
  PetscCall(sq_alloc(SPINS_BATCH * lattice->local_volume, &w->last));
  *model = (sq_tractable){.self = w,
                          .lattice = lattice,
                          .components = 1,
                          .batch = SPINS_BATCH,
                          .parameters = SPINS_WEIGHTS,
                          .cost = 1,
                          .load = widths_load,
                          .draw = widths_draw,
                          .density = widths_density,
                          .backward = widths_backward,
                          .pull = widths_pull,
                          .destroy = widths_destroy};
  PetscFunctionReturn(0);
}

#endif
