/* SPDX-License-Identifier: BSD-3-Clause */
/* Philox blocks in vectors; the including file defines WIDTH, MULTIPLY as for normals_vector.h, which comes before, and
 * WORDS. */

typedef struct {
  word c0, c1, c2, c3;
} philox_blocks;

/* Of the sites first + lane + v WIDTH, v < vectors; upper halves hold what nobody reads. */
INLINE void blocks_of(const int vectors, sq_stream stream, uint64_t first, uint64_t step, uint16_t draw,
                      philox_blocks *b)
{
  uint32_t k0 = stream.key[0], k1 = stream.key[1];
  word lane;
  for (int l = 0; l < WIDTH; l++) lane[l] = (uint64_t)l;
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) {
    const word site = lane + (first + (uint64_t)(v * WIDTH));
    b[v] = (philox_blocks){site, site >> 32 | (uint64_t)draw << 16, (word){0} + (step & 0xffffffffu),
                           (word){0} + (step >> 32)};
  }
#pragma GCC unroll 10
  for (int round = 0; round < PHILOX_ROUNDS; round++, k0 += PHILOX_W0, k1 += PHILOX_W1)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      const word p0 = MULTIPLY(b[v].c0, PHILOX_M0), p1 = MULTIPLY(b[v].c2, PHILOX_M1);
      b[v] = (philox_blocks){p1 >> 32 ^ b[v].c1 ^ (uint64_t)k0, p1, p0 >> 32 ^ b[v].c3 ^ (uint64_t)k1, p0};
    }
}

/* out[WIDTH][4] */
INLINE void store_blocks(const philox_blocks *b, uint32_t *out)
{
  const word front = (b->c0 & 0xffffffffu) | b->c1 << 32, back = (b->c2 & 0xffffffffu) | b->c3 << 32;
#ifdef __clang__
  typedef uint64_t loose_word __attribute__((aligned(4), may_alias));
  for (int l = 0; l < WIDTH; l++) *(loose_word *)(out + 4 * l) = front[l], *(loose_word *)(out + 4 * l + 2) = back[l];
#else
  typedef uint64_t loose __attribute__((vector_size(8 * WIDTH), aligned(4), may_alias));
  word low, high;
  for (int l = 0; l < WIDTH; l++) {
    low[l] = (uint64_t)(l / 2 + (l % 2) * WIDTH);
    high[l] = low[l] + WIDTH / 2;
  }
  *(loose *)out = __builtin_shuffle(front, back, low);
  *(loose *)(out + 2 * WIDTH) = __builtin_shuffle(front, back, high);
#endif
}

void WORDS(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw, uint32_t *out)
{
  enum { VECTORS = 4 };
  philox_blocks b[VECTORS];
  uint32_t last[4 * WIDTH];
  int64_t i = 0;
  for (; i + VECTORS * WIDTH <= count; i += VECTORS * WIDTH) {
    blocks_of(VECTORS, stream, first + (uint64_t)i, step, draw, b);
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) store_blocks(&b[v], out + 4 * (i + v * WIDTH));
  }
  for (; i + WIDTH <= count; i += WIDTH) {
    blocks_of(1, stream, first + (uint64_t)i, step, draw, b);
    store_blocks(b, out + 4 * i);
  }
  if (i == count) return;
  blocks_of(1, stream, first + (uint64_t)i, step, draw, b);
  store_blocks(b, last);
  for (int64_t k = 4 * i; k < 4 * count; k++) out[k] = last[k - 4 * i];
}
