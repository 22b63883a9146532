/* SPDX-License-Identifier: BSD-3-Clause */
/* The layers of the network over its levels: kernels of nn on the whole batch, halos between them. */
#include "src/net/network.h"
#include <string.h>

bool sq_layer_tiled(const sq_network *n, int i)
{
  return n->layout.conv[i].points >= 0 && n->level[n->layout.conv[i].level].tiled;
}

layer_weights sq_layer_weights(const sq_network *n, int i, bool flipped)
{
  const sq_network_conv *conv = &n->layout.conv[i];
  const float *points = flipped ? n->points_flipped : n->points;
  return (layer_weights){.level = conv->level,
                         .ci = flipped ? conv->co : conv->ci,
                         .co = flipped ? conv->ci : conv->co,
                         .first = flipped ? n->layout.taps - conv->taps : 0,
                         .taps = conv->taps,
                         .w = (flipped ? n->flipped : n->parameter) + conv->at,
                         .points = sq_layer_tiled(n, i) ? points + conv->points : NULL};
}

static void convolve_part(const sq_network *n, const layer_weights *w, const sq_nn_block *part, const float *in,
                          const float *start, float *out)
{
  if (part->rows * part->n[3] == 0) return;
  if (w->points) n->kernels->winograd(part, w->ci, w->co, in, w->points, start, out, n->scratch);
  else if (w->taps == part->taps) n->kernels->conv(part, w->ci, w->co, in, w->w, start, out);
  else {
    sq_nn_block some;
    sq_nn_block_taps(part, w->first, w->taps, &some);
    n->kernels->conv(&some, w->ci, w->co, in, w->w, start, out);
  }
}

/* Zeros where coordinate mu of the padded block is `at`. */
static void clear_face(const sq_nn_block *block, int mu, int64_t at, int channels, float *x)
{
  int64_t length = block->padded[3], sites = mu == 3 ? 1 : length;
  for (int64_t row = 0; row < block->fields * block->sites / length; row++)
    if (mu == 3 || row * length / block->stride[mu] % block->padded[mu] == at)
      memset(x + (row * length + (mu == 3 ? at : 0)) * channels, 0, (size_t)(sites * channels) * sizeof *x);
}

/* The rim of a lattice that is not periodic. */
static void clear_edges(const grid_level *l, int channels, float *x)
{
  const sq_lattice *lattice = l->lattice;
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) {
    if (lattice->coord[mu] == 0) clear_face(&l->block, mu, 0, channels, x);
    if (lattice->coord[mu] == lattice->ranks[mu] - 1) clear_face(&l->block, mu, l->block.padded[mu] - 1, channels, x);
  }
}

PetscErrorCode sq_layer_convolve(sq_network *n, const layer_weights *w, sq_halo *halo, float *in, const float *start,
                                 float *out)
{
  PetscFunctionBeginUser;
  const grid_level *l = &n->level[w->level];
  if (halo && n->shape.causal) {
    PetscCall(sq_halo_exchange(halo, in));
    clear_edges(l, w->ci, in);
    halo = NULL;
  }
  if (!halo) {
    convolve_part(n, w, &l->block, in, start, out);
    PetscFunctionReturn(0);
  }
  PetscCall(sq_halo_begin(halo, in));
  convolve_part(n, w, &l->part[0], in, start, out);
  PetscCall(sq_halo_end(halo, in));
  for (int p = 1; p < l->parts; p++) convolve_part(n, w, &l->part[p], in, start, out);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_layer_conv(sq_network *n, int i, sq_halo *halo, float *in, const float *start, float *out)
{
  PetscFunctionBeginUser;
  layer_weights weights = sq_layer_weights(n, i, false);
  PetscCall(sq_layer_convolve(n, &weights, halo, in, start, out));
  PetscFunctionReturn(0);
}

float *sq_layer_modulation(const sq_network *n, float *all, int b, int a)
{
  return all + b * n->layout.modulations + n->layout.modulation[a];
}

/* along NULL: the activation itself. */
static void activate(const sq_network *n, const grid_level *l, const float *gain, const float *in, const float *along,
                     float *out)
{
  const float *shift = gain + l->channels;
  if (n->components > 1 && !along)
    n->kernels->activate_vector(&l->field, l->channels, n->components, in, gain, shift, out);
  else if (n->components > 1)
    n->kernels->activate_vector_tangent(&l->field, l->channels, n->components, in, gain, shift, along, out);
  else if (!along) n->kernels->activate(&l->field, l->channels, n->shape.odd, in, gain, shift, out);
  else n->kernels->activate_tangent(&l->field, l->channels, n->shape.odd, in, gain, shift, along, out);
}

void sq_layer_activate(const sq_network *n, int index, int a, const float *in, float *out)
{
  const grid_level *l = &n->level[index];
  int64_t one = n->components * l->block.sites * l->channels;
  for (int b = 0; b < n->fields; b++) {
    int base = n->base ? n->base[b] : b;
    const float *gain = sq_layer_modulation(n, n->modulation, base, a);
    activate(n, l, gain, in + base * one, base == b ? NULL : in + b * one, out + b * one);
  }
}

void sq_layer_pool(const sq_network *n, int index, int c, float scale, const float *fine, float *coarse)
{
  sq_nn_pool(&n->level[index].block, &n->level[index + 1].block, c, scale, fine, coarse);
}

void sq_layer_spread(const sq_network *n, int index, int c, float scale, const float *coarse, float *fine)
{
  sq_nn_spread(&n->level[index].block, &n->level[index + 1].block, c, scale, coarse, fine);
}

float sq_layer_cell_share(const sq_network *n)
{
  return 1.f / (float)(1 << n->shape.dim);
}

float *sq_layer_output(const sq_network *n, int i)
{
  return n->output + i * n->batch * n->level[0].field.sites;
}

void sq_layer_fill(const sq_network *n, int b, double factor, const double *from, int channels, float *x)
{
  const sq_nn_block *block = &n->level[0].field;
  if (from) from += b * n->level[0].lattice->local_volume;
  x += b * block->sites * channels;
  for (int64_t r = 0, i = 0; r < block->rows; r++) {
    float *row = x + sq_nn_row(block, r) * channels;
    for (int64_t k = 0; k < block->n[3]; k++, i++) row[k * channels] = (float)(from ? factor * from[i] : factor);
  }
}

void sq_layer_read(const sq_network *n, int b, double factor, const float *x, double *to)
{
  const sq_nn_block *block = &n->level[0].field;
  to += b * n->level[0].lattice->local_volume;
  for (int64_t r = 0, i = 0; r < block->rows; r++) {
    const float *row = x + b * block->sites + sq_nn_row(block, r);
    for (int64_t k = 0; k < block->n[3]; k++, i++) to[i] = factor * row[k];
  }
}

size_t sq_layer_bytes(const sq_network *n, int index)
{
  return (size_t)(n->count * n->level[index].block.sites * n->level[index].channels) * sizeof(float);
}

void sq_layer_set_count(sq_network *n, int fields, const int *base)
{
  const int count = fields * n->components;
  n->fields = fields;
  n->count = count;
  n->base = base;
  for (int index = 0; index < n->shape.levels; index++) {
    grid_level *l = &n->level[index];
    sq_nn_block_batch(&l->block, count);
    for (int p = 0; p < l->parts; p++) sq_nn_block_batch(&l->part[p], count);
  }
}
