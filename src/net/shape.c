/* SPDX-License-Identifier: BSD-3-Clause */
/* The network as numbers: parameter layout, cost, initial weights, symmetry.
 *
 *   h = conv_in(inputs);  for each unit: h += conv_2(act(conv_1(act(h))));  F = conv_out(act(h))
 *
 * act is sq_nn's modulated gated activation; its gains and shifts are functions of the noise level, given by two dense
 * layers. Networks that need not be odd have the constant 1 as one input more (in place of biases).
 * Level l has half the extents and twice the channels of level l - 1: on the way down h' = conv(means over cells of h),
 * on the way up h' = (h of the same level on the way down) + conv(h), the same value in every site of a cell.
 */
#include "src/net/shape.h"
#include <math.h>
#include <string.h>

int sq_network_level(const sq_network_shape *shape, int run)
{
  return run < shape->levels ? run : 2 * (shape->levels - 1) - run;
}

int sq_network_unit_conv(int unit, int k)
{
  return 1 + 2 * unit + k;
}

int sq_network_transition(const sq_network_layout *layout, int run)
{
  return 1 + 2 * layout->units + run;
}

int sq_network_output(const sq_network_layout *layout, int output)
{
  return 2 * layout->units + layout->runs + output;
}

static void add_conv(sq_network_layout *l, int level, int taps, int ci, int co)
{
  bool suits = taps == l->taps && taps >= 9 && sq_nn_winograd_channels(ci, co);
  l->conv[l->convs++] = (sq_network_conv){l->total, suits ? l->points : -1, ci, co, level, taps};
  if (suits) l->points += sq_nn_winograd_size(taps, ci, co);
  l->total += (int64_t)taps * ci * co;
}

static void add_activation(sq_network_layout *l, int channels)
{
  l->modulation[l->activations++] = l->modulations;
  l->modulations += 2 * channels;
}

void sq_network_lay_out(const sq_network_shape *shape, sq_network_layout *l)
{
  memset(l, 0, sizeof *l);
  l->taps = (int)lround(pow(3, shape->dim));
  int c = shape->channels, before = l->taps / 2, taps = shape->causal ? before + 1 : l->taps;
  l->inputs = shape->inputs + !shape->odd;
  l->features = SQ_NN_WAVES + SQ_NETWORK_POWERS * shape->conditions;
  l->runs = 2 * shape->levels - 1;
  l->units = l->runs * shape->blocks;
  add_conv(l, 0, shape->causal ? before : taps, l->inputs, c);
  for (int unit = 0; unit < l->units; unit++)
    for (int k = 0; k < 2; k++) {
      int level = sq_network_level(shape, unit / shape->blocks);
      add_conv(l, level, taps, c << level, c << level);
      add_activation(l, c << level);
    }
  for (int run = 0; run + 1 < l->runs; run++) {
    int from = sq_network_level(shape, run), to = sq_network_level(shape, run + 1);
    add_conv(l, from > to ? from : to, taps, c << from, c << to);
  }
  for (int output = 0; output < shape->outputs; output++) add_conv(l, 0, taps, c, 1);
  add_activation(l, c);
  l->w1 = l->total;
  l->b1 = l->w1 + (int64_t)shape->width * l->features;
  l->w2 = l->b1 + shape->width;
  l->b2 = l->w2 + (int64_t)l->modulations * shape->width;
  l->total = l->b2 + l->modulations;
}

bool sq_network_valid(const sq_network_shape *s)
{
  enum { MOST_CHANNELS = 1024, MOST_WIDTH = 1024 };
  return s->dim >= 1 && s->dim <= SQ_DIM && s->channels >= SQ_NN_CHANNEL_STEP && s->channels <= MOST_CHANNELS &&
         s->channels % SQ_NN_CHANNEL_STEP == 0 && s->blocks >= 0 && s->blocks <= SQ_NETWORK_BLOCKS && s->width >= 1 &&
         s->width <= MOST_WIDTH && s->levels >= 1 && s->levels <= SQ_NETWORK_LEVELS && s->inputs >= 1 &&
         s->inputs <= SQ_NETWORK_CHANNELS && s->outputs >= 1 && s->outputs <= SQ_NETWORK_CHANNELS &&
         (s->levels == 1 || !s->causal) && s->components >= 0 && s->components <= SQ_COMPONENTS &&
         (s->components <= 1 || (s->odd && !s->causal)) && s->conditions >= 0 && s->conditions <= SQ_NETWORK_CONDITIONS;
}

