/* SPDX-License-Identifier: BSD-3-Clause */
/* An autoregressive network as a model with an exact density: at each site, the distribution of its number from what
 * the network makes of the sites before, and from the field of its known neighbours.
 *
 * The mean of two densities takes twice as many fields of the network: entries b and count + b are a field and its
 * negative. Derivatives of log q are taken on the way, for a factor of 1; going back multiplies them.
 */
#include "squall/raster.h"
#include "squall/rng.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_raster_model model;
  const sq_lattice *lattice;
  sq_raster *raster;
  bool backward;
  int n, orders; /* n: fields of the network at hand */
  double scale;  /* of the action */
  sq_stream *stream;
  uint64_t *site;
  double *x;              /* [volume][n] numbers */
  double *vector;         /* [volume][orders][n] */
  double *field;          /* [orders][n] of a site */
  double *log_q, *term;   /* [n] of all sites, of one */
  double *factor;         /* [n] */
  float *input, *par;     /* of a site */
  float *slope, *doutput; /* [volume][outputs] */
} autoregressive;

bool sq_raster_fit(sq_raster_model *m)
{
  const int orders = sq_action_orders(&m->action);
  const bool whole = m->shape.odd && m->law->covariant && m->law->components == orders;
  m->shape.components = m->shape.odd ? m->law->components : 1;
  m->shape.inputs = m->shape.odd ? 1 : orders;
  m->shape.vectors = m->mixture * m->law->vectors * (m->shape.odd ? 1 : m->law->components);
  m->shape.scalars = m->mixture * m->law->scalars;
  return sq_action_components(&m->action) == 1 && m->mixture >= 1 && m->mixture <= m->law->most &&
         (whole || !m->shape.odd);
}

PetscErrorCode sq_raster_model_price(const sq_raster_model *m, bool backward, sq_raster_cost *cost)
{
  PetscFunctionBeginUser;
  const int copies = m->averaged ? 2 : 1;
  const sq_raster_shape *s = &m->shape;
  const double outputs = s->vectors * s->components + s->scalars, numbers = 1 + sq_action_orders(&m->action);
  PetscCall(sq_raster_price(s, backward, cost));
  cost->bytes += 8 * sq_volume(s->extent) * (numbers + (backward ? outputs : 0));
  cost->batch = PetscMax(1, cost->batch / copies);
  cost->bytes *= copies;
  cost->flops *= copies;
  PetscFunctionReturn(0);
}

/* ---- one site ---- */

/* field[orders][n] = the sum over known neighbours of hop times their vectors. */
static void sum_neighbours(autoregressive *a, int64_t x)
{
  const sq_action *action = &a->model.action;
  const int64_t size = (int64_t)a->orders * a->n;
  int64_t stride = 1;
  memset(a->field, 0, (size_t)size * sizeof *a->field);
  for (int mu = SQ_DIM - 1; mu >= a->lattice->first_dir; stride *= a->lattice->extent[mu], mu--) {
    const int64_t extent = a->lattice->extent[mu], c = x / stride % extent;
    const int64_t neighbour[] = {x + ((c + 1) % extent - c) * stride, x + ((c + extent - 1) % extent - c) * stride};
    for (int k = 0; k < 2; k++) {
      if (neighbour[k] >= x) continue;
      const double hop = a->scale * action->type->given->hop(action, mu), *v = a->vector + neighbour[k] * size;
      for (int64_t i = 0; i < size; i++) a->field[i] += hop * v[i];
    }
  }
}

/* The first angle is uniform where the theory has no direction of its own. A network that is not odd would leave
 * directions out: those in which its densities do not close. */
static bool uniform(const autoregressive *a, int64_t x)
{
  const sq_action_type *type = a->model.action.type;
  return x == 0 && type->symmetric && type->space == &sq_space_circle;
}

