/* SPDX-License-Identifier: BSD-3-Clause */
/* The critic: a number for each field by a network whose layers are normalised; see the header.
 *
 * Its weights are those of the network, the factors a_o of the network's outputs, and the constant b.
 */
#include "src/adversary/normalise.h"
#include <math.h>
#include <string.h>

struct sq_critic {
  const sq_adversary_shape *shape;
  const sq_lattice *lattice;
  sq_network *network;
  sq_output_sizes sizes;
  void *kind;
  int batch, outputs;
  int64_t numbers, network_weights, parameters;
  sq_normaliser *normaliser;
  float *normalised, *slope; /* [parameters]; slope: of the loss with respect to them */
  double *ones, *level;
  double *feature[SQ_FORGER_CHANNELS], *out[SQ_FORGER_CHANNELS]; /* [batch][numbers] each */
  sq_sum *sum;                                                   /* [batch][outputs] */
  double *mean;                                                  /* [batch][outputs] over the sites, of e */
};

/* ---- weights ---- */

int64_t sq_critic_parameters(const sq_adversary_shape *shape)
{
  return sq_network_parameters(&shape->critic) + shape->critic.outputs + 1;
}

PetscErrorCode sq_critic_start(const sq_adversary_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_network_layer layer;
  PetscCall(sq_network_init(&shape->critic, seed, weight));
  weight[sq_critic_parameters(shape) - 1] = 0;
  for (int i = 0; sq_critic_stretch(shape, i, &layer); i++)
    if (layer.kind == SQ_LAYER_OUTPUT)
      sq_rng_normals(sq_stream_make(seed, SQ_RNG_WEIGHTS, 3000 + (uint64_t)i), 0, layer.rows, 0, 0, weight + layer.at);
  PetscFunctionReturn(0);
}

/* ---- make ---- */

static PetscErrorCode allocate(sq_critic *c)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(c->batch, &c->ones));
  PetscCall(sq_alloc(c->batch, &c->level));
  for (int b = 0; b < c->batch; b++) c->ones[b] = 1;
  for (int k = 0; k < c->sizes.features; k++) PetscCall(sq_alloc(c->batch * c->numbers, &c->feature[k]));
  for (int k = 0; k < c->outputs; k++) PetscCall(sq_alloc(c->batch * c->numbers, &c->out[k]));
  PetscCall(sq_alloc(c->batch * c->outputs, &c->sum));
  PetscCall(sq_alloc(c->batch * c->outputs, &c->mean));
  PetscCall(sq_alloc(c->parameters, &c->normalised));
  PetscCall(sq_alloc(c->parameters, &c->slope));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_critic_create(const sq_lattice *lattice, const sq_adversary_shape *shape, int batch,
                                sq_critic **critic)
{
  PetscFunctionBeginUser;
  sq_critic *c;
  PetscCall(sq_alloc(1, &c));
  *c = (sq_critic){.shape = shape,
                   .lattice = lattice,
                   .sizes = shape->outputs->sizes(&shape->action),
                   .batch = batch,
                   .outputs = shape->critic.outputs,
                   .network_weights = sq_network_parameters(&shape->critic),
                   .parameters = sq_critic_parameters(shape)};
  c->numbers = c->sizes.components * lattice->local_volume;
  PetscCall(sq_normaliser_create(shape, &c->normaliser));
  PetscCall(allocate(c));
  PetscCall(sq_network_create(lattice, &shape->critic, batch, true, &c->network));
  PetscCall(shape->outputs->create(lattice, &shape->action, &shape->scales, batch, &c->kind));
  *critic = c;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_critic_destroy(sq_critic **critic)
{
  PetscFunctionBeginUser;
  sq_critic *c = *critic;
  if (!c) PetscFunctionReturn(0);
  PetscCall(c->shape->outputs->destroy(&c->kind));
  PetscCall(sq_network_destroy(&c->network));
  PetscCall(sq_normaliser_destroy(&c->normaliser));
  for (int k = 0; k < SQ_FORGER_CHANNELS; k++) {
    sq_free(&c->feature[k]);
    sq_free(&c->out[k]);
  }
  double **doubles[] = {&c->ones, &c->level, &c->mean};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) sq_free(doubles[i]);
  sq_free(&c->sum);
  sq_free(&c->normalised);
  sq_free(&c->slope);
  sq_free(critic);
  PetscFunctionReturn(0);
}

void sq_critic_load(sq_critic *critic, const float *weight, double *state, bool iterate)
{
  sq_normaliser_apply(critic->normaliser, weight, state, iterate, critic->normalised);
  sq_network_load(critic->network, critic->normalised);
}

