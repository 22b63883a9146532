/* SPDX-License-Identifier: BSD-3-Clause */
/* The weights of a network as tensors with names: what other programs read. */
#include "src/net/shape.h"

static void name_conv(const sq_network_shape *shape, const sq_network_layout *l, int i, char *name)
{
  const int transition = sq_network_transition(l, 0), output = sq_network_output(l, 0);
  if (i == 0) snprintf(name, SQ_TENSOR_NAME, "first.weight");
  else if (i >= output) snprintf(name, SQ_TENSOR_NAME, "output.%d.weight", i - output);
  else if (i >= transition) snprintf(name, SQ_TENSOR_NAME, "transition.%d.weight", i - transition);
  else {
    const int unit = (i - 1) / 2;
    snprintf(name, SQ_TENSOR_NAME, "run.%d.unit.%d.conv.%d.weight", unit / shape->blocks, unit % shape->blocks,
             (i - 1) % 2);
  }
}

/* A direction of the stencil is an index, its offset less one; of causal networks the taps are one list. */
static void conv_tensor(const sq_network_shape *shape, const sq_network_layout *l, int i, sq_network_tensor *t)
{
  const sq_network_conv *conv = &l->conv[i];
  name_conv(shape, l, i, t->name);
  t->at = conv->at;
  if (conv->taps == l->taps)
    for (int mu = 0; mu < shape->dim; mu++) t->shape[t->rank++] = 3;
  else t->shape[t->rank++] = conv->taps;
  t->shape[t->rank++] = conv->ci;
  t->shape[t->rank++] = conv->co;
}

/* Gain or shift of an activation as a linear function of the hidden layer: rows of the second dense layer. */
static void activation_tensor(const sq_network_shape *shape, const sq_network_layout *l, int i, sq_network_tensor *t)
{
  static const char *const part[] = {"gain.weight", "gain.bias", "shift.weight", "shift.bias"};
  const int a = i / 4, unit = a / 2, end = a + 1 < l->activations ? l->modulation[a + 1] : l->modulations;
  const int channels = (end - l->modulation[a]) / 2, row = l->modulation[a] + (i % 4 >= 2 ? channels : 0);
  const bool bias = i % 2;
  if (a + 1 == l->activations) snprintf(t->name, SQ_TENSOR_NAME, "output.act.%s", part[i % 4]);
  else
    snprintf(t->name, SQ_TENSOR_NAME, "run.%d.unit.%d.act.%d.%s", unit / shape->blocks, unit % shape->blocks, a % 2,
             part[i % 4]);
  t->at = bias ? l->b2 + row : l->w2 + (int64_t)row * shape->width;
  t->shape[t->rank++] = channels;
  if (!bias) t->shape[t->rank++] = shape->width;
}

bool sq_network_tensor_of(const sq_network_shape *shape, int i, sq_network_tensor *tensor)
{
  sq_network_layout l;
  sq_network_lay_out(shape, &l);
  *tensor = (sq_network_tensor){0};
  const int beyond = i - l.convs - 4 * l.activations;
  if (i < 0 || beyond >= 2) return false;
  if (i < l.convs) conv_tensor(shape, &l, i, tensor);
  else if (beyond < 0) activation_tensor(shape, &l, i - l.convs, tensor);
  else if (beyond == 0) *tensor = (sq_network_tensor){"level.weight", 2, l.w1, {shape->width, l.features}};
  else *tensor = (sq_network_tensor){"level.bias", 1, l.b1, {shape->width}};
  return true;
}