/* What is known of a site's numbers: their distribution. */
static sq_conditional_batch look(autoregressive *a, int64_t x)
{
  const bool start = a->model.action.type->given && a->model.law->fields == a->orders;
  sq_raster_evaluate(a->raster, x, a->par);
  if (uniform(a, x)) memset(a->par, 0, (size_t)sq_raster_outputs(a->raster) * sizeof *a->par);
  if (start) sum_neighbours(a, x);
  return (sq_conditional_batch){a->n, a->model.mixture, a->par, start ? a->field : NULL};
}

/* Takes the numbers x of a site. */
static void settle(autoregressive *a, int64_t site, const sq_conditional_batch *batch, const double *x)
{
  const int64_t size = (int64_t)a->orders * a->n;
  double *room = a->vector + site * size;
  const double *v = sq_action_order(&a->model.action, a->n, x, room);
  if (v != room) memcpy(room, v, (size_t)size * sizeof *room);
  for (int64_t i = 0; i < size; i++) a->input[i] = (float)room[i];
  sq_raster_give(a->raster, site, a->input);
  a->model.law->log_density(batch, x, a->term);
  for (int i = 0; i < a->n; i++) a->log_q[i] += a->term[i];
  if (!a->backward) return;
  const int64_t outputs = sq_raster_outputs(a->raster);
  float *slope = a->slope + site * outputs;
  if (uniform(a, site)) memset(slope, 0, (size_t)outputs * sizeof *slope);
  else a->model.law->gradient(batch, x, a->factor, slope);
}

static void begin(autoregressive *a, int count)
{
  a->n = a->model.averaged ? 2 * count : count;
  sq_raster_begin(a->raster, a->n);
  for (int i = 0; i < a->n; i++) {
    a->log_q[i] = 0;
    a->factor[i] = 1;
  }
}

/* ---- fields ---- */

/* log q of a field from the network's of it and of its negative; share: by how much it goes with the first. */
static double mean_density(double log_q, double log_q_negative, double *share)
{
  const double larger = fmax(log_q, log_q_negative);
  *share = 1 / (1 + exp(log_q_negative - log_q));
  return larger + log1p(exp(-fabs(log_q - log_q_negative))) - log(2);
}

static void hand_out(const autoregressive *a, int count, double *log_q)
{
  double share;
  for (int b = 0; b < count; b++)
    log_q[b] = a->model.averaged ? mean_density(a->log_q[b], a->log_q[count + b], &share) : a->log_q[b];
}

/* All entries, or the first of pairs, whose others follow from them. */
static void draw_site(autoregressive *a, int64_t x, int count)
{
  const sq_conditional_batch batch = look(a, x);
  const sq_conditional_address address = {a->stream, a->site, 0};
  double *number = a->x + x * a->n;
  for (int b = 0; b < a->n; b++) a->site[b] = (uint64_t)x;
  a->model.law->draw(&batch, &address, number);
  for (int b = count; b < a->n; b++) number[b] = -number[b - count];
  settle(a, x, &batch, number);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  autoregressive *a = self;
  const int64_t volume = a->lattice->volume;
  begin(a, count);
  for (int b = 0; b < a->n; b++) a->stream[b] = sq_stream_make(seed, SQ_RNG_RASTER, (uint64_t)(first + b % count));
  for (int64_t x = 0; x < volume; x++) draw_site(a, x, count);
  hand_out(a, count, log_q);
  for (int b = 0; b < count; b++) {
    const bool turned = a->model.averaged && sq_rng_uniform(a->stream[b], (uint64_t)volume, 0, 0) < 0.5;
    for (int64_t x = 0; x < volume; x++) blocks[b * volume + x] = (turned ? -1 : 1) * a->x[x * a->n + b];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  autoregressive *a = self;
  const int64_t volume = a->lattice->volume;
  begin(a, count);
  for (int64_t x = 0; x < volume; x++) {
    const sq_conditional_batch batch = look(a, x);
    double *number = a->x + x * a->n;
    for (int b = 0; b < a->n; b++) number[b] = b < count ? blocks[b * volume + x] : -number[b - count];
    settle(a, x, &batch, number);
  }
  hand_out(a, count, log_q);
  PetscFunctionReturn(0);
}

static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  PetscFunctionBeginUser;
  autoregressive *a = self;
  const int64_t size = sq_raster_outputs(a->raster);
  double share;
  for (int b = 0; b < count; b++) {
    a->factor[b] = factor[b];
    if (!a->model.averaged) continue;
    (void)mean_density(a->log_q[b], a->log_q[count + b], &share);
    a->factor[b] = share * factor[b];
    a->factor[count + b] = (1 - share) * factor[b];
  }
  for (int64_t i = 0; i < a->lattice->volume * size; i += a->n)
    for (int b = 0; b < a->n; b++) a->doutput[i + b] = (float)(a->factor[b] * a->slope[i + b]);
  sq_raster_backward(a->raster, a->doutput, gradient);
  PetscFunctionReturn(0);
}

