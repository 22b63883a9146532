/* The Gaussian-exact ancestral sampler; the formulae are in the header.
 *
 * Fields are blocks [batch][local_volume]. White noise is addressed by (sample, level, site) and coloured by FFT.
 */
#include "squall/diffusion.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_sampler_create(const sq_score *score, const sq_noise_grid *grid, int batch, sq_sampler **sampler)
{
  PetscFunctionBeginUser;
  sq_sampler *s;
  int         steps  = grid->steps;
  int64_t     volume = score->fft->lattice->local_volume, orbits = score->fft->orbits.count;
  PetscCall(sq_alloc(1, &s));
  s->score = *score;
  s->batch = batch;
  s->grid  = *grid;
  PetscCall(sq_alloc((steps + 1) * orbits, &s->posterior));
  PetscCall(sq_alloc(batch * volume, &s->clean));
  PetscCall(sq_alloc(volume, &s->noise));
  PetscCall(sq_alloc(volume, &s->coloured));
  PetscCall(sq_alloc(batch, &s->sums));
  PetscCall(sq_alloc(orbits, &s->filter));
  PetscCall(sq_alloc(orbits, &s->prior));
  for (int64_t o = 0; o < orbits; o++) s->prior[o] = sqrt(pow(s->grid.a[steps], 2) * score->propagator[o] + pow(s->grid.s[steps], 2));
  for (int k = 1; k <= steps; k++) score->posterior(score->self, grid->a[k], grid->s[k], s->posterior + k * orbits);
  *sampler = s;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_destroy(sq_sampler **sampler)
{
  PetscFunctionBeginUser;
  if (!*sampler) PetscFunctionReturn(0);
  sq_sampler *s = *sampler;
  double **array[] = {&s->posterior, &s->clean, &s->noise, &s->coloured, &s->filter, &s->prior};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&s->sums);
  sq_free(sampler);
  PetscFunctionReturn(0);
}

/* ---- one reverse step --------------------------------------------------------------------------- */

sq_reverse_step sq_reverse_step_at(const sq_noise_grid *grid, int k)
{
  const double *a = grid->a, *s = grid->s;
  double        r = a[k] / a[k - 1], s2 = s[k] * s[k], below = s[k - 1] * s[k - 1], v = s2 - r * r * below;
  return (sq_reverse_step){.r = r, .v = v, .keep = r * below / s2, .take = a[k - 1] * v / s2, .rest = v * below / s2};
}

void sq_sampler_filter(const sq_sampler *s, int k, double *filter)
{
  const sq_reverse_step step   = sq_reverse_step_at(&s->grid, k);
  int64_t               orbits = s->score.fft->orbits.count;
  for (int64_t o = 0; o < orbits; o++) filter[o] = sqrt(step.rest + step.take * step.take * s->posterior[k * orbits + o]);
}

/* Adds the terms of the path weight that are sums over sites: eps^2/2 of the white noise that was drawn (from -log p), and
 * -(phi_k - r phi_{k-1})^2/(2v) (from log q). */
static void weigh_step(int64_t volume, double r, double v, const double *noise, const double *above, const double *below, sq_sum *sum)
{
  for (int64_t i = 0; i < volume; i++) {
    double jump = above[i] - r * below[i];
    sq_sum_add(sum, 0.5 * (noise[i] * noise[i] - jump * jump / v));
  }
}

/* log of the ratio of normalisations at step k: half the sum over modes of log C(p)/v. */
static double log_volume(const sq_sampler *s, double v)
{
  const sq_orbits *orbits = &s->score.fft->orbits;
  double           sum    = 0;
  for (int64_t o = 0; o < orbits->count; o++) sum += (double)orbits->multiplicity[o] * log(s->filter[o] * s->filter[o] / v);
  return 0.5 * sum;
}

static PetscErrorCode reverse_step(sq_sampler *s, uint64_t seed, int64_t first, int count, int k, double *blocks, double *log_path, sq_sum *sums)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = s->score.fft->lattice;
  int64_t           volume  = lattice->local_volume;
  sq_reverse_step   step    = sq_reverse_step_at(&s->grid, k);
  sq_sampler_filter(s, k, s->filter);
  PetscCall(s->score.denoise(s->score.self, s->grid.a[k], s->grid.s[k], count, blocks, s->clean));
  for (int b = 0; b < count; b++) {
    double *phi = blocks + b * volume, *below = s->clean + b * volume;
    sq_block_normals(lattice, sq_stream_make(seed, SQ_RNG_REVERSE, (uint64_t)(first + b)), (uint64_t)k, 0, s->noise);
    PetscCall(sq_fft_filter(s->score.fft, s->filter, s->noise, s->coloured));
    for (int64_t i = 0; i < volume; i++) below[i] = step.keep * phi[i] + step.take * below[i] + s->coloured[i];
    weigh_step(volume, step.r, step.v, s->noise, phi, below, &sums[b]);
    log_path[b] += log_volume(s, step.v);
    memcpy(phi, below, (size_t)volume * sizeof *phi);
  }
  PetscFunctionReturn(0);
}

/* The first level: phi_n ~ N(0, a^2 G + s^2), and -log of its density. */
static PetscErrorCode draw_prior(sq_sampler *s, uint64_t seed, int64_t sample, double *phi, double *log_path, sq_sum *sum)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &s->score.fft->orbits;
  sq_block_normals(s->score.fft->lattice, sq_stream_make(seed, SQ_RNG_PRIOR, (uint64_t)sample), 0, 0, s->noise);
  for (int64_t i = 0; i < s->score.fft->lattice->local_volume; i++) sq_sum_add(sum, 0.5 * s->noise[i] * s->noise[i]);
  PetscCall(sq_fft_filter(s->score.fft, s->prior, s->noise, phi));
  *log_path = 0.5 * log(2 * M_PI) * (double)s->score.fft->lattice->volume;
  for (int64_t o = 0; o < orbits->count; o++) *log_path += (double)orbits->multiplicity[o] * log(s->prior[o]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_generate(sq_sampler *s, uint64_t seed, int64_t first, int count, double *blocks, double *log_path, sq_sampler_watch watch, void *context)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = s->score.fft->lattice;
  memset(s->sums, 0, (size_t)count * sizeof *s->sums);
  for (int b = 0; b < count; b++) PetscCall(draw_prior(s, seed, first + b, blocks + b * lattice->local_volume, &log_path[b], &s->sums[b]));
  if (watch) PetscCall(watch(context, s->grid.steps, blocks));
  for (int k = s->grid.steps; k >= 1; k--) {
    PetscCall(reverse_step(s, seed, first, count, k, blocks, log_path, s->sums));
    if (watch) PetscCall(watch(context, k - 1, blocks));
  }
  PetscCall(sq_sum_reduce(lattice->comm, count, s->sums));
  for (int b = 0; b < count; b++) log_path[b] += sq_sum_value(&s->sums[b]);
  PetscFunctionReturn(0);
}