/* ---- at work ---- */

/* |h|^2 of site x of field b, over components. */
static double length2(const sq_critic *c, const double *h, int b, int64_t x)
{
  const int64_t volume = c->lattice->local_volume;
  double sum = 0;
  for (int64_t i = b * c->numbers + x; i < (b + 1) * c->numbers; i += volume) sum += h[i] * h[i];
  return sum;
}

/* The sum over this rank's sites of e(h). */
static void add_sites(const sq_critic *c, const double *h, int b, sq_sum *sum)
{
  const int64_t volume = c->lattice->local_volume;
  if (!c->shape->critic.odd) sq_sum_add_array(sum, volume, h + b * c->numbers);
  for (int64_t x = 0; c->shape->critic.odd && x < volume; x++) sq_sum_add(sum, sqrt(1 + length2(c, h, b, x)) - 1);
}

PetscErrorCode sq_critic_value(sq_critic *c, int count, const double *blocks, double *value)
{
  PetscFunctionBeginUser;
  const double *in[SQ_FORGER_CHANNELS], *ones[SQ_FORGER_CHANNELS], volume = (double)c->lattice->volume;
  const float *head = c->normalised + c->network_weights;
  for (int k = 0; k < c->sizes.features; k++) in[k] = c->feature[k], ones[k] = c->ones;
  PetscCall(c->shape->outputs->see(c->kind, count, blocks, c->feature));
  PetscCall(sq_network_forward(c->network, count, in, ones, c->level, c->out));
  memset(c->sum, 0, (size_t)(count * c->outputs) * sizeof *c->sum);
  for (int i = 0; i < count * c->outputs; i++) add_sites(c, c->out[i % c->outputs], i / c->outputs, &c->sum[i]);
  PetscCall(sq_sum_reduce(c->lattice->comm, count * c->outputs, c->sum));
  for (int i = 0; i < count * c->outputs; i++) c->mean[i] = sq_sum_value(&c->sum[i]) / volume;
  for (int b = 0; b < count; b++) {
    double sum = head[c->outputs];
    for (int o = 0; o < c->outputs; o++) sum += head[o] * c->mean[b * c->outputs + o];
    value[b] = c->shape->steepness * sqrt(volume) * sum;
  }
  PetscFunctionReturn(0);
}

/* h of an output becomes factor de(h). */
static void slope_of_sites(const sq_critic *c, int b, double factor, double *h)
{
  const int64_t volume = c->lattice->local_volume;
  for (int64_t x = 0; x < volume; x++) {
    const double length = c->shape->critic.odd ? sqrt(1 + length2(c, h, b, x)) : 1;
    for (int64_t i = b * c->numbers + x; i < (b + 1) * c->numbers; i += volume)
      h[i] = c->shape->critic.odd ? factor * h[i] / length : factor;
  }
}

/* Of factors and constant: every rank knows it, the first one adds it. */
static void head_gradient(sq_critic *c, int count, const double *factor)
{
  float *slope = c->slope + c->network_weights;
  const double root = c->shape->steepness * sqrt((double)c->lattice->volume);
  for (int b = 0; b < count && c->lattice->rank == 0; b++) {
    for (int o = 0; o < c->outputs; o++) slope[o] += (float)(root * factor[b] * c->mean[b * c->outputs + o]);
    slope[c->outputs] += (float)(root * factor[b]);
  }
}

PetscErrorCode sq_critic_backward(sq_critic *c, int count, const double *blocks, const double *factor,
                                  double *cotangent, float *gradient)
{
  PetscFunctionBeginUser;
  const double share = c->shape->steepness / sqrt((double)c->lattice->volume);
  const float *head = c->normalised + c->network_weights;
  memset(c->slope, 0, (size_t)c->parameters * sizeof *c->slope);
  for (int i = 0; i < count * c->outputs; i++)
    slope_of_sites(c, i / c->outputs, factor[i / c->outputs] * head[i % c->outputs] * share, c->out[i % c->outputs]);
  PetscCall(sq_network_backward(c->network, (const double *const *)c->out, cotangent ? c->feature : NULL,
                                gradient ? c->slope : NULL));
  if (cotangent) PetscCall(c->shape->outputs->see_back(c->kind, count, blocks, c->feature, cotangent));
  if (!gradient) PetscFunctionReturn(0);
  head_gradient(c, count, factor);
  sq_normaliser_back(c->normaliser, c->normalised, c->slope);
  for (int64_t i = 0; i < c->parameters; i++) gradient[i] += c->slope[i];
  PetscFunctionReturn(0);
}
