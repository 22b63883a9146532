/* SPDX-License-Identifier: BSD-3-Clause */
/* Convolutions by Winograd's minimal filtering F(4x4, 3x3) (S. Winograd, "Arithmetic complexity of computations", 1980;
 * for networks A. Lavin and S. Gray, arXiv:1509.09308), written once in GCC's vector extension; included after
 * template.h.
 *
 * The last two directions are cut into tiles of 4x4 sites. A tile's 6x6 inputs, transformed by B^T d B, times the
 * transformed weights U = G w G^T, are 36 independent products of matrices [tiles][ci] x [ci][co]; A^T m A of their
 * results are the outputs: 36 multiplications for 144. Taps in the leading directions are a sum over such products.
 * Tiles are taken in runs whose transformed inputs and outputs stay in the second-level cache; a product is the
 * convolution of template.h with a single tap on a row of tiles.
 */

enum { POINTS = 36, RUN_FLOATS = 128 * 1024, RUN_LEAST = 16, RUN_MOST = SQ_NN_WINOGRAD_RUN };

/* B^T d. */
INLINE void to_points(vec d0, vec d1, vec d2, vec d3, vec d4, vec d5, vec out[6])
{
  vec a = d4 - 4.f * d2, b = d3 - 4.f * d1, c = d4 - d2, e = 2.f * (d3 - d1);
  out[0] = 4.f * d0 - 5.f * d2 + d4;
  out[1] = a + b;
  out[2] = a - b;
  out[3] = c + e;
  out[4] = c - e;
  out[5] = 4.f * d1 - 5.f * d3 + d5;
}

/* A^T m. */
INLINE void from_points(vec m0, vec m1, vec m2, vec m3, vec m4, vec m5, vec out[4])
{
  vec a = m1 + m2, b = m1 - m2, c = m3 + m4, e = m3 - m4;
  out[0] = m0 + a + c;
  out[1] = b + 2.f * e;
  out[2] = a + 4.f * c;
  out[3] = b + 8.f * e + m5;
}

/* A y. */
INLINE void spread_points(vec y0, vec y1, vec y2, vec y3, vec out[6])
{
  vec a = y0 + y2, b = y1 + y3, c = y0 + 4.f * y2, e = 2.f * y1 + 8.f * y3;
  out[0] = y0;
  out[1] = a + b;
  out[2] = a - b;
  out[3] = c + e;
  out[4] = c - e;
  out[5] = y3;
}

/* points[36][run][c] <- the 6x6 sites around tiles [first, first + run), shifted by offset sites. */
INLINE void gather_inputs(const sq_nn_block *block, int64_t first, int run, int64_t offset, const int c,
                          const float *in, float *points)
{
  int64_t row = block->stride[2] * c, size = (int64_t)run * c;
  for (int t = 0; t < run; t++) {
    const float *x = in + (sq_nn_tile(block, first + t) + offset - block->stride[2] - 1) * c;
    for (int i = 0; i < c; i += WIDTH) {
      const float *d = x + i;
      float *p = points + (int64_t)t * c + i;
      vec half[6][6];
#pragma GCC unroll 6
      for (int k = 0; k < 6; k++) {
        vec column[6];
        to_points(LOAD(d + k * c), LOAD(d + row + k * c), LOAD(d + 2 * row + k * c), LOAD(d + 3 * row + k * c),
                  LOAD(d + 4 * row + k * c), LOAD(d + 5 * row + k * c), column);
#pragma GCC unroll 6
        for (int j = 0; j < 6; j++) half[j][k] = column[j];
      }
#pragma GCC unroll 6
      for (int j = 0; j < 6; j++) {
        vec line[6];
        to_points(half[j][0], half[j][1], half[j][2], half[j][3], half[j][4], half[j][5], line);
#pragma GCC unroll 6
        for (int k = 0; k < 6; k++) STORE(p + (6 * j + k) * size, line[k]);
      }
    }
  }
}

/* out = start + A^T m A on tiles [first, first + run). */
INLINE void scatter_outputs(const sq_nn_block *block, int64_t first, int run, const int c, const float *points,
                            const float *start, float *out)
{
  int64_t row = block->stride[2] * c, size = (int64_t)run * c;
  for (int t = 0; t < run; t++) {
    int64_t site = sq_nn_tile(block, first + t) * c;
    for (int i = 0; i < c; i += WIDTH) {
      const float *m = points + (int64_t)t * c + i;
      vec half[4][6];
#pragma GCC unroll 6
      for (int k = 0; k < 6; k++) {
        vec column[4];
        from_points(LOAD(m + k * size), LOAD(m + (6 + k) * size), LOAD(m + (12 + k) * size), LOAD(m + (18 + k) * size),
                    LOAD(m + (24 + k) * size), LOAD(m + (30 + k) * size), column);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) half[j][k] = column[j];
      }
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) {
        vec line[4];
        int64_t at = site + j * row + i;
        from_points(half[j][0], half[j][1], half[j][2], half[j][3], half[j][4], half[j][5], line);
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) STORE(out + at + k * c, start ? LOAD(start + at + k * c) + line[k] : line[k]);
      }
    }
  }
}

