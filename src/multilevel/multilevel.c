/* SPDX-License-Identifier: BSD-3-Clause */
/* The model on a lattice: its levels, from the box to level 0, as an sq_tractable. */
#include "src/multilevel/internal.h"
#include "src/multilevel/shape.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  sq_multilevel_shape shape;
  const sq_multi_theory *theory;
  sq_multi_site site;
  sq_multi_plans plans;
  sq_multi_level level[SQ_MULTILEVEL_MOST + 1]; /* [levels + 1]; the last is the box */
  sq_multi_draw *draw[SQ_MULTILEVEL_MOST + 1];  /* [learned] of each */
  sq_multi_work work;
} multilevel;

/* ---- all levels, from the box down ---- */

static void begin(multilevel *m, int count, bool draw)
{
  m->work.count = count;
  m->work.draw = draw;
  memset(m->work.sum, 0, (size_t)count * sizeof *m->work.sum);
}

/* Of a level that every rank has, one of them counts. */
static void set_counts(multilevel *m, int index)
{
  m->work.counts = m->level[index].shared || m->lattice->rank == 0;
}

static PetscErrorCode go_through_level(multilevel *m, int index)
{
  PetscFunctionBeginUser;
  sq_multi_level *l = &m->level[index];
  const sq_multi_plan *plan = l->plan;
  const int *order = plan->order + plan->known + plan->learned;
  set_counts(m, index);
  for (int i = 0; i < plan->learned; i++) PetscCall(sq_multi_draw_forward(&m->draw[index][i], l, &m->work));
  for (int i = 0; i < plan->last; i++) PetscCall(sq_multi_exact_last(l, order[i], &m->work));
  for (int i = plan->last; i < plan->last + plan->odd; i++) sq_multi_exact_odd(l, order[i], &m->work);
  PetscFunctionReturn(0);
}

