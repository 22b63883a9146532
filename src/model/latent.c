/* SPDX-License-Identifier: BSD-3-Clause */
/* The type latent: fields made of hidden numbers, weighed by an encoder (squall/latent.h). Its networks know nothing of
 * the volume: a model works on any lattice. */
#include "src/model/latent.h"
#include "src/model/types.h"

/* False where there is no such model. */
static bool model_of(const sq_tractable_shape *shape, sq_latent_shape *m)
{
  *m = (sq_latent_shape){.action = shape->action,
                         .channels = sq_tractable_whole(shape, LATENT_CHANNELS, 16, 512),
                         .blocks = sq_tractable_whole(shape, LATENT_DEPTH, 0, 16),
                         .rounds = sq_tractable_whole(shape, LATENT_ROUNDS, 1, SQ_LATENT_ROUNDS)};
  return !sq_latent_lacks(&shape->action) && m->channels > 0 && m->channels % SQ_NN_CHANNEL_STEP == 0 &&
         m->blocks >= 0 && m->rounds > 0;
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  sq_latent_shape m;
  (void)extent;
  SqCheck(model_of(shape, &m), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "there is no model of type latent of the theory %s with these channels, depth and rounds",
          shape->action.type->name);
  PetscFunctionReturn(0);
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  sq_latent_shape m;
  return model_of(shape, &m) ? sq_latent_parameters(&m) : 0;
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  sq_latent_shape m;
  if (model_of(shape, &m)) PetscCall(sq_latent_layout(&m, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  sq_latent_shape m;
  if (!model_of(shape, &m)) return (sq_generator_needs){.batch = 1};
  const int batch = sq_latent_batch(&m, extent);
  return (sq_generator_needs){.batch = batch,
                              .bytes = sq_latent_bytes(&m, extent, batch, learning),
                              .grain = 1,
                              .flops = sq_latent_flops(&m, extent)};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_latent_shape m;
  if (model_of(shape, &m)) PetscCall(sq_latent_init(&m, seed, weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  sq_latent_shape m;
  PetscCall(fits(shape, lattice->extent));
  (void)model_of(shape, &m);
  PetscCall(sq_latent_create(lattice, &m, batch, learning, tractable));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  sq_latent_shape m;
  if (!model_of(shape, &m)) return;
  snprintf(text, size, "%d round%s of a decoder and an encoder, %d channels, %d unit%s", m.rounds,
           m.rounds == 1 ? "" : "s", m.channels, m.blocks, m.blocks == 1 ? "" : "s");
}

static const sq_tractable_kind kind = {.setting = sq_latent_settings,
                                       .read = sq_latent_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .make = make,
                                       .describe = describe};

const sq_model_type sq_model_type_latent = {.name = "latent",
                                            .summary = "a decoder and an encoder, with exact path weights",
                                            .params = sq_latent_params,
                                            .lacks = sq_latent_lacks,
                                            SQ_TRACTABLE_ROW(&kind)};
