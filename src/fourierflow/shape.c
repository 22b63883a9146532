/* SPDX-License-Identifier: BSD-3-Clause */
/* What a flow is: its sizes, what suits a theory, what it takes, and where its weights begin. */
#include "flow.h"
#include <math.h>

const char *sq_fourierflow_lacks(const sq_action *action)
{
  if (action->type->space != &sq_space_real || sq_action_components(action) != 1)
    return "has not one real number a site";
  if (!action->type->given || !action->type->given->potential)
    return "has no sites that see all others through a field";
  return action->dim == 1 ? NULL : "has more than one direction here";
}

/* Modes whose variance is more than a thirtieth of that of the zero mode; peaks where there are wells; taps that reach
 * over one and a half correlation lengths. */
void sq_fourierflow_complete(sq_fourierflow_shape *shape)
{
  enum { FEWEST = 4, MOST = 32, PLAIN = 2, WELLS = 3 };
  const int N = shape->sites, all = N / 2 + 1;
  const sq_fourier_prior prior = sq_fourier_prior_of(&shape->action, N);
  if (shape->modes <= 0) {
    shape->modes = PetscMin(all, FEWEST);
    const double widest = sq_fourier_widest(&prior, N);
    while (shape->modes < PetscMin(all, MOST) && 30 * sq_fourier_variance(&prior, N, shape->modes) > widest)
      shape->modes++;
  }
  shape->modes = PetscMin(shape->modes, all);
  if (shape->kinks) shape->kinks = shape->kinks < 0 ? 0 : sq_fourier_kinks_possible(&prior);
  if (shape->peaks <= 0) shape->peaks = prior.quadratic ? 1 : prior.centre > 0 ? WELLS : PLAIN;
  const double length = 1 / acosh(PetscMax(prior.A / PetscMax(fabs(prior.hop), 1e-300), 1 + 1e-12));
  if (shape->spacing <= 0)
    shape->spacing = (int)PetscMax(1, PetscMin(SQ_FOURIER_SPACING, round(1.5 * length / (SQ_FOURIER_TAPS / 2))));
}

static int64_t head_parameters(const sq_fourierflow_shape *shape)
{
  return sq_fourier_base_parameters(shape) + shape->sites / 2 + 1;
}

int64_t sq_fourierflow_parameters(const sq_fourierflow_shape *shape)
{
  int64_t sum = head_parameters(shape);
  for (int l = 0; l <= shape->layers; l++) sum += sq_fourier_layer_parameters(shape, l);
  return sum;
}

static double trace_numbers(const sq_fourierflow_shape *shape)
{
  const sq_fourier_net net = {
    .sites = shape->sites, .channels = shape->channels, .depth = shape->depth, .spacing = shape->spacing};
  const double mixed = 2.0 * shape->modes;
  return (double)sq_fourier_net_kept(&net) + 2.0 * shape->sites + 3 * mixed * (mixed + 1);
}

int sq_fourierflow_batch(const sq_fourierflow_shape *shape)
{
  enum { MOST = 64 };
  const double room = 1e8 / (8 * trace_numbers(shape) * (shape->layers + 1));
  return (int)PetscMax(2, PetscMin(MOST, room));
}

double sq_fourierflow_flops(const sq_fourierflow_shape *shape)
{
  const sq_fourier_net net = {.sites = shape->sites, .channels = shape->channels, .depth = shape->depth};
  const double mixed = shape->modes, transform = 10.0 * shape->sites * log2(shape->sites + 1);
  return (shape->layers + 1) * (sq_fourier_net_flops(&net) + 3 * transform + mixed * mixed * (mixed / 3 + 6));
}

double sq_fourierflow_bytes(const sq_fourierflow_shape *shape, int batch)
{
  return 8.0 * batch * ((shape->layers + 1) * trace_numbers(shape) + 2.0 * shape->sites);
}

PetscErrorCode sq_fourierflow_init(const sq_fourierflow_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  const sq_fourier_net net = {
    .sites = shape->sites, .channels = shape->channels, .depth = shape->depth, .spacing = shape->spacing};
  sq_fourier_base_init(shape, weight);
  int64_t at = head_parameters(shape);
  for (int l = 0; l <= shape->layers; l++) {
    sq_fourier_net_init(&net, sq_stream_make(seed, SQ_RNG_WEIGHTS, (uint64_t)l), weight + at);
    at += sq_fourier_layer_parameters(shape, l);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fourierflow_layout(const sq_fourierflow_shape *shape, sq_layout *layout)
{
  PetscFunctionBeginUser;
  const sq_fourier_net net = {
    .sites = shape->sites, .channels = shape->channels, .depth = shape->depth, .spacing = shape->spacing};
  const int64_t C = shape->channels, T = SQ_FOURIER_TAPS;
  PetscCall(sq_layout_add(layout, 1, (int64_t[]){sq_fourier_base_parameters(shape)}, "zero"));
  PetscCall(sq_layout_add(layout, 1, (int64_t[]){shape->sites / 2 + 1}, "modes"));
  for (int l = 0; l <= shape->layers; l++) {
    const int64_t moved = (sq_fourier_layer_parameters(shape, l) - sq_fourier_net_parameters(&net)) / 2;
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){T, C}, "layer.%d.first", l));
    PetscCall(sq_layout_add(layout, 3, (int64_t[]){shape->depth, C, C}, "layer.%d.hidden", l));
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){C, T}, "layer.%d.shift", l));
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){C, T}, "layer.%d.log_g", l));
    PetscCall(sq_layout_add(layout, 1, &moved, "layer.%d.mode_shift", l));
    PetscCall(sq_layout_add(layout, 1, &moved, "layer.%d.mode_scale", l));
  }
  PetscFunctionReturn(0);
}
