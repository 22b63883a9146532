/* SPDX-License-Identifier: BSD-3-Clause */
/* How a model of type gan learns: the propagator of the fields that it learns from, then forger and critic in turns. */
#include "src/model/gan.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_gan_destroy(void **self)
{
  PetscFunctionBeginUser;
  sq_gan *g = *self;
  if (!g) PetscFunctionReturn(0);
  sq_orbits_destroy(&g->shape.orbits);
  sq_free(&g->shape.propagator);
  sq_free(&g->weight);
  sq_free(self);
  PetscFunctionReturn(0);
}

int sq_gan_micro(const sq_adversary_shape *s, const int64_t extent[SQ_DIM], int64_t batch)
{
  const int64_t volume = (int64_t)sq_volume(extent);
  const int most = PetscMin(sq_network_batch(&s->forger, volume), sq_network_batch(&s->critic, volume));
  return (int)PetscMin((int64_t)most, (batch + 3) / 4);
}

/* The propagator of the fields, and with it their scales. */
static PetscErrorCode measure(sq_gan *g, const sq_model_data *data)
{
  PetscFunctionBeginUser;
  sq_adversary_shape *s = &g->shape;
  double *force_power, power = 0;
  PetscCall(sq_orbits_create(s->action.dim, data->fft->lattice->extent, &s->orbits));
  PetscCall(sq_alloc(s->orbits.count, &s->propagator));
  PetscCall(sq_alloc(s->orbits.count, &force_power));
  PetscCall(sq_measure_spectra(data->grid, data->fft, &s->action, &data->training, s->propagator, force_power));
  sq_free(&force_power);
  for (int64_t o = 0; o < s->orbits.count; o++) {
    SqCheck(s->propagator[o] > 0, SQ_EVERY_RANK, SQ_ERR_DATA,
            "%s: a mode of its fields never varies: too few configurations to learn from", data->where);
    power += (double)s->orbits.multiplicity[o] * s->propagator[o];
  }
  s->scales.width = sqrt(power / (double)data->fft->lattice->volume);
  s->scales.zero = sqrt(s->propagator[0]);
  PetscFunctionReturn(0);
}

static PetscErrorCode begin(const sq_deck *deck, const sq_model_data *data, sq_gan *g)
{
  PetscFunctionBeginUser;
  PetscCall(sq_gan_read(deck, data->action, &g->shape));
  memcpy(g->extent, data->fft->lattice->extent, sizeof g->extent);
  if (g->shape.outputs->measure)
    PetscCall(g->shape.outputs->measure(data->fft->lattice, data->action, data->training.count, data->training.blocks,
                                        &g->shape.scales));
  else if (g->shape.outputs->gaussian) PetscCall(measure(g, data));
  g->parameters = sq_forger_parameters(&g->shape);
  PetscCall(sq_alloc(g->parameters, &g->weight));
  PetscCall(sq_forger_start(&g->shape, data->seed, g->weight));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_gan_create(const sq_deck *deck, const sq_model_data *data, void **self)
{
  PetscFunctionBeginUser;
  sq_gan *g;
  PetscCall(sq_alloc(1, &g));
  PetscErrorCode code = begin(deck, data, g);
  *self = g;
  if (code) PetscCall(sq_gan_destroy(self));
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_gan_update(void *self, const sq_model_data *data, const double *weight, int64_t most)
{
  PetscFunctionBeginUser;
  sq_gan *g = self;
  (void)data, (void)most;
  memcpy(g->weight, weight, (size_t)g->parameters * sizeof *weight);
  PetscFunctionReturn(0);
}

/* Adam without a mean gradient: what the other one learns turns it. */
static void rates(const sq_train_settings *set, sq_learner_options *own, sq_learner_options *critic)
{
  own->adam.beta1 = 0;
  own->adam.beta2 = 0.9;
  *critic = *own;
  critic->adam.learning_rate = set->critic_rate;
  critic->steps *= set->critic_steps;
}

static PetscErrorCode objectives(const sq_model_data *data, const void *self, sq_objective *own, sq_objective *critic)
{
  PetscFunctionBeginUser;
  const sq_gan *g = self;
  const sq_hinge_options options = {
    .seed = data->seed, .micro = sq_gan_micro(&g->shape, data->fft->lattice->extent, data->set->options.learner.batch)};
  PetscCall(sq_hinge_create(data->fft, &g->shape, &options, &data->training, own, critic));
  PetscFunctionReturn(0);
}

static PetscErrorCode start(const void *self, uint64_t seed, double **weight)
{
  PetscFunctionBeginUser;
  const sq_adversary_shape *s = &((const sq_gan *)self)->shape;
  PetscCall(sq_alloc(sq_critic_parameters(s), weight));
  PetscCall(sq_critic_start(s, seed, *weight));
  PetscFunctionReturn(0);
}

const sq_model_rival sq_gan_critic = {
  .name = "critic", .rates = rates, .objectives = objectives, .destroy = sq_hinge_destroy, .start = start};
