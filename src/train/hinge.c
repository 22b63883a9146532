/* SPDX-License-Identifier: BSD-3-Clause */
/* A forger and a critic against each other, by the hinge loss, as two objectives; see the header.
 *
 * Entry e of step t has the noise of field t total + e of the seed where the forger learns, and of the field 2^40 after
 * it where the critic does; real fields are drawn at the address (t, e).
 */
#include "squall/train.h"
#include "src/train/translate.h"
#include <math.h>
#include <string.h>

enum { DRAW_FIELD, DRAW_SHIFT }; /* the last: a draw for each direction */
static const int64_t of_the_critic = (int64_t)1 << 40;

typedef struct {
  const sq_lattice *lattice;
  sq_hinge_options options;
  const sq_dataset *training;
  sq_forger *forger;
  sq_critic *critic;
  sq_matching *matching; /* NULL: means are the critic's alone */
  double match;
  int components;
  int64_t numbers;            /* of an entry, on this rank */
  double *blocks, *cotangent; /* [micro][numbers] */
  double *whole;              /* [volume] */
  double *value, *factor;     /* [micro] */
} hinge;

/* ---- entries ---- */

static PetscErrorCode draw_forged(hinge *h, const sq_microbatch *m, int64_t after)
{
  PetscFunctionBeginUser;
  PetscCall(sq_forger_draw(h->forger, h->options.seed, after + m->step * m->total + m->first, m->count, h->blocks));
  PetscFunctionReturn(0);
}

static PetscErrorCode take_real(hinge *h, const sq_microbatch *m)
{
  PetscFunctionBeginUser;
  const sq_stream draws = sq_stream_make(h->options.seed, SQ_RNG_BATCH, 0);
  const uint64_t step = (uint64_t)m->step;
  for (int b = 0; b < m->count; b++) {
    const uint64_t entry = (uint64_t)(m->first + b);
    const int64_t field = sq_rng_index(draws, entry, step, DRAW_FIELD, (uint32_t)h->training->count);
    double *block = h->blocks + b * h->numbers;
    int64_t shift[SQ_DIM];
    for (int mu = 0; mu < SQ_DIM; mu++)
      shift[mu] = sq_rng_index(draws, entry, step, (uint16_t)(DRAW_SHIFT + mu), (uint32_t)h->lattice->extent[mu]);
    memcpy(block, h->training->blocks + field * h->numbers, (size_t)h->numbers * sizeof *block);
    PetscCall(sq_translate(h->lattice, h->components, shift, block, h->whole));
  }
  PetscFunctionReturn(0);
}

/* ---- the objectives ---- */

/* Adds max(0, 1 - sign D) of the fields there are, and its gradient for the critic. */
static PetscErrorCode judge(hinge *h, const sq_microbatch *m, double sign, sq_sum loss[], float *gradient)
{
  PetscFunctionBeginUser;
  PetscCall(sq_critic_value(h->critic, m->count, h->blocks, h->value));
  for (int b = 0; b < m->count; b++) {
    const double margin = 1 - sign * h->value[b];
    h->factor[b] = margin > 0 ? -sign / (double)m->total : 0;
    if (h->lattice->rank == 0) sq_sum_add(&loss[SQ_LOSS], margin > 0 || isnan(margin) ? margin : 0);
  }
  PetscCall(sq_critic_backward(h->critic, m->count, h->blocks, h->factor, NULL, gradient));
  PetscFunctionReturn(0);
}

static PetscErrorCode evaluate_critic(void *self, const sq_microbatch *m, const float *weight, sq_sum loss[],
                                      float *gradient)
{
  PetscFunctionBeginUser;
  hinge *h = self;
  (void)weight;
  PetscCall(take_real(h, m));
  PetscCall(judge(h, m, 1, loss, gradient));
  PetscCall(draw_forged(h, m, of_the_critic));
  PetscCall(judge(h, m, -1, loss, gradient));
  PetscFunctionReturn(0);
}

