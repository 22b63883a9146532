/* SPDX-License-Identifier: BSD-3-Clause */
/* Models with exact densities: what holds for every one of them. */
#include "squall/tractable.h"

PetscErrorCode sq_tractable_destroy(sq_tractable *model)
{
  PetscFunctionBeginUser;
  if (model->self) PetscCall(model->destroy(model->self));
  *model = (sq_tractable){0};
  PetscFunctionReturn(0);
}

/* ---- as a generator ---- */

typedef struct {
  sq_tractable model;
  bool owns;
} way;

static void negate(int count, double *x)
{
  for (int b = 0; b < count; b++) x[b] = -x[b];
}

static PetscErrorCode generate(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *minus_log_q,
                               sq_generator_watch watch, void *context)
{
  PetscFunctionBeginUser;
  const sq_tractable *m = &((way *)self)->model;
  (void)watch, (void)context;
  PetscCall(m->draw(m->self, seed, first, count, blocks, minus_log_q));
  negate(count, minus_log_q);
  PetscFunctionReturn(0);
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *minus_log_q)
{
  PetscFunctionBeginUser;
  const sq_tractable *m = &((way *)self)->model;
  PetscCall(m->density(m->self, count, blocks, minus_log_q));
  negate(count, minus_log_q);
  PetscFunctionReturn(0);
}

static double cost(const void *self)
{
  return ((const way *)self)->model.cost;
}

static PetscErrorCode destroy(void *owner)
{
  PetscFunctionBeginUser;
  way *w = owner;
  if (w->owns) PetscCall(sq_tractable_destroy(&w->model));
  sq_free(&w);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_generator(const sq_tractable *model, bool owns, sq_generator *g)
{
  PetscFunctionBeginUser;
  way *w;
  PetscCall(sq_alloc(1, &w));
  *w = (way){.model = *model, .owns = owns};
  *g = (sq_generator){.self = w,
                      .owner = w,
                      .lattice = model->lattice,
                      .components = model->components,
                      .has_density = true,
                      .batch = model->batch,
                      .generate = generate,
                      .density = density,
                      .cost = cost,
                      .destroy = destroy};
  PetscFunctionReturn(0);
}
