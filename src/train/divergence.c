/* SPDX-License-Identifier: BSD-3-Clause */
/* Kullback-Leibler divergences between a model with an exact density and exp(-S)/Z as objectives: reverse, of fields
 * that the model draws, and forward, of stored fields; see the header.
 *
 * Every rank of a lattice knows log q and S of each entry to the bit, so that all weigh the entries alike; the first
 * one adds what is summed.
 */
#include "squall/train.h"
#include "src/train/translate.h"
#include <math.h>
#include <string.h>

enum { DRAW_FIELD, DRAW_MOVE, DRAW_TURN, DRAW_SHIFT }; /* the last: a draw for each direction */

typedef struct {
  sq_tractable model;
  bool owns; /* the model */
  sq_action action;
  sq_divergence_options options;
  const sq_dataset *training, *testing; /* may be NULL */
  int64_t numbers;                      /* of an entry, on this rank */
  double terms;                         /* numbers of a field */
  double scale;                         /* of S, that the model begins with now; negative: not known */
  sq_field *phi;
  sq_halo *halo;
  double *blocks;             /* [micro][numbers] */
  double *whole;              /* [volume] where there are stored fields */
  double *log_q, *f, *factor; /* [micro] */
  sq_sum *sum;                /* [micro] */
} divergence;

/* ---- what a step is ---- */

int sq_divergence_micro(int64_t batch, int most)
{
  enum { PARTS = 8, FEW = 32 };
  const int64_t wanted = PetscMin((int64_t)most, PetscMax(FEW, (batch + PARTS - 1) / PARTS));
  const int64_t parts = (batch + wanted - 1) / wanted;
  int64_t micro = (batch + parts - 1) / parts;
  while (micro > 2 && batch % micro == 1) micro--; /* an entry alone has none to be judged by */
  return (int)micro;
}

bool sq_divergence_is_forward(const sq_divergence_options *options, int64_t step, int64_t steps)
{
  return (double)step < options->forward * (double)steps;
}

double sq_divergence_scale(const sq_divergence_options *options, int64_t step, int64_t steps)
{
  const double grown = options->anneal * (double)steps;
  return (double)step < grown ? (double)step / grown : 1;
}

/* ---- fields ---- */

/* A symmetry move of the theory, of number u, on the entry at an address. */
static void move_by_symmetry(const divergence *d, sq_stream draws, uint64_t entry, uint64_t step, double *block)
{
  const int components = d->model.components;
  const sq_symmetry move = sq_action_symmetry(&d->action, sq_rng_uniform(draws, entry, step, DRAW_MOVE));
  if (sq_action_rotates(&d->action)) {
    const int64_t sites = d->numbers / components;
    double matrix[SQ_COMPONENTS * SQ_COMPONENTS];
    sq_turn_random(components, sq_stream_make(d->options.seed, SQ_RNG_FLIP, entry), step, DRAW_TURN, matrix);
    sq_turn_numbers(components, matrix, sites, sites, block);
    return;
  }
  for (int64_t i = 0; i < d->numbers; i++) block[i] = move.factor * block[i] + move.shift;
  if (d->action.type->space->wrap) d->action.type->space->wrap(d->numbers, block, block);
}

/* A translation. */
static PetscErrorCode move_over_lattice(const divergence *d, sq_stream draws, uint64_t entry, uint64_t step,
                                        double *block)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = d->model.lattice;
  int64_t shift[SQ_DIM];
  for (int mu = 0; mu < SQ_DIM; mu++)
    shift[mu] = sq_rng_index(draws, entry, step, (uint16_t)(DRAW_SHIFT + mu), (uint32_t)lattice->extent[mu]);
  PetscCall(sq_translate(lattice, d->model.components, shift, block, d->whole));
  PetscFunctionReturn(0);
}

/* The stored fields that the entries of a microbatch are made of. */
static PetscErrorCode take_stored(divergence *d, const sq_microbatch *m)
{
  PetscFunctionBeginUser;
  const sq_stream draws = sq_stream_make(d->options.seed, SQ_RNG_BATCH, 0);
  const sq_refresh *refresh = &d->options.refresh;
  for (int b = 0; b < m->count; b++) {
    const uint64_t entry = (uint64_t)(m->first + b), step = (uint64_t)m->step;
    const int64_t field = sq_rng_index(draws, entry, step, DRAW_FIELD, (uint32_t)d->training->count);
    double *block = d->blocks + b * d->numbers;
    memcpy(block, d->training->blocks + field * d->numbers, (size_t)d->numbers * sizeof *block);
    PetscCall(move_over_lattice(d, draws, entry, step, block));
    if (refresh->move) PetscCall(refresh->move(refresh->self, m->step, m->first + b, block));
    else move_by_symmetry(d, draws, entry, step, block);
  }
  PetscFunctionReturn(0);
}

