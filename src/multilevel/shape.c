/* SPDX-License-Identifier: BSD-3-Clause */
/* What a model is, whatever lattice it is on: its levels, its weights and what they begin with, what it costs. */
#include "src/multilevel/shape.h"
#include <math.h>
#include <string.h>

enum { FEW_SITES = 16, PIXELS = 4096, LEAST_BATCH = 8, MOST_BATCH = 128 };

bool sq_multilevel_levels(int dim, const int64_t extent[SQ_DIM], int *levels, int64_t box[SQ_DIM])
{
  double sites = sq_volume(extent);
  memcpy(box, extent, SQ_DIM * sizeof *box);
  for (*levels = 0; sites > FEW_SITES && *levels < SQ_MULTILEVEL_MOST; ++*levels) {
    bool divides = true;
    for (int mu = SQ_DIM - dim; mu < SQ_DIM; mu++) divides = divides && box[mu] % SQ_MULTI_SIDE == 0;
    if (!divides) break;
    for (int mu = SQ_DIM - dim; mu < SQ_DIM; mu++) box[mu] /= 2;
    sites = sq_volume(box);
  }
  return sites <= SQ_MULTILEVEL_BOX;
}

int sq_multilevel_batch(const int64_t extent[SQ_DIM])
{
  const double cells = PetscMax(1, sq_volume(extent) / 16);
  return (int)PetscMax(LEAST_BATCH, PetscMin(MOST_BATCH, PIXELS / cells));
}

/* ---- plans ---- */

PetscErrorCode sq_multi_plans_create(const sq_multilevel_shape *shape, sq_multi_plans *plans)
{
  PetscFunctionBeginUser;
  const int dim = shape->action.dim;
  *plans = (sq_multi_plans){0};
  if (shape->levels > 0)
    PetscCall(sq_multi_plan_fine(dim, shape->reach, sq_multi_theory_of(&shape->action)->two, &plans->fine));
  if (shape->levels > 1) PetscCall(sq_multi_plan_coarse(dim, shape->reach, &plans->coarse));
  PetscCall(sq_multi_plan_box(dim, shape->box, &plans->box));
  PetscFunctionReturn(0);
}

void sq_multi_plans_free(sq_multi_plans *plans)
{
  sq_multi_plan_free(&plans->fine);
  sq_multi_plan_free(&plans->coarse);
  sq_multi_plan_free(&plans->box);
}

const sq_multi_plan *sq_multi_plans_of(const sq_multi_plans *plans, const sq_multilevel_shape *shape, int index)
{
  if (index == shape->levels) return &plans->box;
  return index == 0 ? &plans->fine : &plans->coarse;
}

/* ---- what a model has ---- */

/* For each step of each level, level 0 first; at: of its weights. */
typedef PetscErrorCode (*visit)(const sq_multi_net *net, int level, int64_t at, void *context);

static PetscErrorCode visit_steps(const sq_multilevel_shape *shape, visit now, void *context)
{
  PetscFunctionBeginUser;
  const sq_conditional *type = sq_conditional_find(sq_multi_theory_of(&shape->action)->conditional);
  sq_multi_plans plans;
  int64_t at = 0;
  PetscCall(sq_multi_plans_create(shape, &plans));
  for (int level = 0; level <= shape->levels; level++) {
    const sq_multi_plan *plan = sq_multi_plans_of(&plans, shape, level);
    for (int i = 0; i < plan->learned; i++) {
      const sq_multi_net net = sq_multi_net_of(shape, type, plan->step[i].inputs);
      PetscCall(now(&net, level, at, context));
      at += sq_multi_net_parameters(&net);
    }
  }
  sq_multi_plans_free(&plans);
  PetscFunctionReturn(0);
}

typedef struct {
  const sq_multilevel_shape *shape;
  int64_t parameters, weights, level_at[SQ_MULTILEVEL_MOST + 2];
  double flops, bytes;
} totals;

/* Cells of a level; of the box, one. */
static double cells_of(const sq_multilevel_shape *shape, int level)
{
  double cells = 1;
  for (int mu = SQ_DIM - shape->action.dim; mu < SQ_DIM && level < shape->levels; mu++)
    cells *= (double)(shape->box[mu] << (shape->levels - level)) / SQ_MULTI_SIDE;
  return cells;
}

static PetscErrorCode add_up(const sq_multi_net *net, int level, int64_t at, void *context)
{
  totals *t = context;
  const double cells = cells_of(t->shape, level);
  t->parameters = at + sq_multi_net_parameters(net);
  for (int l = level + 1; l <= t->shape->levels + 1; l++) t->level_at[l] = t->parameters;
  t->flops += cells * sq_multi_net_flops(net);
  t->bytes += cells * sizeof(float) * (double)(sq_multi_net_kept(net) + net->vectors * net->components + net->scalars);
  return 0;
}

static PetscErrorCode totals_of(const sq_multilevel_shape *shape, totals *t)
{
  PetscFunctionBeginUser;
  *t = (totals){.shape = shape};
  PetscCall(visit_steps(shape, add_up, t));
  PetscFunctionReturn(0);
}

int64_t sq_multilevel_parameters(const sq_multilevel_shape *shape)
{
  totals t;
  return totals_of(shape, &t) ? 0 : t.parameters;
}

