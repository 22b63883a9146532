/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys of random streams: every process that a run makes has random numbers of its own.
 *
 * The library addresses numbers by (seed, purpose, member). What a stage hands it as the seed is made here: of the
 * deck's seed, the kind of process, and every value of the deck that determines the process, but not of how much is
 * made of it (sq_deck_process). Two runs with different couplings, volumes, algorithms or samplers share nothing, and
 * number n of a longer run is number n of the shorter one.
 */
#include "src/run/run.h"
#include <string.h>

/* The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA'14), which mixes all bits. */
uint64_t sq_stream_join(uint64_t stream, uint64_t other)
{
  uint64_t z = (stream + UINT64_C(0x9e3779b97f4a7c15)) ^ other;
  for (int i = 0; i < 2; i++) { /* twice: other may be a small number */
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z = (z ^ z >> 31) + UINT64_C(0x9e3779b97f4a7c15);
  }
  return z ? z : 1; /* 0 stands for no stream */
}

uint64_t sq_run_stream(const sq_run *run, const char *kind, const char *const *sections)
{
  uint64_t stream = sq_stream_join(0, run->seed);
  for (const char *c = kind; *c; c++) stream = sq_stream_join(stream, (unsigned char)*c);
  return sections ? sq_stream_join(stream, sq_deck_process(run->deck, sections)) : stream;
}

uint64_t sq_stream_join_real(uint64_t stream, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return sq_stream_join(stream, bits);
}

uint64_t sq_stream_join_extents(uint64_t stream, int dim, const int64_t extents[])
{
  for (int mu = 0; mu < dim; mu++) stream = sq_stream_join(stream, (uint64_t)extents[mu]);
  return sq_stream_join(stream, (uint64_t)dim);
}

uint64_t sq_sample_stream(const sq_run *run, uint64_t model, const int64_t extents[])
{
  static const char *const sections[] = {"lattice", "action", "schedule", "sample", NULL};
  uint64_t stream = sq_stream_join(sq_run_stream(run, "sample", sections), model);
  return sq_stream_join_extents(stream, run->dim, extents);
}
