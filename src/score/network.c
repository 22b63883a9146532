/* The network on the blocks of a lattice: layers from nn, halos between them.
 *
 * Activations are [batch][padded sites][channels]. Before every convolution the rim of its input is exchanged, backward of
 * its output gradient, so the same code trains and samples on one rank or many. Every tensor that backward needs
 * stays; nothing is allocated after create.
 */
#include "src/score/shape.h"
#include <string.h>

struct sq_network {
  sq_network_shape     shape;
  sq_network_layout    layout;
  const sq_nn_kernels *kernels;
  const sq_lattice    *lattice;
  sq_nn_block          block;
  int                  batch, count; /* capacity; fields of the last forward call */
  sq_halo *halo_in, *halo, *halo_out;
  float *parameter, *flipped;                                           /* flipped: convolution weights for input gradients, same layout */
  float *input, *output;                                                /* [batch][sites][inputs], [batch][sites] */
  float *h[SQ_NETWORK_BLOCKS + 1];                                      /* residual stream before each block and at the end */
  float *act[2 * SQ_NETWORK_BLOCKS + 1], *inner[SQ_NETWORK_BLOCKS];     /* outputs of activations; of first convolutions */
  float *dh, *dact, *dinner;                                            /* gradients */
  float *feature, *hidden, *modulation, *dmodulation, *dhidden;         /* [batch][...] */
};

static PetscErrorCode allocate(sq_network *n)
{
  PetscFunctionBeginUser;
  int64_t sites = n->batch * n->block.sites, c = n->shape.channels;
  PetscCall(sq_alloc(n->layout.total, &n->parameter));
  PetscCall(sq_alloc(n->layout.total, &n->flipped));
  PetscCall(sq_alloc(sites * n->layout.inputs, &n->input));
  PetscCall(sq_alloc(sites, &n->output));
  for (int b = 0; b <= n->shape.blocks; b++) PetscCall(sq_alloc(sites * c, &n->h[b]));
  for (int b = 0; b < n->shape.blocks; b++) PetscCall(sq_alloc(sites * c, &n->inner[b]));
  for (int a = 0; a < n->layout.activations; a++) PetscCall(sq_alloc(sites * c, &n->act[a]));
  PetscCall(sq_alloc(sites * c, &n->dh));
  PetscCall(sq_alloc(sites * c, &n->dact));
  PetscCall(sq_alloc(sites * c, &n->dinner));
  PetscCall(sq_alloc(n->batch * SQ_NN_WAVES, &n->feature));
  PetscCall(sq_alloc(n->batch * n->shape.width, &n->hidden));
  PetscCall(sq_alloc(n->shape.width, &n->dhidden));
  PetscCall(sq_alloc(n->batch * n->layout.modulations, &n->modulation));
  PetscCall(sq_alloc(n->batch * n->layout.modulations, &n->dmodulation));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_create(const sq_lattice *lattice, const sq_network_shape *shape, int batch, sq_network **network)
{
  PetscFunctionBeginUser;
  sq_network *n;
  PetscCall(sq_alloc(1, &n));
  n->shape   = *shape;
  n->batch   = batch;
  n->lattice = lattice;
  n->kernels = sq_nn_best();
  sq_network_lay_out(shape, &n->layout);
  sq_nn_block_make(lattice->dim, lattice->local, &n->block);
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FULL, (size_t)n->layout.inputs * sizeof(float), batch, &n->halo_in));
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FULL, (size_t)shape->channels * sizeof(float), batch, &n->halo));
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FULL, sizeof(float), batch, &n->halo_out));
  PetscCall(allocate(n));
  *network = n;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_destroy(sq_network **network)
{
  PetscFunctionBeginUser;
  sq_network *n = *network;
  if (!n) PetscFunctionReturn(0);
  float **single[] = {&n->parameter, &n->flipped, &n->input, &n->output, &n->dh, &n->dact, &n->dinner, &n->feature, &n->hidden, &n->dhidden, &n->modulation, &n->dmodulation};
  for (size_t i = 0; i < sizeof single / sizeof *single; i++) sq_free(single[i]);
  for (int b = 0; b <= n->shape.blocks; b++) sq_free(&n->h[b]);
  for (int b = 0; b < n->shape.blocks; b++) sq_free(&n->inner[b]);
  for (int a = 0; a < n->layout.activations; a++) sq_free(&n->act[a]);
  PetscCall(sq_halo_destroy(&n->halo_in));
  PetscCall(sq_halo_destroy(&n->halo));
  PetscCall(sq_halo_destroy(&n->halo_out));
  sq_free(network);
  PetscFunctionReturn(0);
}

