/* SPDX-License-Identifier: BSD-3-Clause */
/* The activation of channels that are vectors, for each instruction set as
 * template_activation.h, which comes first. Component k
 * of a site's channels is k * apart floats further. */

/* 1/sqrt(x), x >= 0, to a few 1e-7; large and finite for 0: x times it is 0 there. */
INLINE vec inverse_root(vec x)
{
  vec y = (vec)(0x5f3759df - ((ivec)x >> 1));
#pragma GCC unroll 3
  for (int i = 0; i < 3; i++) y *= 1.5f - 0.5f * x * y * y;
  return y;
}

INLINE vec product(int64_t apart, int components, const float *x, const float *y)
{
  vec sum = {0};
  for (int k = 0; k < components; k++) sum += LOAD(x + k * apart) * LOAD(y + k * apart);
  return sum;
}

/* The sum over components and channels at each of n sites. */
INLINE void vector_overlaps(int n, int64_t apart, const int c, int components, const float *x, const float *y,
                            float *overlap)
{
  for (int s = 0; s < n; s++) {
    vec sum = {0};
    for (int i = s * c; i < (s + 1) * c; i += WIDTH) sum += product(apart, components, x + i, y + i);
    overlap[s] = sum_across(sum)[0];
  }
}

/* 1/sqrt(mean in^2 + 1) at each of n sites. */
INLINE void vector_normalisations(int n, int64_t apart, const int c, int components, const float *in, float *scale)
{
  vector_overlaps(n, apart, c, components, in, in, scale);
  inverse_roots(n, c * components, scale);
}

/* One vector of channels at one site: v = factor in, |v|, 1/|v|, the gate. */
typedef struct {
  vec factor, size, inverse, gate;
} vector_gate;

INLINE vector_gate gate_of(int64_t apart, int components, const float *in, const float *gain, const float *shift,
                           float scale)
{
  vector_gate g;
  g.factor = LOAD(gain) * scale;
  vec square = g.factor * g.factor * product(apart, components, in, in) * (1.f / (float)components);
  g.inverse = inverse_root(square);
  g.size = square * g.inverse;
  g.gate = sigmoid(g.size + LOAD(shift));
  return g;
}

INLINE void vector_chunk(int n, int64_t apart, const int c, int components, const float *in, const float *gain,
                         const float *shift, float *out)
{
  float scale[CHUNK];
  vector_normalisations(n, apart, c, components, in, scale);
  for (int s = 0; s < n; s++)
    for (int i = 0, x = s * c; i < c; i += WIDTH, x += WIDTH) {
      const vector_gate g = gate_of(apart, components, in + x, gain + i, shift + i, scale[s]);
      const vec gated = g.factor * g.gate;
      for (int k = 0; k < components; k++) STORE(out + k * apart + x, gated * LOAD(in + k * apart + x));
    }
}

INLINE void vector_block(const sq_nn_block *block, const int c, int components, const float *in, const float *gain,
                         const float *shift, float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x += CHUNK)
      vector_chunk(chunk_at(x, end), block->sites * c, c, components, in + x * c, gain, shift, out + x * c);
}

/* din at one site, but for what comes through the normalisation: adds sum dh h to along, h = scale in. */
INLINE void gate_backward(int64_t apart, int components, const float *at, const float *gain, const float *shift,
                          float scale, const float *dout, float *din, float *dgain, float *dshift, vec *along)
{
  const vector_gate g = gate_of(apart, components, at, gain, shift, scale);
  const vec dsize = g.factor * product(apart, components, at, dout) * g.gate * (1.f - g.gate);
  const vec turned = dsize * g.factor * g.inverse * (1.f / (float)components);
  vec dh_h = {0};
  for (int k = 0; k < components; k++) {
    const vec x = LOAD(at + k * apart), dv = LOAD(dout + k * apart) * g.gate + turned * x;
    dh_h += dv * x * scale;
    STORE(din + k * apart, LOAD(din + k * apart) + dv * g.factor);
  }
  STORE(dshift, LOAD(dshift) + dsize);
  STORE(dgain, LOAD(dgain) + dh_h);
  *along += LOAD(gain) * dh_h;
}

