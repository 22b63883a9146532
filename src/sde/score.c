/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done to the fields of a score component by component. */
#include "squall/sde.h"

int sq_score_components(const sq_score *score)
{
  return score->components > 1 ? score->components : 1;
}

int64_t sq_score_numbers(const sq_score *score)
{
  return sq_score_components(score) * score->fft->lattice->local_volume;
}

void sq_score_normals(const sq_score *score, sq_stream stream, uint64_t step, uint16_t draw, double *block)
{
  sq_block_random(score->fft->lattice, sq_score_components(score), sq_rng_normals, stream, step, draw, block);
}

PetscErrorCode sq_score_filter(const sq_score *score, const double *multiplier, int count, const double *blocks,
                               double *out)
{
  PetscFunctionBeginUser;
  const int64_t volume = score->fft->lattice->local_volume;
  for (int64_t i = 0; i < (int64_t)count * sq_score_components(score); i++)
    PetscCall(sq_fft_filter(score->fft, multiplier, blocks + i * volume, out + i * volume));
  PetscFunctionReturn(0);
}
