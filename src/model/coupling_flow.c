/* SPDX-License-Identifier: BSD-3-Clause */
/* The type coupling-flow: a normalizing flow of coupling layers (squall/coupling.h). Its weights know nothing of the
 * volume: a model works on any lattice, with cells of two sites on those of even extents alone. */
#include "src/model/coupling_flow.h"
#include "src/model/types.h"

/* False where there is no such model. */
static bool model_of(const sq_tractable_shape *shape, sq_coupling_shape *c)
{
  *c = (sq_coupling_shape){.action = shape->action,
                           .layers = sq_tractable_whole(shape, COUPLING_LAYERS, 1, SQ_COUPLING_LAYERS),
                           .channels = sq_tractable_whole(shape, COUPLING_CHANNELS, 16, 512),
                           .blocks = sq_tractable_whole(shape, COUPLING_DEPTH, 0, 16),
                           .cell = sq_tractable_whole(shape, COUPLING_CELL, 1, 2)};
  return !sq_coupling_lacks(&shape->action) && c->layers > 0 && c->channels > 0 && c->channels % 16 == 0 &&
         c->blocks >= 0 && c->cell > 0;
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  sq_coupling_shape c;
  SqCheck(model_of(shape, &c), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "there is no model of type coupling-flow of these settings");
  for (int mu = SQ_DIM - shape->action.dim; mu < SQ_DIM; mu++)
    SqCheck(extent[mu] % c.cell == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "this model of type coupling-flow was made for even extents, and is not for %lld sites in a direction",
            (long long)extent[mu]);
  PetscFunctionReturn(0);
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  sq_coupling_shape c;
  return model_of(shape, &c) ? sq_coupling_parameters(&c) : 0;
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  sq_coupling_shape m;
  if (model_of(shape, &m)) PetscCall(sq_coupling_layout(&m, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  sq_coupling_shape c;
  if (!model_of(shape, &c)) return (sq_generator_needs){.batch = 1};
  const int batch = sq_coupling_batch(&c, extent);
  return (sq_generator_needs){.batch = batch,
                              .bytes = sq_coupling_bytes(&c, extent, batch, learning),
                              .grain = c.cell > 1 ? c.cell : 0,
                              .tables = sq_coupling_tables(&c, learning),
                              .flops = sq_coupling_flops(&c, extent)};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_coupling_shape c;
  if (model_of(shape, &c)) PetscCall(sq_coupling_init(&c, seed, weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  sq_coupling_shape c;
  PetscCall(fits(shape, lattice->extent));
  (void)model_of(shape, &c);
  PetscCall(sq_coupling_create(lattice, &c, batch, learning, tractable));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  sq_coupling_shape c;
  if (model_of(shape, &c))
    snprintf(text, size, "%d couplings by networks of %d channels and depth %d", c.layers, c.channels, c.blocks);
}

static const sq_tractable_kind kind = {.setting = sq_coupling_flow_settings,
                                       .read = sq_coupling_flow_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .make = make,
                                       .describe = describe};

const sq_model_type sq_model_type_coupling_flow = {.name = "coupling-flow",
                                                   .summary = "a normalizing flow, with exact weights",
                                                   .params = sq_coupling_flow_params,
                                                   .lacks = sq_coupling_lacks,
                                                   SQ_TRACTABLE_ROW(&kind)};
