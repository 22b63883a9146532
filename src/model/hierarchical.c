/* SPDX-License-Identifier: BSD-3-Clause */
/* The type hierarchical: spins in two dimensions by crosses and boxes (squall/crosses.h). */
#include "src/model/hierarchical.h"
#include "src/model/types.h"
#include "squall/correct.h"
#include "squall/crosses.h"
#include <math.h>

static const char *lacks(const sq_action *action)
{
  const sq_action_given *given = action->type->given;
  if (action->type->space != &sq_space_sign || !given || given->potential) return "is no theory of spins and links";
  return action->dim == 2 ? NULL : "is not in two dimensions, where crosses cut squares";
}

static sq_cross_shape shape_of(const sq_tractable_shape *shape)
{
  enum { MANY = 1 << 20 };
  return (sq_cross_shape){.extent = {shape->extent[2], shape->extent[3]},
                          .hidden = sq_tractable_whole(shape, HIERARCHICAL_HIDDEN, 0, MANY),
                          .exact = sq_tractable_whole(shape, HIERARCHICAL_EXACT, 0, MANY)};
}

static void couplings_of(const sq_action *action, double coupling[2])
{
  for (int mu = 0; mu < 2; mu++) coupling[mu] = action->type->given->hop(action, 2 + mu);
}

/* Sums over states stay numbers below this. */
static PetscErrorCode check_couplings(const sq_action *action)
{
  PetscFunctionBeginUser;
  const double most = 20;
  double J[2];
  couplings_of(action, J);
  SqCheck(fabs(J[0]) <= most && fabs(J[1]) <= most, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a hierarchical model of couplings %g and %g: at most %g in size are possible", J[0], J[1], most);
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  const sq_cross_shape own = shape_of(shape);
  SqCheck(!lacks(&shape->action), SQ_EVERY_RANK, SQ_ERR_INPUT, "a hierarchical model: the action %s %s",
          shape->action.type->name, lacks(&shape->action));
  PetscCall(sq_cross_check(&own));
  PetscCall(check_couplings(&shape->action));
  PetscCall(sq_cross_fits(shape->action.dim, extent, &own));
  PetscFunctionReturn(0);
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  const sq_cross_shape own = shape_of(shape);
  return sq_cross_parameters(&own);
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  const sq_cross_shape own = shape_of(shape);
  PetscCall(sq_cross_layout(&own, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  const sq_cross_shape own = shape_of(shape);
  const double volume = sq_volume(extent), toruses = volume / (double)(own.extent[0] * own.extent[1]);
  const int batch = sq_cross_batch(volume);
  return (sq_generator_needs){.batch = batch,
                              .bytes = sq_cross_bytes(&own, batch, learning) + 9 * volume * batch,
                              .whole = learning,
                              .tables = volume * batch,
                              .flops = sq_cross_flops(&own) * toruses};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  const sq_cross_shape own = shape_of(shape);
  sq_cross_start(&own, seed, weight);
  return 0;
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *model)
{
  PetscFunctionBeginUser;
  const sq_cross_shape own = shape_of(shape);
  double coupling[2];
  couplings_of(&shape->action, coupling);
  PetscCall(sq_crosses_tractable(lattice, &own, coupling, batch, learning, model));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  const sq_cross_shape own = shape_of(shape);
  snprintf(text, size, "a frame of %lldx%lld, crosses of boxes down to %d exact sites a side, %d units",
           (long long)own.extent[0], (long long)own.extent[1], own.exact, own.hidden);
}

/* ---- block moves ---- */

/* Boxes in frames have the same spins on both sides, those within them have not: the largest of these, or of those that
 * are exact. */
static int64_t usual_block(const sq_cross_shape *own, const int64_t extent[SQ_DIM])
{
  int64_t side = sq_cross_side(own);
  while (side > 1 && (side > PetscMax(own->exact, sq_cross_side(own) / 2) || side >= PetscMin(extent[2], extent[3])))
    side /= 2;
  return side;
}

static PetscErrorCode side(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], int64_t *block)
{
  PetscFunctionBeginUser;
  const sq_cross_shape own = shape_of(shape);
  if (*block < 0) *block = usual_block(&own, extent);
  PetscCall(sq_mover_boxes_fit(shape->action.dim, extent, &own, *block));
  PetscFunctionReturn(0);
}

static PetscErrorCode mover(const sq_tractable_shape *shape, const float *weight, const sq_lattice *lattice,
                            int64_t block, sq_mover *mover)
{
  PetscFunctionBeginUser;
  const sq_cross_shape own = shape_of(shape);
  double coupling[2];
  couplings_of(&shape->action, coupling);
  PetscCall(sq_mover_boxes(lattice, &own, coupling, weight, (int)block, mover));
  PetscFunctionReturn(0);
}

static const sq_tractable_blocks blocks = {.side = side, .mover = mover};
static const sq_tractable_kind kind = {.setting = sq_hierarchical_settings,
                                       .read = sq_hierarchical_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .make = make,
                                       .blocks = &blocks,
                                       .describe = describe};

const sq_model_type sq_model_type_hierarchical = {.name = "hierarchical",
                                                  .summary = "spins by crosses and boxes, with exact weights; blocks "
                                                             "for any lattice",
                                                  .params = sq_hierarchical_params,
                                                  .lacks = lacks,
                                                  SQ_TRACTABLE_ROW(&kind)};
