/* SPDX-License-Identifier: BSD-3-Clause */
/* What a sampler does to Gaussian fields: its own code, run on unit impulses. An impulse at the origin has the same
 * amplitude in every mode. */
#include "squall/diffusion.h"
#include <math.h>
#include <string.h>

/* A source of noise that is silent but for one call. */
typedef struct {
  int64_t call, wanted;
} impulse;

static void one_impulse(void *context, const sq_score *score, sq_stream stream, uint64_t step, uint16_t draw,
                        double *block)
{
  impulse *i = context;
  const sq_lattice *lattice = score->fft->lattice;
  bool origin = true;
  (void)stream, (void)step, (void)draw;
  memset(block, 0, (size_t)sq_score_numbers(score) * sizeof *block);
  for (int mu = 0; mu < SQ_DIM; mu++) origin = origin && lattice->start[mu] == 0;
  if (i->call++ == i->wanted && origin) block[0] = 1;
}

/* Where the powers of the response go. */
typedef struct {
  sq_fft *fft;
  sq_sum *power; /* [levels][orbits]; NULL: nowhere */
  int last;      /* levels up to this one are looked at */
} receiver;

static PetscErrorCode receive(void *context, int level, const double *blocks)
{
  PetscFunctionBeginUser;
  receiver *r = context;
  if (!r->power || level > r->last) PetscFunctionReturn(0);
  PetscCall(sq_fft_forward(r->fft, blocks, r->fft->work));
  sq_fft_add_power(r->fft, r->fft->work, r->power + level * r->fft->orbits.count);
  PetscFunctionReturn(0);
}

/* Runs the sampler with an impulse in call number `wanted`; calls (may be NULL): how many there were. */
static PetscErrorCode respond(sq_sampler *s, int64_t wanted, receiver *r, int64_t *calls)
{
  PetscFunctionBeginUser;
  impulse i = {.wanted = wanted};
  sq_noise_source source = s->source;
  void *kept = s->source_context;
  double *block, log_path;
  PetscCall(sq_alloc(sq_score_numbers(&s->score), &block));
  s->source = one_impulse;
  s->source_context = &i;
  PetscCall(sq_sampler_generate(s, 0, 0, 1, block, &log_path, receive, r));
  s->source = source;
  s->source_context = kept;
  sq_free(&block);
  if (calls) *calls = i.call;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_variance(sq_sampler *s, double *variance)
{
  PetscFunctionBeginUser;
  sq_fft *fft = s->score.fft;
  int64_t count = (s->grid.steps + 1) * fft->orbits.count, calls = 0;
  receiver r = {.fft = fft, .last = s->grid.steps};
  PetscCall(respond(s, -1, &r, &calls));
  PetscCall(sq_alloc(count, &r.power));
  for (int64_t i = 0; i < calls; i++) PetscCall(respond(s, i, &r, NULL));
  PetscCall(sq_sum_reduce(fft->lattice->comm, (int)count, r.power));
  for (int64_t i = 0; i < count; i++) variance[i] = (double)fft->lattice->volume * sq_sum_value(&r.power[i]);
  sq_free(&r.power);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_gain(sq_sampler *s, double *gain)
{
  PetscFunctionBeginUser;
  sq_fft *fft = s->score.fft;
  int64_t orbits = fft->orbits.count;
  receiver r = {.fft = fft};
  PetscCall(sq_alloc(orbits, &r.power));
  PetscCall(respond(s, 0, &r, NULL)); /* the prior's noise is the first to be drawn */
  PetscCall(sq_sum_reduce(fft->lattice->comm, (int)orbits, r.power));
  for (int64_t o = 0; o < orbits; o++)
    gain[o] = (double)fft->lattice->volume * sq_sum_value(&r.power[o]) / (s->prior[o] * s->prior[o]);
  sq_free(&r.power);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sampler_prior_bias(const sq_sampler *sampler, const sq_score *gaussian, double *bias)
{
  PetscFunctionBeginUser;
  int n = sampler->grid.steps;
  double a2 = pow(sampler->grid.a[n], 2), s2 = pow(sampler->grid.s[n], 2);
  sq_sampler *linear;
  PetscCall(sq_sampler_create(gaussian, &sampler->grid, 1, &linear));
  PetscCall(sq_sampler_set_type(linear, sampler->type, sampler->corrections, sampler->snr));
  PetscCall(sq_sampler_gain(linear, bias));
  for (int64_t o = 0; o < gaussian->fft->orbits.count; o++) {
    double G = gaussian->propagator[o];
    bias[o] = bias[o] * (pow(sampler->prior[o], 2) - a2 * G - s2) / G;
  }
  PetscCall(sq_sampler_destroy(&linear));
  PetscFunctionReturn(0);
}
