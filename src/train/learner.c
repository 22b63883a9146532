/* SPDX-License-Identifier: BSD-3-Clause */
/* What every training shares: weights, their optimiser and average, microbatches over replicas; see the header.
 *
 * A step: the microbatches of this replica, each gradient rounded to integers and added; one allreduce; the norm of the
 * gradient; and one pass over the weights on every rank alike: Adam, the running average, the float copy that the next
 * step takes (update.h).
 */
#include "squall/train.h"
#include "src/train/update.h"
#include <math.h>
#include <string.h>

/* Gradients are summed in units of 2^-40. The terms of a sum are bounded so that it stays below 2^62. */
enum { MOST_TERMS = 1 << 20 };

struct sq_learner {
  const sq_grid *grid;
  sq_learner_options options;
  sq_objective objective;
  int micro;                                      /* entries of a microbatch */
  float limit;                                    /* of a microbatch's gradient */
  int64_t step;                                   /* steps done */
  double *weight, *first, *second, *average;      /* [parameters] */
  int64_t *total;                                 /* [parameters] the gradient in units of 2^-40 */
  float *straight, *dstraight, *turned, *dturned; /* [parameters]; turned ones if the objective turns */
  bool current;                                   /* straight are the weights */
  const sq_update_kernels *kernels;
  double *state;            /* [objective.numbers] */
  struct sq_learner *other; /* that it takes turns with; NULL: none */
};

static int64_t microbatches(const sq_learner *l)
{
  return (l->options.batch + l->micro - 1) / l->micro;
}

