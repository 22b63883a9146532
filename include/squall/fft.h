/* SPDX-License-Identifier: BSD-3-Clause */
/* fft: distributed Fourier transforms of blocks by FFTW-MPI, and functions of the momentum.
 *
 * phi_p = sum_x e^{-ipx} phi_x, p_mu = 2 pi n_mu / L_mu. A rank holds some of the modes of the half spectrum (real
 * input). Functions of momentum that respect the lattice's symmetries (reflections, exchange of equal extents) are
 * tables over *orbits*: classes of momenta related by symmetry, in order of p_hat^2, orbit 0 being p = 0.
 */
#ifndef SQUALL_FFT_H
#define SQUALL_FFT_H

#include "squall/field.h"
#ifdef __cplusplus
#include <complex>
typedef std::complex<double> sq_complex; /* the same two numbers */
#else
#include <complex.h>
typedef double complex sq_complex;
#endif

SQ_C_BEGIN

/* The symmetry classes of the momenta of one lattice: small tables, equal on all ranks. */
typedef struct {
  int dim;
  int64_t extent[SQ_DIM]; /* as in sq_lattice */
  int64_t count;          /* how many orbits */
  double *phat2;          /* [count] sum_mu 4 sin^2(p_mu/2), ascending */
  int64_t *multiplicity;  /* [count] momenta in the orbit; they add up to the volume */
  int32_t *mode;          /* [count][SQ_DIM] a representative: 0 <= n_mu <= L_mu/2 */
  double *phase_cos;      /* [count] sum_mu cos p_mu over the used directions */
  double *sine;           /* private: 4 sin^2(p_mu/2) of each direction, for sq_orbits_find */
} sq_orbits;

typedef struct sq_fft_plan sq_fft_plan;

typedef struct {
  const sq_lattice *lattice; /* not owned */
  sq_orbits orbits;
  int64_t modes;      /* modes on this rank (may be 0) */
  int32_t *orbit;     /* [modes] the orbit of each */
  double *weight;     /* [modes] 1 or 2: how many momenta of the full spectrum it stands for */
  int64_t *frequency; /* [modes] row-major index of (n_0..n_3) in the full spectrum, n_mu in 0..L_mu-1 */
  sq_complex *work;   /* [modes] scratch for callers */
  sq_fft_plan *plan;  /* slabs, redistribution, FFTW plans */
} sq_fft;

/* Made of small FFTW_ESTIMATE plans that do not know the ranks (src/fft/plan.c): the same bits on any rank count.
 * Extents from 1; half of the spectrum is kept along the last direction of extent > 1. Errors: SQ_ERR_INPUT for more
 * than 2^31 - 1 orbits. Collective over lattice->comm. */
PetscErrorCode sq_fft_create(const sq_lattice *lattice, sq_fft **fft);
PetscErrorCode sq_fft_destroy(sq_fft **fft);
/* mode[modes] = the transform of block[local_volume], which is kept. Any alignment works, 16 bytes is fastest.
 * Collective. */
PetscErrorCode sq_fft_forward(sq_fft *fft, const double *block, sq_complex *mode);
/* block = the inverse transform (1/V included); mode is destroyed. Collective. */
PetscErrorCode sq_fft_inverse(sq_fft *fft, sq_complex *mode, double *block);
/* out = the block filtered mode by mode; out may be block. Collective. */
PetscErrorCode sq_fft_filter(sq_fft *fft, const double *multiplier, const double *block, double *out);
/* Adds this rank's part of one field's orbit-averaged spectrum |phi_p|^2 / V to power[orbits.count]; reduced over the
 * ranks (sq_sum_reduce) it has the same bits on any rank count. Not collective. */
void sq_fft_add_power(const sq_fft *fft, const sq_complex *mode, sq_sum *power);

/* How many orbits a lattice has, without making them. Not collective. */
double sq_orbits_count(const int64_t extent[SQ_DIM]);
/* The orbits of a lattice, without any transform. Not collective. */
PetscErrorCode sq_orbits_create(int dim, const int64_t extent[SQ_DIM], sq_orbits *orbits);
void sq_orbits_destroy(sq_orbits *orbits);
/* The orbit of the momentum n (any integers). -1 never. Not collective. */
int64_t sq_orbits_find(const sq_orbits *orbits, const int64_t n[SQ_DIM]);
/* The limit p -> 0 of a positive function of momentum, from its two lowest values of p_hat^2 > 0: linear in f where it
 * grows with p, in 1/f where it falls, as free propagators do; f[0] where that is not positive. Not collective. */
double sq_orbits_limit(const sq_orbits *orbits, const double *f);
/* Whether the zero mode is not where the others lead to, by more than a factor of 2: as G(0) in a broken phase, which
 * holds V <M>^2. Not collective. */
bool sq_orbits_zero_mode_apart(const sq_orbits *orbits, const double *f);
/* Carries a positive function of momentum from one lattice to another: linear in log f against p_hat^2 between orbits,
 * and to p = 0 between the lowest of them and the zero mode, or the limit above where the zero mode stands apart. to[0]
 * = from[0]. Not collective. */
void sq_orbits_interpolate(const sq_orbits *from, const double *f, const sq_orbits *to, double *out);

SQ_C_END

#endif