/* Which step of which level is next. */
typedef struct {
  sq_layout *layout;
  int level, step;
} list;

static PetscErrorCode list_step(const sq_multi_net *n, int level, int64_t at, void *context)
{
  PetscFunctionBeginUser;
  (void)at;
  list *l = context;
  char step[32];
  const int64_t c = n->channels, gains = 2 * (n->blocks + 1);
  if (level != l->level) l->step = 0;
  l->level = level;
  snprintf(step, sizeof step, "level.%d.step.%d", level, l->step++);
  PetscCall(sq_layout_add(l->layout, 2, (int64_t[]){n->inputs, c}, "%s.first", step));
  PetscCall(sq_layout_add(l->layout, 2, (int64_t[]){n->inputs, n->vectors}, "%s.linear", step));
  PetscCall(sq_layout_add(l->layout, 3, (int64_t[]){n->blocks, c, c}, "%s.hidden", step));
  PetscCall(sq_layout_add(l->layout, 2, (int64_t[]){gains, c}, "%s.gains", step));
  PetscCall(sq_layout_add(l->layout, 2, (int64_t[]){c, n->vectors}, "%s.vectors", step));
  PetscCall(sq_layout_add(l->layout, 2, (int64_t[]){c, n->scalars}, "%s.scalars", step));
  PetscCall(sq_layout_add(l->layout, 1, (int64_t[]){n->scalars}, "%s.bias", step));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_multilevel_layout(const sq_multilevel_shape *shape, sq_layout *layout)
{
  PetscFunctionBeginUser;
  list l = {.layout = layout, .level = -1};
  PetscCall(visit_steps(shape, list_step, &l));
  PetscFunctionReturn(0);
}

double sq_multilevel_flops(const sq_multilevel_shape *shape)
{
  totals t;
  return totals_of(shape, &t) ? 0 : t.flops;
}

double sq_multilevel_bytes(const sq_multilevel_shape *shape, int batch, bool backward)
{
  totals t;
  double numbers = 0;
  if (totals_of(shape, &t)) return 0;
  for (int level = 0; level < shape->levels; level++) {
    double padded = 1;
    for (int mu = SQ_DIM - shape->action.dim; mu < SQ_DIM; mu++)
      padded *= SQ_MULTI_SIDE * ((double)(shape->box[mu] << (shape->levels - level)) / SQ_MULTI_SIDE + 2);
    numbers += padded * (sq_action_orders(&shape->action) > 1 ? 3 : 1);
  }
  return batch * (sizeof(double) * numbers + (backward ? t.bytes : 0));
}

/* ---- initial weights ---- */

typedef struct {
  sq_stream stream;
  double *weight;
} start;

static void normals(const start *s, int64_t at, int64_t count, double width)
{
  sq_rng_normals(s->stream, (uint64_t)at, count, 0, 0, s->weight + at);
  for (int64_t i = at; i < at + count; i++) s->weight[i] *= width;
}

/* Hidden layers at random, gains 1; what comes out is nothing. */
static PetscErrorCode begin_net(const sq_multi_net *net, int level, int64_t at, void *context)
{
  const start *s = context;
  const int64_t c = net->channels, first = at, hidden = first + net->inputs * (c + net->vectors),
                gains = hidden + net->blocks * c * c;
  (void)level;
  normals(s, first, net->inputs * c, 1 / sqrt(PetscMax(1, net->inputs)));
  normals(s, hidden, net->blocks * c * c, 1 / sqrt((double)c));
  for (int b = 0; b <= net->blocks; b++)
    for (int64_t i = 0; i < c; i++) s->weight[gains + 2 * b * c + i] = 1;
  return 0;
}

PetscErrorCode sq_multilevel_init(const sq_multilevel_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  start s = {sq_stream_make(seed, SQ_RNG_WEIGHTS, 0), weight};
  memset(weight, 0, (size_t)sq_multilevel_parameters(shape) * sizeof *weight);
  PetscCall(visit_steps(shape, begin_net, &s));
  PetscFunctionReturn(0);
}

/* ---- from model to model ---- */

static bool alike(const sq_multilevel_shape *a, const sq_multilevel_shape *b)
{
  return a->action.type == b->action.type && a->action.dim == b->action.dim && a->channels == b->channels &&
         a->blocks == b->blocks && a->mixture == b->mixture && a->reach == b->reach;
}

static void copy(const totals *from, int level, const double *learned, const totals *to, int place, double *weight)
{
  const int64_t count = to->level_at[place + 1] - to->level_at[place];
  memcpy(weight + to->level_at[place], learned + from->level_at[level], (size_t)count * sizeof *weight);
}

bool sq_multilevel_carry(const sq_multilevel_shape *from, const double *learned, const sq_multilevel_shape *to,
                         double *weight)
{
  totals a, b;
  if (!alike(from, to) || totals_of(from, &a) || totals_of(to, &b)) return false;
  for (int level = 0; level < to->levels; level++) {
    const int theirs = PetscMin(level, from->levels - 1);
    if (theirs >= 0 && (theirs > 0) == (level > 0)) copy(&a, theirs, learned, &b, level, weight);
  }
  if (!memcmp(from->box, to->box, sizeof to->box)) copy(&a, from->levels, learned, &b, to->levels, weight);
  return true;
}