static PetscErrorCode end(multilevel *m, double *log_q)
{
  PetscFunctionBeginUser;
  sq_multi_work *w = &m->work;
  PetscCall(sq_sum_reduce(m->lattice->comm, w->count, w->sum));
  for (int b = 0; b < w->count; b++) log_q[b] = sq_sum_value(&w->sum[b]);
  PetscFunctionReturn(0);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  multilevel *m = self;
  begin(m, count, true);
  for (int b = 0; b < count; b++) m->work.stream[b] = sq_stream_make(seed, SQ_RNG_MULTILEVEL, (uint64_t)(first + b));
  for (int index = m->shape.levels; index >= 0; index--) {
    if (index < m->shape.levels) PetscCall(sq_multi_refine(&m->level[index + 1], count, &m->level[index]));
    PetscCall(go_through_level(m, index));
  }
  sq_multi_to_blocks(m->lattice, &m->level[0], count, blocks);
  PetscCall(end(m, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  multilevel *m = self;
  begin(m, count, false);
  PetscCall(sq_multi_from_blocks(m->lattice, count, blocks, &m->level[0]));
  for (int index = 0; index <= m->shape.levels; index++) {
    if (index > 0) PetscCall(sq_multi_coarsen(m->lattice, &m->level[index - 1], count, &m->level[index]));
    PetscCall(go_through_level(m, index));
  }
  PetscCall(end(m, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  PetscFunctionBeginUser;
  multilevel *m = self;
  PetscCheck(count == m->work.count, m->lattice->comm, PETSC_ERR_ARG_WRONG, "backward is of the last fields");
  for (int index = 0; index <= m->shape.levels; index++) {
    set_counts(m, index);
    for (int i = 0; i < m->level[index].plan->learned; i++)
      sq_multi_draw_backward(&m->draw[index][i], &m->level[index], &m->work, factor, gradient);
  }
  PetscFunctionReturn(0);
}

static void load(void *self, const float *weight)
{
  multilevel *m = self;
  for (int index = 0; index <= m->shape.levels; index++)
    for (int i = 0; i < m->level[index].plan->learned; i++) {
      sq_multi_draw *d = &m->draw[index][i];
      sq_multi_weights_load(&d->net, weight + d->at, &d->weights);
    }
}

/* What networks begin with, at the scale of S. */
static PetscErrorCode set_starts(multilevel *m)
{
  PetscFunctionBeginUser;
  const sq_multilevel_shape *s = &m->shape;
  sq_multi_site *site = &m->site;
  if (m->theory->waves) {
    sq_multi_propagator_free(&site->waves);
    PetscCall(sq_multi_propagator_create(&site->action, site->scale, s->box, s->levels, s->reach, &site->waves));
    if (site->given->potential) site->unit = site->waves->width;
  }
  for (int index = 0; index <= s->levels; index++)
    for (int i = 0; i < m->level[index].plan->learned; i++) {
      sq_multi_draw *d = &m->draw[index][i];
      m->theory->start(site, m->level[index].plan, index, d->step, d->start, &d->rest);
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode anneal(void *self, double scale)
{
  PetscFunctionBeginUser;
  multilevel *m = self;
  if (scale == m->site.scale) PetscFunctionReturn(0);
  m->site.scale = scale;
  PetscCall(set_starts(m));
  PetscFunctionReturn(0);
}

/* ---- set-up ---- */

static int most_inputs(const sq_multi_plans *plans)
{
  const sq_multi_plan *all[] = {&plans->fine, &plans->coarse, &plans->box};
  int most = 0;
  for (int k = 0; k < 3; k++)
    for (int i = 0; i < all[k]->learned; i++) most = PetscMax(most, all[k]->step[i].inputs);
  return most;
}

static PetscErrorCode create_work(multilevel *m, int batch, bool backward)
{
  PetscFunctionBeginUser;
  sq_multi_work *w = &m->work;
  const int room = PetscMax(SQ_MULTI_CHUNK, batch);
  *w = (sq_multi_work){
    .site = &m->site, .type = sq_conditional_find(m->theory->conditional), .room = room, .backward = backward};
  const sq_multi_net net = sq_multi_net_of(&m->shape, w->type, most_inputs(&m->plans));
  const int outputs = PetscMax(1, sq_conditional_outputs(w->type, m->shape.mixture)),
            fields = PetscMax(2, w->type->fields);
  double **numbers[] = {&w->x, &w->log_q, &w->factor};
  PetscCall(sq_alloc(batch, &w->stream));
  PetscCall(sq_alloc(batch, &w->sum));
  PetscCall(sq_alloc(room, &w->streams));
  PetscCall(sq_alloc(room, &w->sites));
  for (int i = 0; i < 3; i++) PetscCall(sq_alloc(room, numbers[i]));
  PetscCall(sq_alloc(fields * room, &w->field));
  PetscCall(sq_alloc(fields * room, &w->more));
  PetscCall(sq_alloc(room * sq_multi_net_scratch(&net), &w->scratch));
  PetscCall(sq_alloc(room * outputs, &w->par));
  PetscCall(sq_alloc(room * outputs, &w->dpar));
  if (!backward) PetscCall(sq_alloc(room * sq_multi_net_kept(&net), &w->kept));
  PetscFunctionReturn(0);
}

static void destroy_work(sq_multi_work *w)
{
  sq_free(&w->stream);
  sq_free(&w->sum);
  sq_free(&w->streams);
  sq_free(&w->sites);
  sq_free(&w->x);
  sq_free(&w->log_q);
  sq_free(&w->factor);
  sq_free(&w->field);
  sq_free(&w->more);
  sq_free(&w->scratch);
  sq_free(&w->par);
  sq_free(&w->dpar);
  sq_free(&w->kept);
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  multilevel *m = self;
  for (int index = 0; index <= m->shape.levels; index++) {
    for (int i = 0; i < m->level[index].plan->learned; i++) sq_multi_draw_destroy(&m->draw[index][i]);
    sq_free(&m->draw[index]);
    PetscCall(sq_multi_level_destroy(&m->level[index]));
  }
  destroy_work(&m->work);
  sq_multi_plans_free(&m->plans);
  sq_free(&m->site.table);
  sq_multi_propagator_free(&m->site.waves);
  sq_free(&m);
  PetscFunctionReturn(0);
}

static PetscErrorCode create_levels(multilevel *m, int batch)
{
  PetscFunctionBeginUser;
  int64_t at = 0;
  for (int index = 0; index <= m->shape.levels; index++) {
    const sq_multi_plan *plan = sq_multi_plans_of(&m->plans, &m->shape, index);
    sq_multi_level *l = &m->level[index];
    PetscCall(sq_multi_level_create(m->lattice, &m->shape.action, plan, index, batch, l));
    PetscCall(sq_alloc(plan->learned, &m->draw[index]));
    for (int i = 0; i < plan->learned; i++) {
      sq_multi_draw *d = &m->draw[index][i];
      PetscCall(sq_multi_draw_create(&m->shape, l, &plan->step[i], &m->work, d));
      d->at = at;
      at += sq_multi_net_parameters(&d->net);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_multilevel_create(const sq_lattice *lattice, const sq_multilevel_shape *shape, int batch,
                                    bool with_backward, sq_tractable *model)
{
  PetscFunctionBeginUser;
  multilevel *m;
  for (int mu = 0; mu < SQ_DIM; mu++)
    SqCheck(lattice->extent[mu] == (mu < lattice->first_dir ? 1 : shape->box[mu] << shape->levels), lattice->comm,
            SQ_ERR_INPUT, "a multilevel model of %d levels above a box of side %lld is not for %lld sites a side",
            shape->levels, (long long)shape->box[mu], (long long)lattice->extent[mu]);
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++)
    SqCheck(shape->levels == 0 || shape->box[mu] % 2 == 0, lattice->comm, SQ_ERR_INPUT,
            "the box of a multilevel model has %lld sites a side, and levels above it need an even number",
            (long long)shape->box[mu]);
  PetscCall(sq_alloc(1, &m));
  m->lattice = lattice;
  m->shape = *shape;
  m->theory = sq_multi_theory_of(&shape->action);
  m->site = (sq_multi_site){.action = shape->action, .given = shape->action.type->given, .scale = 1};
  if (m->site.given->prepare) PetscCall(m->site.given->prepare(&m->site.action, 0, &m->site.table));
  m->site.unit = 1;
  PetscCall(sq_multi_plans_create(shape, &m->plans));
  PetscCall(create_work(m, batch, with_backward));
  PetscCall(create_levels(m, batch));
  PetscCall(set_starts(m));
  *model = (sq_tractable){.self = m,
                          .lattice = lattice,
                          .components = 1,
                          .batch = batch,
                          .parameters = sq_multilevel_parameters(shape),
                          .cost = 1,
                          .load = load,
                          .anneal = anneal,
                          .draw = draw,
                          .density = density,
                          .backward = with_backward ? backward : NULL,
                          .destroy = destroy};
  PetscFunctionReturn(0);
}
