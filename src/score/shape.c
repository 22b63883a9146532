/* The network as numbers: parameter layout, cost, initial weights, symmetry.
 *
 *   h = conv_in(inputs);  for each block: h += conv_2(act(conv_1(act(h))));  F = conv_out(act(h))
 *
 * act is sq_nn's modulated gated activation; its gains and shifts are functions of the noise level, given by two dense
 * layers. Inputs: c_in phi, c_w W phi, and for networks that need not be odd the constant 1 (in place of biases).
 */
#include "src/score/shape.h"
#include <math.h>
#include <string.h>

void sq_network_lay_out(const sq_network_shape *shape, sq_network_layout *l)
{
  int     taps = (int)lround(pow(3, shape->dim));
  int64_t c = shape->channels, at = 0;
  *l = (sq_network_layout){.taps = taps, .inputs = shape->odd ? 2 : 3, .activations = 2 * shape->blocks + 1};
  l->modulations = (int)(2 * c) * l->activations;
  l->conv_in     = at;
  at += taps * l->inputs * c;
  for (int i = 0; i < 2 * shape->blocks; i++, at += taps * c * c) l->conv[i] = at;
  l->conv_out = at;
  at += taps * c;
  l->w1 = at;
  at += (int64_t)shape->width * SQ_NN_WAVES;
  l->b1 = at;
  at += shape->width;
  l->w2 = at;
  at += (int64_t)l->modulations * shape->width;
  l->b2    = at;
  l->total = at + l->modulations;
}

int64_t sq_network_parameters(const sq_network_shape *shape)
{
  sq_network_layout l;
  sq_network_lay_out(shape, &l);
  return l.total;
}

double sq_network_flops(const sq_network_shape *shape)
{
  sq_network_layout l;
  sq_network_lay_out(shape, &l);
  return 2. * (double)l.w1; /* one multiplication and addition per convolution weight */
}

double sq_network_bytes(const sq_network_shape *shape, double sites)
{
  return sizeof(float) * sites * shape->channels * (4. * shape->blocks + 5);
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
  int               c = shape->channels;
  sq_network_lay_out(shape, &l);
  memset(parameter, 0, (size_t)l.total * sizeof *parameter);
  PetscCall(fill(seed, 0, 1 / sqrt(l.taps * l.inputs), (int64_t)l.taps * l.inputs * c, parameter + l.conv_in));
  for (int i = 0; i < 2 * shape->blocks; i++) /* the activation halves the variance; branches start small */
    PetscCall(fill(seed, (uint64_t)i + 1, (i % 2 ? 0.5 : 1.5) / sqrt(l.taps * c), (int64_t)l.taps * c * c, parameter + l.conv[i]));
  PetscCall(fill(seed, 1000, 1 / sqrt(SQ_NN_WAVES), (int64_t)shape->width * SQ_NN_WAVES, parameter + l.w1));
  PetscCall(fill(seed, 1001, 0.1 / sqrt(shape->width), (int64_t)l.modulations * shape->width, parameter + l.w2));
  for (int a = 0; a < l.activations; a++)
    for (int i = 0; i < c; i++) parameter[l.b2 + 2 * a * c + i] = 1; /* gains */
  PetscFunctionReturn(0);
}

static void turn_layer(int taps, int64_t size, const int map[SQ_NN_TAPS], bool back, const float *from, float *to)
{
  for (int t = 0; t < taps; t++)
    for (int64_t i = 0; i < size; i++) {
      if (back) to[t * size + i] += from[map[t] * size + i];
      else to[map[t] * size + i] = from[t * size + i];
    }
}

void sq_network_turn(const sq_network_shape *shape, const int map[SQ_NN_TAPS], bool back, const float *from, float *to)
{
  sq_network_layout l;
  int64_t           c = shape->channels;
  sq_network_lay_out(shape, &l);
  turn_layer(l.taps, l.inputs * c, map, back, from + l.conv_in, to + l.conv_in);
  for (int i = 0; i < 2 * shape->blocks; i++) turn_layer(l.taps, c * c, map, back, from + l.conv[i], to + l.conv[i]);
  turn_layer(l.taps, c, map, back, from + l.conv_out, to + l.conv_out);
  for (int64_t i = l.w1; i < l.total; i++) to[i] = back ? to[i] + from[i] : from[i];
}
