/* SPDX-License-Identifier: BSD-3-Clause */
/* The learned score: Wiener filter plus network, on any volume. */
#include "squall/score.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_diffusion_model *model;
  sq_fft *fft;
  sq_network *network;
  int batch;
  double *propagator, *filter; /* [orbits] of this lattice */
  double *ratio, *carried; /* R over that of a Gaussian at one level: [orbits] of the training lattice, of this one */
  int components;
  int64_t numbers;                       /* of a field: components local_volume */
  double *entry, *filtered, *correction; /* [batch][numbers]; entry: a field and directions at it */
  double *c_in, *c_w, *level;            /* [batch] */
  int *base;                             /* [batch] 0: entry 0 is the field */
} learned;

static sq_diffusion_model_scales set_level(learned *l, double a, double s)
{
  sq_diffusion_model_scales scales = sq_diffusion_model_scales_at(l->model, a, s);
  sq_wiener_filter(l->fft->orbits.count, l->propagator, a, s, l->filter);
  for (int b = 0; b < l->batch; b++) {
    l->c_in[b] = scales.c_in;
    l->c_w[b] = scales.c_w;
    l->level[b] = scales.level;
  }
  return scales;
}

/* filtered = W in of count fields, or directions. */
static PetscErrorCode filter(const learned *l, int64_t count, const double *in, double *filtered)
{
  PetscFunctionBeginUser;
  const int64_t volume = l->fft->lattice->local_volume;
  for (int64_t i = 0; i < count * l->components; i++)
    PetscCall(sq_fft_filter(l->fft, l->filter, in + i * volume, filtered + i * volume));
  PetscFunctionReturn(0);
}

static PetscErrorCode denoise(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  PetscFunctionBeginUser;
  learned *l = self;
  int64_t volume = l->numbers;
  sq_diffusion_model_scales scales = set_level(l, a, s);
  for (int first = 0; first < count; first += l->batch) {
    int fields = count - first < l->batch ? count - first : l->batch;
    const double *in = noisy + first * volume;
    double *out = clean + first * volume;
    PetscCall(filter(l, fields, in, l->filtered));
    PetscCall(sq_network_forward(l->network, fields, (const double *[]){in, l->filtered},
                                 (const double *[]){l->c_in, l->c_w}, l->level, &l->correction));
    for (int64_t i = 0; i < fields * volume; i++) out[i] = l->filtered[i] + scales.c_out * l->correction[i];
  }
  PetscFunctionReturn(0);
}

/* batch - 1 directions at a time; the field goes with each of them. */
static PetscErrorCode tangent(void *self, double a, double s, const double *noisy, int count, const double *direction,
                              double *clean, double *along)
{
  PetscFunctionBeginUser;
  learned *l = self;
  int64_t volume = l->numbers;
  sq_diffusion_model_scales scales = set_level(l, a, s);
  memcpy(l->entry, noisy, (size_t)volume * sizeof *noisy);
  PetscCall(filter(l, 1, noisy, l->filtered));
  for (int first = 0; first < count; first += l->batch - 1) {
    int most = l->batch - 1, directions = count - first < most ? count - first : most;
    double *out = along + first * volume;
    memcpy(l->entry + volume, direction + first * volume, (size_t)(directions * volume) * sizeof *direction);
    PetscCall(filter(l, directions, l->entry + volume, l->filtered + volume));
    PetscCall(sq_network_tangent(l->network, directions + 1, l->base, (const double *[]){l->entry, l->filtered},
                                 (const double *[]){l->c_in, l->c_w}, l->level, &l->correction));
    for (int64_t i = 0; i < volume; i++) clean[i] = l->filtered[i] + scales.c_out * l->correction[i];
    for (int64_t i = 0; i < directions * volume; i++)
      out[i] = l->filtered[volume + i] + scales.c_out * l->correction[volume + i];
  }
  PetscFunctionReturn(0);
}

/* The levels of the calibration around s/a, on which R and c depend: the lower one, and how far beyond it. */
static int calibrated(const sq_diffusion_model *m, double a, double s, double *up)
{
  double at = log(s / (a * m->s_min)) / log(m->s_max / m->s_min) * (m->levels - 1);
  at = fmin(fmax(at, 0), m->levels - 1);
  int k = (int)fmin(at, m->levels - 2);
  *up = at - k;
  return k;
}

/* Linear in log s between levels. */
static double curvature(const void *self, double a, double s)
{
  const learned *l = self;
  double up;
  int k = calibrated(l->model, a, s, &up);
  return (1 - up) * l->model->curvature[k] + up * l->model->curvature[k + 1];
}