int sq_network_components(const sq_network_shape *shape)
{
  return shape->components > 1 ? shape->components : 1;
}

int64_t sq_network_parameters(const sq_network_shape *shape)
{
  sq_network_layout l;
  sq_network_lay_out(shape, &l);
  return l.total;
}

int64_t sq_network_grain(const sq_network_shape *shape)
{
  return (int64_t)1 << (shape->levels - 1);
}

int sq_network_batch(const sq_network_shape *shape, int64_t volume)
{
  int64_t sites = 2048 << (shape->levels - 1);
  volume *= sq_network_components(shape);
  int64_t fields = volume <= 8  ? 256 / volume :
                   volume <= 32 ? 32 :
                                  sites / volume; /* of few sites never so many that ranks have nothing to share */
  return volume >= sites ? 1 : (int)fields;
}

double sq_network_flops(const sq_network_shape *shape)
{
  sq_network_layout l;
  double flops = 0;
  sq_network_lay_out(shape, &l);
  for (int i = 0; i < l.convs; i++)
    flops += 2. * l.conv[i].taps * l.conv[i].ci * l.conv[i].co * pow(2, -shape->dim * l.conv[i].level);
  return flops * sq_network_components(shape);
}

double sq_network_weight_bytes(const sq_network_shape *shape, bool backward)
{
  sq_network_layout l;
  int64_t scratch = 0, largest = 0;
  sq_network_lay_out(shape, &l);
  for (int i = 0; i < l.convs; i++) {
    if (l.conv[i].points < 0) continue;
    scratch = PetscMax(scratch, sq_nn_winograd_scratch(l.conv[i].ci, l.conv[i].co));
    largest = PetscMax(largest, sq_nn_winograd_size(l.taps, l.conv[i].ci, l.conv[i].co));
  }
  return sizeof(float) * (double)((backward ? 2 : 1) * (l.total + l.points) + scratch + (backward ? largest : 0));
}

double sq_network_bytes(const sq_network_shape *shape, const int64_t local[SQ_DIM], int batch, bool backward)
{
  double bytes = 0;
  for (int level = 0; level < shape->levels; level++) {
    double sites = (double)batch * sq_network_components(shape), channels = shape->channels << level;
    for (int mu = 0; mu < SQ_DIM; mu++) sites *= mu < SQ_DIM - shape->dim ? 1 : (double)(local[mu] >> level) + 2;
    int runs = level + 1 < shape->levels ? 2 : 1;
    double tensors = backward ? runs * (shape->blocks * 4 + 1) + 3 :
                                3; /* h, both activations and what is between them; gradients */
    if (level == 0) tensors += (backward ? 1 : 0) + (double)(shape->inputs + !shape->odd + shape->outputs) / channels;
    if (level > 0) tensors += backward ? 1 : 0.5; /* pooled and half: of half the channels */
    bytes += sizeof(float) * sites * channels * tensors;
  }
  return bytes;
}

static void powers(double x, double power[SQ_NETWORK_POWERS])
{
  const double t = 2 * x - 1;
  double before = 1, now = t;
  for (int k = 0; k < SQ_NETWORK_POWERS; k++) {
    const double next = 2 * t * now - before;
    power[k] = now;
    before = now;
    now = next;
  }
}

void sq_network_features(const sq_network_shape *shape, const double *level, float *feature)
{
  double power[SQ_NETWORK_POWERS];
  sq_nn_features(level[0], feature);
  for (int c = 0; c < shape->conditions; c++) {
    powers(level[1 + c], power);
    for (int k = 0; k < SQ_NETWORK_POWERS; k++) feature[SQ_NN_WAVES + c * SQ_NETWORK_POWERS + k] = (float)power[k];
  }
}

/* What conditions add to the first dense layer does not depend on the noise level: it becomes a part of the bias. */
void sq_network_fix(const sq_network_shape *shape, const double *condition, const double *parameter, double *fixed)
{
  sq_network_shape without = *shape;
  sq_network_layout l, f;
  double power[SQ_NETWORK_POWERS];
  without.conditions = 0;
  sq_network_lay_out(shape, &l);
  sq_network_lay_out(&without, &f);
  memcpy(fixed, parameter, (size_t)l.w1 * sizeof *fixed);
  memcpy(fixed + f.b1, parameter + l.b1, (size_t)(l.total - l.b1) * sizeof *fixed);
  for (int i = 0; i < shape->width; i++) {
    const double *row = parameter + l.w1 + (int64_t)i * l.features;
    memcpy(fixed + f.w1 + (int64_t)i * f.features, row, SQ_NN_WAVES * sizeof *fixed);
    for (int c = 0; c < shape->conditions; c++) {
      powers(condition[c], power);
      for (int k = 0; k < SQ_NETWORK_POWERS; k++)
        fixed[f.b1 + i] += row[SQ_NN_WAVES + c * SQ_NETWORK_POWERS + k] * power[k];
    }
  }
}

