/* SPDX-License-Identifier: BSD-3-Clause */
/* The variational bound term by term, on fields of the theory pushed forward; the formulae are in the header.
 *
 * Every level of a field has noise of its own, drawn from q(phi_k|phi_0) at once: the terms need no path. Divergences
 * of Gaussians are in closed form, so only the noise of phi_k is left to chance; where the kernel has a shape beyond
 * its variance, what that gains is taken at one field below, drawn from q.
 */
#include "squall/diffusion.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_sampler *sampler;
  double *noisy, *miss; /* [components][local_volume] phi_k; mean of q minus mean of p */
  double *below,
    *white;         /* [components][local_volume] a field drawn from q; its distance from the mean of p, whitened */
  double *variance; /* [orbits] of p */
  double *constant; /* [steps + 1] what does not depend on the field */
  sq_sum *square;   /* [steps + 1] what does: 1/2 sum |miss_p|^2/(V variance) */
  sq_sum *sum;      /* [2][steps + 2] over fields: terms and total, and their squares */
} bound;

static PetscErrorCode create(sq_sampler *sampler, bound *b)
{
  PetscFunctionBeginUser;
  int64_t volume = sq_score_numbers(&sampler->score), terms = sampler->grid.steps + 1;
  b->sampler = sampler;
  PetscCall(sq_alloc(volume, &b->noisy));
  PetscCall(sq_alloc(volume, &b->miss));
  PetscCall(sq_alloc(volume, &b->below));
  PetscCall(sq_alloc(volume, &b->white));
  PetscCall(sq_alloc(sampler->score.fft->orbits.count, &b->variance));
  PetscCall(sq_alloc(terms, &b->constant));
  PetscCall(sq_alloc(terms, &b->square));
  PetscCall(sq_alloc(2 * (terms + 1), &b->sum));
  PetscFunctionReturn(0);
}

static void destroy(bound *b)
{
  double **array[] = {&b->noisy, &b->miss, &b->below, &b->white, &b->variance, &b->constant};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&b->square);
  sq_free(&b->sum);
}

/* 1/2 sum over modes of (narrow/C - 1 - log(narrow/C)), C = b->variance: the divergence of normal laws with the same
 * mean. */
static double divergence(const bound *b, double narrow)
{
  const sq_orbits *orbits = &b->sampler->score.fft->orbits;
  double sum = 0;
  for (int64_t o = 0; o < orbits->count; o++) {
    double x = narrow / b->variance[o];
    sum += 0.5 * (double)orbits->multiplicity[o] * (x - 1 - log(x));
  }
  return sum * sq_score_components(&b->sampler->score);
}

/* Adds 1/2 sum |miss_p|^2/(V C) over this rank's modes. */
static PetscErrorCode add_square(bound *b, sq_sum *square)
{
  PetscFunctionBeginUser;
  sq_fft *fft = b->sampler->score.fft;
  for (int c = 0; c < sq_score_components(&b->sampler->score); c++) {
    PetscCall(sq_fft_forward(fft, b->miss + c * fft->lattice->local_volume, fft->work));
    for (int64_t k = 0; k < fft->modes; k++) {
      double power = creal(fft->work[k]) * creal(fft->work[k]) + cimag(fft->work[k]) * cimag(fft->work[k]);
      sq_sum_add(square, 0.5 * fft->weight[k] * power / ((double)fft->lattice->volume * b->variance[fft->orbit[k]]));
    }
  }
  PetscFunctionReturn(0);
}

/* What the shape gains at the highest level, on a field drawn from q. */
static PetscErrorCode gain_of_prior(bound *b, uint64_t seed, int64_t field, const double *clean, double *gain)
{
  PetscFunctionBeginUser;
  const sq_sampler *s = b->sampler;
  int n = s->grid.steps;
  double a = s->grid.a[n], width = s->grid.s[n];
  sq_score_normals(&s->score, sq_stream_make(seed, SQ_RNG_FORWARD, (uint64_t)field), (uint64_t)n + 1, 1, b->noisy);
  for (int64_t i = 0; i < sq_score_numbers(&s->score); i++) b->noisy[i] = a * clean[i] + width * b->noisy[i];
  PetscCall(sq_shape_prior_gain(s->shape, a, width, s->prior[0], b->noisy, gain));
  PetscFunctionReturn(0);
}

/* What it gains at the step from level k, noisy, down: on a field drawn from q. */
static PetscErrorCode gain_of_step(bound *b, int k, const sq_reverse_step *step, uint64_t seed, int64_t field,
                                   const double *clean, double *gain)
{
  PetscFunctionBeginUser;
  sq_sampler *s = b->sampler;
  const sq_score *score = &s->score;
  int64_t numbers = sq_score_numbers(score), orbits = score->fft->orbits.count;
  sq_score_normals(score, sq_stream_make(seed, SQ_RNG_FORWARD, (uint64_t)field), (uint64_t)k, 2, b->below);
  for (int64_t i = 0; i < numbers; i++) {
    double mean = step->keep * b->noisy[i] + step->take * s->clean[i], spread = sqrt(step->rest) * b->below[i];
    b->below[i] = step->keep * b->noisy[i] + step->take * clean[i] + spread;
    b->white[i] = b->below[i] - mean;
  }
  for (int64_t o = 0; o < orbits; o++) s->filter[o] = 1 / sqrt(b->variance[o]);
  PetscCall(sq_score_filter(score, s->filter, 1, b->white, b->white));
  for (int64_t o = 0; o < orbits; o++) s->filter[o] = sqrt(b->variance[o]);
  PetscCall(sq_shape_set(s->shape, s->grid.a[k], s->grid.s[k], step, s->posterior + k * orbits, s->filter));
  PetscCall(sq_shape_gain(s->shape, b->noisy, s->clean, b->below, b->white, gain));
  PetscFunctionReturn(0);
}