/* The Gaussian posterior times the measured ratio, linear in log s between levels. */
static void posterior(const void *self, double a, double s, double *variance)
{
  const learned *l = self;
  const sq_diffusion_model *m = l->model;
  int64_t orbits = l->fft->orbits.count;
  sq_gaussian_posterior(orbits, l->propagator, a, s, variance);
  if (!m->levels) return;
  double up;
  int k = calibrated(m, a, s, &up);
  const double *lower = m->ratio + k * m->orbits.count, *upper = lower + m->orbits.count;
  for (int64_t o = 0; o < m->orbits.count; o++) l->ratio[o] = (1 - up) * lower[o] + up * upper[o];
  sq_orbits_interpolate(&m->orbits, l->ratio, &l->fft->orbits, l->carried);
  for (int64_t o = 0; o < orbits; o++) variance[o] *= l->carried[o];
}

/* G on this lattice. In a broken phase G(0) = V <M>^2 + a limit of the other modes, and grows with V. */
static void carry_propagator(const sq_diffusion_model *model, const sq_lattice *lattice, const sq_orbits *orbits,
                             double *propagator)
{
  double training = 1, limit = sq_orbits_limit(&model->orbits, model->propagator);
  for (int mu = 0; mu < SQ_DIM; mu++) training *= (double)model->orbits.extent[mu];
  sq_orbits_interpolate(&model->orbits, model->propagator, orbits, propagator);
  if (model->propagator[0] > limit && sq_orbits_zero_mode_apart(&model->orbits, model->propagator))
    propagator[0] = limit + (model->propagator[0] - limit) * (double)lattice->volume / training;
}

/* The distribution of the zero mode is that of the training volume. */
static const sq_mixture *own_zero_mode(const sq_diffusion_model *model, const sq_lattice *lattice)
{
  bool same = model->zero_mode.count > 0;
  for (int mu = 0; mu < SQ_DIM; mu++) same = same && lattice->extent[mu] == model->orbits.extent[mu];
  return same ? &model->zero_mode : NULL;
}

static PetscErrorCode load_weights(const sq_diffusion_model *model, sq_network *network)
{
  PetscFunctionBeginUser;
  float *weight;
  PetscCall(sq_alloc(model->parameters, &weight));
  for (int64_t i = 0; i < model->parameters; i++) weight[i] = (float)model->weight[i];
  sq_network_load(network, weight);
  sq_free(&weight);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_learned_score_create(sq_fft *fft, const sq_diffusion_model *model, int batch, bool wide,
                                       sq_score *score)
{
  PetscFunctionBeginUser;
  learned *l;
  PetscCheck(fft->lattice->dim == model->shape.dim, fft->lattice->comm, PETSC_ERR_ARG_INCOMP,
             "model and lattice have different dimensions");
  PetscCheck(!model->place, fft->lattice->comm, PETSC_ERR_ARG_WRONGSTATE, "a model of many couplings");
  PetscCall(sq_alloc(1, &l));
  l->model = model;
  l->fft = fft;
  l->batch = batch;
  l->components = sq_network_components(&model->shape);
  l->numbers = l->components * fft->lattice->local_volume;
  PetscCall(sq_alloc(fft->orbits.count, &l->propagator));
  PetscCall(sq_alloc(fft->orbits.count, &l->filter));
  PetscCall(sq_alloc(batch * l->numbers, &l->entry));
  PetscCall(sq_alloc(batch * l->numbers, &l->filtered));
  PetscCall(sq_alloc(batch * l->numbers, &l->correction));
  PetscCall(sq_alloc(batch, &l->c_in));
  PetscCall(sq_alloc(batch, &l->c_w));
  PetscCall(sq_alloc(batch, &l->level));
  PetscCall(sq_alloc(batch, &l->base));
  carry_propagator(model, fft->lattice, &fft->orbits, l->propagator);
  PetscCall(sq_alloc(model->orbits.count, &l->ratio));
  PetscCall(sq_alloc(fft->orbits.count, &l->carried));
  if (wide) PetscCall(sq_network_create_wide(fft->lattice, &model->shape, batch, &l->network));
  else PetscCall(sq_network_create(fft->lattice, &model->shape, batch, false, &l->network));
  PetscCall(load_weights(model, l->network));
  *score = (sq_score){.self = l,
                      .components = l->components,
                      .denoise = denoise,
                      .tangent = batch > 1 ? tangent : NULL,
                      .posterior = posterior,
                      .curvature = model->curvature ? curvature : NULL,
                      .zero_mode = own_zero_mode(model, fft->lattice),
                      .fft = fft,
                      .propagator = l->propagator};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_learned_score_destroy(sq_score *score)
{
  PetscFunctionBeginUser;
  learned *l = score->self;
  if (l) {
    double **array[] = {&l->propagator, &l->filter,     &l->ratio, &l->carried, &l->entry,
                        &l->filtered,   &l->correction, &l->c_in,  &l->c_w,     &l->level};
    for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
    sq_free(&l->base);
    PetscCall(sq_network_destroy(&l->network));
  }
  sq_free(&l);
  *score = (sq_score){0};
  PetscFunctionReturn(0);
}