static PetscErrorCode evaluate_forger(void *self, const sq_microbatch *m, const float *weight, sq_sum loss[],
                                      float *gradient)
{
  PetscFunctionBeginUser;
  hinge *h = self;
  (void)weight;
  PetscCall(draw_forged(h, m, 0));
  PetscCall(sq_critic_value(h->critic, m->count, h->blocks, h->value));
  for (int b = 0; b < m->count; b++) {
    h->factor[b] = -1 / (double)m->total;
    if (h->lattice->rank == 0) sq_sum_add(&loss[SQ_LOSS], -h->value[b]);
  }
  memset(h->cotangent, 0, (size_t)(m->count * h->numbers) * sizeof *h->cotangent);
  PetscCall(sq_critic_backward(h->critic, m->count, h->blocks, h->factor, h->cotangent, NULL));
  const double share = 1 / (double)m->total;
  if (h->matching) sq_matching_pull(h->matching, m->count, h->blocks, h->match * share, h->cotangent);
  PetscCall(sq_forger_backward(h->forger, m->count, share, h->cotangent, gradient));
  PetscFunctionReturn(0);
}

static void begin_critic(void *self, const float *weight, double *state, const float *other, double *other_state)
{
  hinge *h = self;
  (void)other_state;
  sq_critic_load(h->critic, weight, state, true);
  sq_forger_load(h->forger, other);
}

static void begin_forger(void *self, const float *weight, double *state, const float *other, double *other_state)
{
  hinge *h = self;
  (void)state;
  sq_forger_load(h->forger, weight);
  sq_critic_load(h->critic, other, other_state, false);
}

/* ---- make ---- */

static PetscErrorCode allocate(hinge *h)
{
  PetscFunctionBeginUser;
  const int micro = h->options.micro;
  PetscCall(sq_alloc(micro * h->numbers, &h->blocks));
  PetscCall(sq_alloc(micro * h->numbers, &h->cotangent));
  PetscCall(sq_alloc(h->lattice->volume, &h->whole));
  PetscCall(sq_alloc(micro, &h->value));
  PetscCall(sq_alloc(micro, &h->factor));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hinge_create(sq_fft *fft, const sq_adversary_shape *shape, const sq_hinge_options *options,
                               const sq_dataset *training, sq_objective *forger, sq_objective *critic)
{
  PetscFunctionBeginUser;
  hinge *h;
  SqCheck(training->count > 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "an adversarial model learns from stored fields, and there are none");
  PetscCall(sq_alloc(1, &h));
  *h = (hinge){.lattice = fft->lattice,
               .options = *options,
               .training = training,
               .match = shape->match,
               .components = sq_action_components(&shape->action)};
  h->numbers = h->components * fft->lattice->local_volume;
  PetscCall(allocate(h));
  PetscCall(sq_forger_create(fft, shape, options->micro, true, &h->forger));
  PetscCall(sq_critic_create(fft->lattice, shape, options->micro, &h->critic));
  if (shape->match > 0)
    PetscCall(sq_matching_create(fft->lattice, shape->action.dim, training->count, training->blocks, options->micro,
                                 &h->matching));
  *forger = *critic = (sq_objective){.self = h, .terms = 1, .micro = options->micro};
  forger->parameters = sq_forger_parameters(shape);
  forger->evaluate = evaluate_forger;
  forger->begin = begin_forger;
  critic->parameters = sq_critic_parameters(shape);
  critic->numbers = sq_critic_state(shape);
  critic->evaluate = evaluate_critic;
  critic->begin = begin_critic;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hinge_destroy(sq_objective *forger, sq_objective *critic)
{
  PetscFunctionBeginUser;
  hinge *h = forger->self;
  if (!h) PetscFunctionReturn(0);
  PetscCall(sq_forger_destroy(&h->forger));
  PetscCall(sq_critic_destroy(&h->critic));
  PetscCall(sq_matching_destroy(&h->matching));
  sq_free(&h->blocks);
  sq_free(&h->cotangent);
  sq_free(&h->whole);
  sq_free(&h->value);
  sq_free(&h->factor);
  sq_free(&h);
  *forger = *critic = (sq_objective){0};
  PetscFunctionReturn(0);
}
