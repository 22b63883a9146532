/* SPDX-License-Identifier: BSD-3-Clause */
/* The type diffusion: a learned score, and a sampler that goes down its levels of noise. */
#include "src/model/types.h"

PetscErrorCode sq_model_diffusion(const sq_model *model, const char *what, const sq_diffusion_model **diffusion)
{
  PetscFunctionBeginUser;
  SqCheck(model->type == &sq_model_type_diffusion, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s needs a model of type %s, this one is of type %s", what, sq_model_type_diffusion.name, model->type->name);
  *diffusion = model->self;
  PetscFunctionReturn(0);
}

static const char *lacks(const sq_action *action)
{
  return sq_action_lacks(action, SQ_ABLE_FIELDS);
}

static PetscErrorCode check(const sq_deck *deck, const sq_action *action)
{
  PetscFunctionBeginUser;
  sq_network_shape shape;
  PetscCall(sq_diffusion_shape(deck, action, &shape));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBeginUser;
  PetscCall(sq_diffusion_model_destroy((sq_diffusion_model **)self));
  PetscFunctionReturn(0);
}

static PetscErrorCode put(const void *self, sq_store *store)
{
  PetscFunctionBeginUser;
  PetscCall(sq_diffusion_model_put(self, store));
  PetscFunctionReturn(0);
}

static PetscErrorCode get(MPI_Comm comm, const sq_store *store, const char *path, void **self)
{
  PetscFunctionBeginUser;
  PetscCall(sq_diffusion_model_get(comm, store, path, (sq_diffusion_model **)self));
  PetscFunctionReturn(0);
}

static const sq_action *action(const void *self)
{
  return &((const sq_diffusion_model *)self)->action;
}

/* NULL: of one coupling. */
static const sq_scan *scan(const void *self)
{
  const sq_diffusion_model *m = self;
  return m->place ? &m->scan : NULL;
}

static PetscErrorCode place(void **self, const sq_action *action)
{
  PetscFunctionBeginUser;
  sq_diffusion_model *one;
  PetscCall(sq_diffusion_model_at(*self, action, &one));
  PetscCall(destroy(self));
  *self = one;
  PetscFunctionReturn(0);
}

static const double *weights(const void *self, int64_t *count)
{
  const sq_diffusion_model *m = self;
  *count = m->parameters;
  return m->weight;
}

/* ---- the generator ---- */

static sq_generator_needs needs_of(const sq_network_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)extent[mu];
  int batch = sq_network_batch(shape, (int64_t)volume);
  return (sq_generator_needs){.batch = batch,
                              .bytes = sq_network_bytes(shape, extent, batch, learning),
                              .grain = sq_network_grain(shape),
                              .tables = sq_network_weight_bytes(shape, learning),
                              .flops = sq_network_flops(shape) * volume,
                              .weights = (double)sq_network_parameters(shape)};
}

static sq_generator_needs needs(const void *self, const int64_t extent[SQ_DIM])
{
  return needs_of(&((const sq_diffusion_model *)self)->shape, extent, false);
}

static PetscErrorCode needed(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], bool learning,
                             sq_generator_needs *needs)
{
  PetscFunctionBeginUser;
  sq_network_shape shape;
  PetscCall(sq_diffusion_shape(deck, action, &shape));
  *needs = needs_of(&shape, extent, learning);
  PetscFunctionReturn(0);
}

static PetscErrorCode tell(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], char *text,
                           size_t size)
{
  PetscFunctionBeginUser;
  sq_network_shape shape;
  PetscCall(sq_diffusion_shape(deck, action, &shape));
  const sq_generator_needs n = needs_of(&shape, extent, false);
  snprintf(text, size, "network %.0f weights, %s, %.4g Mflop an evaluation of one field", n.weights,
           shape.components > 1 ? "O(N) symmetric" :
           shape.odd            ? "odd in phi" :
                                  "general",
           n.flops / 1e6);
  PetscFunctionReturn(0);
}

/* What the generator stands on. */
typedef struct {
  sq_score score;
  sq_noise_grid levels;
  sq_sampler *sampler;
  sq_diffusion_model *own; /* that of its action, of a model of many couplings */
} way;

static PetscErrorCode destroy_way(void *owner)
{
  PetscFunctionBeginUser;
  way *w = owner;
  PetscCall(sq_sampler_destroy(&w->sampler));
  sq_noise_grid_destroy(&w->levels);
  PetscCall(sq_learned_score_destroy(&w->score));
  PetscCall(sq_diffusion_model_destroy(&w->own));
  sq_free(&w);
  PetscFunctionReturn(0);
}

static PetscErrorCode generator(const void *self, const sq_sample_settings *set, sq_fft *fft, bool plain,
                                sq_generator *g)
{
  PetscFunctionBeginUser;
  const sq_diffusion_model *model = self;
  int batch = sq_network_batch(&model->shape, fft->lattice->volume);
  way *w;
  PetscCall(sq_alloc(1, &w));
  if (model->place) {
    PetscCall(sq_diffusion_model_at(model, &model->action, &w->own));
    model = w->own;
  }
  PetscCall(sq_learned_score_create(fft, model, batch, set->wide && !plain, &w->score));
  PetscCall(sq_diffusion_levels(set, model, &w->score, set->steps, &w->levels));
  PetscCall(sq_diffusion_sampler(set, &w->score, &w->levels, batch, &w->sampler));
  sq_sampler_generator(w->sampler, g);
  g->owner = w;
  g->destroy = destroy_way;
  PetscFunctionReturn(0);
}

static void describe(const void *self, char *text, size_t size)
{
  const sq_diffusion_model *m = self;
  const size_t used = (size_t)snprintf(text, size, "noise levels %.4g to %.4g", m->s_min, m->s_max);
  if (m->place && used < size) snprintf(text + used, size - used, ", %d couplings", sq_scan_places(&m->scan));
}

const sq_model_type sq_model_type_diffusion = {.name = "diffusion",
                                               .summary = "a learned score beside the Gaussian one, with path weights",
                                               .params = sq_diffusion_model_params,
                                               .lacks = lacks,
                                               .check = check,
                                               .destroy = destroy,
                                               .put = put,
                                               .get = get,
                                               .action = action,
                                               .weights = weights,
                                               .scan = scan,
                                               .place = place,
                                               .needs = needs,
                                               .generator = generator,
                                               .needed = needed,
                                               .tell = tell,
                                               .create = sq_diffusion_create,
                                               .objective = sq_diffusion_objective,
                                               .objective_destroy = sq_score_matching_destroy,
                                               .update = sq_diffusion_update,
                                               .describe = describe,
                                               .numbers = sq_diffusion_numbers};
