/* SPDX-License-Identifier: BSD-3-Clause */
/* White noise of one width as a generator, whose density is known: what tests of model types are made of. */
#ifndef SQUALL_TESTS_WHITE_H
#define SQUALL_TESTS_WHITE_H

#include "squall/model.h"
#include <math.h>

typedef struct {
  double width;
  sq_action action;
} white;

enum { WHITE_BATCH = 4 };

typedef struct {
  double width;
  const sq_lattice *lattice;
} source;

static PetscErrorCode white_generate(void *self, uint64_t seed, int64_t first, int count, double *blocks,
                                     double *minus_log_q, sq_generator_watch watch, void *context)
{
  PetscFunctionBeginUser;
  const source *s = self;
  int64_t volume = s->lattice->local_volume;
  sq_sum sum[WHITE_BATCH] = {{{0}}};
  (void)watch, (void)context;
  for (int b = 0; b < count; b++) {
    double *block = blocks + b * volume;
    sq_block_normals(s->lattice, sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)(first + b)), 0, 0, block);
    for (int64_t i = 0; i < volume; i++) sq_sum_add(&sum[b], 0.5 * block[i] * block[i]), block[i] *= s->width;
  }
  PetscCall(sq_sum_reduce(s->lattice->comm, count, sum));
  for (int b = 0; b < count; b++)
    minus_log_q[b] = sq_sum_value(&sum[b]) + (double)s->lattice->volume * log(s->width * sqrt(2 * M_PI));
  PetscFunctionReturn(0);
}

static double white_cost(const void *self)
{
  (void)self;
  return 0;
}

static PetscErrorCode destroy_source(void *owner)
{
  sq_free(&owner);
  return 0;
}

static PetscErrorCode white_generator(const void *self, const sq_sample_settings *set, sq_fft *fft, bool plain,
                                      sq_generator *g)
{
  PetscFunctionBeginUser;
  source *s;
  (void)set, (void)plain;
  PetscCall(sq_alloc(1, &s));
  *s = (source){.width = ((const white *)self)->width, .lattice = fft->lattice};
  *g = (sq_generator){.self = s,
                      .owner = s,
                      .lattice = fft->lattice,
                      .has_density = true,
                      .batch = WHITE_BATCH,
                      .generate = white_generate,
                      .cost = white_cost,
                      .destroy = destroy_source};
  PetscFunctionReturn(0);
}

#endif