/* f = log q + scale S of `count` fields, their log q being known. */
static PetscErrorCode weigh(divergence *d, int count, const double *blocks, double scale)
{
  PetscFunctionBeginUser;
  memset(d->sum, 0, (size_t)count * sizeof *d->sum);
  for (int b = 0; b < count; b++) {
    sq_field_from_block(d->phi, blocks + b * d->numbers);
    PetscCall(sq_halo_exchange(d->halo, d->phi->data));
    d->action.type->energy(&d->action, d->phi, &d->sum[b]);
  }
  PetscCall(sq_sum_reduce(d->model.lattice->comm, count, d->sum));
  for (int b = 0; b < count; b++) d->f[b] = d->log_q[b] + (scale > 0 ? scale * sq_sum_value(&d->sum[b]) : 0);
  PetscFunctionReturn(0);
}

/* The model with these weights, as it begins for S of that scale. */
static PetscErrorCode load(divergence *d, const float *weight, double scale)
{
  PetscFunctionBeginUser;
  if (d->model.anneal && scale != d->scale) PetscCall(d->model.anneal(d->model.self, scale));
  d->scale = scale;
  d->model.load(d->model.self, weight);
  PetscFunctionReturn(0);
}

/* ---- the objective ---- */

/* The first rank of a lattice adds the loss, sign f, and f with its square. */
static void add(const divergence *d, int count, double sign, sq_sum loss[])
{
  if (d->model.lattice->rank) return;
  for (int b = 0; b < count; b++) {
    sq_sum_add(&loss[SQ_LOSS], sign * d->f[b]);
    sq_sum_add(&loss[SQ_LOSS_F], d->f[b]);
    sq_sum_add(&loss[SQ_LOSS_F2], d->f[b] * d->f[b]);
  }
}

/* Reverse steps of a model with pull and a theory with a force go along paths. */
static bool follows_paths(const divergence *d, bool forward)
{
  return !forward && d->model.pull && d->action.type->smooth;
}

/* Fields become share dS/dphi. */
static PetscErrorCode take_slopes(divergence *d, int count, double share, double *blocks)
{
  PetscFunctionBeginUser;
  for (int b = 0; b < count; b++) {
    double *block = blocks + b * d->numbers;
    sq_field_from_block(d->phi, block);
    PetscCall(sq_halo_exchange(d->halo, d->phi->data));
    d->action.type->smooth->force(&d->action, d->phi, block);
    for (int64_t i = 0; i < d->numbers; i++) block[i] *= -share;
  }
  PetscFunctionReturn(0);
}

/* Whether all f are the same to rounding: then q is exact, and what is left of a gradient is rounding, of which an
 * optimiser that divides by its size would make steps. */
static bool all_alike(const divergence *d, int count)
{
  const double rounding = 1e-10 * d->terms;
  double low = d->f[0], high = d->f[0];
  for (int b = 1; b < count; b++) low = fmin(low, d->f[b]), high = fmax(high, d->f[b]);
  return high - low <= rounding;
}

/* The total derivative along the paths, without the part of log q that is at work at fixed fields: that has the mean 0,
 * and noise where q is exact. */
static PetscErrorCode follow_paths(divergence *d, const sq_microbatch *m, double scale, float *gradient)
{
  PetscFunctionBeginUser;
  const sq_tractable *model = &d->model;
  const double share = 1 / ((double)m->total * d->terms);
  PetscCall(take_slopes(d, m->count, share * scale, d->blocks));
  for (int b = 0; b < m->count; b++) d->factor[b] = share;
  PetscCall(model->pull(model->self, m->count, d->blocks, d->factor, gradient));
  for (int b = 0; b < m->count; b++) d->factor[b] = -share;
  PetscCall(model->backward(model->self, m->count, d->factor, gradient));
  PetscFunctionReturn(0);
}

/* What d log q of each entry counts in the gradient of the mean loss: by how much it is worse than the others, or, of
 * stored fields, all alike. */
static void judge(divergence *d, const sq_microbatch *m, bool forward)
{
  const double share = 1 / ((double)m->total * d->terms), n = m->count;
  double mean = 0;
  for (int b = 0; b < m->count; b++) mean += d->f[b] / n;
  for (int b = 0; b < m->count; b++) d->factor[b] = forward ? -share : share * n / (n - 1) * (d->f[b] - mean);
}

