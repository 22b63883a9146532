/* SPDX-License-Identifier: BSD-3-Clause */
/* The activation of channels that are vectors, for each instruction set as template.h, which comes first. Component k
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

/* The sum over components and channels at one site. */
INLINE float overlap_of(int64_t apart, const int c, int components, const float *x, const float *y)
{
  vec sum = {0};
  for (int i = 0; i < c; i += WIDTH) sum += product(apart, components, x + i, y + i);
  return sum_across(sum)[0];
}

/* 1/sqrt(mean in^2 + 1) at one site. */
INLINE float vector_normalisation(int64_t apart, const int c, int components, const float *in)
{
  return 1.f / __builtin_sqrtf(overlap_of(apart, c, components, in, in) / (float)(c * components) + 1.f);
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

INLINE void vector_block(const sq_nn_block *block, const int c, int components, const float *in, const float *gain,
                         const float *shift, float *out)
{
  const int64_t apart = block->sites * c;
  for (int64_t r = 0; r < block->rows; r++) {
    const int64_t site = sq_nn_row(block, r);
    for (int64_t x = site; x < site + block->n[3]; x++) {
      const float scale = vector_normalisation(apart, c, components, in + x * c);
      for (int i = 0; i < c; i += WIDTH) {
        const float *at = in + x * c + i;
        const vector_gate g = gate_of(apart, components, at, gain + i, shift + i, scale);
        const vec gated = g.factor * g.gate;
        for (int k = 0; k < components; k++) STORE(out + k * apart + x * c + i, gated * LOAD(at + k * apart));
      }
    }
  }
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

INLINE void vector_block_backward(const sq_nn_block *block, const int c, int components, const float *in,
                                  const float *gain, const float *shift, const float *dout, float *din, float *dgain,
                                  float *dshift)
{
  const int64_t apart = block->sites * c;
  for (int64_t r = 0; r < block->rows; r++) {
    const int64_t site = sq_nn_row(block, r);
    for (int64_t x = site; x < site + block->n[3]; x++) {
      const float scale = vector_normalisation(apart, c, components, in + x * c);
      vec along = {0};
      for (int i = 0; i < c; i += WIDTH)
        gate_backward(apart, components, in + x * c + i, gain + i, shift + i, scale, dout + x * c + i, din + x * c + i,
                      dgain + i, dshift + i, &along);
      const float share = sum_across(along)[0] * scale * scale / (float)(c * components);
      for (int k = 0; k < components; k++)
        for (int64_t i = k * apart + x * c; i < k * apart + (x + 1) * c; i += WIDTH)
          STORE(din + i, LOAD(din + i) - LOAD(in + i) * share);
    }
  }
}

INLINE void vector_block_tangent(const sq_nn_block *block, const int c, int components, const float *in,
                                 const float *gain, const float *shift, const float *along, float *out)
{
  const int64_t apart = block->sites * c;
  for (int64_t r = 0; r < block->rows; r++) {
    const int64_t site = sq_nn_row(block, r);
    for (int64_t x = site; x < site + block->n[3]; x++) {
      const float scale = vector_normalisation(apart, c, components, in + x * c);
      const float overlap = overlap_of(apart, c, components, in + x * c, along + x * c) * scale * scale /
                            (float)(c * components); /* what the normalisation takes */
      for (int i = 0; i < c; i += WIDTH) {
        const float *at = in + x * c + i, *da = along + x * c + i;
        const vector_gate g = gate_of(apart, components, at, gain + i, shift + i, scale);
        const vec in_din = product(apart, components, at, da) - overlap * product(apart, components, at, at);
        const vec dgate = g.gate * (1.f - g.gate) * g.factor * g.factor * in_din * g.inverse *
                          (1.f / (float)components);
        for (int k = 0; k < components; k++) {
          const vec x_k = LOAD(at + k * apart), d = LOAD(da + k * apart) - overlap * x_k;
          STORE(out + k * apart + x * c + i, g.factor * (d * g.gate + x_k * dgate));
        }
      }
    }
  }
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
