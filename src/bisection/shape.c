/* SPDX-License-Identifier: BSD-3-Clause */
/* shape: which theories and sizes there are, what they cost, and the weights that learning begins with. */
#include "src/bisection/shape.h"
#include <math.h>

const char *sq_bisection_lacks(const sq_action *action)
{
  const sq_action_type *type = action->type;
  if (action->dim != 1) return "is not of one dimension, as paths are";
  if (type->space != &sq_space_real || sq_action_components(action) != 1) return "has not one real number a site";
  if (!type->symmetric) return "has no symmetry of signs";
  return type->given && type->given->potential && type->transfer ? NULL :
                                                                   "is none of sites and links between neighbours";
}

bool sq_bisection_valid(const sq_bisection_shape *s)
{
  return !sq_bisection_lacks(&s->action) && s->sites >= 1 && s->channels >= 4 && s->channels % 4 == 0 &&
         s->channels <= SQ_BISECTION_CHANNELS && s->depth >= 0 && s->depth <= SQ_BISECTION_DEPTH && s->mixture >= 1 &&
         s->mixture <= SQ_BISECTION_MIXTURE;
}

sq_bisection_net sq_bisection_net_of(const sq_bisection_shape *s)
{
  return (sq_bisection_net){s->channels, s->depth + 1, KINDS * s->mixture};
}

int sq_bisection_networks(const sq_bisection_shape *s)
{
  int64_t length[GROUPS];
  return sq_bisection_lengths(s->sites, length);
}

/* Those of x_0, then of the networks. */
int64_t sq_bisection_parameters(const sq_bisection_shape *s)
{
  const sq_bisection_net net = sq_bisection_net_of(s);
  return KINDS * s->mixture + sq_bisection_networks(s) * sq_bisection_net_parameters(&net);
}

PetscErrorCode sq_bisection_layout(const sq_bisection_shape *s, sq_layout *layout)
{
  PetscFunctionBeginUser;
  const sq_bisection_net net = sq_bisection_net_of(s);
  PetscCall(sq_layout_add(layout, 2, (int64_t[]){KINDS, s->mixture}, "start"));
  for (int k = 0; k < sq_bisection_networks(s); k++)
    for (int layer = 0, in = INPUTS; layer <= net.hidden; layer++, in = net.channels) {
      const int64_t out = layer < net.hidden ? net.channels : net.outputs;
      PetscCall(sq_layout_add(layout, 1, &out, "length.%d.layer.%d.bias", k, layer));
      PetscCall(sq_layout_add(layout, 2, (int64_t[]){out, in}, "length.%d.layer.%d.weight", k, layer));
    }
  PetscFunctionReturn(0);
}

/* Half of the sites need networks, at two places each. */
double sq_bisection_flops(const sq_bisection_shape *s)
{
  const sq_bisection_net net = sq_bisection_net_of(s);
  return 0.5 * (double)s->sites * 2 * 2 * (double)sq_bisection_net_parameters(&net);
}

double sq_bisection_bytes(const sq_bisection_shape *s, int batch)
{
  const double run = 2.0 * RUNS * RUN * sizeof(float) * (4.0 * (s->depth + 1) * s->channels + KINDS * s->mixture);
  return 2 * run + (double)batch * (double)s->sites * sizeof(double) +
         (double)(2 * sq_bisection_parameters(s)) * sizeof(float);
}

/* ---- where learning begins ---- */

typedef struct {
  sq_stream stream;
  double *weight;
} writer;

/* A layer of random weights of so much variance each, and biases. */
static void write_layer(writer *w, uint64_t layer, int inputs, int outputs, double width, double bias)
{
  sq_rng_normals(w->stream, layer << 24, outputs, 0, 0, w->weight);
  for (int o = 0; o < outputs; o++) w->weight[o] *= bias;
  sq_rng_normals(w->stream, layer << 24, (int64_t)outputs * inputs, 1, 0, w->weight + outputs);
  for (int64_t i = 0; i < (int64_t)outputs * inputs; i++) w->weight[outputs + i] *= width;
  w->weight += (int64_t)outputs * (inputs + 1);
}

/* Parts of a mixture that is not far from a Gaussian, but has parts to be moved: means a and -a, widths b, a^2 + b^2
 * = 1.
 */
static void write_parts(int mixture, double *bias)
{
  for (int k = 0; k < mixture; k++) {
    const double a = mixture > 1 ? 0.3 + 0.45 * k / (mixture - 1) : 0.3;
    bias[k] = a;
    bias[mixture + k] = 0.5 * log(1 - a * a);
  }
}

PetscErrorCode sq_bisection_init(const sq_bisection_shape *s, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  const sq_bisection_path path = sq_bisection_path_of(&s->action);
  const sq_bisection_net net = sq_bisection_net_of(s);
  const int networks = sq_bisection_networks(s);
  writer w = {sq_stream_make(seed, SQ_RNG_WEIGHTS, 0), weight};
  if (!path.free) write_parts(s->mixture, w.weight);
  w.weight += net.outputs;
  for (int k = 0; k < networks; k++) {
    int inputs = INPUTS;
    for (int layer = 0; layer < net.hidden; layer++, inputs = net.channels)
      write_layer(&w, (uint64_t)(k * net.hidden + layer), inputs, net.channels, layer ? 1.5 / sqrt(inputs) : 1, 1);
    if (!path.free) write_parts(s->mixture, w.weight);
    w.weight += net.outputs * (net.channels + 1);
  }
  PetscFunctionReturn(0);
}