static PetscErrorCode fill(uint64_t seed, uint64_t layer, double scale, int64_t count, double *parameter)
{
  PetscFunctionBeginUser;
  sq_rng_normals(sq_stream_make(seed, SQ_RNG_WEIGHTS, layer), 0, count, 0, 0, parameter);
  for (int64_t i = 0; i < count; i++) parameter[i] *= scale;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_init(const sq_network_shape *shape, uint64_t seed, double *parameter)
{
  PetscFunctionBeginUser;
  sq_network_layout l;
  sq_network_lay_out(shape, &l);
  memset(parameter, 0, (size_t)l.total * sizeof *parameter);
  for (int i = 0; i < sq_network_output(&l, 0); i++) { /* the activation halves the variance; branches start small */
    const sq_network_conv *conv = &l.conv[i];
    bool unit = i > 0 && i <= 2 * l.units;
    double gain = !unit ? 1 : i % 2 ? 1.5 : 0.5;
    PetscCall(fill(seed, (uint64_t)i, gain / sqrt(conv->taps * conv->ci), (int64_t)conv->taps * conv->ci * conv->co,
                   parameter + conv->at));
  }
  PetscCall(fill(seed, 1000, 1 / sqrt(SQ_NN_WAVES), (int64_t)shape->width * l.features, parameter + l.w1));
  PetscCall(fill(seed, 1001, 0.1 / sqrt(shape->width), (int64_t)l.modulations * shape->width, parameter + l.w2));
  for (int a = 0; a < l.activations; a++) {
    int end = a + 1 < l.activations ? l.modulation[a + 1] : l.modulations, gains = (end - l.modulation[a]) / 2;
    for (int i = 0; i < gains; i++) parameter[l.b2 + l.modulation[a] + i] = 1;
  }
  PetscFunctionReturn(0);
}

bool sq_network_layer_of(const sq_network_shape *shape, int i, sq_network_layer *layer)
{
  sq_network_layout l;
  sq_network_lay_out(shape, &l);
  const int a = i - l.convs;
  if (a < 0) {
    const sq_network_conv *conv = &l.conv[i];
    const sq_layer_kind kind = i < sq_network_output(&l, 0) ? SQ_LAYER_CONVOLUTION : SQ_LAYER_OUTPUT;
    *layer = (sq_network_layer){kind, conv->at, (int64_t)conv->taps * conv->ci, conv->co};
  } else if (a < l.activations) {
    const int end = a + 1 < l.activations ? l.modulation[a + 1] : l.modulations;
    *layer = (sq_network_layer){SQ_LAYER_GAINS, l.b2 + l.modulation[a], 1, (end - l.modulation[a]) / 2};
  } else *layer = (sq_network_layer){SQ_LAYER_LEVEL, l.w1, 1, l.b2 - l.w1};
  return a <= l.activations;
}

static void turn_layer(int taps, int64_t size, const int map[SQ_NN_TAPS], bool back, const float *from, float *to)
{
  for (int t = 0; t < taps; t++)
    for (int64_t i = 0; i < size; i++) {
      if (back) to[t * size + i] = from[map[t] * size + i];
      else to[map[t] * size + i] = from[t * size + i];
    }
}

PetscErrorCode sq_network_turn(const sq_network_shape *shape, const int map[SQ_NN_TAPS], bool back, const float *from,
                               float *to)
{
  PetscFunctionBeginUser;
  sq_network_layout l;
  PetscCheck(!shape->causal, PETSC_COMM_SELF, PETSC_ERR_SUP, "a causal network has no symmetries");
  sq_network_lay_out(shape, &l);
  for (int i = 0; i < l.convs; i++)
    turn_layer(l.taps, (int64_t)l.conv[i].ci * l.conv[i].co, map, back, from + l.conv[i].at, to + l.conv[i].at);
  for (int64_t i = l.w1; i < l.total; i++) to[i] = from[i];
  PetscFunctionReturn(0);
}
