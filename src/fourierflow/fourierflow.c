/* SPDX-License-Identifier: BSD-3-Clause */
/* The flow as a model with an exact density. A field is made of its modes z: of base.c; couplings one after the other;
 * then each mode times its width and a factor of n that is learned. Weights: of the modes before the couplings; the
 * logarithms of those factors; the couplings.
 *
 * Every rank that has the lattice has all of it. Gradients are summed in double, field after field. */
#include "flow.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  sq_fourierflow_shape shape;
  sq_fourier fourier;
  sq_fourier_work work;
  sq_fourier_base start;
  int64_t parameters, zeros; /* weights; those of the modes before the couplings */
  sq_fourier_layer *layer;   /* [layers + 1] */
  double *width;             /* [sites] of the modes */
  double *weight, *gradient; /* [parameters] */
  double *base, *last;       /* [batch][sites] modes before the couplings, and after them */
  double *memory;            /* of traces */
  sq_fourier_trace *trace;   /* [batch][layers + 1] */
  double *mode;              /* [sites] */
} flow;

static int number(const flow *f, int i)
{
  return sq_fourier_number(f->shape.sites, i);
}

static double log_factor(const flow *f, int i)
{
  return f->weight[f->zeros + number(f, i)];
}

static sq_fourier_trace *trace_of(const flow *f, int b, int l)
{
  return &f->trace[b * (f->shape.layers + 1) + l];
}

static void load(void *self, const float *weight)
{
  flow *f = self;
  for (int64_t i = 0; i < f->parameters; i++) f->weight[i] = (double)weight[i];
  sq_fourier_base_load(f->weight, &f->start);
}

/* ---- fields ---- */

/* What the widths of modes take from log q. */
static double log_widths(const flow *f)
{
  double sum = 0;
  for (int i = 0; i < f->shape.sites; i++) sum += log(f->width[i]) + log_factor(f, i);
  return sum;
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  flow *f = self;
  const int N = f->shape.sites;
  const double widths = log_widths(f);
  for (int b = 0; b < count; b++) {
    double *z = f->base + (int64_t)b * N, *end = f->last + (int64_t)b * N, log_det;
    const sq_stream stream = sq_stream_make(seed, SQ_RNG_FOURIER, (uint64_t)(first + b));
    sq_fourier_base_draw(&f->start, stream, b, z);
    log_q[b] = sq_fourier_base_log(&f->start, z, NULL) - widths;
    memcpy(end, z, (size_t)N * sizeof *z);
    for (int l = 0; l <= f->shape.layers; l++) {
      const sq_fourier_layer *layer = &f->layer[l];
      sq_fourier_layer_forward(layer, f->weight + layer->at, &f->work, trace_of(f, b, l), end, &log_det);
      log_q[b] -= log_det;
    }
    for (int i = 0; i < N; i++) f->mode[i] = f->width[i] * exp(log_factor(f, i)) * end[i];
    sq_fourier_path(&f->fourier, f->mode, blocks + (int64_t)b * N);
  }
  return 0;
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  flow *f = self;
  const int N = f->shape.sites;
  const double widths = log_widths(f);
  for (int b = 0; b < count; b++) {
    double *z = f->base + (int64_t)b * N, *end = f->last + (int64_t)b * N, log_det;
    sq_fourier_modes(&f->fourier, blocks + (int64_t)b * N, end);
    for (int i = 0; i < N; i++) end[i] *= exp(-log_factor(f, i)) / f->width[i];
    memcpy(z, end, (size_t)N * sizeof *z);
    log_q[b] = -widths;
    for (int l = f->shape.layers; l >= 0; l--) {
      const sq_fourier_layer *layer = &f->layer[l];
      sq_fourier_layer_inverse(layer, f->weight + layer->at, &f->work, trace_of(f, b, l), z, &log_det);
      log_q[b] -= log_det;
    }
    log_q[b] += sq_fourier_base_log(&f->start, z, NULL);
  }
  return 0;
}

/* ---- gradients ---- */

static void add_gradient(flow *f, float *gradient)
{
  for (int64_t i = 0; i < f->parameters; i++) gradient[i] += (float)f->gradient[i];
  memset(f->gradient, 0, (size_t)f->parameters * sizeof *f->gradient);
}

/* From the modes before the couplings to those after them; what moves at fixed fields. */
static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  flow *f = self;
  const int N = f->shape.sites;
  double *slope = f->mode;
  for (int b = 0; b < count; b++) {
    const double *end = f->last + (int64_t)b * N, *z = f->base + (int64_t)b * N;
    (void)sq_fourier_base_log(&f->start, z, slope);
    for (int i = 0; i < N; i++) slope[i] *= factor[b];
    sq_fourier_base_backward(&f->start, z, factor[b], f->gradient);
    for (int l = 0; l <= f->shape.layers; l++) {
      const sq_fourier_layer *layer = &f->layer[l];
      sq_fourier_layer_backward(layer, f->weight + layer->at, &f->work, trace_of(f, b, l), factor[b], slope,
                                f->gradient + layer->at);
    }
    for (int i = 0; i < N; i++) f->gradient[f->zeros + number(f, i)] -= slope[i] * end[i] + factor[b];
  }
  add_gradient(f, gradient);
  return 0;
}