/* ---- the model ---- */

static void load(void *self, const float *weight)
{
  sq_raster_load(((autoregressive *)self)->raster, weight);
}

static PetscErrorCode anneal(void *self, double scale)
{
  ((autoregressive *)self)->scale = scale;
  return 0;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  autoregressive *a = self;
  double **doubles[] = {&a->x, &a->vector, &a->field, &a->log_q, &a->term, &a->factor};
  float **floats[] = {&a->input, &a->par, &a->slope, &a->doutput};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) sq_free(doubles[i]);
  for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) sq_free(floats[i]);
  sq_free(&a->stream);
  sq_free(&a->site);
  PetscCall(sq_raster_destroy(&a->raster));
  sq_free(&a);
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(autoregressive *a, int64_t n)
{
  PetscFunctionBeginUser;
  const sq_raster_shape *s = &a->model.shape;
  const int64_t volume = a->lattice->volume, outputs = ((int64_t)s->vectors * s->components + s->scalars) * n;
  PetscCall(sq_alloc(n, &a->stream));
  PetscCall(sq_alloc(n, &a->site));
  PetscCall(sq_alloc(volume * n, &a->x));
  PetscCall(sq_alloc(volume * a->orders * n, &a->vector));
  PetscCall(sq_alloc(a->orders * n, &a->field));
  PetscCall(sq_alloc(a->orders * n, &a->input));
  double **entries[] = {&a->log_q, &a->term, &a->factor};
  for (int i = 0; i < 3; i++) PetscCall(sq_alloc(n, entries[i]));
  PetscCall(sq_alloc(outputs, &a->par));
  if (!a->backward) PetscFunctionReturn(0);
  PetscCall(sq_alloc(volume * outputs, &a->slope));
  PetscCall(sq_alloc(volume * outputs, &a->doutput));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_raster_tractable(const sq_raster_model *model, const sq_lattice *lattice, int batch,
                                   bool backward_too, sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  const int copies = model->averaged ? 2 : 1;
  bool fits = lattice->size == 1;
  sq_raster_cost cost;
  autoregressive *a;
  for (int mu = 0; mu < SQ_DIM; mu++) fits = fits && lattice->extent[mu] == model->shape.extent[mu];
  PetscCheck(fits, lattice->comm, PETSC_ERR_ARG_WRONG,
             "an autoregressive network of another lattice, or of many ranks");
  PetscCall(sq_alloc(1, &a));
  *a = (autoregressive){.model = *model, .lattice = lattice, .backward = backward_too, .scale = 1};
  a->orders = sq_action_orders(&model->action);
  PetscErrorCode status = sq_raster_create(&model->shape, copies * batch, backward_too, &a->raster);
  if (status) sq_free(&a);
  PetscCall(status);
  PetscCall(allocate(a, (int64_t)copies * batch));
  PetscCall(sq_raster_price(&model->shape, backward_too, &cost));
  *tractable = (sq_tractable){.self = a,
                              .lattice = lattice,
                              .components = 1,
                              .batch = batch,
                              .parameters = cost.parameters,
                              .cost = copies,
                              .load = load,
                              .anneal = anneal,
                              .draw = draw,
                              .density = density,
                              .backward = backward_too ? backward : NULL,
                              .destroy = destroy};
  PetscFunctionReturn(0);
}
