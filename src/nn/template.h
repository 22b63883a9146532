/* SPDX-License-Identifier: BSD-3-Clause */
/* The tuned kernels, written once in GCC's vector extension and compiled per instruction set.
 *
 * The including file defines WIDTH (floats in a vector), TILE (pixels whose sums stay in registers) and KERNELS (the
 * name of the set). A convolution keeps TILE x 2 vectors of outputs in registers while it runs over taps and input
 * channels: two weight vectors are loaded and TILE inputs broadcast for 2 TILE multiply-adds, so the multiply-add units
 * are the bound (measured on Zen 4 with 32 channels: 112 of 115 GFLOP/s a core). Taps are taken in groups whose weights
 * stay in the first-level cache.
 */
#include <string.h>

typedef float vec __attribute__((vector_size(4 * WIDTH), aligned(4)));
typedef int32_t ivec __attribute__((vector_size(4 * WIDTH), aligned(4)));
#define INLINE      static inline __attribute__((always_inline))
#define LOAD(p)     (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
enum {
  CACHED_WEIGHTS = 40 * 1024 / (int)sizeof(float),
  CACHED_OUTPUTS = 256 * 1024 / (int)sizeof(float),
  CACHED_INPUTS = 128 * 1024 / (int)sizeof(float)
};

/* ---- convolution ---- */

/* P pixels of a row x NV vectors of output channels. P, NV (and mostly ci) are constants after inlining. */
INLINE void conv_tile(const int P, const int NV, int taps, const int64_t *offset, const int ci, int co, const float *in,
                      const float *w, const float *start, float *out)
{
  vec sum[TILE][2];
#pragma GCC unroll 16
  for (int p = 0; p < P; p++)
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) sum[p][v] = start ? LOAD(start + (int64_t)p * co + v * WIDTH) : (vec){0};
  for (int t = 0; t < taps; t++) {
    const float *x = in + offset[t] * ci, *wt = w + (int64_t)t * ci * co;
    for (int c = 0; c < ci; c++) {
      vec weight[2];
#pragma GCC unroll 2
      for (int v = 0; v < NV; v++) weight[v] = LOAD(wt + (int64_t)c * co + v * WIDTH);
#pragma GCC unroll 16
      for (int p = 0; p < P; p++)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) sum[p][v] += weight[v] * x[p * ci + c];
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < P; p++)
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) STORE(out + (int64_t)p * co + v * WIDTH, sum[p][v]);
}

INLINE void conv_row(const int NV, int64_t length, int taps, const int64_t *offset, const int ci, int co,
                     const float *in, const float *w, const float *start, float *out)
{
  int64_t i = 0;
#define CONV_PIXELS(P)                                                                                                 \
  for (; i + (P) <= length; i += (P))                                                                                  \
  conv_tile(P, NV, taps, offset, ci, co, in + i * ci, w, start ? start + i * co : start, out + i * co)
  CONV_PIXELS(TILE);
  CONV_PIXELS(4);
  CONV_PIXELS(2);
  CONV_PIXELS(1);
}

/* Rows [first, last), taps in groups. */
INLINE void conv_strip(const sq_nn_block *block, int64_t first, int64_t last, const int ci, int co, const float *in,
                       const float *w, const float *start, float *out)
{
  int group = CACHED_WEIGHTS / (ci * 2 * WIDTH);
  group = group < 1 ? 1 : group;
  for (int t = 0; t < block->taps; t += group, start = out) {
    int taps = block->taps - t < group ? block->taps - t : group;
    for (int64_t r = first; r < last; r++) {
      int64_t site = sq_nn_row(block, r);
      int o = 0;
#define CONV_CHANNELS(NV)                                                                                              \
  for (; o + (NV)*WIDTH <= co; o += (NV)*WIDTH)                                                                        \
  conv_row(NV, block->n[3], taps, block->offset + t, ci, co, in + site * ci, w + (int64_t)t * ci * co + o,             \
           start ? start + site * co + o : start, out + site * co + o)
      CONV_CHANNELS(2);
      CONV_CHANNELS(1);
    }
  }
}

/* Strips of rows whose outputs stay in the second-level cache from one group of taps to the next. */
INLINE void conv_wide(const sq_nn_block *block, const int ci, int co, const float *in, const float *w,
                      const float *start, float *out)
{
  int64_t strip = CACHED_OUTPUTS / (block->n[3] * co);
  strip = strip < 1 ? 1 : strip;
  for (int64_t r = 0; r < block->rows; r += strip)
    conv_strip(block, r, r + strip < block->rows ? r + strip : block->rows, ci, co, in, w, start, out);
}

