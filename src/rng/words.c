/* Many Philox 4x32-10 blocks: LANES counters go through the rounds together, so that the compiler makes vectors of
 * them. */
#include "src/rng/normals.h"
#include "squall/base.h"

enum { LANES = 32 };

/* word[n][4], n <= LANES. */
static inline __attribute__((always_inline)) void blocks_of_lanes(sq_stream stream, uint64_t first, int64_t n,
                                                                  uint64_t step, uint16_t draw, uint32_t *word)
{
  uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES], k0 = stream.key[0], k1 = stream.key[1];
  for (int l = 0; l < LANES; l++) {
    uint64_t site = first + (uint64_t)l;
    c0[l] = (uint32_t)site;
    c1[l] = (uint32_t)(site >> 32) | (uint32_t)draw << 16;
    c2[l] = (uint32_t)step;
    c3[l] = (uint32_t)(step >> 32);
  }
  for (int round = 0; round < PHILOX_ROUNDS; round++, k0 += PHILOX_W0, k1 += PHILOX_W1)
    for (int l = 0; l < LANES; l++) {
      uint64_t p0 = (uint64_t)c0[l] * PHILOX_M0, p1 = (uint64_t)c2[l] * PHILOX_M1;
      c0[l] = (uint32_t)(p1 >> 32) ^ c1[l] ^ k0;
      c2[l] = (uint32_t)(p0 >> 32) ^ c3[l] ^ k1;
      c1[l] = (uint32_t)p1;
      c3[l] = (uint32_t)p0;
    }
  for (int64_t l = 0; l < n; l++) {
    word[4 * l] = c0[l];
    word[4 * l + 1] = c1[l];
    word[4 * l + 2] = c2[l];
    word[4 * l + 3] = c3[l];
  }
}

SQ_VECTORS void sq_rng_words(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw,
                             uint32_t *word)
{
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) blocks_of_lanes(stream, first + (uint64_t)i, LANES, step, draw, word + 4 * i);
  if (i < count) blocks_of_lanes(stream, first + (uint64_t)i, count - i, step, draw, word + 4 * i);
}
