/* SPDX-License-Identifier: BSD-3-Clause */
/* The type pixelcnn: spins or angles, one site after the other in raster order (squall/raster.h). */
#include "src/model/pixelcnn.h"
#include "src/model/types.h"
#include <string.h>

static int whole(const sq_tractable_shape *shape, int setting, int most)
{
  return sq_tractable_whole(shape, setting, 0, most);
}

static const sq_raster_network *network_of(const sq_tractable_shape *shape)
{
  int rows = 0;
  while (sq_raster_networks[rows]) rows++;
  const int index = whole(shape, PIXELCNN_NETWORK, rows);
  return index < 0 ? NULL : sq_raster_networks[index];
}

static const sq_conditional *law_of(const sq_tractable_shape *shape)
{
  int rows = 0;
  while (sq_conditionals[rows]) rows++;
  const int index = whole(shape, PIXELCNN_LAW, rows);
  return index < 0 ? NULL : sq_conditionals[index];
}

/* False where there is no such model. */
static bool model_of(const sq_tractable_shape *shape, sq_raster_model *m)
{
  enum { MANY = 1 << 16 };
  const int flag[] = {whole(shape, PIXELCNN_POSITIONS, 1), whole(shape, PIXELCNN_ODD, 1),
                      whole(shape, PIXELCNN_AVERAGED, 1)};
  *m = (sq_raster_model){.action = shape->action,
                         .law = law_of(shape),
                         .mixture = whole(shape, PIXELCNN_MIXTURE, SQ_CONDITIONAL_MOST),
                         .averaged = flag[2] == 1};
  m->shape = (sq_raster_shape){.dim = shape->action.dim,
                               .network = network_of(shape),
                               .radius = whole(shape, PIXELCNN_RADIUS, MANY),
                               .channels = whole(shape, PIXELCNN_CHANNELS, MANY),
                               .blocks = whole(shape, PIXELCNN_DEPTH, MANY),
                               .odd = flag[1] == 1,
                               .positions = flag[0] == 1};
  memcpy(m->shape.extent, shape->extent, sizeof shape->extent);
  return flag[0] >= 0 && flag[1] >= 0 && flag[2] >= 0 && m->law && sq_raster_fit(m) && sq_raster_valid(&m->shape);
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  sq_raster_model m;
  char own[64], other[64];
  const int dim = shape->action.dim;
  sq_extents_text(dim, shape->extent + SQ_DIM - dim, own, sizeof own);
  sq_extents_text(dim, extent + SQ_DIM - dim, other, sizeof other);
  SqCheck(model_of(shape, &m), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "there is no model of type pixelcnn of this size on %s sites: fewer sites, a smaller radius or a smaller "
          "network",
          own);
  SqCheck(!memcmp(shape->extent, extent, sizeof shape->extent), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type pixelcnn works on the lattice that it was trained on, %s, not on %s", own, other);
  PetscFunctionReturn(0);
}

static sq_raster_cost price(const sq_tractable_shape *shape, bool learning)
{
  sq_raster_model m;
  sq_raster_cost cost = {0};
  if (!model_of(shape, &m) || sq_raster_model_price(&m, learning, &cost)) return (sq_raster_cost){.batch = 1};
  return cost;
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  return price(shape, false).parameters;
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  sq_raster_model m;
  if (model_of(shape, &m)) PetscCall(sq_raster_list(&m.shape, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  const sq_raster_cost cost = price(shape, learning);
  (void)extent;
  return (sq_generator_needs){.batch = cost.batch,
                              .bytes = cost.bytes * cost.batch,
                              .whole = true,
                              .tables = cost.tables,
                              .flops = cost.flops,
                              .weights = (double)cost.parameters};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_raster_model m;
  if (model_of(shape, &m)) PetscCall(sq_raster_init(&m.shape, seed, weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  sq_raster_model m;
  PetscCall(fits(shape, lattice->extent));
  (void)model_of(shape, &m);
  PetscCall(sq_raster_tractable(&m, lattice, batch, learning, tractable));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  sq_raster_model m;
  if (!model_of(shape, &m)) return;
  const int layers = 2 * m.shape.blocks + 2;
  snprintf(text, size, "%s, %d layers of %d channels, %s", m.shape.network->name, layers, m.shape.channels,
           m.averaged  ? "averaged over the sign" :
           m.shape.odd ? "symmetric" :
                         "without symmetry");
}

static const char *lacks(const sq_action *action)
{
  const sq_space *space = action->type->space;
  return space == &sq_space_sign || (space == &sq_space_circle && sq_action_components(action) == 1) ?
           NULL :
           "has neither spins nor one angle a site";
}

static const sq_tractable_kind kind = {.setting = sq_pixelcnn_settings,
                                       .read = sq_pixelcnn_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .make = make,
                                       .describe = describe};

const sq_model_type sq_model_type_pixelcnn = {.name = "pixelcnn",
                                              .summary = "one site after the other in raster order, with exact weights",
                                              .params = sq_pixelcnn_params,
                                              .lacks = lacks,
                                              SQ_TRACTABLE_ROW(&kind)};