/* From fields back to the modes before the couplings, the integral of the zero mode's density being held. */
static PetscErrorCode pull(void *self, int count, const double *cotangent, const double *factor, float *gradient)
{
  flow *f = self;
  const int N = f->shape.sites;
  double *slope = f->mode;
  for (int b = 0; b < count; b++) {
    const double *end = f->last + (int64_t)b * N, *z = f->base + (int64_t)b * N;
    sq_fourier_modes(&f->fourier, cotangent + (int64_t)b * N, slope);
    for (int i = 0; i < N; i++) {
      slope[i] *= f->width[i] * exp(log_factor(f, i));
      f->gradient[f->zeros + number(f, i)] += slope[i] * end[i] - factor[b];
    }
    for (int l = f->shape.layers; l >= 0; l--) {
      const sq_fourier_layer *layer = &f->layer[l];
      sq_fourier_layer_pull(layer, f->weight + layer->at, &f->work, trace_of(f, b, l), factor[b], slope,
                            f->gradient + layer->at);
    }
    (void)sq_fourier_base_log(&f->start, z, f->start.slope);
    sq_fourier_base_backward(&f->start, z, factor[b], f->gradient);
    for (int i = 0; i < N; i++) slope[i] += factor[b] * f->start.slope[i];
    sq_fourier_base_move(&f->start, z, b, slope, f->gradient);
  }
  add_gradient(f, gradient);
  return 0;
}

/* ---- set-up ---- */

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  flow *f = self;
  double **arrays[] = {&f->width,    &f->weight, &f->gradient, &f->base,      &f->last,     &f->memory,    &f->mode,
                       &f->work.net, &f->work.a, &f->work.b,   &f->work.even, &f->work.odd, &f->work.path, &f->work.Q};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) sq_free(arrays[i]);
  for (int l = 0; l <= f->shape.layers; l++) sq_fourier_layer_destroy(&f->layer[l]);
  sq_free(&f->layer);
  sq_free(&f->trace);
  sq_fourier_base_destroy(&f->start);
  sq_fourier_destroy(&f->fourier);
  sq_free(&f);
  PetscFunctionReturn(0);
}

static PetscErrorCode create_work(flow *f)
{
  PetscFunctionBeginUser;
  sq_fourier_work *w = &f->work;
  double **path[] = {&w->a, &w->b, &w->even, &w->odd, &w->path, &f->mode, &f->width};
  PetscCall(sq_fourier_create(f->shape.sites, &f->fourier));
  w->fourier = &f->fourier;
  w->gradients = true;
  for (size_t i = 0; i < sizeof path / sizeof *path; i++) PetscCall(sq_alloc(f->shape.sites, path[i]));
  PetscCall(sq_alloc(sq_fourier_net_scratch(&f->layer[0].net), &w->net));
  PetscCall(sq_alloc(SQ_FOURIER_MIXED * SQ_FOURIER_MIXED, &w->Q));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_traces(flow *f, int batch)
{
  PetscFunctionBeginUser;
  const int layers = f->shape.layers + 1;
  int64_t size = 0, at = 0;
  for (int l = 0; l < layers; l++) size += sq_fourier_trace_size(&f->layer[l]);
  PetscCall(sq_alloc(batch * size, &f->memory));
  PetscCall(sq_alloc(batch * layers, &f->trace));
  for (int i = 0; i < batch * layers; i++) {
    sq_fourier_trace_lay(&f->layer[i % layers], f->memory + at, &f->trace[i]);
    at += sq_fourier_trace_size(&f->layer[i % layers]);
  }
  PetscCall(sq_alloc((int64_t)batch * f->shape.sites, &f->base));
  PetscCall(sq_alloc((int64_t)batch * f->shape.sites, &f->last));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_layers(flow *f)
{
  PetscFunctionBeginUser;
  const sq_fourier_prior prior = sq_fourier_prior_of(&f->shape.action, f->shape.sites);
  int64_t at = f->zeros + f->shape.sites / 2 + 1;
  PetscCall(sq_alloc(f->shape.layers + 1, &f->layer));
  for (int l = 0; l <= f->shape.layers; l++) {
    PetscCall(sq_fourier_layer_create(&f->shape, &prior, l, &f->layer[l]));
    f->layer[l].at = at;
    at += f->layer[l].parameters;
  }
  PetscCall(create_work(f));
  for (int i = 0; i < f->shape.sites; i++)
    f->width[i] = sqrt(sq_fourier_variance(&prior, f->shape.sites, number(f, i)));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fourierflow_create(const sq_lattice *lattice, const sq_fourierflow_shape *shape, int batch,
                                     sq_tractable *model)
{
  PetscFunctionBeginUser;
  flow *f;
  SqCheck(lattice->dim == 1 && lattice->volume == shape->sites && lattice->local_volume == lattice->volume,
          lattice->comm, SQ_ERR_INPUT, "a Fourier flow of %d sites is for one direction of so many sites, on one rank",
          shape->sites);
  PetscCall(sq_alloc(1, &f));
  *f = (flow){.lattice = lattice,
              .shape = *shape,
              .parameters = sq_fourierflow_parameters(shape),
              .zeros = sq_fourier_base_parameters(shape)};
  PetscCall(create_layers(f));
  PetscCall(sq_fourier_base_create(shape, batch, &f->fourier, &f->start));
  PetscCall(create_traces(f, batch));
  PetscCall(sq_alloc(f->parameters, &f->weight));
  PetscCall(sq_alloc(f->parameters, &f->gradient));
  *model = (sq_tractable){.self = f,
                          .lattice = lattice,
                          .components = 1,
                          .batch = batch,
                          .parameters = f->parameters,
                          .cost = 1,
                          .load = load,
                          .draw = draw,
                          .density = density,
                          .backward = backward,
                          .pull = pull,
                          .destroy = destroy};
  PetscFunctionReturn(0);
}
