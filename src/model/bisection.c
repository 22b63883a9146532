/* SPDX-License-Identifier: BSD-3-Clause */
/* The type bisection: paths by midpoints, given both ends (squall/bisection.h). */
#include "src/model/bisection.h"
#include "src/model/types.h"
#include <string.h>

/* False where there is no such model. */
static bool model_of(const sq_tractable_shape *shape, sq_bisection_shape *m)
{
  *m = (sq_bisection_shape){.action = shape->action,
                            .sites = shape->extent[SQ_DIM - 1],
                            .channels = sq_tractable_whole(shape, BISECTION_CHANNELS, 16, SQ_BISECTION_CHANNELS),
                            .depth = sq_tractable_whole(shape, BISECTION_DEPTH, 0, SQ_BISECTION_DEPTH),
                            .mixture = sq_tractable_whole(shape, BISECTION_MIXTURE, 1, SQ_BISECTION_MIXTURE)};
  return sq_bisection_valid(m);
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  sq_bisection_shape m;
  SqCheck(model_of(shape, &m), SQ_EVERY_RANK, SQ_ERR_INPUT, "there is no model of type bisection of this size");
  SqCheck(!memcmp(shape->extent, extent, sizeof shape->extent), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type bisection makes paths of the %lld sites that it was trained on, not of %lld",
          (long long)m.sites, (long long)extent[SQ_DIM - 1]);
  PetscFunctionReturn(0);
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  sq_bisection_shape m;
  return model_of(shape, &m) ? sq_bisection_parameters(&m) : 0;
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  sq_bisection_shape m;
  if (model_of(shape, &m)) PetscCall(sq_bisection_layout(&m, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  enum { BATCH = 256 };
  sq_bisection_shape m;
  (void)extent;
  (void)learning;
  if (!model_of(shape, &m)) return (sq_generator_needs){.batch = 1};
  return (sq_generator_needs){
    .batch = BATCH, .bytes = sq_bisection_bytes(&m, BATCH), .whole = true, .flops = sq_bisection_flops(&m)};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_bisection_shape m;
  if (model_of(shape, &m)) PetscCall(sq_bisection_init(&m, seed, weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  sq_bisection_shape m;
  (void)learning;
  PetscCall(fits(shape, lattice->extent));
  (void)model_of(shape, &m);
  PetscCall(sq_bisection_create(lattice, &m, batch, tractable));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  sq_bisection_shape m;
  if (!model_of(shape, &m)) return;
  snprintf(text, size, "%d networks of %d layers of %d channels, %d parts and their mirror images",
           sq_bisection_networks(&m), m.depth + 1, m.channels, m.mixture);
}

static const sq_tractable_kind kind = {.setting = sq_bisection_settings,
                                       .read = sq_bisection_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .make = make,
                                       .describe = describe};

const sq_model_type sq_model_type_bisection = {.name = "bisection",
                                               .summary = "paths by their midpoints, with exact weights",
                                               .params = sq_bisection_params,
                                               .lacks = sq_bisection_lacks,
                                               SQ_TRACTABLE_ROW(&kind)};
