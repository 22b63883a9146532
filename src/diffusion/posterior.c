/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures what a denoiser leaves open, R(p) at some levels; the formulae are in the header.
 *
 * The noise of a field is the same at every level, so that R is a smooth function of the level even where it is not
 * well known. Components count as fields of their own: they have one R. The Wiener filter's errors on the same noisy
 * fields are the control variate: their power is known, R of a Gaussian field, since G is. What is left is the noise of
 * the difference alone, and for Gaussian fields none.
 */
#include "src/diffusion/curvature.h"
#include <math.h>
#include <string.h>

/* What may vary smoothly from orbit to orbit, as columns of b[BASIS][orbits]: 1, W, W^2 with the Wiener filter's gain W
 * = a^2 G/(a^2 G + s^2), and the zero mode for itself. */
enum { BASIS = 4 };
enum { D, W, DD, WW, DW, SUMS }; /* power of the denoiser's errors; of the Wiener filter's; products */

typedef struct {
  const sq_score *score;
  int batch;
  int components;
  double *noisy, *clean, *noise;           /* [batch][numbers] x 2, [numbers]; numbers: of a field */
  double *basis, *weight, *gaussian;       /* [BASIS][orbits], [orbits] x 2 */
  double complex *clean_mode, *noise_mode; /* [batch][components][modes] */
  double *filter;                          /* [orbits] */
  double *error;                           /* [numbers] */
  sq_curvature *curvature;
  sq_sum *sum; /* [SUMS][orbits] averages over an orbit, summed over fields */
} measurement;

static PetscErrorCode allocate(measurement *m)
{
  PetscFunctionBeginUser;
  int64_t numbers = sq_score_numbers(m->score), orbits = m->score->fft->orbits.count;
  PetscCall(sq_alloc(m->batch * numbers, &m->noisy));
  PetscCall(sq_alloc(m->batch * numbers, &m->clean));
  PetscCall(sq_alloc(numbers, &m->noise));
  PetscCall(sq_alloc(BASIS * orbits, &m->basis));
  PetscCall(sq_alloc(orbits, &m->weight));
  PetscCall(sq_alloc(orbits, &m->gaussian));
  PetscCall(sq_alloc(m->batch * m->components * m->score->fft->modes, &m->clean_mode));
  PetscCall(sq_alloc(m->batch * m->components * m->score->fft->modes, &m->noise_mode));
  PetscCall(sq_alloc(orbits, &m->filter));
  PetscCall(sq_alloc(numbers, &m->error));
  PetscCall(sq_curvature_create(m->score, &m->curvature));
  PetscCall(sq_alloc(SUMS * orbits, &m->sum));
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(measurement *m)
{
  PetscFunctionBeginUser;
  double **array[] = {&m->noisy, &m->clean, &m->noise, &m->basis, &m->weight, &m->gaussian, &m->filter, &m->error};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&m->clean_mode);
  sq_free(&m->noise_mode);
  sq_free(&m->sum);
  PetscCall(sq_curvature_destroy(&m->curvature));
  PetscFunctionReturn(0);
}

static double power(double complex mode, double volume)
{
  return (creal(mode) * creal(mode) + cimag(mode) * cimag(mode)) / volume;
}

/* error: the modes of D - phi_0; that of the Wiener filter is W (phi_0 + s eps) - phi_0. */
static void add_modes(measurement *m, double s, const double complex *error, const double complex *clean,
                      const double complex *noise)
{
  const sq_fft *fft = m->score->fft;
  int64_t orbits = fft->orbits.count;
  const double volume = (double)fft->lattice->volume;
  for (int64_t k = 0; k < fft->modes; k++) {
    int32_t o = fft->orbit[k];
    double share = fft->weight[k] / (double)fft->orbits.multiplicity[o];
    double d = power(error[k], volume), w = power(m->filter[o] * (clean[k] + s * noise[k]) - clean[k], volume);
    const double term[SUMS] = {d, w, d * d, w * w, d * w};
    for (int i = 0; i < SUMS; i++) sq_sum_add(&m->sum[i * orbits + o], share * term[i]);
  }
}

