/* SPDX-License-Identifier: BSD-3-Clause */
/* scales: spectra and magnetisations of fields at every noise level, gathered field by field, and where each mode has
 * as much noise as field. Sums are exact: the same bits however fields and lattices are shared out.
 */
#include "squall/diffusion.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_scales_create(sq_fft *fft, int components, const sq_noise_grid *levels, int64_t fields, sq_scales *x)
{
  PetscFunctionBeginUser;
  *x = (sq_scales){
    .fft = fft, .levels = *levels, .components = components, .fields = fields, .orbits = fft->orbits.count};
  PetscCall(sq_alloc(2 * (levels->steps + 1) * x->orbits, &x->sum));
  PetscCall(sq_alloc((levels->steps + 1) * fields, &x->M));
  PetscCall(sq_alloc(x->orbits, &x->power));
  PetscFunctionReturn(0);
}

void sq_scales_destroy(sq_scales *x)
{
  sq_free(&x->sum);
  sq_free(&x->M);
  sq_free(&x->power);
}

PetscErrorCode sq_scales_add(sq_scales *x, int level, int64_t field, const double *block)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = x->fft->lattice;
  sq_sum *mean = x->sum + level * x->orbits, *square = mean + (x->levels.steps + 1) * x->orbits;
  double M;
  memset(x->power, 0, (size_t)x->orbits * sizeof *x->power);
  for (int c = 0; c < x->components; c++) {
    PetscCall(sq_fft_forward(x->fft, block + c * lattice->local_volume, x->fft->work));
    sq_fft_add_power(x->fft, x->fft->work, x->power);
  }
  PetscCall(sq_sum_reduce(lattice->comm, (int)x->orbits, x->power));
  PetscCall(sq_block_sum(lattice, block, &M));
  x->M[level * x->fields + field] = M / (double)lattice->volume;
  for (int64_t o = 0; o < x->orbits; o++) {
    double power = sq_sum_value(&x->power[o]) / x->components;
    sq_sum_add(&mean[o], power);
    sq_sum_add(&square[o], power * power);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_scales_add_path(sq_scales *x, uint64_t seed, int64_t field, double *block)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = x->fft->lattice;
  double *noise;
  const int64_t numbers = x->components * lattice->local_volume;
  PetscCall(sq_alloc(numbers, &noise));
  PetscCall(sq_scales_add(x, 0, field, block));
  for (int k = 1; k <= x->levels.steps; k++) {
    const sq_reverse_step step = sq_reverse_step_at(&x->levels, k);
    sq_block_random(lattice, x->components, sq_rng_normals, sq_stream_make(seed, SQ_RNG_FORWARD, (uint64_t)field),
                    (uint64_t)k, 0, noise);
    sq_forward_step(&step, numbers, block, noise, block);
    PetscCall(sq_scales_add(x, k, field, block));
  }
  sq_free(&noise);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_scales_finish(sq_scales *x, MPI_Comm across)
{
  PetscFunctionBeginUser;
  int levels = x->levels.steps + 1;
  if (across == MPI_COMM_NULL) PetscFunctionReturn(0);
  PetscCall(sq_sum_reduce(across, (int)(2 * levels * x->orbits), x->sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, x->M, (int)(levels * x->fields), MPI_DOUBLE, MPI_SUM,
                             across)); /* each number is one replica's */
  PetscFunctionReturn(0);
}

double sq_scales_power(const sq_scales *x, int level, int64_t orbit, double *error)
{
  const sq_sum *sum = x->sum + level * x->orbits + orbit;
  double n = (double)x->fields, mean = sq_sum_value(sum) / n,
         square = sq_sum_value(sum + (x->levels.steps + 1) * x->orbits) / n;
  *error = n > 1 ? sqrt(fmax(0, square - mean * mean) / (n - 1)) : NAN;
  return mean;
}

double sq_scales_crossing(const sq_scales *x, int64_t orbit, double *error)
{
  const double *a = x->levels.a, *s = x->levels.s;
  double below = NAN, relative = NAN;
  for (int k = 1; k <= x->levels.steps; k++) {
    double s2 = s[k] * s[k], G = sq_scales_power(x, k, orbit, error), share = G / s2 - 1;
    if (share >= 1 && k < x->levels.steps) {
      below = share, relative = *error / (G - s2);
      continue;
    }
    if (isnan(below) || !(share > 0)) break;
    double slope = log(share / below) / log(s[k] / a[k] * a[k - 1] / s[k - 1]);
    *error = share < 1 ? fmax(relative, *error / (G - s2)) / fabs(slope) : NAN;
    if (share < 1) {
      double at = s[k - 1] / a[k - 1] * exp(-log(below) / slope);
      *error *= at;
      return at;
    }
  }
  *error = NAN;
  return NAN;
}