static PetscErrorCode prior_term(bound *b, uint64_t seed, int64_t field, const double *clean)
{
  PetscFunctionBeginUser;
  const sq_sampler *s = b->sampler;
  int n = s->grid.steps;
  for (int64_t o = 0; o < s->score.fft->orbits.count; o++) b->variance[o] = s->prior[o] * s->prior[o];
  double gain = 0;
  if (s->shape && !s->plain_prior) PetscCall(gain_of_prior(b, seed, field, clean, &gain));
  b->constant[n] = divergence(b, s->grid.s[n] * s->grid.s[n]) - gain;
  for (int64_t i = 0; i < sq_score_numbers(&s->score); i++) b->miss[i] = s->grid.a[n] * clean[i];
  PetscCall(add_square(b, &b->square[n]));
  PetscFunctionReturn(0);
}

/* The term of the step from level k down. */
static PetscErrorCode step_term(bound *b, int k, uint64_t seed, int64_t field, const double *clean)
{
  PetscFunctionBeginUser;
  sq_sampler *s = b->sampler;
  const double *a = s->grid.a, *sd = s->grid.s;
  const sq_reverse_step exact = sq_reverse_step_at(
    &s->grid, k); /* q(phi_{k-1}|phi_k, phi_0): variance `rest`; at level 0 the field itself */
  double keep, take;
  int64_t volume = sq_score_numbers(&s->score);
  sq_score_normals(&s->score, sq_stream_make(seed, SQ_RNG_FORWARD, (uint64_t)field), (uint64_t)k, 1, b->noisy);
  for (int64_t i = 0; i < volume; i++) b->noisy[i] = a[k] * clean[i] + sd[k] * b->noisy[i];
  s->type->kernel(s, k, &keep, &take, b->variance);
  PetscCall(s->score.denoise(s->score.self, a[k], sd[k], 1, b->noisy, s->clean));
  for (int64_t i = 0; i < volume; i++)
    b->miss[i] = (exact.keep - keep) * b->noisy[i] + exact.take * clean[i] - take * s->clean[i];
  PetscCall(add_square(b, &b->square[k - 1]));
  b->constant[k - 1] = 0;
  if (k > 1) b->constant[k - 1] = divergence(b, exact.rest);
  else {
    for (int64_t o = 0; o < s->score.fft->orbits.count; o++)
      b->constant[0] += 0.5 * (double)s->score.fft->orbits.multiplicity[o] * log(2 * M_PI * b->variance[o]);
    b->constant[0] *= sq_score_components(&s->score);
  }
  double gain = 0;
  if (s->shape) PetscCall(gain_of_step(b, k, &exact, seed, field, clean, &gain));
  b->constant[k - 1] -= gain;
  PetscFunctionReturn(0);
}

static PetscErrorCode add_field(bound *b, uint64_t seed, int64_t field, const double *clean, double *sum)
{
  PetscFunctionBeginUser;
  int terms = b->sampler->grid.steps + 1;
  double total = 0;
  memset(b->square, 0, (size_t)terms * sizeof *b->square);
  PetscCall(prior_term(b, seed, field, clean));
  for (int k = terms - 1; k >= 1; k--) PetscCall(step_term(b, k, seed, field, clean));
  PetscCall(sq_sum_reduce(b->sampler->score.fft->lattice->comm, terms, b->square));
  for (int k = 0; k <= terms; k++) {
    double term = k < terms ? b->constant[k] + sq_sum_value(&b->square[k]) : total;
    if (k < terms) total += term;
    sq_sum_add(&b->sum[k], term);
    sq_sum_add(&b->sum[terms + 1 + k], term * term);
  }
  *sum = total;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_bound(sq_sampler *sampler, const sq_grid *grid, uint64_t seed, int64_t first, int64_t count,
                                const double *blocks, double *term, double *error, double total[2], double *each)
{
  PetscFunctionBeginUser;
  int terms = sampler->grid.steps + 1;
  int64_t all = count, volume = sq_score_numbers(&sampler->score);
  bound b = {0};
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT64_T, MPI_SUM, grid->across));
  SqCheck(sampler->type->weighted, grid->world, SQ_ERR_INPUT,
          "the sampler %s has no kernel that a bound could be made of", sampler->type->name);
  PetscCheck(all > 1, grid->world, PETSC_ERR_ARG_OUTOFRANGE, "a bound with an error takes two fields");
  PetscCall(create(sampler, &b));
  for (int64_t i = 0; i < count; i++) {
    double sum = 0;
    PetscCall(add_field(&b, seed, first + i, blocks + i * volume, &sum));
    if (each) each[i] = sum;
  }
  PetscCall(sq_sum_reduce(grid->across, 2 * (terms + 1), b.sum));
  for (int k = 0; k <= terms; k++) {
    double mean = sq_sum_value(&b.sum[k]) / (double)all, square = sq_sum_value(&b.sum[terms + 1 + k]) / (double)all;
    double spread = sqrt(fmax(0, square - mean * mean) / (double)(all - 1));
    if (k < terms) term[k] = mean, error[k] = spread;
    else total[0] = mean, total[1] = spread;
  }
  destroy(&b);
  PetscFunctionReturn(0);
}
