/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes as a model with an exact density: panels of fields, one after the other. What they leave for the gradient is
 * kept for a whole batch where it learns. */
#include "internal.h"
#include "squall/rng.h"
#include <math.h>
#include <string.h>

enum { P = SQ_HEIGHTS_PANEL };

typedef struct {
  const sq_lattice *lattice;
  sq_heights_work work;
  bool learning;
  int batch;
  float *memory;         /* of the tapes */
  sq_heights_tape *tape; /* [panels][events], or one */
  int *winding;          /* [panels][P], candidates */
  sq_stream *stream;     /* [P] */
  float *scratch, *dout;
} model;

static int64_t panels_of(int batch)
{
  return (batch + P - 1) / P;
}

static int64_t tape_size(const sq_heights_shape *s)
{
  return (sq_heights_inputs(s) + 2 * s->hidden + SQ_HEIGHTS_OUT) * P;
}

/* ---- what it takes ---- */

PetscErrorCode sq_heights_check(const sq_heights_shape *s)
{
  PetscFunctionBeginUser;
  enum { MOST_SITES = 1 << 16 };
  const double sites = (double)s->extent[0] * (double)s->extent[1], most = 2e10;
  SqCheck(s->dim == 1 || s->dim == 2, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type heights is for one or two directions, where fluxes without divergence are heights and "
          "windings; there are %d",
          s->dim);
  SqCheck(sites <= MOST_SITES, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type heights draws link after link on one rank: %.0f sites are too many; at most %d", sites,
          MOST_SITES);
  SqCheck(s->hidden > 0 && s->hidden % SQ_HEIGHTS_STEP == 0 && s->hidden <= 1024 && s->radius >= 0, SQ_EVERY_RANK,
          SQ_ERR_INPUT, "a model of type heights: %d hidden units, a multiple of %d up to 1024 is possible", s->hidden,
          SQ_HEIGHTS_STEP);
  SqCheck(s->beginning >= 0 && s->beginning <= SQ_HEIGHTS_BEGINNING, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type heights that begins in a way that this program does not know");
  const sq_heights_scales c = sq_heights_scales_of(s);
  SqCheck(sq_heights_tables_cost(s, &c) < most, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "eta = %g, lambda = %g, mu = %g: fluxes of about %.0f +- %.0f are too large for the tables of a model of "
          "type "
          "heights: a larger lambda, a larger eta or a mu nearer to 0",
          s->coupling.eta, s->coupling.lambda, s->coupling.mu, fabs(c.density), c.sigma);
  SqCheck(s->windings > 0 && s->windings < SQ_HEIGHTS_WINDINGS, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "eta = %g, lambda = %g, mu = %g on %.0f sites: the particle numbers of a model of type heights range over "
          "%d or more on either side of %lld; fewer columns or a larger lambda",
          s->coupling.eta, s->coupling.lambda, s->coupling.mu, sites, SQ_HEIGHTS_WINDINGS, (long long)s->middle);
  PetscFunctionReturn(0);
}

double sq_heights_flops(const sq_heights_shape *s)
{
  return 2 * (double)sq_heights_shared(s) * (double)sq_heights_events(s);
}

double sq_heights_bytes(const sq_heights_shape *s, int batch, bool learning)
{
  const double sites = (double)s->extent[0] * (double)s->extent[1];
  return 4 * (double)P * sites * (2 * s->dim + 2) + 8 * (double)batch * sites * 2 * s->dim +
         (learning ? (double)panels_of(batch) * (double)sq_heights_events(s) : 1) * (double)tape_size(s) *
           sizeof(float);
}

int sq_heights_batch(const sq_heights_shape *s, bool learning)
{
  const double room = 1 << 28;
  int batch = 512;
  while (batch > P && sq_heights_bytes(s, batch, learning) > room) batch -= P;
  return batch;
}

void sq_heights_start(const sq_heights_shape *s, uint64_t seed, double *weight)
{
  const sq_stream stream = sq_stream_make(seed, SQ_RNG_WEIGHTS, 0);
  const int64_t inputs = sq_heights_inputs(s), hidden = s->hidden, first = hidden * inputs,
                second = first + hidden * hidden;
  for (int kind = 0; kind < SQ_EVENTS; kind++) {
    double *w = weight + 2 * s->windings + 1 + kind * sq_heights_shared(s);
    sq_rng_normals(stream, (uint64_t)(kind * second), second, 0, 0, w);
    for (int64_t i = 0; i < second; i++) w[i] /= sqrt((double)(i < first ? inputs : hidden));
  }
}

/* ---- the model ---- */

static void load(void *self, const float *weight)
{
  sq_heights_work *w = &((model *)self)->work;
  memcpy(w->weight, weight, (size_t)sq_heights_parameters(&w->shape) * sizeof *weight);
  sq_heights_load_windings(w);
}

/* A panel that begins with field b of a batch. */
static void fill(model *m, int b, int count, double *log_q)
{
  sq_heights_work *w = &m->work;
  const int64_t panel = b / P;
  w->count = PetscMin(P, count - b);
  sq_heights_fill(w, m->tape + (m->learning ? panel * w->events : 0), m->learning);
  memcpy(log_q + b, w->log_q, (size_t)w->count * sizeof *log_q);
  memcpy(m->winding + panel * P, w->winding_at, P * sizeof *m->winding);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  model *m = self;
  sq_heights_work *w = &m->work;
  const int64_t volume = m->lattice->volume;
  const int d = w->shape.dim;
  w->stream = m->stream;
  for (int b = 0; b < count; b += P) {
    for (int j = 0; j < P; j++) m->stream[j] = sq_stream_make(seed, SQ_RNG_HEIGHTS, (uint64_t)(first + b + j));
    fill(m, b, count, log_q);
    for (int c = 0; c < 2 * d; c++)
      for (int64_t x = 0; x < volume; x++)
        for (int j = 0; j < w->count; j++)
          blocks[((b + j) * 2 * d + c) * volume + x] = (c < d ? w->k[c] : w->l[c - d])[x * P + j];
  }
  return 0;
}

/* Whether a block is one of fluxes: integers, l >= 0, no divergence. */
static bool is_flux(const model *m, const double *block)
{
  const sq_heights_shape *s = &m->work.shape;
  const int64_t rows = s->extent[0], columns = s->extent[1], volume = rows * columns;
  const double *k1 = block + volume, *l = block + s->dim * volume;
  bool good = true;
  for (int64_t i = 0; i < 2 * s->dim * volume; i++)
    good = good && fabs(block[i]) < 2 * SQ_FLUX_MOST && block[i] == floor(block[i]);
  for (int64_t i = 0; i < s->dim * volume; i++) good = good && l[i] >= 0;
  for (int64_t x = 0; good && x < volume; x++) {
    const int64_t c = x % columns;
    double divergence = block[x] - block[(x + volume - columns) % volume];
    if (s->dim == 2) divergence += k1[x] - k1[x - c + (c + columns - 1) % columns];
    good = divergence == 0;
  }
  return good;
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  model *m = self;
  sq_heights_work *w = &m->work;
  const int64_t volume = m->lattice->volume;
  const int d = w->shape.dim;
  w->stream = NULL;
  for (int b = 0; b < count; b += P) {
    for (int j = 0; j < P; j++) {
      const double *block = blocks + (b + j) * 2 * d * volume;
      const bool good = b + j < count && is_flux(m, block);
      for (int c = 0; c < 2 * d; c++)
        for (int64_t x = 0; x < volume; x++)
          (c < d ? w->k[c] : w->l[c - d])[x * P + j] = good ? (int32_t)block[c * volume + x] : 0;
    }
    fill(m, b, count, log_q);
    for (int j = b; j < PetscMin(b + P, count); j++)
      if (!is_flux(m, blocks + j * 2 * d * volume)) log_q[j] = -INFINITY;
  }
  return 0;
}

static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  model *m = self;
  const sq_heights_work *w = &m->work;
  const sq_heights_shape *s = &w->shape;
  const int64_t shared = sq_heights_shared(s), own = sq_heights_own(s), first = 2 * s->windings + 1;
  sq_heights_add_windings(w, count, m->winding, factor, gradient);
  for (int b = 0; b < count; b += P)
    for (int64_t i = 0; i < w->events; i++) {
      const sq_heights_tape *t = &m->tape[b / P * w->events + i];
      const int64_t kind = w->event[i].kind;
      for (int o = 0; o < SQ_HEIGHTS_OUT; o++)
        for (int j = 0; j < P; j++)
          m->dout[o * P + j] = b + j < count ? (float)(factor[b + j] * (double)t->slope[o * P + j]) : 0;
      sq_heights_backward(s, w->weight + first + kind * shared, t->x, t->y, m->dout, m->scratch,
                          gradient + first + kind * shared, gradient + first + SQ_EVENTS * shared + i * own);
    }
  return 0;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  model *m = self;
  sq_heights_work_clear(&m->work);
  sq_free(&m->memory);
  sq_free(&m->tape);
  sq_free(&m->winding);
  sq_free(&m->stream);
  sq_free(&m->scratch);
  sq_free(&m->dout);
  sq_free(&m);
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(model *m)
{
  PetscFunctionBeginUser;
  const sq_heights_shape *s = &m->work.shape;
  const int64_t panels = panels_of(m->batch), tapes = m->learning ? panels * m->work.events : 1, size = tape_size(s);
  PetscCall(sq_alloc(tapes, &m->tape));
  PetscCall(sq_alloc(tapes * size, &m->memory));
  PetscCall(sq_alloc(panels * P, &m->winding));
  PetscCall(sq_alloc(P, &m->stream));
  PetscCall(sq_alloc((int64_t)2 * s->hidden * P, &m->scratch));
  PetscCall(sq_alloc(SQ_HEIGHTS_OUT * P, &m->dout));
  for (int64_t i = 0; i < tapes; i++) {
    float *x = m->memory + i * size, *y = x + sq_heights_inputs(s) * P;
    m->tape[i] = (sq_heights_tape){.x = x, .y = y, .slope = y + 2 * s->hidden * P};
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_heights_tractable(const sq_heights_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                                    sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  model *m;
  PetscCall(sq_heights_check(shape));
  const int64_t rows = lattice->extent[lattice->first_dir], columns = shape->dim == 2 ? lattice->extent[3] : 1;
  PetscCheck(lattice->size == 1 && lattice->dim == shape->dim && rows == shape->extent[0] &&
               columns == shape->extent[1],
             lattice->comm, PETSC_ERR_ARG_WRONG, "a model of type heights of another lattice, or of many ranks");
  PetscCall(sq_alloc(1, &m));
  m->lattice = lattice;
  m->learning = learning;
  m->batch = batch;
  PetscCall(sq_heights_work_create(shape, &m->work));
  PetscCall(allocate(m));
  *tractable = (sq_tractable){.self = m,
                              .lattice = lattice,
                              .components = 2 * shape->dim,
                              .batch = batch,
                              .parameters = sq_heights_parameters(shape),
                              .cost = 1,
                              .load = load,
                              .draw = draw,
                              .density = density,
                              .backward = learning ? backward : NULL,
                              .destroy = destroy};
  PetscFunctionReturn(0);
}