void sq_network_load(sq_network *n, const float *parameter)
{
  const sq_network_layout *l = &n->layout;
  int c = n->shape.channels;
  memcpy(n->parameter, parameter, (size_t)l->total * sizeof *parameter);
  for (int i = 0; i < 2 * n->shape.blocks; i++) sq_nn_flip(l->taps, c, c, parameter + l->conv[i], n->flipped + l->conv[i]);
  sq_nn_flip(l->taps, c, 1, parameter + l->conv_out, n->flipped + l->conv_out);
}

/* ---- forward ------------------------------------------------------------------------------------- */

static void fill_inputs(sq_network *n, int b, const double *noisy, const double *filtered, double c_in, double c_w)
{
  int    inputs = n->layout.inputs;
  float *x      = n->input + b * n->block.sites * inputs;
  for (int64_t r = 0, i = 0; r < n->block.rows; r++) {
    float *row = x + sq_nn_row(&n->block, r) * inputs;
    for (int64_t k = 0; k < n->block.n[3]; k++, i++) {
      row[k * inputs]     = (float)(c_in * noisy[i]);
      row[k * inputs + 1] = (float)(c_w * filtered[i]);
      if (inputs == 3) row[k * inputs + 2] = 1;
    }
  }
}

static void condition(sq_network *n, int b, double level)
{
  const sq_network_layout *l = &n->layout;
  const float             *p = n->parameter;
  int                      width = n->shape.width;
  sq_nn_features(level, n->feature + b * SQ_NN_WAVES);
  sq_nn_dense(width, l->modulations, n->feature + b * SQ_NN_WAVES, p + l->w1, p + l->b1, p + l->w2, p + l->b2, n->hidden + b * width, n->modulation + b * l->modulations);
}

/* Gain of activation a for batch entry b in an array of modulations; the shift follows. */
static float *modulation(const sq_network *n, float *all, int b, int a)
{
  return all + b * n->layout.modulations + 2 * a * n->shape.channels;
}

static PetscErrorCode activate(sq_network *n, int a, const float *in)
{
  PetscFunctionBeginUser;
  int     c   = n->shape.channels;
  int64_t one = n->block.sites * c;
  for (int b = 0; b < n->count; b++) {
    float *gain = modulation(n, n->modulation, b, a);
    n->kernels->activate(&n->block, c, n->shape.odd, in + b * one, gain, gain + c, n->act[a] + b * one);
  }
  PetscCall(sq_halo_exchange(n->halo, n->act[a]));
  PetscFunctionReturn(0);
}

static void convolve(sq_network *n, int ci, int co, const float *in, const float *w, const float *start, float *out)
{
  int64_t sites = n->block.sites;
  for (int b = 0; b < n->count; b++)
    n->kernels->conv(&n->block, ci, co, in + b * sites * ci, w, start ? start + b * sites * co : NULL, out + b * sites * co);
}

PetscErrorCode sq_network_forward(sq_network *n, int count, const double *noisy, const double *filtered, const double *c_in,
                                  const double *c_w, const double *level, double *out)
{
  PetscFunctionBeginUser;
  const sq_network_layout *l      = &n->layout;
  const float             *p      = n->parameter;
  int64_t                  volume = n->lattice->local_volume;
  int                      c      = n->shape.channels;
  n->count = count;
  for (int b = 0; b < count; b++) {
    fill_inputs(n, b, noisy + b * volume, filtered + b * volume, c_in[b], c_w[b]);
    condition(n, b, level[b]);
  }
  PetscCall(sq_halo_exchange(n->halo_in, n->input));
  convolve(n, l->inputs, c, n->input, p + l->conv_in, NULL, n->h[0]);
  for (int k = 0; k < n->shape.blocks; k++) {
    PetscCall(activate(n, 2 * k, n->h[k]));
    convolve(n, c, c, n->act[2 * k], p + l->conv[2 * k], NULL, n->inner[k]);
    PetscCall(activate(n, 2 * k + 1, n->inner[k]));
    convolve(n, c, c, n->act[2 * k + 1], p + l->conv[2 * k + 1], n->h[k], n->h[k + 1]);
  }
  PetscCall(activate(n, l->activations - 1, n->h[n->shape.blocks]));
  convolve(n, c, 1, n->act[l->activations - 1], p + l->conv_out, NULL, n->output);
  for (int b = 0; b < count; b++)
    for (int64_t r = 0, i = 0; r < n->block.rows; r++) {
      const float *row = n->output + b * n->block.sites + sq_nn_row(&n->block, r);
      for (int64_t k = 0; k < n->block.n[3]; k++, i++) out[b * volume + i] = row[k];
    }
  PetscFunctionReturn(0);
}