static PetscErrorCode bound_terms(sq_learner *l)
{
  PetscFunctionBeginUser;
  int ranks;
  PetscCallMPI(MPI_Comm_size(l->grid->domain, &ranks));
  double terms = (double)microbatches(l) * ranks;
  SqCheck(terms <= MOST_TERMS, l->grid->world, SQ_ERR_INPUT,
          "train.batch: %lld microbatches on %d ranks each are %.0f gradients, and at most %d can be summed exactly: "
          "take a smaller batch, or more replicas",
          (long long)microbatches(l), ranks, terms, MOST_TERMS);
  l->limit = (float)fmin(0x1p16, 0x1p22 / terms);
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(sq_learner *l)
{
  PetscFunctionBeginUser;
  int64_t parameters = l->objective.parameters;
  double **doubles[] = {&l->weight, &l->first, &l->second, &l->average};
  float **floats[] = {&l->straight, &l->dstraight, &l->turned, &l->dturned};
  for (int i = 0; i < 4; i++) PetscCall(sq_alloc(parameters, doubles[i]));
  for (int i = 0; i < (l->objective.turn ? 4 : 2); i++) PetscCall(sq_alloc(parameters, floats[i]));
  PetscCall(sq_alloc(parameters, &l->total));
  PetscCall(sq_alloc(l->objective.numbers, &l->state));
  PetscFunctionReturn(0);
}

static const sq_update_kernels *best_kernels(void)
{
  int i = 0;
  while (!sq_update_all[i]->supported()) i++;
  return sq_update_all[i];
}

PetscErrorCode sq_learner_create(const sq_grid *grid, const sq_learner_options *options, const sq_objective *objective,
                                 const double *weight, sq_learner **learner)
{
  PetscFunctionBeginUser;
  sq_learner *l;
  PetscCall(sq_alloc(1, &l));
  l->grid = grid;
  l->options = *options;
  l->objective = *objective;
  l->kernels = best_kernels();
  l->micro = (int)PetscMin((int64_t)objective->micro, options->batch);
  PetscErrorCode status = bound_terms(l);
  if (status) sq_free(&l);
  PetscCall(status);
  PetscCall(allocate(l));
  memcpy(l->weight, weight, (size_t)objective->parameters * sizeof *weight);
  memcpy(l->average, weight, (size_t)objective->parameters * sizeof *weight);
  *learner = l;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_learner_destroy(sq_learner **learner)
{
  PetscFunctionBeginUser;
  sq_learner *l = *learner;
  if (!l) PetscFunctionReturn(0);
  double **doubles[] = {&l->weight, &l->first, &l->second, &l->average};
  float **floats[] = {&l->straight, &l->dstraight, &l->turned, &l->dturned};
  for (int i = 0; i < 4; i++) {
    sq_free(doubles[i]);
    sq_free(floats[i]);
  }
  sq_free(&l->total);
  sq_free(&l->state);
  sq_free(learner);
  PetscFunctionReturn(0);
}

void sq_learner_pair(sq_learner *one, sq_learner *other)
{
  one->other = other;
  other->other = one;
}

int64_t sq_learner_steps(const sq_learner *learner)
{
  return learner->step;
}

int64_t sq_learner_length(const sq_learner *learner)
{
  return learner->options.steps;
}

void sq_learner_set_length(sq_learner *learner, int64_t steps, double average)
{
  learner->options.steps = steps;
  learner->options.average = average;
}

const double *sq_learner_weight(const sq_learner *learner)
{
  return learner->weight;
}

const double *sq_learner_average(const sq_learner *learner)
{
  return learner->average;
}

/* ---- one step ---- */

static void copy_weights(sq_learner *l, const double *weight)
{
  l->current = weight == l->weight;
  for (int64_t i = 0; i < l->objective.parameters; i++) l->straight[i] = (float)weight[i];
}

/* The weights in float: of the step before, unless others were copied since. */
static void take_weights(sq_learner *l)
{
  if (!l->current) copy_weights(l, l->weight);
}

/* Tells the objective of the step. */
static void begin_step(sq_learner *l)
{
  const sq_objective *o = &l->objective;
  take_weights(l);
  if (l->other) take_weights(l->other);
  if (o->begin)
    o->begin(o->self, l->straight, l->state, l->other ? l->other->straight : NULL, l->other ? l->other->state : NULL);
}

/* The gradient of one microbatch in dstraight, by way of turned weights where the objective can turn them. */
static PetscErrorCode evaluate(sq_learner *l, const sq_microbatch *m, sq_sum *loss)
{
  PetscFunctionBeginUser;
  const sq_objective *o = &l->objective;
  size_t bytes = (size_t)o->parameters * sizeof(float);
  memset(o->turn ? l->dturned : l->dstraight, 0, bytes);
  if (o->turn) {
    PetscCall(o->turn(o->self, m, false, l->straight, l->turned));
    PetscCall(o->evaluate(o->self, m, l->turned, loss, l->dturned));
    PetscCall(o->turn(o->self, m, true, l->dturned, l->dstraight));
  } else PetscCall(o->evaluate(o->self, m, l->straight, loss, l->dstraight));
  PetscFunctionReturn(0);
}

/* This replica's share of the batch. */
static PetscErrorCode evaluate_share(sq_learner *l, sq_sum *loss, bool *fits)
{
  PetscFunctionBeginUser;
  int64_t first, count;
  sq_share(microbatches(l), l->grid->replicas, l->grid->replica, &first, &count);
  if (!count) memset(l->total, 0, (size_t)l->objective.parameters * sizeof *l->total);
  for (int64_t i = first; i < first + count; i++) {
    sq_microbatch m = {.step = l->step, .steps = l->options.steps, .total = l->options.batch, .first = i * l->micro};
    m.count = (int)PetscMin((int64_t)l->micro, m.total - m.first);
    PetscCall(evaluate(l, &m, loss));
    *fits = l->kernels->add(l->objective.parameters, l->limit, i == first, l->dstraight, l->total) && *fits;
  }
  PetscFunctionReturn(0);
}

/* The mean over `total` entries. */
static PetscErrorCode mean_loss(const sq_learner *l, int64_t total, sq_sum sums[SQ_LOSS_SUMS], double *loss)
{
  PetscFunctionBeginUser;
  PetscCall(sq_sum_reduce(l->grid->world, l->objective.weighs ? SQ_LOSS_SUMS : 1, sums));
  *loss = sq_sum_value(&sums[SQ_LOSS]) / ((double)total * (double)l->objective.terms);
  PetscFunctionReturn(0);
}

/* Mean and standard deviation of f over the batch. */
static void weigh(const sq_learner *l, sq_sum sums[SQ_LOSS_SUMS], sq_train_record *record)
{
  record->f = record->spread = NAN;
  if (!l->objective.weighs) return;
  const double entries = (double)l->options.batch;
  record->f = sq_sum_value(&sums[SQ_LOSS_F]) / entries;
  record->spread = sqrt(fmax(0, sq_sum_value(&sums[SQ_LOSS_F2]) / entries - record->f * record->f));
}

/* Before the first step no rate of learning is to blame. */
static PetscErrorCode check_finite(const sq_learner *l, double loss, bool fits)
{
  PetscFunctionBeginUser;
  bool bad;
  PetscCall(sq_any_true(l->grid->world, !fits, &bad));
  const bool good = !bad && isfinite(loss), first = l->step == 0;
  SqCheck(good || !first || !l->objective.weighs, l->grid->world, SQ_ERR_DATA,
          "training cannot begin (loss %g): the action or log q of the fields that it begins with, or its gradient, is "
          "not a number or too large to be summed: look at the couplings of the section action; if they are meant, "
          "train.anneal raises them from 0 where a theory allows it",
          loss);
  SqCheck(good || !first, l->grid->world, SQ_ERR_DATA,
          "training cannot begin (loss %g): the loss of the fields that it begins with, or its gradient, is not a "
          "number or too large to be summed: look at the couplings of the section action and at the ensemble",
          loss);
  SqCheck(good, l->grid->world, SQ_ERR_DATA, "training diverged at step %lld (loss %g): lower train.learning_rate",
          (long long)l->step, loss);
  PetscFunctionReturn(0);
}

/* Their Euclidean norm, added in the order of the weights: the clip depends on its last bit. */
static PetscErrorCode sum_gradients(sq_learner *l, double *norm)
{
  PetscFunctionBeginUser;
  int64_t parameters = l->objective.parameters;
  double norm2 = 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, l->total, (int)parameters, MPI_INT64_T, MPI_SUM, l->grid->world));
  for (int64_t i = 0; i < parameters; i++) {
    double g = (double)l->total[i] * 0x1p-40;
    norm2 += g * g;
  }
  *norm = sqrt(norm2);
  PetscFunctionReturn(0);
}

