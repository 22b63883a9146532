/* SPDX-License-Identifier: BSD-3-Clause */
/* The real Fourier transform of a path, by FFTW in half-complex order. Plans are made by FFTW_ESTIMATE, so that the
 * bits are those of the number of sites alone. */
#include "flow.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_fourier_create(int sites, sq_fourier *f)
{
  PetscFunctionBeginUser;
  *f = (sq_fourier){.sites = sites};
  PetscCall(sq_alloc(sites, &f->time));
  PetscCall(sq_alloc(sites, &f->mode));
  f->to_mode = fftw_plan_r2r_1d(sites, f->time, f->mode, FFTW_R2HC, FFTW_ESTIMATE);
  f->to_time = fftw_plan_r2r_1d(sites, f->mode, f->time, FFTW_HC2R, FFTW_ESTIMATE);
  PetscFunctionReturn(0);
}

void sq_fourier_destroy(sq_fourier *f)
{
  if (f->to_mode) fftw_destroy_plan(f->to_mode);
  if (f->to_time) fftw_destroy_plan(f->to_time);
  sq_free(&f->time);
  sq_free(&f->mode);
}

static bool alone(int sites, int i)
{
  return i == 0 || 2 * i == sites;
}

void sq_fourier_modes(sq_fourier *f, const double *time, double *mode)
{
  const int N = f->sites;
  const double pair = sqrt(2.0 / N);
  memcpy(f->time, time, (size_t)N * sizeof *time);
  fftw_execute(f->to_mode);
  for (int i = 0; i < N; i++) mode[i] = pair * f->mode[i];
  for (int i = 0; i<N; i += N / 2> 0 ? N / 2 : N)
    if (alone(N, i)) mode[i] = f->mode[i] / sqrt(N);
}

void sq_fourier_path(sq_fourier *f, const double *mode, double *time)
{
  const int N = f->sites;
  const double pair = sqrt(0.5 / N);
  for (int i = 0; i < N; i++) f->mode[i] = pair * mode[i];
  for (int i = 0; i<N; i += N / 2> 0 ? N / 2 : N)
    if (alone(N, i)) f->mode[i] = mode[i] / sqrt(N);
  fftw_execute(f->to_time);
  memcpy(time, f->time, (size_t)N * sizeof *time);
}

/* FFTW's imaginary parts are sums with e^{-ikx}: minus those with sin. */
void sq_fourier_sums(sq_fourier *f, const double *time, double *even, double *odd)
{
  const int N = f->sites;
  memcpy(f->time, time, (size_t)N * sizeof *time);
  fftw_execute(f->to_mode);
  even[0] = f->mode[0];
  odd[0] = 0;
  for (int k = 1; 2 * k <= N; k++) {
    even[k] = even[N - k] = f->mode[k];
    odd[k] = 2 * k < N ? -f->mode[N - k] : 0;
    odd[N - k] = -odd[k];
  }
}

void sq_fourier_sums_back(sq_fourier *f, const double *even, const double *odd, double *time)
{
  const int N = f->sites;
  f->mode[0] = even[0];
  for (int k = 1; 2 * k < N; k++) {
    f->mode[k] = 0.5 * (even[k] + even[N - k]);
    f->mode[N - k] = -0.5 * (odd[k] - odd[N - k]);
  }
  if (N % 2 == 0) f->mode[N / 2] = even[N / 2];
  fftw_execute(f->to_time);
  memcpy(time, f->time, (size_t)N * sizeof *time);
}