/* ---- backward ------------------------------------------------------------------------------------- */

/* Adds the weight gradient of a convolution; dout's rim is not used. */
static void weigh(sq_network *n, int ci, int co, const float *in, const float *dout, float *dw)
{
  int64_t sites = n->block.sites;
  for (int b = 0; b < n->count; b++) n->kernels->conv_weights(&n->block, ci, co, in + b * sites * ci, dout + b * sites * co, dw);
}

/* Through activation a: dact -> din (added). */
static void activate_backward(sq_network *n, int a, const float *in, float *din)
{
  int     c   = n->shape.channels;
  int64_t one = n->block.sites * c;
  for (int b = 0; b < n->count; b++) {
    float *gain = modulation(n, n->modulation, b, a), *dgain = modulation(n, n->dmodulation, b, a);
    n->kernels->activate_backward(&n->block, c, n->shape.odd, in + b * one, gain, gain + c, n->dact + b * one, din + b * one, dgain, dgain + c);
  }
}

static void condition_backward(sq_network *n, float *gradient)
{
  const sq_network_layout *l     = &n->layout;
  int                      width = n->shape.width;
  for (int b = 0; b < n->count; b++)
    sq_nn_dense_backward(width, l->modulations, n->feature + b * SQ_NN_WAVES, n->hidden + b * width, n->parameter + l->w2,
                         n->dmodulation + b * l->modulations, gradient + l->w1, gradient + l->b1, gradient + l->w2, gradient + l->b2, n->dhidden);
}

PetscErrorCode sq_network_backward(sq_network *n, const double *dout, float *gradient)
{
  PetscFunctionBeginUser;
  const sq_network_layout *l      = &n->layout;
  int64_t                  volume = n->lattice->local_volume;
  int                      c      = n->shape.channels, last = l->activations - 1;
  size_t                   tensor = (size_t)(n->count * n->block.sites * c) * sizeof(float);
  for (int b = 0; b < n->count; b++)
    for (int64_t r = 0, i = 0; r < n->block.rows; r++) {
      float *row = n->output + b * n->block.sites + sq_nn_row(&n->block, r);
      for (int64_t k = 0; k < n->block.n[3]; k++, i++) row[k] = (float)dout[b * volume + i];
    }
  memset(n->dmodulation, 0, (size_t)(n->count * l->modulations) * sizeof(float));
  memset(n->dh, 0, tensor);
  weigh(n, c, 1, n->act[last], n->output, gradient + l->conv_out);
  PetscCall(sq_halo_exchange(n->halo_out, n->output));
  convolve(n, 1, c, n->output, n->flipped + l->conv_out, NULL, n->dact);
  activate_backward(n, last, n->h[n->shape.blocks], n->dh);
  for (int k = n->shape.blocks - 1; k >= 0; k--) {
    weigh(n, c, c, n->act[2 * k + 1], n->dh, gradient + l->conv[2 * k + 1]);
    PetscCall(sq_halo_exchange(n->halo, n->dh));
    convolve(n, c, c, n->dh, n->flipped + l->conv[2 * k + 1], NULL, n->dact);
    memset(n->dinner, 0, tensor);
    activate_backward(n, 2 * k + 1, n->inner[k], n->dinner);
    weigh(n, c, c, n->act[2 * k], n->dinner, gradient + l->conv[2 * k]);
    PetscCall(sq_halo_exchange(n->halo, n->dinner));
    convolve(n, c, c, n->dinner, n->flipped + l->conv[2 * k], NULL, n->dact);
    activate_backward(n, 2 * k, n->h[k], n->dh);
  }
  weigh(n, l->inputs, c, n->input, n->dh, gradient + l->conv_in);
  condition_backward(n, gradient);
  PetscFunctionReturn(0);
}