/* mode[components][modes] of a field. */
static PetscErrorCode transform(const measurement *m, const double *block, double complex *mode)
{
  PetscFunctionBeginUser;
  sq_fft *fft = m->score->fft;
  for (int c = 0; c < m->components; c++)
    PetscCall(sq_fft_forward(fft, block + c * fft->lattice->local_volume, mode + c * fft->modes));
  PetscFunctionReturn(0);
}

/* Noisy fields of count clean ones, numbers first .. first + count - 1; the modes of both parts. */
static PetscErrorCode prepare(measurement *m, uint64_t seed, int64_t first, int count, double s, const double *blocks)
{
  PetscFunctionBeginUser;
  const int64_t numbers = sq_score_numbers(m->score), modes = m->components * m->score->fft->modes;
  for (int64_t b = 0; b < count; b++) {
    sq_score_normals(m->score, sq_stream_make(seed, SQ_RNG_CALIBRATION, (uint64_t)(first + b)), 0, 0, m->noise);
    for (int64_t i = 0; i < numbers; i++) m->noisy[b * numbers + i] = blocks[b * numbers + i] + s * m->noise[i];
    PetscCall(transform(m, m->noise, m->noise_mode + b * modes));
    PetscCall(transform(m, blocks + b * numbers, m->clean_mode + b * modes));
  }
  PetscFunctionReturn(0);
}

/* Adds what denoised fields say about the curvature. */
static PetscErrorCode add_curvature(measurement *m, int count, const double *blocks)
{
  PetscFunctionBeginUser;
  const int64_t numbers = sq_score_numbers(m->score);
  for (int b = 0; b < count; b++) {
    const double *clean = m->clean + b * numbers;
    for (int64_t i = 0; i < numbers; i++) m->error[i] = clean[i] - blocks[b * numbers + i];
    PetscCall(sq_curvature_add(m->curvature, clean, m->error));
  }
  PetscFunctionReturn(0);
}

/* Adds the spectra of the denoiser's errors on this replica's fields at noise s. */
static PetscErrorCode add_errors(measurement *m, uint64_t seed, int64_t first, int64_t count, double s,
                                 const double *blocks)
{
  PetscFunctionBeginUser;
  sq_fft *fft = m->score->fft;
  const int64_t numbers = sq_score_numbers(m->score);
  for (int64_t o = 0; o < fft->orbits.count; o++)
    m->filter[o] = m->score->propagator[o] / (m->score->propagator[o] + s * s);
  for (int64_t at = 0; at < count; at += m->batch) {
    int fields = (int)(count - at < m->batch ? count - at : m->batch);
    PetscCall(prepare(m, seed, first + at, fields, s, blocks + at * numbers));
    PetscCall(m->score->denoise(m->score->self, 1, s, fields, m->noisy, m->clean));
    PetscCall(add_curvature(m, fields, blocks + at * numbers));
    for (int64_t i = 0; i < fields * numbers; i++) m->clean[i] -= blocks[at * numbers + i];
    for (int64_t e = 0; e < (int64_t)fields * m->components; e++) {
      PetscCall(sq_fft_forward(fft, m->clean + e * fft->lattice->local_volume, fft->work));
      add_modes(m, s, fft->work, m->clean_mode + e * fft->modes, m->noise_mode + e * fft->modes);
    }
  }
  PetscFunctionReturn(0);
}

static void fill_basis(const measurement *m, double s)
{
  int64_t orbits = m->score->fft->orbits.count;
  double *b = m->basis;
  for (int64_t o = 0; o < orbits; o++) {
    double gain = m->score->propagator[o] / (m->score->propagator[o] + s * s);
    b[o] = 1, b[orbits + o] = gain, b[2 * orbits + o] = gain * gain, b[3 * orbits + o] = o == 0;
  }
}

static double dot(int64_t n, const double *weight, const double *x, const double *y)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += weight[i] * x[i] * y[i];
  return sum;
}

/* Replaces x[n], measured with variances 1/weight, by its smooth part. The basis is made orthonormal (Gram-Schmidt), so
 * that every coefficient c is measured with variance 1; each is shrunk by c^2/(1 + c^2), which leaves least error when
 * its true size is about c. */
