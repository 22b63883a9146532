/* SPDX-License-Identifier: BSD-3-Clause */
/* The sampler: levels, prior, the way down; and the steps that are Gaussian kernels, with their path weights. The
 * formulae are in the header.
 *
 * Fields are blocks [batch][components][local_volume]. White noise is addressed by (sample, level, number) and coloured
 * by FFT, component by component.
 */
#include "src/diffusion/sampler.h"
#include <math.h>
#include <string.h>

static void normals(void *context, const sq_score *score, sq_stream stream, uint64_t step, uint16_t draw, double *block)
{
  (void)context;
  sq_score_normals(score, stream, step, draw, block);
}

/* A type that can takes the shape that the score knows. */
static PetscErrorCode choose_shape(sq_sampler *s)
{
  PetscFunctionBeginUser;
  const bool shaped = s->type->shaped && sq_shape_is_known(&s->score);
  if (shaped == (s->shape != NULL)) PetscFunctionReturn(0);
  if (!shaped) {
    PetscCall(sq_shape_destroy(&s->shape));
    sq_free(&s->bent);
    PetscFunctionReturn(0);
  }
  PetscCall(sq_shape_create(&s->score, &s->shape));
  PetscCall(sq_alloc(s->batch * sq_score_numbers(&s->score), &s->bent));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_create(const sq_score *score, const sq_noise_grid *grid, int batch, sq_sampler **sampler)
{
  PetscFunctionBeginUser;
  sq_sampler *s;
  int steps = grid->steps;
  int64_t numbers = sq_score_numbers(score), orbits = score->fft->orbits.count;
  PetscCall(sq_alloc(1, &s));
  s->type = sq_sampler_types[0];
  s->source = normals;
  s->score = *score;
  s->batch = batch;
  s->grid = *grid;
  PetscCall(sq_alloc((steps + 1) * orbits, &s->posterior));
  PetscCall(sq_alloc(batch * numbers, &s->clean));
  PetscCall(sq_alloc(batch * numbers, &s->noise));
  PetscCall(sq_alloc(batch * numbers, &s->coloured));
  PetscCall(sq_alloc(batch, &s->sums));
  PetscCall(sq_alloc(orbits, &s->filter));
  PetscCall(sq_alloc(orbits, &s->prior));
  for (int64_t o = 0; o < orbits; o++)
    s->prior[o] = sqrt(pow(s->grid.a[steps], 2) * score->propagator[o] + pow(s->grid.s[steps], 2));
  for (int k = 1; k <= steps; k++) score->posterior(score->self, grid->a[k], grid->s[k], s->posterior + k * orbits);
  PetscCall(choose_shape(s));
  *sampler = s;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_destroy(sq_sampler **sampler)
{
  PetscFunctionBeginUser;
  if (!*sampler) PetscFunctionReturn(0);
  sq_sampler *s = *sampler;
  double **array[] = {&s->posterior, &s->clean, &s->noise, &s->coloured, &s->filter, &s->prior, &s->kept, &s->bent};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&s->sums);
  PetscCall(sq_shape_destroy(&s->shape));
  sq_free(sampler);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_set_type(sq_sampler *s, const sq_sampler_type *type, int corrections, double snr)
{
  PetscFunctionBeginUser;
  s->type = type;
  s->corrections = corrections;
  s->snr = snr;
  PetscCall(choose_shape(s));
  sq_free(&s->kept);
  PetscCall(sq_alloc(type->buffers * s->batch * sq_score_numbers(&s->score), &s->kept));
  PetscFunctionReturn(0);
}

void sq_sampler_set_plain_prior(sq_sampler *s)
{
  s->plain_prior = true;
  for (int64_t o = 0; o < s->score.fft->orbits.count; o++) s->prior[o] = s->grid.s[s->grid.steps];
}

/* ---- Gaussian kernels ---- */

sq_reverse_step sq_reverse_step_at(const sq_noise_grid *grid, int k)
{
  const double *a = grid->a, *s = grid->s;
  double r = a[k] / a[k - 1], s2 = s[k] * s[k], below = s[k - 1] * s[k - 1], v = s2 - r * r * below;
  return (sq_reverse_step){.r = r, .v = v, .keep = r * below / s2, .take = a[k - 1] * v / s2, .rest = v * below / s2};
}

void sq_forward_step(const sq_reverse_step *step, int64_t n, const double *below, const double *noise, double *above)
{
  const double width = sqrt(step->v);
  for (int64_t i = 0; i < n; i++) above[i] = step->r * below[i] + width * noise[i];
}

static void ancestral_kernel(const sq_sampler *s, int k, double *keep, double *take, double *variance)
{
  const sq_reverse_step step = sq_reverse_step_at(&s->grid, k);
  int64_t orbits = s->score.fft->orbits.count;
  *keep = step.keep;
  *take = step.take;
  for (int64_t o = 0; o < orbits; o++) variance[o] = step.rest + step.take * step.take * s->posterior[k * orbits + o];
}

static void ddpm_kernel(const sq_sampler *s, int k, double *keep, double *take, double *variance)
{
  const sq_reverse_step step = sq_reverse_step_at(&s->grid, k);
  *keep = step.keep;
  *take = step.take;
  for (int64_t o = 0; o < s->score.fft->orbits.count; o++) variance[o] = step.v;
}

void sq_sampler_filter(const sq_sampler *s, int k, double *filter)
{
  double keep, take;
  ancestral_kernel(s, k, &keep, &take, filter);
  for (int64_t o = 0; o < s->score.fft->orbits.count; o++) filter[o] = sqrt(filter[o]);
}

void sq_euler_kernel(const sq_sampler *s, int k, double *keep, double *take, double *variance)
{
  double a = s->grid.a[k], s2 = s->grid.s[k] * s->grid.s[k], spread = s->grid.spread[k];
  *keep = 1 - s->grid.drift[k] - spread / s2;
  *take = spread * a / s2;
  for (int64_t o = 0; o < s->score.fft->orbits.count; o++) variance[o] = spread;
}

/* Adds the terms of the path weight that are sums over sites: eps^2/2 of the white noise that was drawn (from -log p),
 * and
 * -(phi_k - r phi_{k-1})^2/(2v) (from log q). */
static void weigh_step(int64_t volume, double r, double v, const double *noise, const double *above,
                       const double *below, sq_sum *sum)
{
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  for (int64_t first = 0; first < volume; first += SQ_TERMS) {
    int64_t count = PetscMin(volume - first, SQ_TERMS);
    double *term = sq_terms_room(&terms, count);
    for (int64_t i = 0; i < count; i++) {
      double z = noise[first + i], jump = above[first + i] - r * below[first + i];
      term[i] = 0.5 * (z * z - jump * jump / v);
    }
  }
  sq_terms_end(&terms);
}

/* log of the ratio of normalisations at a step: half the sum over modes of log C(p)/v. */
static double log_volume(const sq_sampler *s, double v)
{
  const sq_orbits *orbits = &s->score.fft->orbits;
  double sum = 0;
  for (int64_t o = 0; o < orbits->count; o++)
    sum += (double)orbits->multiplicity[o] * log(s->filter[o] * s->filter[o] / v);
  return 0.5 * sum * sq_score_components(&s->score);
}

/* coloured[count] of the white noise, as the shape has it; its terms of the path weights. */
static PetscErrorCode colour_shaped(sq_sampler *s, int k, const sq_reverse_step *step, const sq_sampler_paths *paths,
                                    const double *blocks)
{
  PetscFunctionBeginUser;
  const int64_t numbers = sq_score_numbers(&s->score);
  memcpy(s->bent, s->noise, (size_t)(paths->count * numbers) * sizeof *s->bent);
  PetscCall(
    sq_shape_set(s->shape, s->grid.a[k], s->grid.s[k], step, s->posterior + k * s->score.fft->orbits.count, s->filter));
  for (int b = 0; b < paths->count; b++)
    PetscCall(sq_shape_bend(s->shape, s->clean + b * numbers, s->bent + b * numbers, &paths->sums[b]));
  PetscCall(sq_score_filter(&s->score, s->filter, paths->count, s->bent, s->coloured));
  PetscCall(sq_shape_draw_zero(s->shape, paths->count, blocks, s->clean, s->bent, s->coloured, paths->log_path));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_kernel_step(sq_sampler *s, int k, sq_sampler_paths *paths, double *blocks)
{
  PetscFunctionBeginUser;
  const sq_reverse_step forward = sq_reverse_step_at(&s->grid, k);
  int64_t volume = sq_score_numbers(&s->score), orbits = s->score.fft->orbits.count;
  double keep, take;
  s->type->kernel(s, k, &keep, &take, s->filter);
  for (int64_t o = 0; o < orbits; o++) s->filter[o] = sqrt(s->filter[o]);
  PetscCall(s->score.denoise(s->score.self, s->grid.a[k], s->grid.s[k], paths->count, blocks, s->clean));
  for (int b = 0; b < paths->count; b++)
    s->source(s->source_context, &s->score, sq_stream_make(paths->seed, SQ_RNG_REVERSE, (uint64_t)(paths->first + b)),
              (uint64_t)k, 0, s->noise + b * volume);
  if (s->shape) PetscCall(colour_shaped(s, k, &forward, paths, blocks));
  else PetscCall(sq_score_filter(&s->score, s->filter, paths->count, s->noise, s->coloured));
  for (int b = 0; b < paths->count; b++) {
    double *phi = blocks + b * volume, *below = s->clean + b * volume;
    const double *coloured = s->coloured + b * volume;
    for (int64_t i = 0; i < volume; i++) below[i] = keep * phi[i] + take * below[i] + coloured[i];
    weigh_step(volume, forward.r, forward.v, s->noise + b * volume, phi, below, &paths->sums[b]);
    paths->log_path[b] += log_volume(s, forward.v);
    memcpy(phi, below, (size_t)volume * sizeof *phi);
  }
  PetscFunctionReturn(0);
}

/* The first level: phi_n ~ N(0, a^2 G + s^2), and -log of its density. */
static PetscErrorCode draw_prior(sq_sampler *s, uint64_t seed, int64_t sample, double *phi, double *log_path,
                                 sq_sum *sum)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &s->score.fft->orbits;
  s->source(s->source_context, &s->score, sq_stream_make(seed, SQ_RNG_PRIOR, (uint64_t)sample), 0, 0, s->noise);
  for (int64_t i = 0; i < sq_score_numbers(&s->score); i++) sq_sum_add(sum, 0.5 * s->noise[i] * s->noise[i]);
  PetscCall(sq_score_filter(&s->score, s->prior, 1, s->noise, phi));
  *log_path = 0.5 * log(2 * M_PI) * (double)s->score.fft->lattice->volume;
  for (int64_t o = 0; o < orbits->count; o++) *log_path += (double)orbits->multiplicity[o] * log(s->prior[o]);
  *log_path *= sq_score_components(&s->score);
  if (s->shape && !s->plain_prior)
    PetscCall(sq_shape_draw_prior(s->shape, s->grid.a[s->grid.steps], s->grid.s[s->grid.steps], s->prior[0], s->noise,
                                  phi, log_path));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_generate(sq_sampler *s, uint64_t seed, int64_t first, int count, double *blocks,
                                   double *log_path, sq_generator_watch watch, void *context)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = s->score.fft->lattice;
  sq_sampler_paths paths = {.seed = seed, .first = first, .count = count, .log_path = log_path, .sums = s->sums};
  memset(s->sums, 0, (size_t)count * sizeof *s->sums);
  for (int b = 0; b < count; b++)
    PetscCall(draw_prior(s, seed, first + b, blocks + b * sq_score_numbers(&s->score), &log_path[b], &s->sums[b]));
  if (watch) PetscCall(watch(context, s->grid.steps, blocks));
  for (int k = s->grid.steps; k >= 1; k--) {
    PetscCall(s->type->step(s, k, &paths, blocks));
    if (watch) PetscCall(watch(context, k - 1, blocks));
  }
  PetscCall(sq_sum_reduce(lattice->comm, count, s->sums));
  for (int b = 0; b < count; b++) log_path[b] = s->type->weighted ? log_path[b] + sq_sum_value(&s->sums[b]) : NAN;
  PetscFunctionReturn(0);
}

/* ---- rows of the table ---- */

static int64_t one_each(const sq_sampler *s)
{
  return s->grid.steps;
}

const sq_sampler_type sq_sampler_ancestral = {.name = "ancestral",
                                              .summary = "Gaussian kernels with the exact covariance",
                                              .weighted = true,
                                              .shaped = true,
                                              .kernel = ancestral_kernel,
                                              .step = sq_kernel_step,
                                              .evaluations = one_each};
const sq_sampler_type sq_sampler_ddpm = {.name = "ddpm",
                                         .summary = "DDPM's algorithm 2",
                                         .order = 1,
                                         .weighted = true,
                                         .kernel = ddpm_kernel,
                                         .step = sq_kernel_step,
                                         .evaluations = one_each};
const sq_sampler_type sq_sampler_euler = {.name = "euler",
                                          .summary = "Euler-Maruyama for the reverse equation",
                                          .order = 1,
                                          .weighted = true,
                                          .kernel = sq_euler_kernel,
                                          .step = sq_kernel_step,
                                          .evaluations = one_each};

const char *sq_sampler_name(int index)
{
  return sq_sampler_types[index] ? sq_sampler_types[index]->name : NULL;
}

const sq_sampler_type *sq_sampler_find(const char *name)
{
  return sq_sampler_types[sq_find_name(sq_sampler_name, name)];
}

const char *sq_sampler_weighted_names(char text[SQ_SAMPLER_TEXT])
{
  const char *names[SQ_SAMPLER_TEXT];
  int count = 0;
  for (int i = 0; sq_sampler_types[i]; i++)
    if (sq_sampler_types[i]->weighted) names[count++] = sq_sampler_types[i]->name;
  return sq_name_list(count, names, text, SQ_SAMPLER_TEXT);
}
