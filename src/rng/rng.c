/* SPDX-License-Identifier: BSD-3-Clause */
/* Addressed random numbers on Philox 4x32-10. Counter: (site low, site high + draw, step low, step high). */
#include "src/rng/normals.h"
#include <Random123/philox.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

sq_stream sq_stream_make(uint64_t seed, sq_rng_purpose purpose, uint64_t member)
{
  philox4x32_ctr_t counter = {{(uint32_t)seed, (uint32_t)(seed >> 32), (uint32_t)purpose, 0x5371616c}};
  philox4x32_key_t key = {{(uint32_t)member, (uint32_t)(member >> 32)}};
  philox4x32_ctr_t block = philox4x32(counter, key);
  return (sq_stream){{block.v[0], block.v[1]}};
}

void sq_rng_block(sq_stream stream, uint64_t site, uint64_t step, uint16_t draw, uint32_t word[4])
{
  philox4x32_ctr_t counter = {
    {(uint32_t)site, (uint32_t)(site >> 32) | (uint32_t)draw << 16, (uint32_t)step, (uint32_t)(step >> 32)}};
  philox4x32_key_t key = {{stream.key[0], stream.key[1]}};
  philox4x32_ctr_t block = philox4x32(counter, key);
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

/* ---- normal numbers: the scalar twin of normals_vector.h ---- */

static uint64_t bits_of(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static double from_bits(uint64_t bits)
{
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static double log_of(double u)
{
  uint64_t bits = bits_of(u), k = (bits - SQRT_HALF_BITS + ((uint64_t)1024 << 52)) >> 52;
  double z = from_bits(bits - ((k - 1024) << 52)), e = (double)k - 1024., f = z - 1., s = f / (2. + f), w = s * s;
  return e * LN2_HIGH + (2. * s + (s * w * LOG_SERIES(w) + e * LN2_LOW));
}

static void sincos_of(double turns, double *sine, double *cosine)
{
  double t = 4. * turns, shifted = t + ROUNDING, f = t - (shifted - ROUNDING), y = f * 0x1.921fb54442d18p+0, w = y * y;
  double s = y + y * (w * SIN_SERIES(w)), c = 1. - 0.5 * w + w * w * COS_SERIES(w);
  uint64_t q = bits_of(shifted);
  *sine = from_bits(bits_of(q & 1 ? c : s) ^ (q & 2) << 62);
  *cosine = from_bits(bits_of(q & 1 ? s : c) ^ ((q + 1) & 2) << 62);
}

/* Box-Muller: one block gives the normals of two sites. */
void sq_normal_pair(sq_stream stream, uint64_t pair, uint64_t step, uint16_t draw, double normal[2])
{
  uint32_t word[4];
  double sine, cosine;
  sq_rng_block(stream, pair, step, draw, word);
  double radius = sqrt(-2. * log_of(unit(word[0], word[1])));
  sincos_of(unit(word[2], word[3]), &sine, &cosine);
  normal[0] = radius * cosine;
  normal[1] = radius * sine;
}

static int64_t none(sq_stream stream, uint64_t first, int64_t pairs, uint64_t step, uint16_t draw, double *normal)
{
  (void)stream, (void)first, (void)pairs, (void)step, (void)draw, (void)normal;
  return 0;
}

static void block_by_block(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw,
                           uint32_t *word)
{
  for (int64_t i = 0; i < count; i++) sq_rng_block(stream, first + (uint64_t)i, step, draw, word + 4 * i);
}

static const struct {
  const char *name;
  sq_normals_kernel *kernel;
  sq_words_kernel *words;
} sets[] = {
#ifdef SQ_RNG_X86
  {"avx512", sq_normals_avx512, sq_words_avx512},
  {"avx2", sq_normals_avx2, sq_words_avx2},
#endif
  {"generic", sq_normals_generic, sq_words_generic},
  {"reference", none, block_by_block}};
enum { SETS = sizeof sets / sizeof *sets };

static bool supported(int set)
{
#ifdef SQ_RNG_X86
  if (set == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
  if (set == 1) return __builtin_cpu_supports("avx2");
#endif
  return set < SETS;
}

static int chosen = -1;

static int best(void)
{
  while (chosen < 0 || !supported(chosen)) chosen++;
  return chosen;
}

const char *sq_rng_choose(int set)
{
  if (set >= SETS) return NULL;
  chosen = set < 0 ? -1 : set;
  if (set >= 0 && !supported(set)) return "";
  return sets[best()].name;
}

void sq_rng_words(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw, uint32_t *word)
{
  sets[best()].words(stream, first, count, step, draw, word);
}

void sq_rng_normals(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw, double *normal)
{
  double pair[2];
  int64_t i = 0;
  if (count > 0 && first % 2) {
    sq_normal_pair(stream, first / 2, step, draw, pair);
    normal[i++] = pair[1];
  }
  i += 2 * sets[best()].kernel(stream, (first + (uint64_t)i) / 2, (count - i) / 2, step, draw, normal + i);
  for (; i + 1 < count; i += 2) sq_normal_pair(stream, (first + (uint64_t)i) / 2, step, draw, normal + i);
  if (i < count) {
    sq_normal_pair(stream, (first + (uint64_t)i) / 2, step, draw, pair);
    normal[i] = pair[0];
  }
}