static void smooth(int64_t n, const double *weight, double *b, double *x)
{
  double coefficient[BASIS];
  for (int j = 0; j < BASIS; j++) {
    double *bj = b + j * n, before = dot(n, weight, bj, bj);
    for (int i = 0; i < j; i++) {
      double overlap = dot(n, weight, b + i * n, bj);
      for (int64_t o = 0; o < n; o++) bj[o] -= overlap * b[i * n + o];
    }
    double norm = dot(n, weight, bj, bj);
    double unit = norm > 1e-8 * before ? 1 / sqrt(norm) : 0; /* 0: nothing new */
    for (int64_t o = 0; o < n; o++) bj[o] *= unit;
    double c = dot(n, weight, bj, x);
    coefficient[j] = c * c * c / (1 + c * c);
  }
  memset(x, 0, (size_t)n * sizeof *x);
  for (int j = 0; j < BASIS; j++)
    for (int64_t o = 0; o < n; o++) x[o] += coefficient[j] * b[j * n + o];
}

/* R of an orbit from the sums over total fields, and the variance of what was measured; modes and fields count as
 * independent. */
static double controlled(const measurement *m, int64_t total, int64_t o, double *variance)
{
  int64_t orbits = m->score->fft->orbits.count;
  double mean[SUMS];
  for (int i = 0; i < SUMS; i++) mean[i] = sq_sum_value(&m->sum[i * orbits + o]) / (double)total;
  double wiener = mean[WW] - mean[W] * mean[W], common = mean[DW] - mean[D] * mean[W];
  double left = mean[DD] - mean[D] * mean[D] - (wiener > 0 ? common * common / wiener : 0);
  *variance = left / ((double)total * (double)m->score->fft->orbits.multiplicity[o]);
  return sq_controlled_mean(mean[D], mean[W], m->gaussian[o], mean[WW], mean[DW]);
}

/* ratio[orbits] at noise s. */
static void smooth_ratio(measurement *m, int64_t total, double s, double *ratio)
{
  const double least = 1e-3, sharpest = 1e-6; /* of ratios; of their errors */
  int64_t orbits = m->score->fft->orbits.count;
  for (int64_t o = 0; o < orbits; o++) {
    double variance, G = m->gaussian[o];
    ratio[o] = controlled(m, total, o, &variance) / G - 1;
    m->weight[o] = 1 / fmax(variance / (G * G), sharpest * sharpest);
  }
  fill_basis(m, s);
  smooth(orbits, m->weight, m->basis, ratio);
  for (int64_t o = 0; o < orbits; o++) ratio[o] = fmax(least, 1 + ratio[o]);
}

PetscErrorCode sq_posterior_measure(const sq_score *score, const sq_grid *grid, uint64_t seed, int64_t first,
                                    int64_t count, const double *blocks, int batch, int levels, const double *s,
                                    double *ratio, double *curvature)
{
  PetscFunctionBeginUser;
  measurement m = {.score = score, .batch = batch, .components = sq_score_components(score)};
  int64_t orbits = score->fft->orbits.count, total;
  PetscCallMPI(MPI_Allreduce(&count, &total, 1, MPI_INT64_T, MPI_SUM, grid->across));
  PetscCheck(total > 0, grid->world, PETSC_ERR_ARG_OUTOFRANGE, "no fields to measure on");
  total *= m.components;
  PetscCall(allocate(&m));
  for (int k = 0; k < levels; k++) {
    memset(m.sum, 0, (size_t)(SUMS * orbits) * sizeof *m.sum);
    sq_gaussian_posterior(orbits, score->propagator, 1, s[k], m.gaussian);
    PetscCall(sq_curvature_begin(m.curvature, m.gaussian));
    PetscCall(add_errors(&m, seed, first, count, s[k], blocks));
    PetscCall(sq_sum_reduce(grid->world, (int)(SUMS * orbits), m.sum));
    smooth_ratio(&m, total, s[k], ratio + k * orbits);
    PetscCall(sq_curvature_finish(m.curvature, grid, total / m.components, &curvature[k]));
  }
  PetscCall(clear(&m));
  PetscFunctionReturn(0);
}
