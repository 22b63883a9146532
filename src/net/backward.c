/* SPDX-License-Identifier: BSD-3-Clause */
/* The gradient of the network with respect to its weights and its inputs. dh of a level holds the gradient of the
 * residual stream there. */
#include "src/net/network.h"
#include <string.h>

/* The weight gradient of convolution i, added. in has its rim from the forward pass. */
static void weights_backward(sq_network *n, int i, const float *in, const float *dout, float *gradient)
{
  const sq_network_conv *conv = &n->layout.conv[i];
  const sq_nn_block *block = &n->level[conv->level].block;
  if (!gradient) return;
  if (sq_layer_tiled(n, i)) {
    memset(n->dpoints, 0, (size_t)sq_nn_winograd_size(n->layout.taps, conv->ci, conv->co) * sizeof *n->dpoints);
    n->kernels->winograd_weights(block, conv->ci, conv->co, in, dout, n->dpoints, n->scratch);
    sq_nn_winograd_collect(n->layout.taps, conv->ci, conv->co, n->dpoints, gradient + conv->at);
  } else {
    sq_nn_block some;
    sq_nn_block_taps(block, 0, conv->taps, &some);
    n->kernels->conv_weights(&some, conv->ci, conv->co, in, dout, gradient + conv->at);
  }
}

/* The same, and its input gradient: din = start + what comes through the layer. */
static PetscErrorCode add_backward(sq_network *n, int i, sq_halo *halo_dout, const float *in, float *dout,
                                   const float *start, float *din, float *gradient)
{
  PetscFunctionBeginUser;
  layer_weights flipped = sq_layer_weights(n, i, true);
  weights_backward(n, i, in, dout, gradient);
  PetscCall(sq_layer_convolve(n, &flipped, halo_dout, dout, start, din));
  PetscFunctionReturn(0);
}

static PetscErrorCode apply_backward(sq_network *n, int i, sq_halo *halo_dout, const float *in, float *dout, float *din,
                                     float *gradient)
{
  PetscFunctionBeginUser;
  PetscCall(add_backward(n, i, halo_dout, in, dout, NULL, din, gradient));
  PetscFunctionReturn(0);
}

/* Through activation a: dact -> din (added). */
static void activate_backward(sq_network *n, int index, int a, const float *in, float *din)
{
  const grid_level *l = &n->level[index];
  int c = l->channels;
  int64_t one = n->components * l->block.sites * c;
  for (int b = 0; b < n->fields; b++) {
    float *gain = sq_layer_modulation(n, n->modulation, b, a), *dgain = sq_layer_modulation(n, n->dmodulation, b, a);
    if (n->components > 1)
      n->kernels->activate_vector_backward(&l->field, c, n->components, in + b * one, gain, gain + c, l->dact + b * one,
                                           din + b * one, dgain, dgain + c);
    else
      n->kernels->activate_backward(&l->field, c, n->shape.odd, in + b * one, gain, gain + c, l->dact + b * one,
                                    din + b * one, dgain, dgain + c);
  }
}

static PetscErrorCode units_backward(sq_network *n, int r, float *gradient)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r];
  grid_level *l = &n->level[run->level];
  for (int k = n->shape.blocks - 1; k >= 0; k--) {
    int unit = r * n->shape.blocks + k;
    PetscCall(apply_backward(n, sq_network_unit_conv(unit, 1), l->halo, run->act[2 * k + 1], l->dh, l->dact, gradient));
    memset(l->dinner, 0, sq_layer_bytes(n, run->level));
    activate_backward(n, run->level, 2 * unit + 1, run->inner[k], l->dinner);
    PetscCall(apply_backward(n, sq_network_unit_conv(unit, 0), l->halo, run->act[2 * k], l->dinner, l->dact, gradient));
    activate_backward(n, run->level, 2 * unit, run->h[k], l->dh);
  }
  PetscFunctionReturn(0);
}

/* From the gradient before run r + 1 to that after run r. On the way up dh of the finer level stays: it is also the
 * gradient of what the way down handed over. */
