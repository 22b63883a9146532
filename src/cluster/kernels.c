/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernels.h. A site takes two random words in one and two dimensions, four above; block k of the stream holds the
 * words 4 k .. 4 k + 3 of all sites in order. The last bit of a site's last word says whether its cluster turns, the
 * upper 31 of each word decide a link.
 */
#include "kernels.h"
#include "squall/base.h"
#include <string.h>

enum { CHUNK = 128 }; /* sites */

static int words_of(int dim)
{
  return dim <= 2 ? 2 : 4;
}

/* exp(-x) for 0 <= x <= 64, to 1e-13: exp(-x) = 2^k e^y, |y| <= log(2)/2. */
static inline __attribute__((always_inline)) double exp_minus(double x)
{
  const double rounding = 0x1.8p52;
  double t = -x * 0x1.71547652b82fep+0, shifted = t + rounding, y = (t - (shifted - rounding)) * 0x1.62e42fefa39efp-1,
         scale;
  uint64_t k;
  memcpy(&k, &shifted, sizeof k);
  k = (k + 1023) << 52;
  memcpy(&scale, &k, sizeof scale);
  double series = 1. / 362880 + y * (1. / 3628800);
  series = 1. / 720 + y * (1. / 5040 + y * (1. / 40320 + y * series));
  series = 1 + y * (1 + y * (0.5 + y * (1. / 6 + y * (1. / 24 + y * (1. / 120 + y * series)))));
  return scale * series;
}

/* closed[n]: 2^31 times the probability that a link stays closed. */
static inline __attribute__((always_inline)) void closed_of(int64_t n, const double *strength, uint32_t *closed)
{
  for (int64_t i = 0; i < n; i++) {
    double x = strength[i] > 0 ? strength[i] : 0;
    uint64_t bits;
    x = 0x1p31 * exp_minus(x < 64 ? x : 64) + 0x1.8p52; /* the integer is in the last bits */
    memcpy(&bits, &x, sizeof bits);
    closed[i] = (uint32_t)bits;
  }
}

static inline __attribute__((always_inline)) void decide_chunk(const int dim, const int words, const uint32_t *word,
                                                               int64_t n, const double *strength, int64_t pitch,
                                                               uint8_t *state)
{
  uint32_t closed[CHUNK], found[CHUNK];
  for (int64_t i = 0; i < n; i++) found[i] = (word[words * i + words - 1] & 1) * SQ_CLUSTER_TURNS;
  for (int k = 0; k < dim; k++) {
    closed_of(n, strength + k * pitch, closed);
    for (int64_t i = 0; i < n; i++) found[i] |= (uint32_t)(word[words * i + k] >> 1 >= closed[i]) << k;
  }
  for (int64_t i = 0; i < n; i++) state[i] = (uint8_t)found[i];
}

SQ_VECTORS static void decide(int dim, const uint32_t *word, int64_t n, const double *strength, int64_t pitch,
                              uint8_t *state)
{
  switch (dim) {
  case 1: decide_chunk(1, 2, word, n, strength, pitch, state); break;
  case 2: decide_chunk(2, 2, word, n, strength, pitch, state); break;
  case 3: decide_chunk(3, 4, word, n, strength, pitch, state); break;
  default: decide_chunk(4, 4, word, n, strength, pitch, state);
  }
}

void sq_cluster_decide(int dim, sq_stream stream, uint64_t step, uint64_t first, int64_t n, const double *strength,
                       uint8_t *state)
{
  const int words = words_of(dim);
  uint32_t word[4 * (CHUNK + 1)];
  for (int64_t i = 0; i < n; i += CHUNK) {
    int64_t count = n - i < CHUNK ? n - i : CHUNK;
    uint64_t at = (first + (uint64_t)i) * (uint64_t)words, skip = at % 4;
    sq_rng_words(stream, at / 4, ((int64_t)skip + count * words + 3) / 4, step, 0, word);
    decide(dim, word + skip, count, strength + i, n, state + i);
  }
}

bool sq_cluster_turns(int dim, sq_stream stream, uint64_t step, uint64_t site)
{
  const uint64_t words = (uint64_t)words_of(dim), at = site * words + words - 1;
  uint32_t word[4];
  sq_rng_block(stream, at / 4, step, 0, word);
  return word[at % 4] & 1;
}

/* ---- joining ---- */

static int32_t first_of(int32_t *parent, int32_t site)
{
  while (parent[site] != site) {
    parent[site] = parent[parent[site]];
    site = parent[site];
  }
  return site;
}

static void join(int32_t *parent, int32_t a, int32_t b)
{
  if (parent[a] == parent[b]) return;
  a = first_of(parent, a);
  b = first_of(parent, b);
  if (a < b) parent[b] = a;
  else parent[a] = b;
}

void sq_cluster_start_row(int64_t from, int64_t n, uint8_t bit, const uint8_t *state, int32_t *parent)
{
  int32_t first = (int32_t)from;
  for (int32_t i = (int32_t)from; i < from + n; i++) {
    parent[i] = first;
    first = state[i] & bit ? first : i + 1;
  }
}

void sq_cluster_join_row(int64_t from, int64_t n, int64_t shift, uint8_t bit, const uint8_t *state, int32_t *parent)
{
  for (int64_t i = from; i < from + n; i++)
    if (state[i] & bit) join(parent, (int32_t)i, (int32_t)(i + shift));
}

void sq_cluster_flatten(int64_t n, int32_t *parent)
{
  for (int64_t i = 0; i < n; i++) parent[i] = parent[parent[i]];
}

void sq_cluster_turn_row(int64_t n, const int32_t *parent, const uint8_t *state, double *x)
{
  for (int64_t i = 0; i < n; i++) {
    uint64_t bits, sign = (uint64_t)(state[parent[i]] & SQ_CLUSTER_TURNS) << 59;
    memcpy(&bits, &x[i], sizeof bits);
    bits ^= sign;
    memcpy(&x[i], &bits, sizeof bits);
  }
}
