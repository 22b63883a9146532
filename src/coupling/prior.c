/* SPDX-License-Identifier: BSD-3-Clause */
/* The prior of a coupling flow: draws, densities and their derivatives, mode by mode; see the header. */
#include "src/coupling/prior.h"
#include <math.h>
#include <string.h>

/* ---- given the mean ---- */

static double rho_of(const sq_prior *p)
{
  double slope;
  return exp(sq_coupling_cap(p->weight[SQ_PRIOR_RHO], &slope));
}

static void set_mean(const sq_prior *p, double z0, sq_prior_mean *m)
{
  const double stretch = exp(p->weight[SQ_PRIOR_ALPHA]);
  m->z0 = z0;
  sq_coupling_bend(rho_of(p), exp(p->weight[SQ_PRIOR_B]), z0, &m->bend);
  m->zeta = stretch * m->bend.value;
  m->by_alpha = stretch * m->bend.slope;
  m->at = sq_background_look(&p->background, m->zeta);
  const double square = m->zeta * m->zeta, share = square / (1 + square);
  const double slope = 2 * m->zeta / ((1 + square) * (1 + square));
  for (int k = 0; k < SQ_PRIOR_POWERS; k++) {
    m->power[k] = k > 0 ? m->power[k - 1] * share : share;
    m->power_slope[k] = (k + 1) * (k > 0 ? m->power[k - 1] : 1) * slope;
  }
}

/* z0 of a mean. */
static double unset_mean(const sq_prior *p, double a)
{
  const double zeta = sq_background_find(&p->background, a);
  return sq_coupling_unbend(rho_of(p), exp(p->weight[SQ_PRIOR_B]), zeta * exp(-p->weight[SQ_PRIOR_ALPHA]));
}

/* R - 2 hop sum cos p. */
static double stiffness(const sq_prior *p, const sq_prior_mean *m, int64_t orbit)
{
  return exp(m->at.gap) + p->background.floor - 2 * p->background.hop * p->fft->orbits.phase_cos[orbit];
}

/* log C of all orbits but the first; the sum over the modes of it. */
static double set_spectrum(sq_prior *p, const sq_prior_mean *m)
{
  const sq_orbits *o = &p->fft->orbits;
  double sum = 0;
  for (int64_t i = 1; i < o->count; i++) p->log_C[i] = -log(stiffness(p, m, i));
  for (int j = 0; j < SQ_PRIOR_WAVES; j++) {
    const double *c = p->weight + SQ_PRIOR_SPECTRUM + j * (1 + SQ_PRIOR_POWERS);
    double part = c[0];
    for (int k = 0; k < SQ_PRIOR_POWERS; k++) part += c[1 + k] * m->power[k];
    for (int64_t i = 1; i < o->count; i++) p->log_C[i] += part * p->wave[j * o->count + i];
  }
  for (int64_t i = 1; i < o->count; i++) sum += (double)o->multiplicity[i] * p->log_C[i];
  return sum;
}

/* What every rank knows of log q, beside the noise: counted once. */
static void add_slopes(const sq_prior *p, const sq_prior_mean *m, double log_C, sq_sum *log_q)
{
  if (p->lattice->rank) return;
  sq_sum_add(log_q, -0.5 * log_C - log(m->at.slope) - log(m->by_alpha));
  sq_sum_add(log_q, -0.5 * (double)p->lattice->volume * log(2 * PETSC_PI));
}

/* ---- fields ---- */

/* The means of `fields`, [b] into mean[b].z0, over the root of the volume. */
static PetscErrorCode sum_fields(sq_prior *p, int count)
{
  PetscFunctionBeginUser;
  const int64_t n = p->lattice->local_volume;
  memset(p->sum, 0, (size_t)count * sizeof *p->sum);
  for (int b = 0; b < count; b++) sq_sum_add_array(&p->sum[b], n, p->fields + b * n);
  PetscCall(sq_sum_reduce(p->lattice->comm, count, p->sum));
  for (int b = 0; b < count; b++) p->mean[b].z0 = sq_sum_value(&p->sum[b]) / sqrt((double)p->lattice->volume);
  PetscFunctionReturn(0);
}