static PetscErrorCode transition_backward(sq_network *n, int r, float *gradient)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r], *next = &n->run[r + 1];
  int i = sq_network_transition(&n->layout, r);
  if (next->level > run->level) {
    grid_level *coarse = &n->level[next->level];
    PetscCall(apply_backward(n, i, coarse->halo, run->pooled, coarse->dh, coarse->half, gradient));
    sq_layer_spread(n, run->level, coarse->channels / 2, sq_layer_cell_share(n), coarse->half, n->level[run->level].dh);
  } else {
    grid_level *coarse = &n->level[run->level];
    sq_layer_pool(n, next->level, coarse->channels / 2, 1, n->level[next->level].dh, coarse->half);
    PetscCall(apply_backward(n, i, coarse->halo_half, run->h[n->shape.blocks], coarse->half, coarse->dh, gradient));
  }
  PetscFunctionReturn(0);
}

static void condition_backward(sq_network *n, float *gradient)
{
  const sq_network_layout *l = &n->layout;
  int width = n->shape.width;
  for (int b = 0; b < n->fields; b++) {
    sq_nn_dense_backward(1, width, l->modulations, n->gated + b * width, n->parameter + l->w2,
                         n->dmodulation + b * l->modulations, gradient + l->w2, gradient + l->b2, n->dhidden);
    sq_nn_silu_backward(width, n->hidden + b * width, n->dhidden, n->dhidden);
    sq_nn_dense_backward(1, l->features, width, n->feature + b * l->features, NULL, n->dhidden, gradient + l->w1,
                         gradient + l->b1, NULL);
  }
}

static PetscErrorCode outputs_backward(sq_network *n, const double *const dout[], float *gradient)
{
  PetscFunctionBeginUser;
  const sq_network_layout *l = &n->layout;
  grid_level *finest = &n->level[0];
  for (int o = 0; o < n->shape.outputs; o++) {
    float *plane = sq_layer_output(n, o);
    for (int b = 0; b < n->count; b++) sq_layer_fill(n, b, 1, dout[o], 1, plane);
    PetscCall(add_backward(n, sq_network_output(l, o), n->halo_out, n->act_out, plane, o ? finest->dact : NULL,
                           finest->dact, gradient));
  }
  memset(finest->dh, 0, sq_layer_bytes(n, 0));
  activate_backward(n, 0, l->activations - 1, n->run[l->runs - 1].h[n->shape.blocks], finest->dh);
  PetscFunctionReturn(0);
}

/* From dh of the finest level to one input after the other; plane 0 of the outputs is free by now. */
static PetscErrorCode inputs_backward(sq_network *n, double *const din[], float *gradient)
{
  PetscFunctionBeginUser;
  layer_weights flipped = sq_layer_weights(n, 0, true); /* those of one input after the other */
  sq_halo *halo = n->level[0].halo;
  flipped.co = 1;
  weights_backward(n, 0, n->input, n->level[0].dh, gradient);
  for (int i = 0; din && i < n->shape.inputs; i++, flipped.w += flipped.taps * flipped.ci) {
    if (!din[i]) continue;
    PetscCall(sq_layer_convolve(n, &flipped, halo, n->level[0].dh, NULL, n->output));
    for (int b = 0; b < n->count; b++) sq_layer_read(n, b, n->scale[i * n->batch + b], n->output, din[i]);
    halo = NULL; /* the rim is there now */
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_backward(sq_network *n, const double *const dout[], double *const din[], float *gradient)
{
  PetscFunctionBeginUser;
  MPI_Comm comm = n->level[0].lattice->comm;
  PetscCheck(n->backward, comm, PETSC_ERR_ARG_WRONGSTATE, "this network was created for evaluation only");
  PetscCheck(!n->base, comm, PETSC_ERR_ARG_WRONGSTATE, "the last call was not sq_network_forward");
  memset(n->dmodulation, 0, (size_t)(n->fields * n->layout.modulations) * sizeof(float));
  PetscCall(outputs_backward(n, dout, gradient));
  for (int r = n->layout.runs - 1; r >= 0; r--) {
    PetscCall(units_backward(n, r, gradient));
    if (r > 0) PetscCall(transition_backward(n, r - 1, gradient));
  }
  PetscCall(inputs_backward(n, din, gradient));
  if (gradient) condition_backward(n, gradient);
  PetscFunctionReturn(0);
}
