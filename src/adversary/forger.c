/* SPDX-License-Identifier: BSD-3-Clause */
/* The forger: fields of noise by one evaluation of a network; see the header. Noise has the address (seed, field; site,
 * channel). With a Gaussian field to begin with, channel 0 of the noise is that field, in units of its width, and the
 * network, whose last layer begins with zeros, adds to it: untrained, it makes Gaussian fields of the right propagator.
 */
#include "squall/adversary.h"
#include <math.h>
#include <string.h>

struct sq_forger {
  const sq_adversary_shape *shape;
  sq_fft *fft;
  sq_network *network;
  sq_output_sizes sizes;
  void *kind; /* of the row of the outputs */
  int batch, channels;
  int64_t numbers; /* of an array, of one field */
  double unit;     /* of the outputs */
  double *filter;  /* [orbits] of this lattice: noise into the Gaussian field, in units of its width */
  double *ones, *level;
  double *noise[SQ_FORGER_CHANNELS], *out[SQ_FORGER_CHANNELS]; /* [batch][numbers] each */
  double *uniform;                                             /* [batch][sizes.uniform] */
};

const sq_output_kind *sq_output_kind_for(const sq_action *action)
{
  int i = 0;
  while (sq_output_kinds[i] && sq_output_kinds[i]->lacks(action)) i++;
  return sq_output_kinds[i];
}

static const char *name_of(int index)
{
  return sq_output_kinds[index] ? sq_output_kinds[index]->name : NULL;
}

const sq_output_kind *sq_output_kind_find(const char *name)
{
  return sq_output_kinds[sq_find_name(name_of, name)];
}

/* ---- weights ---- */

int64_t sq_forger_parameters(const sq_adversary_shape *shape)
{
  const sq_output_kind *kind = shape->outputs;
  return sq_network_parameters(&shape->forger) + (kind->weights ? kind->weights(&shape->action) : 0);
}

PetscErrorCode sq_forger_layout(const sq_adversary_shape *shape, sq_layout *layout)
{
  PetscFunctionBeginUser;
  const sq_output_kind *kind = shape->outputs;
  PetscCall(sq_layout_add_network(layout, &shape->forger, "forger."));
  if (kind->weights)
    PetscCall(sq_layout_add(layout, 1, (int64_t[]){kind->weights(&shape->action)}, "outputs.%.40s", kind->name));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forger_start(const sq_adversary_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_network_layer layer;
  PetscCall(sq_network_init(&shape->forger, seed, weight));
  if (shape->outputs->start)
    shape->outputs->start(&shape->action, seed, weight + sq_network_parameters(&shape->forger));
  for (int i = 0; !shape->gaussian && sq_network_layer_of(&shape->forger, i, &layer); i++) {
    if (layer.kind != SQ_LAYER_OUTPUT) continue;
    sq_rng_normals(sq_stream_make(seed, SQ_RNG_WEIGHTS, 2000 + (uint64_t)i), 0, layer.rows, 0, 0, weight + layer.at);
    for (int64_t k = 0; k < layer.rows; k++) weight[layer.at + k] *= sqrt(2 / (double)layer.rows);
  }
  PetscFunctionReturn(0);
}

/* ---- make ---- */

static PetscErrorCode allocate(sq_forger *f)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(f->batch, &f->ones));
  PetscCall(sq_alloc(f->batch, &f->level));
  PetscCall(sq_alloc(f->batch * f->sizes.uniform, &f->uniform));
  for (int b = 0; b < f->batch; b++) f->ones[b] = 1;
  for (int k = 0; k < f->channels; k++) PetscCall(sq_alloc(f->batch * f->numbers, &f->noise[k]));
  for (int k = 0; k < f->sizes.outputs; k++) PetscCall(sq_alloc(f->batch * f->numbers, &f->out[k]));
  PetscFunctionReturn(0);
}

