/* SPDX-License-Identifier: BSD-3-Clause */
/* The type multilevel: fields from coarse to fine (squall/multilevel.h). Levels are counted from the finest: a model
 * works on lattices of the same levels and box as its own. */
#include "src/model/multilevel.h"
#include "src/model/types.h"
#include <string.h>

/* False where there is no such model. */
static bool model_of(const sq_tractable_shape *shape, sq_multilevel_shape *m)
{
  const double reach = shape->setting[MULTILEVEL_REACH];
  *m = (sq_multilevel_shape){
    .action = shape->action,
    .channels = sq_tractable_whole(shape, MULTILEVEL_CHANNELS, 16, 512),
    .blocks = sq_tractable_whole(shape, MULTILEVEL_DEPTH, 0, 16),
    .mixture = sq_tractable_whole(shape, MULTILEVEL_MIXTURE, 1, sq_multilevel_mixtures(&shape->action)),
    .reach = reach};
  return !sq_multilevel_lacks(&shape->action) && m->channels > 0 && m->channels % 16 == 0 && m->blocks >= 0 &&
         m->mixture > 0 && reach >= 1 && reach <= SQ_MULTILEVEL_REACH &&
         sq_multilevel_levels(shape->action.dim, shape->extent, &m->levels, m->box);
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  sq_multilevel_shape m;
  char own[64], other[64];
  const int dim = shape->action.dim;
  sq_extents_text(dim, shape->extent + SQ_DIM - dim, own, sizeof own);
  sq_extents_text(dim, extent + SQ_DIM - dim, other, sizeof other);
  SqCheck(model_of(shape, &m), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "lattice.extents: %s sites cannot be halved down to a coarsest level of at most %d sites: a power of two "
          "times "
          "a small number can, as 64, 48, 40; all extents are halved together, while they are multiples of %d",
          own, SQ_MULTILEVEL_BOX, 4);
  SqCheck(!memcmp(shape->extent, extent, sizeof shape->extent), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type multilevel knows the coarsest level of the lattice that it was trained on, %s, and no "
          "other: for %s train on, with that lattice and model.start",
          own, other);
  PetscFunctionReturn(0);
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  sq_multilevel_shape m;
  return model_of(shape, &m) ? sq_multilevel_parameters(&m) : 0;
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  sq_multilevel_shape m;
  if (model_of(shape, &m)) PetscCall(sq_multilevel_layout(&m, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  sq_multilevel_shape m;
  if (!model_of(shape, &m)) return (sq_generator_needs){.batch = 1};
  const int batch = sq_multilevel_batch(extent);
  const int64_t cell = 4;
  int64_t grain = cell;
  for (int mu = SQ_DIM - shape->action.dim; mu < SQ_DIM; mu++)
    if (extent[mu] % cell) grain = 0;
  return (sq_generator_needs){.batch = batch,
                              .bytes = sq_multilevel_bytes(&m, batch, learning),
                              .grain = grain,
                              .whole = m.levels == 0,
                              .flops = sq_multilevel_flops(&m)};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_multilevel_shape m;
  if (model_of(shape, &m)) PetscCall(sq_multilevel_init(&m, seed, weight));
  PetscFunctionReturn(0);
}

/* What another model has learned: its file may be of another lattice and of other couplings. */
static PetscErrorCode begin(MPI_Comm comm, const sq_deck *deck, const sq_tractable_shape *shape, double *weight)
{
  PetscFunctionBeginUser;
  const char *path = sq_model_start(deck);
  sq_store *store;
  sq_model other;
  sq_multilevel_shape mine, theirs;
  int64_t count;
  if (!path[0]) PetscFunctionReturn(0);
  PetscCall(sq_store_read(comm, path, "model", false, &store, NULL));
  PetscErrorCode code = sq_model_get(comm, store, path, &other);
  PetscCall(sq_store_destroy(&store));
  PetscCall(code);
  bool fit = other.type == &sq_model_type_multilevel && model_of(shape, &mine) &&
             model_of(sq_tractable_shape_of(other.self), &theirs);
  if (fit) fit = sq_multilevel_carry(&theirs, other.type->weights(other.self, &count), &mine, weight);
  PetscCall(sq_model_destroy(&other));
  SqCheck(fit, comm, SQ_ERR_INPUT,
          "%s: model.start: %s is no model to begin with: it must be one of type multilevel of the same theory and "
          "number of directions, with the same channels, depth, reach and mixtures",
          sq_deck_where(deck, "model", "start"), path);
  PetscFunctionReturn(0);
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  sq_multilevel_shape m;
  PetscCall(fits(shape, lattice->extent));
  (void)model_of(shape, &m);
  PetscCall(sq_multilevel_create(lattice, &m, batch, learning, tractable));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  sq_multilevel_shape m;
  char box[64];
  if (!model_of(shape, &m)) return;
  sq_extents_text(shape->action.dim, m.box + SQ_DIM - shape->action.dim, box, sizeof box);
  snprintf(text, size, "%d level%s above a coarsest one of %s, %d layers of %d channels", m.levels,
           m.levels == 1 ? "" : "s", box, m.blocks + 1, m.channels);
}

static const sq_tractable_kind kind = {.setting = sq_multilevel_settings,
                                       .read = sq_multilevel_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .begin = begin,
                                       .make = make,
                                       .describe = describe};

const sq_model_type sq_model_type_multilevel = {.name = "multilevel",
                                                .summary = "from the coarsest level to the finest, with exact weights",
                                                .params = sq_multilevel_params,
                                                .lacks = sq_multilevel_lacks,
                                                SQ_TRACTABLE_ROW(&kind)};
