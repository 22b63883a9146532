/* SPDX-License-Identifier: BSD-3-Clause */
/* The type heights: the complex field at finite density as dual fluxes, with an exact density (squall/heights.h). */
#include "src/model/heights.h"
#include "src/model/types.h"
#include <math.h>
#include <string.h>

static const char *lacks(const sq_action *action)
{
  if (!action->type->flux) return "has no dual fluxes";
  return action->dim <= 2 ? NULL : "is not in one or two directions, where fluxes are heights and windings";
}

static sq_heights_shape shape_of(const sq_tractable_shape *shape)
{
  const double middle = shape->setting[HEIGHTS_MIDDLE], most = 1 << 22;
  sq_heights_shape own = sq_heights_of(&shape->action, shape->extent);
  own.hidden = sq_tractable_whole(shape, HEIGHTS_HIDDEN, 1, 1024);
  own.radius = sq_tractable_whole(shape, HEIGHTS_RADIUS, 0, 1024);
  own.windings = sq_tractable_whole(shape, HEIGHTS_WINDINGS, 1, SQ_HEIGHTS_WINDINGS);
  own.beginning = sq_tractable_whole(shape, HEIGHTS_BEGINNING, 0, SQ_HEIGHTS_BEGINNING);
  own.middle = fabs(middle) <= most ? (int64_t)rint(middle) : 0;
  return own;
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  const sq_heights_shape own = shape_of(shape);
  char trained[64], other[64];
  const int dim = shape->action.dim;
  SqCheck(!lacks(&shape->action), SQ_EVERY_RANK, SQ_ERR_INPUT, "a model of type heights: the action %s %s",
          shape->action.type->name, lacks(&shape->action));
  PetscCall(sq_heights_check(&own));
  sq_extents_text(dim, shape->extent + SQ_DIM - dim, trained, sizeof trained);
  sq_extents_text(dim, extent + SQ_DIM - dim, other, sizeof other);
  SqCheck(!memcmp(shape->extent, extent, sizeof shape->extent), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type heights works on the lattice that it was trained on, %s, not on %s", trained, other);
  PetscFunctionReturn(0);
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  const sq_heights_shape own = shape_of(shape);
  return sq_heights_parameters(&own);
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  const sq_heights_shape own = shape_of(shape);
  PetscCall(sq_heights_layout(&own, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  const sq_heights_shape own = shape_of(shape);
  const int batch = sq_heights_batch(&own, learning);
  (void)extent;
  return (sq_generator_needs){
    .batch = batch, .bytes = sq_heights_bytes(&own, batch, learning), .whole = true, .flops = sq_heights_flops(&own)};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  const sq_heights_shape own = shape_of(shape);
  sq_heights_start(&own, seed, weight);
  return 0;
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *model)
{
  PetscFunctionBeginUser;
  const sq_heights_shape own = shape_of(shape);
  PetscCall(fits(shape, lattice->extent));
  PetscCall(sq_heights_tractable(&own, lattice, batch, learning, model));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  const sq_heights_shape own = shape_of(shape);
  snprintf(text, size, "%d units, %lld +- %lld particles", own.hidden, (long long)own.middle, (long long)own.windings);
}

static const sq_tractable_kind kind = {.setting = sq_heights_settings,
                                       .later = (const char *const[]){"beginning", NULL},
                                       .read = sq_heights_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .make = make,
                                       .describe = describe};

const sq_model_type sq_model_type_heights = {.name = "heights",
                                             .summary = "the complex field at finite density as dual fluxes, link "
                                                        "after link, with exact weights",
                                             .params = sq_heights_params,
                                             .lacks = lacks,
                                             SQ_TRACTABLE_ROW(&kind)};
