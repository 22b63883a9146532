/* SPDX-License-Identifier: BSD-3-Clause */
/* Winograd's F(4x4, 3x3): which layers it fits, where its tiles lie, how weights go there and their gradients come
 * back. */
#include "squall/nn.h"
#include <string.h>

enum { TILE = SQ_NN_TILE, POINTS = 36 };

/* G of F(4, 3): values of the filter's polynomial at 0, 1, -1, 2, -2 and infinity. */
static const float point[6][3] = {{1.f / 4, 0, 0},
                                  {-1.f / 6, -1.f / 6, -1.f / 6},
                                  {-1.f / 6, 1.f / 6, -1.f / 6},
                                  {1.f / 24, 1.f / 12, 1.f / 6},
                                  {1.f / 24, -1.f / 12, 1.f / 6},
                                  {0, 0, 1}};

bool sq_nn_winograd_fits(const sq_nn_block *block)
{
  return block->dim >= 2 && block->n[2] % TILE == 0 && block->n[3] % TILE == 0;
}

bool sq_nn_winograd_channels(int ci, int co)
{
  return ci % SQ_NN_CHANNEL_STEP == 0 && co % SQ_NN_CHANNEL_STEP == 0;
}

int64_t sq_nn_winograd_size(int taps, int ci, int co)
{
  return (int64_t)taps / 9 * POINTS * ci * co;
}

int64_t sq_nn_winograd_scratch(int ci, int co)
{
  return (int64_t)SQ_NN_WINOGRAD_RUN * POINTS * (ci + co);
}

int64_t sq_nn_tiles(const sq_nn_block *block)
{
  return block->rows / TILE * (block->n[3] / TILE);
}

int64_t sq_nn_tile(const sq_nn_block *block, int64_t tile)
{
  int64_t across = block->n[3] / TILE, down = block->n[2] / TILE, column = tile % across, row = tile / across;
  return sq_nn_row(block, row / down * block->n[2] + row % down * TILE) + column * TILE;
}

SQ_VECTORS void sq_nn_winograd_transform(int taps, int ci, int co, const float *w, float *u)
{
  int64_t size = (int64_t)ci * co;
  for (int outer = 0; outer < taps / 9; outer++)
    for (int p = 0; p < POINTS; p++) {
      float *to = u + ((int64_t)outer * POINTS + p) * size;
      memset(to, 0, (size_t)size * sizeof *to);
      for (int t = 0; t < 9; t++) {
        float share = point[p / 6][t / 3] * point[p % 6][t % 3];
        const float *from = w + (9 * outer + t) * size;
        if (share != 0)
          for (int64_t i = 0; i < size; i++) to[i] += share * from[i];
      }
    }
}

SQ_VECTORS void sq_nn_winograd_collect(int taps, int ci, int co, const float *du, float *dw)
{
  int64_t size = (int64_t)ci * co;
  for (int outer = 0; outer < taps / 9; outer++)
    for (int t = 0; t < 9; t++)
      for (int p = 0; p < POINTS; p++) {
        float share = point[p / 6][t / 3] * point[p % 6][t % 3];
        const float *from = du + ((int64_t)outer * POINTS + p) * size;
        float *to = dw + (9 * outer + t) * size;
        if (share != 0)
          for (int64_t i = 0; i < size; i++) to[i] += share * from[i];
      }
}