/* Modes times e^{power log C}; the mode p = 0 becomes `zero`. */
static void scale_modes(const sq_prior *p, double power, double zero, double complex *mode)
{
  const sq_fft *f = p->fft;
  for (int64_t i = 0; i < f->modes; i++) mode[i] = f->orbit[i] ? mode[i] * exp(power * p->log_C[f->orbit[i]]) : zero;
}

PetscErrorCode sq_prior_draw(sq_prior *p, uint64_t seed, int64_t first, int count, sq_sum *log_q)
{
  PetscFunctionBeginUser;
  const int64_t n = p->lattice->local_volume;
  const double root = sqrt((double)p->lattice->volume);
  for (int b = 0; b < count; b++) {
    double *z = p->fields + b * n;
    sq_block_normals(p->lattice, sq_stream_make(seed, SQ_RNG_PRIOR, (uint64_t)(first + b)), 0, 0, z);
    for (int64_t i = 0; i < n; i++) sq_sum_add(&log_q[b], -0.5 * z[i] * z[i]);
  }
  PetscCall(sum_fields(p, count));
  for (int b = 0; b < count; b++) {
    sq_prior_mean *m = &p->mean[b];
    set_mean(p, m->z0, m);
    add_slopes(p, m, set_spectrum(p, m), &log_q[b]);
    PetscCall(sq_fft_forward(p->fft, p->fields + b * n, p->fft->work));
    scale_modes(p, 0.5, root * m->at.a, p->fft->work);
    PetscCall(sq_fft_inverse(p->fft, p->fft->work, p->fields + b * n));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_prior_density(sq_prior *p, int count, sq_sum *log_q)
{
  PetscFunctionBeginUser;
  const int64_t n = p->lattice->local_volume;
  const sq_fft *f = p->fft;
  PetscCall(sum_fields(p, count));
  for (int b = 0; b < count; b++) {
    sq_prior_mean *m = &p->mean[b];
    set_mean(p, unset_mean(p, m->z0), m);
    add_slopes(p, m, set_spectrum(p, m), &log_q[b]);
    PetscCall(sq_fft_forward(p->fft, p->fields + b * n, f->work));
    const double share = -0.5 / (double)p->lattice->volume;
    for (int64_t i = 0; i < f->modes; i++) {
      const double complex phi = f->work[i];
      const double square = creal(phi) * creal(phi) + cimag(phi) * cimag(phi);
      if (f->orbit[i]) sq_sum_add(&log_q[b], share * f->weight[i] * square * exp(-p->log_C[f->orbit[i]]));
    }
    if (p->lattice->rank == 0) sq_sum_add(&log_q[b], -0.5 * m->z0 * m->z0);
  }
  PetscFunctionReturn(0);
}

/* ---- derivatives ---- */

/* From by_log_C, this rank's part, to the weights of the spectrum; returns the derivative by zeta. */
static double spectrum_back(const sq_prior *p, const sq_prior_mean *m, double *gradient)
{
  const sq_orbits *o = &p->fft->orbits;
  const double rise = exp(m->at.gap) * m->at.gap_slope;
  double by_zeta = 0;
  for (int64_t i = 1; i < o->count; i++) by_zeta -= p->by_log_C[i] * rise / stiffness(p, m, i);
  for (int j = 0; j < SQ_PRIOR_WAVES; j++) {
    const int at = SQ_PRIOR_SPECTRUM + j * (1 + SQ_PRIOR_POWERS);
    double by_wave = 0;
    for (int64_t i = 1; i < o->count; i++) by_wave += p->by_log_C[i] * p->wave[j * o->count + i];
    gradient[at] += by_wave;
    for (int k = 0; k < SQ_PRIOR_POWERS; k++) {
      gradient[at + 1 + k] += by_wave * m->power[k];
      by_zeta += by_wave * p->weight[at + 1 + k] * m->power_slope[k];
    }
  }
  return by_zeta;
}

/* by_log_C = -multiplicity factor/2, counted once. */
static void begin_log_C(const sq_prior *p, double factor)
{
  const sq_orbits *o = &p->fft->orbits;
  for (int64_t i = 0; i < o->count; i++)
    p->by_log_C[i] = p->lattice->rank ? 0 : -0.5 * factor * (double)o->multiplicity[i];
}

static void add_gradient(const double *from, float *gradient)
{
  for (int i = 0; i < SQ_PRIOR_WEIGHTS; i++) gradient[i] += (float)from[i];
}

static void pull_mean(const sq_prior *p, const sq_prior_mean *m, double by_zeta, double factor, double *gradient)
{
  const double stretch = exp(p->weight[SQ_PRIOR_ALPHA]);
  gradient[SQ_PRIOR_ALPHA] += by_zeta * m->zeta - factor;
  gradient[SQ_PRIOR_RHO] += p->rho_slope * (by_zeta * stretch * m->bend.by_rho - factor * m->bend.slope_by_rho);
  gradient[SQ_PRIOR_B] += by_zeta * stretch * m->bend.by_b - factor * m->bend.slope_by_b;
}

PetscErrorCode sq_prior_pull(sq_prior *p, int count, const double *cotangent, const double *factor, float *gradient)
{
  PetscFunctionBeginUser;
  const int64_t n = p->lattice->local_volume;
  const sq_fft *f = p->fft;
  const double share = 1 / (double)p->lattice->volume, root = sqrt((double)p->lattice->volume);
  double sum[SQ_PRIOR_WEIGHTS] = {0};
  double complex *other;
  PetscCall(sq_alloc(f->modes, &other));
  for (int b = 0; b < count; b++) {
    const sq_prior_mean *m = &p->mean[b];
    const double mine = p->lattice->rank ? 0 : factor[b];
    double by_zeta = -mine * m->at.curve;
    PetscCall(sq_fft_forward(p->fft, cotangent + b * n, other));
    PetscCall(sq_fft_forward(p->fft, p->fields + b * n, f->work));
    begin_log_C(p, factor[b]);
    for (int64_t i = 0; i < f->modes; i++)
      if (f->orbit[i]) p->by_log_C[f->orbit[i]] += 0.5 * share * f->weight[i] * creal(conj(other[i]) * f->work[i]);
      else by_zeta += creal(other[i]) / root * m->at.slope;
    by_zeta += spectrum_back(p, m, sum);
    pull_mean(p, m, by_zeta, mine, sum);
  }
  sq_free(&other);
  add_gradient(sum, gradient);
  PetscFunctionReturn(0);
}

/* d log q/d z0 at fixed weights, but for the spectrum. */
static double slope_of_noise(const sq_prior_mean *m)
{
  return -m->z0 - m->bend.curve;
}

/* zeta stays, z0 moves. */
static void back_mean(const sq_prior *p, const sq_prior_mean *m, double factor, double *gradient)
{
  const double by_z0 = factor * slope_of_noise(m), stretch = exp(p->weight[SQ_PRIOR_ALPHA]);
  const double per = by_z0 / m->by_alpha;
  gradient[SQ_PRIOR_ALPHA] += -per * m->zeta - factor;
  gradient[SQ_PRIOR_RHO] += p->rho_slope * (-per * stretch * m->bend.by_rho - factor * m->bend.slope_by_rho);
  gradient[SQ_PRIOR_B] += -per * stretch * m->bend.by_b - factor * m->bend.slope_by_b;
}

/* Derivatives of field b by the spectrum; returns this rank's part of that by zeta. */
static PetscErrorCode back_spectrum(sq_prior *p, int b, double factor, double *gradient, double *by_zeta)
{
  PetscFunctionBeginUser;
  const sq_fft *f = p->fft;
  const double share = 0.5 * factor / (double)p->lattice->volume;
  (void)set_spectrum(p, &p->mean[b]);
  PetscCall(sq_fft_forward(p->fft, p->fields + b * p->lattice->local_volume, f->work));
  begin_log_C(p, factor);
  for (int64_t i = 0; i < f->modes; i++) {
    const double complex phi = f->work[i];
    const double square = creal(phi) * creal(phi) + cimag(phi) * cimag(phi);
    if (f->orbit[i]) p->by_log_C[f->orbit[i]] += share * f->weight[i] * square * exp(-p->log_C[f->orbit[i]]);
  }
  *by_zeta = spectrum_back(p, &p->mean[b], gradient);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_prior_back(sq_prior *p, int count, const double *factor, double *score, float *gradient)
{
  PetscFunctionBeginUser;
  const int64_t n = p->lattice->local_volume;
  const double root = sqrt((double)p->lattice->volume);
  double sum[SQ_PRIOR_WEIGHTS] = {0}, by_zeta = 0;
  memset(p->sum, 0, (size_t)count * sizeof *p->sum);
  for (int b = 0; b < count; b++) {
    PetscCall(back_spectrum(p, b, factor[b], sum, &by_zeta));
    sq_sum_add(&p->sum[b], by_zeta);
    if (!p->lattice->rank) back_mean(p, &p->mean[b], factor[b], sum);
    scale_modes(p, -1, 0, p->fft->work);
    for (int64_t i = 0; i < p->fft->modes; i++) p->fft->work[i] *= -factor[b];
    PetscCall(sq_fft_inverse(p->fft, p->fft->work, score + b * n));
  }
  PetscCall(sq_sum_reduce(p->lattice->comm, count, p->sum));
  for (int b = 0; b < count; b++) {
    const sq_prior_mean *m = &p->mean[b];
    const double by = factor[b] * (slope_of_noise(m) / m->by_alpha - m->at.curve) + sq_sum_value(&p->sum[b]);
    for (int64_t i = 0; i < n; i++) score[b * n + i] += by / m->at.slope / root;
  }
  add_gradient(sum, gradient);
  PetscFunctionReturn(0);
}

/* ---- set-up ---- */

void sq_prior_load(sq_prior *p, const float *weight)
{
  for (int i = 0; i < SQ_PRIOR_WEIGHTS; i++) p->weight[i] = (double)weight[i];
  (void)sq_coupling_cap(p->weight[SQ_PRIOR_RHO], &p->rho_slope);
}

PetscErrorCode sq_prior_create(const sq_lattice *lattice, const sq_action *action, int batch, sq_prior *p)
{
  PetscFunctionBeginUser;
  *p = (sq_prior){.lattice = lattice, .batch = batch, .rho_slope = 1};
  PetscCall(sq_fft_create(lattice, &p->fft));
  const sq_orbits *o = &p->fft->orbits;
  sq_background_make(action, o, (double)lattice->volume, &p->background);
  PetscCall(sq_alloc(SQ_PRIOR_WAVES * o->count, &p->wave));
  PetscCall(sq_alloc(o->count, &p->log_C));
  PetscCall(sq_alloc(o->count, &p->by_log_C));
  PetscCall(sq_alloc(batch * lattice->local_volume, &p->fields));
  PetscCall(sq_alloc(batch, &p->mean));
  PetscCall(sq_alloc(batch, &p->sum));
  for (int j = 0; j < SQ_PRIOR_WAVES; j++)
    for (int64_t i = 0; i < o->count; i++)
      p->wave[j * o->count + i] = cos(PETSC_PI * j * o->phat2[i] / (4 * lattice->dim));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_prior_destroy(sq_prior *p)
{
  PetscFunctionBeginUser;
  sq_free(&p->wave);
  sq_free(&p->log_C);
  sq_free(&p->by_log_C);
  sq_free(&p->fields);
  sq_free(&p->mean);
  sq_free(&p->sum);
  PetscCall(sq_fft_destroy(&p->fft));
  PetscFunctionReturn(0);
}