static double learning_rate(const sq_learner_options *o, int64_t step)
{
  double rise = step < o->warm_up ? (double)(step + 1) / (double)o->warm_up : 1;
  double fall = 0.5 * (1 + cos(M_PI * fmin(1, (double)step / (double)o->steps)));
  return o->adam.learning_rate * rise * (o->final_rate + (1 - o->final_rate) * fall);
}

/* A young average forgets faster. */
static void descend(sq_learner *l, double norm, sq_train_record *record)
{
  const sq_adam *adam = &l->options.adam;
  const double rate = learning_rate(&l->options, l->step), step = (double)++l->step,
               memory = fmin(l->options.average, 0.1 * step);
  const sq_update update = {.scale = adam->clip > 0 && norm > adam->clip ? adam->clip / norm : 1,
                            .beta1 = adam->beta1,
                            .beta2 = adam->beta2,
                            .bias1 = 1 - pow(adam->beta1, step),
                            .bias2 = 1 - pow(adam->beta2, step),
                            .rate = rate,
                            .epsilon = adam->epsilon,
                            .decay = memory / (memory + 1)};
  l->kernels->move(&update, l->objective.parameters, l->total, l->weight, l->first, l->second, l->average, l->straight);
  l->current = true;
  record->learning_rate = rate;
  record->gradient_norm = norm;
}

PetscErrorCode sq_learner_step(sq_learner *l, sq_train_record *record)
{
  PetscFunctionBeginUser;
  sq_sum sums[SQ_LOSS_SUMS] = {{{0}}};
  double norm = 0;
  bool fits = true;
  begin_step(l);
  PetscCall(evaluate_share(l, sums, &fits));
  PetscCall(mean_loss(l, l->options.batch, sums, &record->loss));
  weigh(l, sums, record);
  PetscCall(check_finite(l, record->loss, fits));
  PetscCall(sum_gradients(l, &norm));
  descend(l, norm, record);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_learner_validate(sq_learner *l, int64_t most, double *loss)
{
  PetscFunctionBeginUser;
  const sq_objective *o = &l->objective;
  int64_t total = PetscMin(most, o->held_out), first, count;
  sq_sum sums[SQ_LOSS_SUMS] = {{{0}}};
  copy_weights(l, l->average);
  sq_share(total, l->grid->replicas, l->grid->replica, &first, &count);
  for (int64_t at = first; at < first + count; at += l->micro) {
    sq_microbatch m = {.step = l->step, .steps = l->options.steps, .total = total, .first = at};
    m.count = (int)PetscMin((int64_t)l->micro, first + count - at);
    PetscCall(o->validate(o->self, &m, l->straight, sums));
  }
  PetscCall(mean_loss(l, total, sums, loss));
  PetscFunctionReturn(0);
}

/* ---- state ---- */

enum { ARRAYS = 4 };
static const char *const array_names[ARRAYS] = {"weight", "first", "second", "average"};

static const char *name_of(const char *name, const char *part, char text[64])
{
  snprintf(text, 64, "%s_%s", name, part);
  return text;
}

PetscErrorCode sq_learner_put(const sq_learner *l, const char *name, sq_store *store)
{
  PetscFunctionBeginUser;
  const double *array[ARRAYS] = {l->weight, l->first, l->second, l->average};
  char text[64];
  PetscCall(sq_store_put_int(store, name_of(name, "step", text), l->step));
  PetscCall(sq_store_put_int(store, name_of(name, "length", text), l->options.steps));
  PetscCall(sq_store_put_real(store, name_of(name, "memory", text), l->options.average));
  for (int i = 0; i < ARRAYS; i++)
    PetscCall(sq_store_put_reals(store, name_of(name, array_names[i], text), 1, &l->objective.parameters, array[i]));
  if (l->objective.numbers)
    PetscCall(sq_store_put_reals(store, name_of(name, "beside", text), 1, &l->objective.numbers, l->state));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_learner_get(sq_learner *l, const char *name, const sq_store *store)
{
  PetscFunctionBeginUser;
  double *array[ARRAYS] = {l->weight, l->first, l->second, l->average};
  const double *values;
  char text[64];
  PetscCall(sq_store_int(store, name_of(name, "step", text), &l->step));
  PetscCall(sq_store_int(store, name_of(name, "length", text), &l->options.steps));
  PetscCall(sq_store_real(store, name_of(name, "memory", text), &l->options.average));
  for (int i = 0; i < ARRAYS; i++) {
    PetscCall(sq_store_reals(store, name_of(name, array_names[i], text), l->objective.parameters, &values));
    memcpy(array[i], values, (size_t)l->objective.parameters * sizeof *values);
  }
  l->current = false;
  if (!l->objective.numbers) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, name_of(name, "beside", text), l->objective.numbers, &values));
  memcpy(l->state, values, (size_t)l->objective.numbers * sizeof *values);
  PetscFunctionReturn(0);
}