/* points[36][run][c] <- A y A^T of the tiles' own 4x4 sites: output gradients as the weight gradient needs them. */
INLINE void gather_gradients(const sq_nn_block *block, int64_t first, int run, const int c, const float *dout,
                             float *points)
{
  int64_t row = block->stride[2] * c, size = (int64_t)run * c;
  for (int t = 0; t < run; t++) {
    const float *x = dout + sq_nn_tile(block, first + t) * c;
    for (int i = 0; i < c; i += WIDTH) {
      const float *y = x + i;
      float *p = points + (int64_t)t * c + i;
      vec half[6][4];
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) {
        vec column[6];
        spread_points(LOAD(y + k * c), LOAD(y + row + k * c), LOAD(y + 2 * row + k * c), LOAD(y + 3 * row + k * c),
                      column);
#pragma GCC unroll 6
        for (int j = 0; j < 6; j++) half[j][k] = column[j];
      }
#pragma GCC unroll 6
      for (int j = 0; j < 6; j++) {
        vec line[6];
        spread_points(half[j][0], half[j][1], half[j][2], half[j][3], line);
#pragma GCC unroll 6
        for (int k = 0; k < 6; k++) STORE(p + (6 * j + k) * size, line[k]);
      }
    }
  }
}

static int run_of(int ci, int co)
{
  int run = RUN_FLOATS / (POINTS * (ci + co));
  return run < RUN_LEAST ? RUN_LEAST : run > RUN_MOST ? RUN_MOST : run;
}

/* product[run][co] (+)= points[run][ci] u[ci][co]. */
INLINE void multiply(int run, const int ci, int co, const float *points, const float *u, bool add, float *product)
{
  static const int64_t here = 0;
  int o = 0;
  for (; o + 2 * WIDTH <= co; o += 2 * WIDTH)
    conv_row(2, run, 1, &here, ci, co, points, u + o, add ? product + o : NULL, product + o);
  for (; o + WIDTH <= co; o += WIDTH)
    conv_row(1, run, 1, &here, ci, co, points, u + o, add ? product + o : NULL, product + o);
}

INLINE void winograd_block(const sq_nn_block *block, const int ci, int co, const float *in, const float *u,
                           const float *start, float *out, float *scratch)
{
  int most = run_of(ci, co);
  int64_t tiles = sq_nn_tiles(block);
  for (int64_t first = 0; first < tiles; first += most) {
    int run = (int)(tiles - first < most ? tiles - first : most);
    float *points = scratch, *product = scratch + (int64_t)POINTS * run * ci;
    for (int outer = 0; outer < block->taps / 9; outer++) {
      gather_inputs(block, first, run, block->offset[9 * outer + 4], ci, in, points);
      for (int p = 0; p < POINTS; p++)
        multiply(run, ci, co, points + (int64_t)p * run * ci, u + ((int64_t)outer * POINTS + p) * ci * co, outer > 0,
                 product + (int64_t)p * run * co);
    }
    scatter_outputs(block, first, run, co, product, start, out);
  }
}

static void winograd(const sq_nn_block *block, int ci, int co, const float *in, const float *u, const float *start,
                     float *out, float *scratch)
{
  if (ci == 16) winograd_block(block, 16, co, in, u, start, out, scratch);
  else if (ci == 32) winograd_block(block, 32, co, in, u, start, out, scratch);
  else if (ci == 64) winograd_block(block, 64, co, in, u, start, out, scratch);
  else winograd_block(block, ci, co, in, u, start, out, scratch);
}

static void winograd_weights(const sq_nn_block *block, int ci, int co, const float *in, const float *dout, float *du,
                             float *scratch)
{
  int most = run_of(ci, co);
  int64_t tiles = sq_nn_tiles(block);
  for (int64_t first = 0; first < tiles; first += most) {
    int run = (int)(tiles - first < most ? tiles - first : most);
    float *points = scratch, *gradient = scratch + (int64_t)POINTS * run * ci;
    sq_nn_block line = {.n = {1, 1, 1, run}, .rows = 1}; /* the run as a row of sites */
    gather_gradients(block, first, run, co, dout, gradient);
    for (int outer = 0; outer < block->taps / 9; outer++) {
      gather_inputs(block, first, run, block->offset[9 * outer + 4], ci, in, points);
      for (int p = 0; p < POINTS; p++) {
        const float *x = points + (int64_t)p * run * ci, *g = gradient + (int64_t)p * run * co;
        float *d = du + ((int64_t)outer * POINTS + p) * ci * co;
        int o = 0;
        for (; o + 2 * WIDTH <= co; o += 2 * WIDTH) weights_channels(2, &line, 0, 1, ci, co, x, g + o, d + o);
        for (; o + WIDTH <= co; o += WIDTH) weights_channels(1, &line, 0, 1, ci, co, x, g + o, d + o);
      }
    }
  }
}
