/* SPDX-License-Identifier: BSD-3-Clause */
/* Geometry of padded blocks, tap symmetries, kernel choice. */
#include "squall/nn.h"
#include "src/nn/kernels.h"

void sq_nn_block_make(int dim, const int64_t n[4], sq_nn_block *block)
{
  *block = (sq_nn_block){.dim = dim, .taps = 1, .fields = 1, .sites = 1, .rows = n[0] * n[1] * n[2]};
  for (int mu = 3; mu >= 0; mu--) {
    int64_t rim = mu >= 4 - dim;
    block->n[mu] = n[mu];
    block->padded[mu] = n[mu] + 2 * rim;
    block->stride[mu] = block->sites;
    block->origin += rim * block->sites;
    block->sites *= block->padded[mu];
    if (rim) block->taps *= 3;
  }
  for (int t = 0; t < block->taps; t++)
    for (int mu = 3, rest = t; mu >= 4 - dim; mu--, rest /= 3) block->offset[t] += (rest % 3 - 1) * block->stride[mu];
}

void sq_nn_block_batch(sq_nn_block *block, int fields)
{
  block->fields = fields;
  block->rows = fields * block->n[0] * block->n[1] * block->n[2];
}

void sq_nn_block_part(const sq_nn_block *block, const int64_t first[4], const int64_t n[4], sq_nn_block *part)
{
  *part = *block;
  part->rows = block->fields * n[0] * n[1] * n[2];
  for (int mu = 0; mu < 4; mu++) {
    part->n[mu] = n[mu];
    part->origin += first[mu] * block->stride[mu];
  }
}

void sq_nn_block_taps(const sq_nn_block *block, int first, int count, sq_nn_block *some)
{
  *some = *block;
  some->taps = count;
  for (int t = 0; t < count; t++) some->offset[t] = block->offset[first + t];
}

int64_t sq_nn_row(const sq_nn_block *block, int64_t row)
{
  int64_t index = block->origin;
  for (int mu = 2; mu >= 0; mu--) {
    index += (row % block->n[mu]) * block->stride[mu];
    row /= block->n[mu];
  }
  return index + row * block->sites;
}

void sq_nn_flip(int taps, int ci, int co, const float *w, float *out)
{
  for (int t = 0; t < taps; t++)
    for (int i = 0; i < ci; i++)
      for (int o = 0; o < co; o++) out[((int64_t)(taps - 1 - t) * co + o) * ci + i] = w[((int64_t)t * ci + i) * co + o];
}

void sq_nn_tap_map(int dim, const int axis[4], const int sign[4], int map[SQ_NN_TAPS])
{
  int taps = 1;
  for (int i = 0; i < dim; i++) taps *= 3;
  for (int t = 0; t < taps; t++) {
    int x[4] = {0}, image = 0;
    for (int mu = 3, rest = t; mu >= 4 - dim; mu--, rest /= 3) x[mu] = rest % 3 - 1;
    for (int mu = 4 - dim; mu < 4; mu++) image = 3 * image + sign[mu] * x[axis[mu]] + 1;
    map[t] = image;
  }
}

const sq_nn_kernels *sq_nn_best(void)
{
  int i = 0;
  while (!sq_nn_all[i]->supported()) i++;
  return sq_nn_all[i];
}
