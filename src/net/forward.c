/* SPDX-License-Identifier: BSD-3-Clause */
/* Evaluates the network, and its derivative along directions in the inputs.
 *
 * Convolutions, pooling and the residual stream are linear: a direction goes through them as a field does. Only
 * activations tell them apart (their tangent at the field's own input), so fields and their directions go through the
 * network together, as entries of one batch.
 */
#include "src/net/network.h"
#include <string.h>

/* Of field f. A direction does not move the constant. */
static void fill_inputs(sq_network *n, int f, bool direction, const double *const in[], const double *const scale[])
{
  int inputs = n->layout.inputs;
  for (int b = f * n->components; b < (f + 1) * n->components; b++) {
    for (int i = 0; i < n->shape.inputs; i++) {
      n->scale[i * n->batch + b] = scale[i][f];
      sq_layer_fill(n, b, scale[i][f], in[i], inputs, n->input + i);
    }
    if (!n->shape.odd) sq_layer_fill(n, b, direction ? 0 : 1, NULL, inputs, n->input + inputs - 1);
  }
}

/* Gains and shifts of a noise level, and conditions: two dense layers. */
static void condition(sq_network *n, int b, const double *level)
{
  const sq_network_layout *l = &n->layout;
  const float *p = n->parameter;
  int width = n->shape.width;
  float *feature = n->feature + b * l->features, *hidden = n->hidden + b * width, *gated = n->gated + b * width;
  sq_network_features(&n->shape, level, feature);
  sq_nn_dense(1, l->features, width, feature, p + l->w1, p + l->b1, hidden);
  sq_nn_silu(width, hidden, gated);
  sq_nn_dense(1, width, l->modulations, gated, p + l->w2, p + l->b2, n->modulation + b * l->modulations);
}

static PetscErrorCode units_forward(sq_network *n, int r)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r];
  sq_halo *halo = n->level[run->level].halo;
  for (int k = 0; k < n->shape.blocks; k++) {
    int unit = r * n->shape.blocks + k;
    sq_layer_activate(n, run->level, 2 * unit, run->h[k], run->act[2 * k]);
    PetscCall(sq_layer_conv(n, sq_network_unit_conv(unit, 0), halo, run->act[2 * k], NULL, run->inner[k]));
    sq_layer_activate(n, run->level, 2 * unit + 1, run->inner[k], run->act[2 * k + 1]);
    PetscCall(sq_layer_conv(n, sq_network_unit_conv(unit, 1), halo, run->act[2 * k + 1], run->h[k], run->h[k + 1]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode transition_forward(sq_network *n, int r)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r], *next = &n->run[r + 1];
  float *end = run->h[n->shape.blocks];
  int i = sq_network_transition(&n->layout, r);
  if (next->level > run->level) {
    grid_level *coarse = &n->level[next->level];
    sq_layer_pool(n, run->level, n->level[run->level].channels, sq_layer_cell_share(n), end, run->pooled);
    PetscCall(sq_layer_conv(n, i, coarse->halo_half, run->pooled, NULL, next->h[0]));
  } else {
    grid_level *coarse = &n->level[run->level];
    float *skip = n->run[next->level].h[n->shape.blocks]; /* the run of the same level on the way down */
    PetscCall(sq_layer_conv(n, i, coarse->halo, end, NULL, coarse->half));
    if (next->h[0] != skip) memcpy(next->h[0], skip, sq_layer_bytes(n, next->level));
    sq_layer_spread(n, next->level, coarse->channels / 2, 1, coarse->half, next->h[0]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode outputs_forward(sq_network *n, double *const out[])
{
  PetscFunctionBeginUser;
  const sq_network_layout *l = &n->layout;
  sq_layer_activate(n, 0, l->activations - 1, n->run[l->runs - 1].h[n->shape.blocks], n->act_out);
  for (int o = 0; o < n->shape.outputs; o++) {
    float *plane = sq_layer_output(n, o);
    PetscCall(sq_layer_conv(n, sq_network_output(l, o), o ? NULL : n->level[0].halo, n->act_out, NULL, plane));
    for (int b = 0; b < n->count; b++) sq_layer_read(n, b, 1, plane, out[o]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_tangent(sq_network *n, int count, const int *base, const double *const in[],
                                  const double *const scale[], const double *level, double *const out[])
{
  PetscFunctionBeginUser;
  if (n->way.self) {
    PetscCall(n->way.evaluate(n->way.self, count, base, in, scale, level, out));
    PetscFunctionReturn(0);
  }
  sq_layer_set_count(n, count, base);
  for (int b = 0; b < count; b++) {
    bool direction = base && base[b] != b;
    fill_inputs(n, b, direction, in, scale);
    if (!direction) condition(n, b, level + b * (1 + n->shape.conditions));
  }
  PetscCall(sq_layer_conv(n, 0, n->halo_in, n->input, NULL, n->run[0].h[0]));
  for (int r = 0; r < n->layout.runs; r++) {
    PetscCall(units_forward(n, r));
    if (r + 1 < n->layout.runs) PetscCall(transition_forward(n, r));
  }
  PetscCall(outputs_forward(n, out));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_forward(sq_network *n, int count, const double *const in[], const double *const scale[],
                                  const double *level, double *const out[])
{
  PetscFunctionBeginUser;
  PetscCall(sq_network_tangent(n, count, NULL, in, scale, level, out));
  PetscFunctionReturn(0);
}