/* The sum of a vector's elements, in every element. */
INLINE vec sum_across(vec x)
{
#ifdef __clang__ /* has no shuffle by a vector, but makes one of this */
  for (int half = WIDTH / 2; half >= 1; half /= 2) {
    vec other;
    for (int l = 0; l < WIDTH; l++) other[l] = x[l ^ half];
    x += other;
  }
#else
  ivec index;
  for (int l = 0; l < WIDTH; l++) index[l] = l;
#pragma GCC unroll 4
  for (int half = WIDTH / 2; half >= 1; half /= 2) x += __builtin_shuffle(x, index ^ half);
#endif
  return x;
}

/* One output channel: the vectors run over input channels. */
static void conv_narrow(const sq_nn_block *block, int ci, const float *in, const float *w, const float *start,
                        float *out)
{
  for (int64_t r = 0; r < block->rows; r++) {
    int64_t site = sq_nn_row(block, r);
    for (int64_t x = site; x < site + block->n[3]; x++) {
      vec sum = {0};
      for (int t = 0; t < block->taps; t++)
        for (int c = 0; c < ci; c += WIDTH) sum += LOAD(in + (x + block->offset[t]) * ci + c) * LOAD(w + t * ci + c);
      out[x] = (start ? start[x] : 0) + sum_across(sum)[0];
    }
  }
}

static void conv(const sq_nn_block *block, int ci, int co, const float *in, const float *w, const float *start,
                 float *out)
{
  if (co == 1) conv_narrow(block, ci, in, w, start, out);
  else if (ci == 16) conv_wide(block, 16, co, in, w, start, out);
  else if (ci == 32) conv_wide(block, 32, co, in, w, start, out);
  else if (ci == 64) conv_wide(block, 64, co, in, w, start, out);
  else conv_wide(block, ci, co, in, w, start, out);
}

/* ---- weight gradient ---- */

/* NI input channels x NV vectors of output channels, summed over rows [first, last). in, dout: of site 0. */
INLINE void weights_tile(const int NI, const int NV, const sq_nn_block *block, int64_t first, int64_t last, int ci,
                         int co, const float *in, const float *dout, float *dw)
{
  vec sum[8][2];
#pragma GCC unroll 8
  for (int i = 0; i < NI; i++)
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) sum[i][v] = LOAD(dw + (int64_t)i * co + v * WIDTH);
  for (int64_t r = first; r < last; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      vec g[2];
#pragma GCC unroll 2
      for (int v = 0; v < NV; v++) g[v] = LOAD(dout + x * co + v * WIDTH);
#pragma GCC unroll 8
      for (int i = 0; i < NI; i++)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) sum[i][v] += g[v] * in[x * ci + i];
    }
#pragma GCC unroll 8
  for (int i = 0; i < NI; i++)
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) STORE(dw + (int64_t)i * co + v * WIDTH, sum[i][v]);
}

INLINE void weights_channels(const int NV, const sq_nn_block *block, int64_t first, int64_t last, int ci, int co,
                             const float *in, const float *dout, float *dw)
{
  int i = 0;
#define WEIGHTS_INPUTS(NI)                                                                                             \
  for (; i + (NI) <= ci; i += (NI)) weights_tile(NI, NV, block, first, last, ci, co, in + i, dout, dw + (int64_t)i * co)
  WEIGHTS_INPUTS(WTILE);
  WEIGHTS_INPUTS(4);
  WEIGHTS_INPUTS(1);
}

static void weights_narrow(const sq_nn_block *block, int ci, const float *in, const float *dout, float *dw)
{
  for (int64_t r = 0; r < block->rows; r++) {
    int64_t site = sq_nn_row(block, r);
    for (int t = 0; t < block->taps; t++)
      for (int c = 0; c < ci; c += WIDTH) {
        const float *x = in + (site + block->offset[t]) * ci + c;
        vec sum = LOAD(dw + t * ci + c);
        for (int64_t i = 0; i < block->n[3]; i++) sum += LOAD(x + i * ci) * dout[site + i];
        STORE(dw + t * ci + c, sum);
      }
  }
}

/* Strips of rows: long enough that sums stay in registers for a while, short enough that inputs and gradients stay in
 * cache. */
static void conv_weights(const sq_nn_block *block, int ci, int co, const float *in, const float *dout, float *dw)
{
  if (co == 1) {
    weights_narrow(block, ci, in, dout, dw);
    return;
  }
  int64_t strip = CACHED_INPUTS / (block->n[3] * (ci + co));
  strip = strip < 1 ? 1 : strip;
  for (int64_t r = 0; r < block->rows; r += strip) {
    int64_t last = r + strip < block->rows ? r + strip : block->rows;
    for (int t = 0; t < block->taps; t++) {
      const float *x = in + block->offset[t] * ci;
      float *d = dw + (int64_t)t * ci * co;
      int o = 0;
      for (; o + 2 * WIDTH <= co; o += 2 * WIDTH) weights_channels(2, block, r, last, ci, co, x, dout + o, d + o);
      for (; o + WIDTH <= co; o += WIDTH) weights_channels(1, block, r, last, ci, co, x, dout + o, d + o);
    }
  }
}
