/* SPDX-License-Identifier: BSD-3-Clause */
/* The activation, for each instruction set as template.h, which comes first.
 *
 * Sites are taken in chunks: first the factors that normalise all of them, then their channels. A factor is a long
 * chain of operations, each waiting for the one before (a sum across a vector, a root, a quotient); side by side they
 * cost half of what they cost between the channels of one site and those of the next.
 */

enum { CHUNK = 16 }; /* sites */

INLINE vec choose(ivec mask, vec yes, vec no)
{
  return (vec)(((ivec)yes & mask) | ((ivec)no & ~mask));
}

#ifndef CLAMP /* to [-limit, limit]; what is not a number stays so */
INLINE vec clamp(vec x, vec limit)
{
  x = choose(x > limit, limit, x);
  return choose(x < -limit, -limit, x);
}
#define CLAMP(x, limit) clamp(x, (vec){0} + (limit))
#endif

/* 1/(1 + e^-x), to 3e-7 relative: e^y = 2^n 2^f with a polynomial for 2^f, |f| <= 1/2 (Taylor with the error spread).
 */
INLINE vec sigmoid(vec x)
{
  const vec magic = (vec){0} + 12582912.f; /* 1.5 * 2^23 rounds to an integer */
  vec y = CLAMP(x, 80.f) * -1.44269504088896f;
  vec n = (y + magic) - magic, f = y - n;
  vec e = (vec){0} + 1.5403530e-4f;
  e = e * f + 1.3333558e-3f;
  e = e * f + 9.6181291e-3f;
  e = e * f + 5.5504109e-2f;
  e = e * f + 2.4022651e-1f;
  e = e * f + 6.9314718e-1f;
  e = e * f + 1.f;
  vec scale = (vec)((__builtin_convertvector(n, ivec) + 127) << 23);
  return 1.f / (1.f + e * scale);
}

INLINE vec magnitude(vec x)
{
  return (vec)((ivec)x & 0x7fffffff);
}

/* Sites of the chunk that begins at x. */
INLINE int chunk_at(int64_t x, int64_t end)
{
  return end - x < CHUNK ? (int)(end - x) : CHUNK;
}

/* sum_c a b at each of n sites. */
INLINE void overlaps(int n, const int c, const float *a, const float *b, float *sum)
{
  for (int s = 0; s < n; s++) {
    vec at = {0};
    for (int i = s * c; i < (s + 1) * c; i += WIDTH) at += LOAD(a + i) * LOAD(b + i);
    sum[s] = sum_across(at)[0];
  }
}

/* scale = 1/sqrt(scale/count + 1). */
INLINE void inverse_roots(int n, const int count, float *scale)
{
  for (int s = 0; s < n; s++) scale[s] = 1.f / __builtin_sqrtf(scale[s] / (float)count + 1.f);
}

/* 1/sqrt(mean_c in^2 + 1) at each of n sites. */
INLINE void normalisations(int n, const int c, const float *in, float *scale)
{
  overlaps(n, c, in, in, scale);
  inverse_roots(n, c, scale);
}

INLINE void activate_chunk(int n, const int c, const bool odd, const float *in, const float *gain, const float *shift,
                           float *out)
{
  float scale[CHUNK];
  normalisations(n, c, in, scale);
  for (int s = 0; s < n; s++)
    for (int i = 0; i < c; i += WIDTH) {
      vec v = LOAD(gain + i) * (LOAD(in + s * c + i) * scale[s]);
      if (!odd) v += LOAD(shift + i);
      STORE(out + s * c + i, v * sigmoid(odd ? magnitude(v) + LOAD(shift + i) : v));
    }
}

INLINE void activate_block(const sq_nn_block *block, const int c, const bool odd, const float *in, const float *gain,
                           const float *shift, float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x += CHUNK)
      activate_chunk(chunk_at(x, end), c, odd, in + x * c, gain, shift, out + x * c);
}