static PetscErrorCode evaluate(void *self, const sq_microbatch *m, const float *weight, sq_sum loss[], float *gradient)
{
  PetscFunctionBeginUser;
  divergence *d = self;
  const sq_tractable *model = &d->model;
  const bool forward = sq_divergence_is_forward(&d->options, m->step, m->steps);
  const double scale = forward ? 1 : sq_divergence_scale(&d->options, m->step, m->steps);
  PetscCall(load(d, weight, scale));
  if (forward) PetscCall(take_stored(d, m));
  if (forward) PetscCall(model->density(model->self, m->count, d->blocks, d->log_q));
  else
    PetscCall(model->draw(model->self, d->options.seed, m->step * m->total + m->first, m->count, d->blocks, d->log_q));
  PetscCall(weigh(d, m->count, d->blocks, scale));
  add(d, m->count, forward ? -1 : 1, loss);
  if (follows_paths(d, forward)) {
    if (!all_alike(d, m->count)) PetscCall(follow_paths(d, m, scale, gradient));
    PetscFunctionReturn(0);
  }
  judge(d, m, forward);
  PetscCall(model->backward(model->self, m->count, d->factor, gradient));
  PetscFunctionReturn(0);
}

static PetscErrorCode validate(void *self, const sq_microbatch *m, const float *weight, sq_sum loss[])
{
  PetscFunctionBeginUser;
  divergence *d = self;
  const double *blocks = d->testing->blocks + m->first * d->numbers;
  PetscCall(load(d, weight, sq_divergence_scale(&d->options, m->step, m->steps)));
  PetscCall(d->model.density(d->model.self, m->count, blocks, d->log_q));
  PetscCall(weigh(d, m->count, blocks, 1));
  add(d, m->count, -1, loss);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_divergence_check(const sq_action *action, const sq_divergence_options *options, int most)
{
  PetscFunctionBeginUser;
  const int micro = sq_divergence_micro(options->batch, most);
  const sq_space *space = action->type->space;
  SqCheck(micro > 1 && options->batch % micro != 1, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "train.batch: %lld: each entry is judged by the others of its microbatch, of %d here: take a batch of at "
          "least 2 that does not leave one entry alone",
          (long long)options->batch, micro);
  SqCheck(!(options->anneal > 0) || space == &sq_space_circle || space == &sq_space_sign, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "train.anneal: %g: S grows from 0, where the fields of the action %s have no density: set it to 0",
          options->anneal, action->type->name);
  SqCheck(!(options->anneal > 0 && options->forward > 0), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "train.anneal: %g: only reverse training is annealed, and %g of the steps are forward ones: take train.loss: "
          "reverse, or train.anneal: 0",
          options->anneal, options->forward);
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(divergence *d, int micro)
{
  PetscFunctionBeginUser;
  PetscCall(sq_field_create_components(d->model.lattice, 1, d->model.components, &d->phi));
  PetscCall(sq_halo_create_field(d->phi, sq_action_reach(&d->action), &d->halo));
  PetscCall(sq_alloc(micro * d->numbers, &d->blocks));
  if (d->training) PetscCall(sq_alloc(d->model.lattice->volume, &d->whole));
  PetscCall(sq_alloc(micro, &d->log_q));
  PetscCall(sq_alloc(micro, &d->f));
  PetscCall(sq_alloc(micro, &d->factor));
  PetscCall(sq_alloc(micro, &d->sum));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_divergence_create(const sq_tractable *model, bool owns, const sq_action *action,
                                    const sq_divergence_options *options, const sq_dataset *training,
                                    const sq_dataset *testing, sq_objective *objective)
{
  PetscFunctionBeginUser;
  divergence *d;
  const int micro = sq_divergence_micro(options->batch, model->batch);
  PetscCall(sq_divergence_check(action, options, model->batch));
  SqCheck(!(options->forward > 0) || (training && training->count), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "train.forward: the forward divergence learns from stored fields, and there are none");
  PetscCall(sq_alloc(1, &d));
  *d = (divergence){.model = *model,
                    .owns = owns,
                    .action = *action,
                    .options = *options,
                    .training = training,
                    .testing = testing,
                    .numbers = model->components * model->lattice->local_volume,
                    .terms = (double)(model->components * model->lattice->volume),
                    .scale = -1};
  PetscCall(allocate(d, micro));
  *objective = (sq_objective){.self = d,
                              .parameters = model->parameters,
                              .held_out = testing ? testing->count : 0,
                              .terms = model->components * model->lattice->volume,
                              .weighs = true,
                              .micro = micro,
                              .evaluate = evaluate,
                              .validate = validate};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_divergence_destroy(sq_objective *objective)
{
  PetscFunctionBeginUser;
  divergence *d = objective->self;
  if (!d) PetscFunctionReturn(0);
  sq_free(&d->blocks);
  sq_free(&d->whole);
  sq_free(&d->log_q);
  sq_free(&d->f);
  sq_free(&d->factor);
  sq_free(&d->sum);
  PetscCall(sq_halo_destroy(&d->halo));
  PetscCall(sq_field_destroy(&d->phi));
  if (d->owns) PetscCall(sq_tractable_destroy(&d->model));
  sq_free(&d);
  *objective = (sq_objective){0};
  PetscFunctionReturn(0);
}
