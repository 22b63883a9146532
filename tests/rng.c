/* SPDX-License-Identifier: BSD-3-Clause */
/* rng: known answers, addresses, moments. */
#include "squall/rng.h"
#include "tests/tap.h"
#include <Random123/philox.h>
#include <string.h>

/* Philox 4x32-10 known answers published with Random123 (kat_vectors). */
static void check_known_answers(void)
{
  static const uint32_t vector[3][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                         {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                          0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
                                          0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
  for (int i = 0; i < 3; i++) {
    const uint32_t *v = vector[i];
    sq_stream stream = {{v[4], v[5]}};
    uint32_t word[4];
    uint64_t site = v[0] | (uint64_t)(v[1] & 0xffff) << 32;
    sq_rng_block(stream, site, v[2] | (uint64_t)v[3] << 32, (uint16_t)(v[1] >> 16), word);
    tap_check(!memcmp(word, v + 6, sizeof word), "known answer %d", i);
  }
}

/* Many blocks at once are the blocks, where counters carry too. */
static void check_words(const char *set)
{
  static const uint64_t first[] = {0, 5, 0xfffffff0u, 0xfffffffffff0u};
  uint32_t word[4], run[4 * 100];
  sq_stream stream = sq_stream_make(9, SQ_RNG_TEST, 1);
  bool same = true;
  for (size_t a = 0; a < sizeof first / sizeof *first; a++)
    for (int count = 0; count <= 100; count += 1 + count / 3) {
      uint64_t top = (1ull << 48) - first[a];
      int64_t n = (uint64_t)count < top ? count : (int64_t)top;
      sq_rng_words(stream, first[a], n, 0x123456789u, 3, run);
      for (int64_t i = 0; i < n; i++) {
        sq_rng_block(stream, first[a] + (uint64_t)i, 0x123456789u, 3, word);
        same = same && !memcmp(word, run + 4 * i, sizeof word);
      }
    }
  tap_check(same, "a run of blocks is the blocks (%s)", set);
}

static void check_runs(void)
{
  double whole[64], part[64];
  sq_stream stream = sq_stream_make(7, SQ_RNG_TEST, 3);
  sq_rng_normals(stream, 0, 64, 5, 1, whole);
  bool same = true;
  for (int first = 0; first < 20; first++)
    for (int count = 0; count < 20; count++) {
      sq_rng_normals(stream, (uint64_t)first, count, 5, 1, part);
      same = same && !memcmp(part, whole + first, (size_t)count * sizeof *part);
    }
  tap_check(same, "a run of normals is the same however it is cut");
  sq_stream other[4] = {sq_stream_make(8, SQ_RNG_TEST, 3), sq_stream_make(7, SQ_RNG_START, 3),
                        sq_stream_make(7, SQ_RNG_TEST, 4), stream};
  double first[5];
  for (int i = 0; i < 4; i++) sq_rng_normals(other[i], 0, 1, i == 3 ? 6 : 5, 1, first + i);
  first[4] = whole[0];
  bool different = true;
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < i; j++) different = different && first[i] != first[j];
  tap_check(different, "seed, purpose, member and step all change the numbers");
}

/* Every set of kernels against the scalar code, bit for bit, at addresses where counters carry; the scalar code against
 * libm. */
static void check_kernels(void)
{
  enum { N = 4096 };
  static const uint64_t first[] = {0, 1, 12345, 0x1fffffff0u, 0xfffffffff000u};
  static double plain[N + 1], fast[N + 1];
  sq_stream stream = sq_stream_make(3, SQ_RNG_TEST, 5);
  int sets = 0;
  const char *name;
  while (sq_rng_choose(sets)) sets++;
  for (size_t a = 0; a < sizeof first / sizeof *first; a++) {
    double worst = 0;
    sq_rng_choose(sets - 1);
    sq_rng_normals(stream, first[a], N, 0x123456789u, 7, plain);
    for (int k = 0; k + 1 < sets; k++) {
      name = sq_rng_choose(k);
      if (!*name) continue;
      sq_rng_normals(stream, first[a], N, 0x123456789u, 7, fast);
      tap_check(!memcmp(plain, fast, N * sizeof *plain), "%s normals have the bits of the scalar code from site %llu",
                name, (unsigned long long)first[a]);
    }
    for (int i = (int)(first[a] % 2); i + 1 < N; i += 2) {
      uint32_t w[4];
      sq_rng_block(stream, (first[a] + (uint64_t)i) / 2, 0x123456789u, 7, w);
      double u = (double)(((uint64_t)w[1] << 32 | w[0]) >> 11), v = (double)(((uint64_t)w[3] << 32 | w[2]) >> 11);
      double radius = sqrt(-2 * log((u + 0.5) * 0x1p-53)), angle = 2 * M_PI * (v + 0.5) * 0x1p-53;
      tap_worst(&worst, fabs(plain[i] - radius * cos(angle)));
      tap_worst(&worst, fabs(plain[i + 1] - radius * sin(angle)));
    }
    tap_check(worst < 1e-14, "and are those of libm to 1e-14");
  }
  sq_rng_choose(-1);
}

static void check_moments(void)
{
  enum { N = 1 << 20 };
  static double x[N];
  sq_rng_normals(sq_stream_make(1, SQ_RNG_TEST, 0), 0, N, 0, 0, x);
  double m1 = 0, m2 = 0, m4 = 0, pair = 0;
  for (int i = 0; i < N; i++) {
    m1 += x[i] / N;
    m2 += x[i] * x[i] / N;
    m4 += x[i] * x[i] * x[i] * x[i] / N;
    pair += x[i] * x[i ^ 1] / N;
  }
  tap_near(m1, 0, 4 / sqrt(N), "mean");
  tap_near(m2, 1, 4 * sqrt(2. / N), "variance");
  tap_near(m4, 3, 4 * sqrt(96. / N), "fourth moment");
  tap_near(pair, 0, 4 * sqrt(2. / N), "the two normals of a block are uncorrelated");
  int bin[10] = {0};
  sq_stream stream = sq_stream_make(2, SQ_RNG_TEST, 0);
  for (int i = 0; i < 100000; i++) bin[sq_rng_index(stream, (uint64_t)i, 0, 0, 10)]++;
  double chi2 = 0;
  for (int b = 0; b < 10; b++) chi2 += (bin[b] - 1e4) * (bin[b] - 1e4) / 1e4;
  tap_check(chi2 < 30, "indices are uniform");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_known_answers();
  for (int set = 0; sq_rng_choose(set); set++)
    if (*sq_rng_choose(set)) check_words(sq_rng_choose(set));
  sq_rng_choose(-1);
  check_runs();
  check_kernels();
  check_moments();
  return tap_end();
}