INLINE void backward_chunk(int n, const int c, const bool odd, const float *in, const float *gain, const float *shift,
                           const float *dout, float *din, float *dgain, float *dshift)
{
  float scale[CHUNK], share[CHUNK];
  normalisations(n, c, in, scale);
  for (int s = 0; s < n; s++) {
    vec along = {0}; /* sum_c dh h, h = in * scale */
    for (int i = 0, x = s * c; i < c; i += WIDTH, x += WIDTH) {
      vec h = LOAD(in + x) * scale[s], g = LOAD(dout + x), v = LOAD(gain + i) * h;
      if (!odd) v += LOAD(shift + i);
      vec gate = sigmoid(odd ? magnitude(v) + LOAD(shift + i) : v), slope = gate * (1.f - gate);
      vec dv = g * (gate + (odd ? magnitude(v) : v) * slope);
      STORE(dshift + i, LOAD(dshift + i) + (odd ? g * v * slope : dv));
      STORE(dgain + i, LOAD(dgain + i) + dv * h);
      along += dv * LOAD(gain + i) * h;
      STORE(din + x, LOAD(din + x) + dv * LOAD(gain + i) * scale[s]);
    }
    share[s] = sum_across(along)[0] * scale[s] / (float)c;
  }
  for (int s = 0; s < n; s++)
    for (int x = s * c; x < (s + 1) * c; x += WIDTH)
      STORE(din + x, LOAD(din + x) - LOAD(in + x) * (scale[s] * share[s]));
}

INLINE void activate_block_backward(const sq_nn_block *block, const int c, const bool odd, const float *in,
                                    const float *gain, const float *shift, const float *dout, float *din, float *dgain,
                                    float *dshift)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x += CHUNK)
      backward_chunk(chunk_at(x, end), c, odd, in + x * c, gain, shift, dout + x * c, din + x * c, dgain, dshift);
}

INLINE void tangent_chunk(int n, const int c, const bool odd, const float *in, const float *gain, const float *shift,
                          const float *along, float *out)
{
  float scale[CHUNK], sum[CHUNK];
  normalisations(n, c, in, scale);
  overlaps(n, c, in, along, sum);
  for (int s = 0; s < n; s++) {
    float overlap = sum[s] * scale[s] * scale[s] / (float)c;
    for (int i = 0, x = s * c; i < c; i += WIDTH, x += WIDTH) {
      vec v = LOAD(gain + i) * (LOAD(in + x) * scale[s]);
      if (!odd) v += LOAD(shift + i);
      vec gate = sigmoid(odd ? magnitude(v) + LOAD(shift + i) : v);
      vec slope = gate + (odd ? magnitude(v) : v) * gate * (1.f - gate);
      STORE(out + x, slope * LOAD(gain + i) * scale[s] * (LOAD(along + x) - LOAD(in + x) * overlap));
    }
  }
}

INLINE void activate_block_tangent(const sq_nn_block *block, const int c, const bool odd, const float *in,
                                   const float *gain, const float *shift, const float *along, float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x += CHUNK)
      tangent_chunk(chunk_at(x, end), c, odd, in + x * c, gain, shift, along + x * c, out + x * c);
}

#define BY_CHANNELS(function, ...)                                                                                     \
  do {                                                                                                                 \
    if (c == 32 && odd) function(block, 32, true, __VA_ARGS__);                                                        \
    else if (c == 32) function(block, 32, false, __VA_ARGS__);                                                         \
    else if (odd) function(block, c, true, __VA_ARGS__);                                                               \
    else function(block, c, false, __VA_ARGS__);                                                                       \
  } while (0)

static void activate(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain, const float *shift,
                     float *out)
{
  BY_CHANNELS(activate_block, in, gain, shift, out);
}

static void activate_backward(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                              const float *shift, const float *dout, float *din, float *dgain, float *dshift)
{
  BY_CHANNELS(activate_block_backward, in, gain, shift, dout, din, dgain, dshift);
}

static void activate_tangent(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                             const float *shift, const float *along, float *out)
{
  BY_CHANNELS(activate_block_tangent, in, gain, shift, along, out);
}
