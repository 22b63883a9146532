/* SPDX-License-Identifier: BSD-3-Clause */
/* Between lattices of different resolution. */
#include "squall/nn.h"

/* The site of the fine block's row r, x = 0, and that of its cell in the coarse block. */
static void rows_of(const sq_nn_block *fine, const sq_nn_block *coarse, int64_t row, int64_t *site, int64_t *cell)
{
  *site = sq_nn_row(fine, row);
  *cell = coarse->origin;
  for (int mu = 2; mu >= 0; mu--) {
    int64_t x = row % fine->n[mu];
    row /= fine->n[mu];
    *cell += (mu >= 4 - fine->dim ? x / 2 : x) * coarse->stride[mu];
  }
  *cell += row * coarse->sites;
}

void sq_nn_pool(const sq_nn_block *fine, const sq_nn_block *coarse, int c, float scale, const float *in, float *out)
{
  for (int64_t r = 0; r < coarse->rows; r++)
    for (int64_t i = sq_nn_row(coarse, r) * c, end = i + coarse->n[3] * c; i < end; i++) out[i] = 0;
  for (int64_t r = 0; r < fine->rows; r++) {
    int64_t site, cell;
    rows_of(fine, coarse, r, &site, &cell);
    for (int64_t x = 0; x < coarse->n[3]; x++) {
      const float *pair = in + (site + 2 * x) * c;
      float *to = out + (cell + x) * c;
      for (int i = 0; i < c; i++) to[i] += scale * (pair[i] + pair[c + i]);
    }
  }
}

void sq_nn_spread(const sq_nn_block *fine, const sq_nn_block *coarse, int c, float scale, const float *in, float *out)
{
  for (int64_t r = 0; r < fine->rows; r++) {
    int64_t site, cell;
    rows_of(fine, coarse, r, &site, &cell);
    for (int64_t x = 0; x < coarse->n[3]; x++) {
      const float *from = in + (cell + x) * c;
      float *pair = out + (site + 2 * x) * c;
      for (int i = 0; i < c; i++) {
        pair[i] += scale * from[i];
        pair[c + i] += scale * from[i];
      }
    }
  }
}