/* The propagator on this lattice makes the filter. */
static PetscErrorCode set_filter(sq_forger *f)
{
  PetscFunctionBeginUser;
  const sq_adversary_shape *s = f->shape;
  const sq_orbits *orbits = &f->fft->orbits;
  if (!s->gaussian) PetscFunctionReturn(0);
  PetscCall(sq_alloc(orbits->count, &f->filter));
  if (memcmp(orbits->extent, s->orbits.extent, sizeof orbits->extent))
    sq_orbits_interpolate(&s->orbits, s->propagator, orbits, f->filter);
  else memcpy(f->filter, s->propagator, (size_t)orbits->count * sizeof *f->filter);
  for (int64_t o = 0; o < orbits->count; o++) f->filter[o] = sqrt(f->filter[o]) / s->scales.width;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forger_create(sq_fft *fft, const sq_adversary_shape *shape, int batch, bool backward,
                                sq_forger **forger)
{
  PetscFunctionBeginUser;
  sq_forger *f;
  PetscCall(sq_alloc(1, &f));
  *f = (sq_forger){.shape = shape,
                   .fft = fft,
                   .sizes = shape->outputs->sizes(&shape->action),
                   .batch = batch,
                   .channels = shape->forger.inputs,
                   .unit = shape->gaussian ? shape->scales.width : 1};
  f->numbers = f->sizes.components * fft->lattice->local_volume;
  PetscCall(allocate(f));
  PetscCall(set_filter(f));
  PetscCall(sq_network_create(fft->lattice, &shape->forger, batch, backward, &f->network));
  PetscCall(shape->outputs->create(fft->lattice, &shape->action, &shape->scales, batch, &f->kind));
  *forger = f;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forger_destroy(sq_forger **forger)
{
  PetscFunctionBeginUser;
  sq_forger *f = *forger;
  if (!f) PetscFunctionReturn(0);
  PetscCall(f->shape->outputs->destroy(&f->kind));
  PetscCall(sq_network_destroy(&f->network));
  for (int k = 0; k < SQ_FORGER_CHANNELS; k++) {
    sq_free(&f->noise[k]);
    sq_free(&f->out[k]);
  }
  sq_free(&f->filter);
  sq_free(&f->uniform);
  sq_free(&f->ones);
  sq_free(&f->level);
  sq_free(forger);
  PetscFunctionReturn(0);
}

void sq_forger_load(sq_forger *forger, const float *weight)
{
  const sq_output_kind *kind = forger->shape->outputs;
  sq_network_load(forger->network, weight);
  if (kind->load) kind->load(forger->kind, weight + sq_network_parameters(&forger->shape->forger));
}

/* ---- at work ---- */

/* The numbers of whole fields, which the last channels have at every site. */
static void draw_uniform(sq_forger *f, sq_stream stream, int b)
{
  const int n = f->sizes.uniform;
  for (int k = 0; k < n; k++) {
    double *z = f->uniform + b * n + k, *noise = f->noise[f->channels - n + k] + b * f->numbers;
    sq_rng_normals(stream, 0, 1, 1, (uint16_t)k, z);
    for (int64_t i = 0; i < f->numbers; i++) noise[i] = *z;
  }
}

/* Where the channels that are the same all along a direction begin: before those of whole fields. */
static int first_line(const sq_forger *f)
{
  return f->channels - f->sizes.uniform - f->sizes.lines;
}

/* Channels of noise that are the same all along a direction: every site has what the first one of its line has. Not for
 * lattices that are cut. */
static void draw_lines(sq_forger *f, int b)
{
  const int64_t *extent = f->fft->lattice->extent + SQ_DIM - f->sizes.lines;
  int64_t below = 1;
  for (int mu = f->sizes.lines - 1; mu >= 0; mu--) {
    double *noise = f->noise[first_line(f) + mu] + b * f->numbers;
    for (int64_t x = 0; x < f->numbers; x++) noise[x] = noise[x - x / below % extent[mu] * below];
    below *= extent[mu];
  }
}

static PetscErrorCode draw_noise(sq_forger *f, uint64_t seed, int64_t first, int count)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = f->fft->lattice;
  for (int b = 0; b < count; b++) {
    const sq_stream stream = sq_stream_make(seed, SQ_RNG_FORGER, (uint64_t)(first + b));
    for (int k = 0; k < f->channels - f->sizes.uniform; k++)
      sq_block_random(lattice, f->sizes.components, sq_rng_normals, stream, 0, (uint16_t)k,
                      f->noise[k] + b * f->numbers);
    draw_lines(f, b);
    draw_uniform(f, stream, b);
  }
  for (int64_t i = 0; f->filter && i < count * f->sizes.components; i++) {
    double *block = f->noise[0] + i * lattice->local_volume;
    PetscCall(sq_fft_filter(f->fft, f->filter, block, block));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forger_draw(sq_forger *f, uint64_t seed, int64_t first, int count, double *blocks)
{
  PetscFunctionBeginUser;
  const double *in[SQ_FORGER_CHANNELS], *ones[SQ_FORGER_CHANNELS];
  for (int k = 0; k < f->channels; k++) in[k] = f->noise[k], ones[k] = f->ones;
  PetscCall(draw_noise(f, seed, first, count));
  PetscCall(sq_network_forward(f->network, count, in, ones, f->level, f->out));
  for (int64_t i = 0; f->shape->gaussian && i < count * f->numbers; i++)
    f->out[0][i] = f->unit * (f->noise[0][i] + f->out[0][i]);
  if (f->shape->outputs->take) f->shape->outputs->take(f->kind, count, f->uniform, f->noise + first_line(f));
  PetscCall(f->shape->outputs->make(f->kind, count, f->out, blocks));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forger_backward(sq_forger *f, int count, double share, const double *cotangent, float *gradient)
{
  PetscFunctionBeginUser;
  const sq_output_kind *kind = f->shape->outputs;
  if (kind->learn) kind->learn(f->kind, count, share, gradient + sq_network_parameters(&f->shape->forger));
  PetscCall(f->shape->outputs->make_back(f->kind, count, cotangent, f->out));
  for (int k = 0; k < f->sizes.outputs; k++)
    for (int64_t i = 0; i < count * f->numbers; i++) f->out[k][i] *= f->unit;
  PetscCall(sq_network_backward(f->network, (const double *const *)f->out, NULL, gradient));
  PetscFunctionReturn(0);
}