INLINE void vector_backward_chunk(int n, int64_t apart, const int c, int components, const float *in, const float *gain,
                                  const float *shift, const float *dout, float *din, float *dgain, float *dshift)
{
  float scale[CHUNK], share[CHUNK];
  vector_normalisations(n, apart, c, components, in, scale);
  for (int s = 0; s < n; s++) {
    vec along = {0};
    for (int i = 0, x = s * c; i < c; i += WIDTH, x += WIDTH)
      gate_backward(apart, components, in + x, gain + i, shift + i, scale[s], dout + x, din + x, dgain + i, dshift + i,
                    &along);
    share[s] = sum_across(along)[0] * scale[s] * scale[s] / (float)(c * components);
  }
  for (int k = 0; k < components; k++)
    for (int s = 0; s < n; s++)
      for (int64_t i = k * apart + s * c; i < k * apart + (s + 1) * c; i += WIDTH)
        STORE(din + i, LOAD(din + i) - LOAD(in + i) * share[s]);
}

INLINE void vector_block_backward(const sq_nn_block *block, const int c, int components, const float *in,
                                  const float *gain, const float *shift, const float *dout, float *din, float *dgain,
                                  float *dshift)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x += CHUNK)
      vector_backward_chunk(chunk_at(x, end), block->sites * c, c, components, in + x * c, gain, shift, dout + x * c,
                            din + x * c, dgain, dshift);
}

/* overlap: what the normalisation takes. */
INLINE void vector_tangent(int64_t apart, const int c, int components, const float *in, const float *gain,
                           const float *shift, const float *along, float scale, float overlap, float *out)
{
  for (int i = 0; i < c; i += WIDTH) {
    const float *at = in + i, *da = along + i;
    const vector_gate g = gate_of(apart, components, at, gain + i, shift + i, scale);
    const vec in_din = product(apart, components, at, da) - overlap * product(apart, components, at, at);
    const vec dgate = g.gate * (1.f - g.gate) * g.factor * g.factor * in_din * g.inverse * (1.f / (float)components);
    for (int k = 0; k < components; k++) {
      const vec x_k = LOAD(at + k * apart), d = LOAD(da + k * apart) - overlap * x_k;
      STORE(out + k * apart + i, g.factor * (d * g.gate + x_k * dgate));
    }
  }
}

INLINE void vector_tangent_chunk(int n, int64_t apart, const int c, int components, const float *in, const float *gain,
                                 const float *shift, const float *along, float *out)
{
  float scale[CHUNK], overlap[CHUNK];
  vector_normalisations(n, apart, c, components, in, scale);
  vector_overlaps(n, apart, c, components, in, along, overlap);
  for (int s = 0; s < n; s++)
    vector_tangent(apart, c, components, in + s * c, gain, shift, along + s * c, scale[s],
                   overlap[s] * scale[s] * scale[s] / (float)(c * components), out + s * c);
}

INLINE void vector_block_tangent(const sq_nn_block *block, const int c, int components, const float *in,
                                 const float *gain, const float *shift, const float *along, float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x += CHUNK)
      vector_tangent_chunk(chunk_at(x, end), block->sites * c, c, components, in + x * c, gain, shift, along + x * c,
                           out + x * c);
}

#define BY_VECTORS(function, ...)                                                                                      \
  do {                                                                                                                 \
    if (c == 32 && components == 2) function(block, 32, 2, __VA_ARGS__);                                               \
    else if (c == 32) function(block, 32, components, __VA_ARGS__);                                                    \
    else function(block, c, components, __VA_ARGS__);                                                                  \
  } while (0)

static void activate_vector(const sq_nn_block *block, int c, int components, const float *in, const float *gain,
                            const float *shift, float *out)
{
  BY_VECTORS(vector_block, in, gain, shift, out);
}

static void activate_vector_backward(const sq_nn_block *block, int c, int components, const float *in,
                                     const float *gain, const float *shift, const float *dout, float *din, float *dgain,
                                     float *dshift)
{
  BY_VECTORS(vector_block_backward, in, gain, shift, dout, din, dgain, dshift);
}

static void activate_vector_tangent(const sq_nn_block *block, int c, int components, const float *in, const float *gain,
                                    const float *shift, const float *along, float *out)
{
  BY_VECTORS(vector_block_tangent, in, gain, shift, along, out);
}
