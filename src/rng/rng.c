/* Addressed random numbers on Philox 4x32-10. Counter: (site low, site high + draw, step low, step high). */
#include "squall/rng.h"
#include <Random123/philox.h>
#include <math.h>

sq_stream sq_stream_make(uint64_t seed, sq_rng_purpose purpose, uint64_t member)
{
  philox4x32_ctr_t counter = {{(uint32_t)seed, (uint32_t)(seed >> 32), (uint32_t)purpose, 0x5371616c}};
  philox4x32_key_t key     = {{(uint32_t)member, (uint32_t)(member >> 32)}};
  philox4x32_ctr_t block   = philox4x32(counter, key);
  return (sq_stream){{block.v[0], block.v[1]}};
}

void sq_rng_block(sq_stream stream, uint64_t site, uint64_t step, uint16_t draw, uint32_t word[4])
{
  philox4x32_ctr_t counter = {{(uint32_t)site, (uint32_t)(site >> 32) | (uint32_t)draw << 16, (uint32_t)step, (uint32_t)(step >> 32)}};
  philox4x32_key_t key     = {{stream.key[0], stream.key[1]}};
  philox4x32_ctr_t block   = philox4x32(counter, key);
  for (int i = 0; i < 4; i++) word[i] = block.v[i];
}

/* The middle of one of 2^53 equal cells of (0, 1). */
static double unit(uint32_t low, uint32_t high)
{
  uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
  return ((double)bits + 0.5) * 0x1p-53;
}

double sq_rng_uniform(sq_stream stream, uint64_t site, uint64_t step, uint16_t draw)
{
  uint32_t word[4];
  sq_rng_block(stream, site, step, draw, word);
  double u = unit(word[0], word[1]);
  return u < 1 ? u : 0x1.fffffffffffffp-1; /* the last cell's middle rounds to 1 */
}

uint32_t sq_rng_index(sq_stream stream, uint64_t site, uint64_t step, uint16_t draw, uint32_t count)
{
  uint32_t word[4];
  sq_rng_block(stream, site, step, draw, word);
  return (uint32_t)((((uint64_t)word[1] << 32 | word[0]) >> 32) * count >> 32);
}

/* Box-Muller: one block gives the normals of the sites 2 pair and 2 pair + 1. */
static void normal_pair(sq_stream stream, uint64_t pair, uint64_t step, uint16_t draw, double normal[2])
{
  uint32_t word[4];
  sq_rng_block(stream, pair, step, draw, word);
  double radius = sqrt(-2 * log(unit(word[0], word[1]))), angle = 2 * M_PI * unit(word[2], word[3]);
  normal[0]     = radius * cos(angle);
  normal[1]     = radius * sin(angle);
}

void sq_rng_normals(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw, double *normal)
{
  double  pair[2];
  int64_t i = 0;
  if (count > 0 && first % 2) {
    normal_pair(stream, first / 2, step, draw, pair);
    normal[i++] = pair[1];
  }
  for (; i + 1 < count; i += 2) normal_pair(stream, (first + (uint64_t)i) / 2, step, draw, normal + i);
  if (i < count) {
    normal_pair(stream, (first + (uint64_t)i) / 2, step, draw, pair);
    normal[i] = pair[0];
  }
}
