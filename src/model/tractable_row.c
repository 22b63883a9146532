/* SPDX-License-Identifier: BSD-3-Clause */
/* Models with an exact density: what holds for all rows of that kind. A model is a shape and its weights; networks and
 * all that works on a lattice are made when they are asked for. */
#include "src/model/tractable_row.h"
#include "src/model/types.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_model_type *type;
  sq_tractable_shape shape;
  int64_t parameters;
  double *weight;
} model;

static sq_divergence_options options_of(const sq_train_settings *set)
{
  return (sq_divergence_options){.batch = set->options.learner.batch, .forward = set->forward, .anneal = set->anneal};
}

/* ---- shapes ---- */

PetscErrorCode sq_tractable_shape_read(const sq_deck *deck, const sq_action *action, sq_tractable_shape *shape)
{
  PetscFunctionBeginUser;
  const sq_tractable_kind *kind = sq_model_type_of(deck)->tractable;
  *shape = (sq_tractable_shape){.action = *action};
  sq_train_extents(deck, shape->extent);
  PetscCall(kind->read(deck, action, shape->setting));
  if (kind->fits) PetscCall(kind->fits(shape, shape->extent));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_check(const sq_deck *deck, const sq_action *action)
{
  PetscFunctionBeginUser;
  sq_tractable_shape shape;
  PetscCall(sq_tractable_shape_read(deck, action, &shape));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs_of(const sq_tractable_kind *kind, const sq_tractable_shape *shape,
                                   const int64_t extent[SQ_DIM], bool learning)
{
  sq_generator_needs needs = kind->needs(shape, extent, learning);
  needs.weights = (double)kind->parameters(shape);
  return needs;
}

/* Learning, a batch is a microbatch. */
static PetscErrorCode cut_batch(const sq_deck *deck, const sq_action *action, sq_generator_needs *needs)
{
  PetscFunctionBeginUser;
  sq_train_settings set;
  PetscCall(sq_train_settings_from_deck(deck, &set));
  const sq_divergence_options options = options_of(&set);
  PetscCall(sq_divergence_check(action, &options, needs->batch));
  const int micro = sq_divergence_micro(options.batch, needs->batch);
  needs->bytes *= (double)micro / needs->batch;
  needs->batch = micro;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_needed(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM],
                                   bool learning, sq_generator_needs *needs)
{
  PetscFunctionBeginUser;
  const sq_tractable_kind *kind = sq_model_type_of(deck)->tractable;
  sq_tractable_shape shape;
  PetscCall(sq_tractable_shape_read(deck, action, &shape));
  if (kind->fits) PetscCall(kind->fits(&shape, extent));
  *needs = needs_of(kind, &shape, extent, learning);
  if (learning) PetscCall(cut_batch(deck, action, needs));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_tell(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], char *text,
                                 size_t size)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_model_type_of(deck);
  sq_tractable_shape shape;
  char words[128] = "";
  PetscCall(sq_tractable_shape_read(deck, action, &shape));
  const sq_generator_needs n = needs_of(type->tractable, &shape, extent, false);
  if (type->tractable->describe) type->tractable->describe(&shape, words, sizeof words);
  snprintf(text, size, "%s%s%s, %.0f weights, %.4g Mflop to draw a field", type->name, words[0] ? ": " : "", words,
           n.weights, n.flops / 1e6);
  PetscFunctionReturn(0);
}

/* ---- models ---- */

static PetscErrorCode allocate(const sq_model_type *type, const sq_tractable_shape *shape, model **m)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(1, m));
  **m = (model){.type = type, .shape = *shape, .parameters = type->tractable->parameters(shape)};
  PetscCall(sq_alloc((*m)->parameters, &(*m)->weight));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_free(void **self)
{
  PetscFunctionBeginUser;
  model *m = *self;
  if (m) sq_free(&m->weight);
  sq_free(self);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_create(const sq_deck *deck, const sq_model_data *data, void **self)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_model_type_of(deck);
  sq_tractable_shape shape;
  model *m;
  PetscCall(sq_tractable_shape_read(deck, data->action, &shape));
  PetscCall(allocate(type, &shape, &m));
  PetscCall(type->tractable->start(&m->shape, data->seed, m->weight));
  *self = m;
  if (!type->tractable->begin || !data->grid) PetscFunctionReturn(0); /* no grid: to measure rates */
  PetscErrorCode code = type->tractable->begin(data->grid->world, deck, &m->shape, m->weight);
  if (code) PetscCall(sq_tractable_free(self));
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_tractable_shape *sq_tractable_shape_of(const void *self)
{
  return &((const model *)self)->shape;
}

const sq_action *sq_tractable_action(const void *self)
{
  return &((const model *)self)->shape.action;
}

const double *sq_tractable_weights(const void *self, int64_t *count)
{
  const model *m = self;
  *count = m->parameters;
  return m->weight;
}

PetscErrorCode sq_tractable_layout(const void *self, sq_layout *layout)
{
  PetscFunctionBeginUser;
  const model *m = self;
  if (m->type->tractable->layout) PetscCall(m->type->tractable->layout(&m->shape, layout));
  PetscFunctionReturn(0);
}

double sq_tractable_numbers(const void *self)
{
  (void)self;
  return SQ_TRACTABLE_SETTINGS + SQ_DIM;
}

void sq_tractable_describe(const void *self, char *text, size_t size)
{
  const model *m = self;
  snprintf(text, size, "%s", m->type->name);
  if (m->type->tractable->describe) m->type->tractable->describe(&m->shape, text, size);
}

int sq_tractable_whole(const sq_tractable_shape *shape, int setting, int least, int most)
{
  const double x = shape->setting[setting];
  return x >= least && x <= most && x == floor(x) ? (int)x : -1;
}

PetscErrorCode sq_tractable_rounded(const void *self, float **weight)
{
  PetscFunctionBeginUser;
  const model *m = self;
  PetscCall(sq_alloc(m->parameters, weight));
  for (int64_t i = 0; i < m->parameters; i++) (*weight)[i] = (float)m->weight[i];
  PetscFunctionReturn(0);
}

/* ---- files ---- */

static const char *name_of(const sq_model_type *type, int i, char name[64])
{
  snprintf(name, 64, "setting_%s", type->tractable->setting[i]);
  return name;
}

static bool came_later(const sq_tractable_kind *kind, int i)
{
  const char *const *name = kind->later;
  while (name && *name && strcmp(*name, kind->setting[i])) name++;
  return name && *name;
}

PetscErrorCode sq_tractable_put(const void *self, sq_store *store)
{
  PetscFunctionBeginUser;
  const model *m = self;
  const int64_t four = SQ_DIM;
  char text[256], name[64];
  sq_action_describe(&m->shape.action, text, sizeof text);
  PetscCall(sq_store_put_text(store, "action", text));
  PetscCall(sq_store_put_int(store, "dim", m->shape.action.dim));
  PetscCall(sq_store_put_ints(store, "extents", 1, &four, m->shape.extent));
  for (int i = 0; m->type->tractable->setting[i]; i++)
    PetscCall(sq_store_put_real(store, name_of(m->type, i, name), m->shape.setting[i]));
  PetscCall(sq_store_put_reals(store, "weights", 1, &m->parameters, m->weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode get_shape(MPI_Comm comm, const sq_model_type *type, const sq_store *store, const char *path,
                                sq_tractable_shape *shape)
{
  PetscFunctionBeginUser;
  const char *text;
  const int64_t *extent;
  int64_t dim;
  char name[64];
  *shape = (sq_tractable_shape){.action = {0}};
  PetscCall(sq_store_text(store, "action", &text));
  PetscCall(sq_store_int(store, "dim", &dim));
  PetscCall(sq_store_ints(store, "extents", SQ_DIM, &extent));
  bool sane = dim >= 1 && dim <= SQ_DIM;
  for (int mu = 0; mu < SQ_DIM; mu++)
    sane = sane && extent[mu] >= 1 && extent[mu] <= 1 << 20 && (mu >= SQ_DIM - dim || extent[mu] == 1);
  SqCheck(sane, comm, SQ_ERR_DATA, "%s: impossible extents", path);
  SqCheck(sq_action_read(text, (int)dim, &shape->action), comm, SQ_ERR_DATA, "%s is of the action %s, which is none",
          path, text);
  memcpy(shape->extent, extent, sizeof shape->extent);
  for (int i = 0; type->tractable->setting[i]; i++) {
    (void)name_of(type, i, name);
    if (came_later(type->tractable, i) && !sq_store_has(store, name)) continue;
    PetscCall(sq_store_real(store, name, &shape->setting[i]));
    SqCheck(isfinite(shape->setting[i]), comm, SQ_ERR_DATA, "%s: %s is not a number", path, name);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_get(MPI_Comm comm, const sq_store *store, const char *path, void **self)
{
  PetscFunctionBeginUser;
  const char *name;
  sq_tractable_shape shape;
  const double *weight;
  model *m;
  PetscCall(sq_store_text(store, "type", &name));
  const sq_model_type *type = sq_model_find(name);
  PetscCall(get_shape(comm, type, store, path, &shape));
  if (type->tractable->fits) PetscCall(type->tractable->fits(&shape, shape.extent));
  const int64_t count = type->tractable->parameters(&shape);
  PetscCall(sq_store_reals(store, "weights", count, &weight));
  for (int64_t i = 0; i < count; i++)
    SqCheck(isfinite(weight[i]), comm, SQ_ERR_DATA, "%s: weight %lld is not a number", path, (long long)i);
  PetscCall(allocate(type, &shape, &m));
  memcpy(m->weight, weight, (size_t)count * sizeof *weight);
  *self = m;
  PetscFunctionReturn(0);
}

/* ---- at work ---- */

/* On a lattice; its file may be of another one. */
static PetscErrorCode make(const model *m, const sq_lattice *lattice, int batch, bool learning, sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  const sq_tractable_kind *kind = m->type->tractable;
  float *weight;
  if (kind->fits) PetscCall(kind->fits(&m->shape, lattice->extent));
  PetscCall(kind->make(&m->shape, lattice, batch, learning, tractable));
  PetscCall(sq_tractable_rounded(m, &weight));
  if (tractable->anneal) PetscCall(tractable->anneal(tractable->self, 1));
  tractable->load(tractable->self, weight);
  sq_free(&weight);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_model_fits(const sq_model *given, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  const sq_tractable_kind *kind = given->type->tractable;
  if (kind && kind->fits) PetscCall(kind->fits(sq_tractable_shape_of(given->self), extent));
  PetscFunctionReturn(0);
}

sq_generator_needs sq_tractable_needs(const void *self, const int64_t extent[SQ_DIM])
{
  const model *m = self;
  return needs_of(m->type->tractable, &m->shape, extent, false);
}

PetscErrorCode sq_tractable_generate(const void *self, const sq_sample_settings *set, sq_fft *fft, bool plain,
                                     sq_generator *generator)
{
  PetscFunctionBeginUser;
  const model *m = self;
  sq_tractable tractable;
  (void)set, (void)plain;
  PetscCall(make(m, fft->lattice, sq_tractable_needs(m, fft->lattice->extent).batch, false, &tractable));
  PetscCall(sq_tractable_generator(&tractable, true, generator));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_objective(const sq_model_data *data, const void *self, sq_objective *objective)
{
  PetscFunctionBeginUser;
  const model *m = self;
  const sq_lattice *lattice = data->fft->lattice;
  sq_divergence_options options = options_of(data->set);
  options.seed = data->seed;
  options.refresh = data->refresh;
  const int most = m->type->tractable->needs(&m->shape, lattice->extent, true).batch;
  sq_tractable tractable;
  PetscCall(make(m, lattice, sq_divergence_micro(options.batch, most), true, &tractable));
  PetscErrorCode code = sq_divergence_create(&tractable, true, &m->shape.action, &options, &data->training,
                                             &data->testing, objective);
  if (code) PetscCall(sq_tractable_destroy(&tractable));
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tractable_update(void *self, const sq_model_data *data, const double *weight, int64_t most)
{
  PetscFunctionBeginUser;
  model *m = self;
  (void)data, (void)most;
  memcpy(m->weight, weight, (size_t)m->parameters * sizeof *weight);
  PetscFunctionReturn(0);
}
