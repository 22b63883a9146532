/* SPDX-License-Identifier: BSD-3-Clause */
/* train: learning the weights of a model; denoising score matching and Kullback-Leibler divergences as objectives.
 *
 * A learner knows weights, an optimiser and how to share work; an objective knows what is learned. The batch of a step
 * is cut into microbatches of fixed size, which are shared out to the replicas. Each microbatch's gradient is rounded
 * to a grid of 2^-40 and summed as integers: one allreduce of one flat array a step, and the same bits on any number of
 * replicas. An objective evaluates a microbatch as a function of (its seed, step, entry) alone, so a training resumed
 * from its state goes on as if it had never stopped.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_TRAIN_H
#define SQUALL_TRAIN_H

#include "squall/adversary.h"
#include "squall/score.h"
#include "squall/tractable.h"

SQ_C_BEGIN

/* This replica's view of an ensemble: its part of every field (all replicas hold all fields). */
typedef struct {
  int64_t count;
  double *blocks; /* [count][components][local_volume] */
} sq_dataset;

/* G(p) = <|phi_p|^2>/V and A(p) = <|dS_p|^2>/V of a component over the data set, orbit by orbit; arrays of
 * fft->orbits.count. <phi_p conj(dS_p)>/V = 1 (Schwinger-Dyson) takes noise away: for a Gaussian theory both are exact.
 * Where no action is known, G is the plain mean and A = 1/G, that of a Gaussian field. The same bits on any rank count.
 * Collective over grid->world. */
PetscErrorCode sq_measure_spectra(const sq_grid *grid, sq_fft *fft, const sq_action *action, const sq_dataset *data,
                                  double *propagator, double *force_power);

/* ---- objectives ---- */

/* Entries [first, first + count) of the `total` of a step, or of those held out; steps: of the whole training. */
typedef struct {
  int64_t step, steps, total, first;
  int count;
} sq_microbatch;

/* What evaluations add up, exactly: the terms of the loss; and, by objectives that weigh, each entry's f = log q + S
 * and its square, on the first rank of a lattice alone. */
enum { SQ_LOSS, SQ_LOSS_F, SQ_LOSS_F2, SQ_LOSS_SUMS };

/* What is learned: the mean over entries of a loss. weight[parameters] and gradients are in float. */
typedef struct {
  void *self;
  int64_t parameters, held_out; /* held_out: entries to validate on */
  int64_t terms;                /* in the loss of an entry, which is their mean */
  bool weighs;                  /* it adds f, too */
  int micro;                    /* entries of a microbatch: what is computed must not depend on ranks, so nor does it */
  /* Adds the terms of a microbatch, of this rank's part of the lattice, to loss[SQ_LOSS_SUMS], and the gradient of
   * sum/(total terms) to gradient. Collective over a replica. */
  PetscErrorCode (*evaluate)(void *self, const sq_microbatch *m, const float *weight, sq_sum loss[], float *gradient);
  /* Adds the terms of held-out entries; nothing about them is drawn anew. NULL if held_out = 0. Collective over a
   * replica. */
  PetscErrorCode (*validate)(void *self, const sq_microbatch *m, const float *weight, sq_sum loss[]);
  /* Augmentation: weights as a microbatch takes them, back: its gradient for the weights as they are; `to` is
   * written whole. NULL: weights are taken as they are. Not collective. */
  PetscErrorCode (*turn)(void *self, const sq_microbatch *m, bool back, const float *from, float *to);
  /* Once before the microbatches of a step, on every rank alike: what does not depend on entries. NULL: nothing. state:
   * `numbers` beside the weights, all 0 at first, which it may move; the learner keeps them with its own. other,
   * other_state: weights and state of the learner that this one takes turns with (sq_learner_pair), NULL if there is
   * none; not to be changed. Not collective. */
  void (*begin)(void *self, const float *weight, double *state, const float *other, double *other_state);
  int64_t numbers;
} sq_objective;

/* ---- learner ---- */

typedef struct {
  int64_t steps, batch, warm_up;
  sq_adam adam;      /* its learning rate: the highest */
  double final_rate; /* cosine from the highest rate to this fraction of it after the warm-up */
  double average;    /* length of the weights' running average, in steps */
} sq_learner_options;

typedef struct {
  double loss; /* mean over entries and terms */
  double gradient_norm, learning_rate;
  double f, spread; /* mean and standard deviation over entries of log q + S; NaN: the objective does not weigh */
} sq_train_record;

typedef struct sq_learner sq_learner;

/* weight[parameters]: where to begin, copied. grid and what is behind the objective are kept, not owned; several
 * learners may share them. Error: SQ_ERR_INPUT when a batch has so many microbatches that integers cannot hold the sum
 * of their gradients (2^20 on one rank each). Collective over grid->world. */
PetscErrorCode sq_learner_create(const sq_grid *grid, const sq_learner_options *options, const sq_objective *objective,
                                 const double *weight, sq_learner **learner);
PetscErrorCode sq_learner_destroy(sq_learner **learner);
/* From now on the objective of each is told of the other before a step: two that learn against each other. Both must
 * live as long as steps are taken. Not collective. */
void sq_learner_pair(sq_learner *one, sq_learner *other);
/* Steps done so far. Not collective. */
int64_t sq_learner_steps(const sq_learner *learner);
/* The total number of steps, which sets the schedule; a new one, and the length of the average, before the first step.
 * Not collective. */
int64_t sq_learner_length(const sq_learner *learner);
void sq_learner_set_length(sq_learner *learner, int64_t steps, double average);
/* The weights, and their running average: [parameters], the learner's own. Not collective. */
const double *sq_learner_weight(const sq_learner *learner);
const double *sq_learner_average(const sq_learner *learner);
/* One optimiser step. Error: SQ_ERR_DATA for a loss or gradient that is not a number or too large to be summed.
 * Collective over grid->world. */
PetscErrorCode sq_learner_step(sq_learner *learner, sq_train_record *record);
/* The loss of the averaged weights on the first `most` held-out entries; not a number if there are none. Collective
 * over grid->world. */
PetscErrorCode sq_learner_validate(sq_learner *learner, int64_t most, double *loss);
/* The whole state (weights, moments, averages, step) to and from a store, as NAME_weight, ... Not collective. Error:
 * SQ_ERR_DATA. */
PetscErrorCode sq_learner_put(const sq_learner *learner, const char *name, sq_store *store);
PetscErrorCode sq_learner_get(sq_learner *learner, const char *name, const sq_store *store);

/* ---- denoising score matching ---- */

typedef struct {
  uint64_t seed;
  sq_learner_options learner;
  double focus;         /* share of the levels drawn where errors cost path weight, the rest uniform in log s */
  sq_schedule schedule; /* levels are drawn as it draws them; type NULL: as above */
  const sq_parametrisation *loss; /* what the squared error is of, its weights made 1 on average; NULL: of F */
  bool still; /* only translations leave fields as likely as they are, not reflections or exchanges of directions */
} sq_train_options;

/* The weighted |F - target|^2 as terms, one a number of the field: a loss of 1 is the Gaussian solution. model: shape,
 * spectra, range of s; its weights are not looked at. Of many couplings: both data sets have as many fields of each
 * place, one place after the other. All objects are kept, not owned. testing: held out, for
 * validation. Collective over fft->lattice->comm. */
PetscErrorCode sq_score_matching_create(sq_fft *fft, const sq_train_options *options, const sq_dataset *training,
                                        const sq_dataset *testing, const sq_diffusion_model *model,
                                        sq_objective *objective);
PetscErrorCode sq_score_matching_destroy(sq_objective *objective);

/* ---- Kullback-Leibler divergences: models with an exact density (squall/tractable.h) ---- */

/* Moves a field of exp(-S)/Z, given as a block, to another one of that density: a function of its bits, the step and
 * the entry alone. move NULL: fields are taken as they are stored. move is collective over the ranks of the lattice. */
typedef struct {
  void *self;
  PetscErrorCode (*move)(void *self, int64_t step, int64_t entry, double *block);
} sq_refresh;

typedef struct {
  uint64_t seed;
  int64_t batch;      /* of the learner */
  double forward;     /* share of the steps, the first ones, that learn by the forward divergence; the rest: reverse */
  double anneal;      /* share of the steps in which S grows from nothing to what it is; not with forward ones */
  sq_refresh refresh; /* for forward steps */
} sq_divergence_options;

/* The entries of a microbatch for batches of a learner, with a model that takes at most `most` at once: 2 at least, for
 * each entry is judged by the others of its microbatch; about an eighth of a batch, so that replicas can share it, but
 * no fewer than 32. Not collective. */
int sq_divergence_micro(int64_t batch, int most);
/* Whether there is such a training, with a model that takes at most `most` entries at once: SQ_ERR_INPUT for a batch of
 * one entry; for annealing of real numbers, which have no density without S, or together with forward steps. Not
 * collective, the same on every rank. */
PetscErrorCode sq_divergence_check(const sq_action *action, const sq_divergence_options *options, int most);
/* With f = log q + scale S, q the model, scale what annealing makes of 1:
 *   reverse: fields that the model draws; the loss is f, its gradient 1/(n - 1) sum_b (f_b - mean f) grad log q_b over
 *            the n entries of a microbatch, without bias for any n (R. J. Williams, Mach. Learn. 8 (1992) 229; W. Kool,
 *            H. van Hoof, M. Welling, ICLR 2019 workshop "Buy 4 REINFORCE samples, get a baseline for free"), and
 *            without noise where q is exact. <f> = KL(q | p) - ln Z. Of a model with `pull` and a theory with a force
 *            the gradient is sum_b (dphi_b/dw) d(log q + scale S)/dphi_b/n, with the noise held that the fields are
 *            functions of: without bias, without noise where q is exact, and with less of it on large lattices (G.
 *            Roeder, Y. Wu, D. Duvenaud, NeurIPS 2017, arXiv:1703.09194; L. Vaitl, K. Nicoli, S. Nakajima, P. Kessel,
 *            Mach. Learn.: Sci. Technol. 3 (2022) 045006).
 *   forward: fields of `training`, moved by a symmetry of the theory or by `refresh`; the loss is -f, its gradient
 *            -grad log q. <-f> = KL(p | q) + ln Z.
 * Held-out fields have the forward loss. Losses are divided by the numbers of a field. Entry e of step t draws field
 * t total + e of the seed. Objects are kept, not owned, but for the model if `owns`; training may be empty or NULL
 * without forward steps, testing too. Errors: as above; SQ_ERR_INPUT for forward steps without fields.
 * Collective over model->lattice->comm.
 */
PetscErrorCode sq_divergence_create(const sq_tractable *model, bool owns, const sq_action *action,
                                    const sq_divergence_options *options, const sq_dataset *training,
                                    const sq_dataset *testing, sq_objective *objective);
PetscErrorCode sq_divergence_destroy(sq_objective *objective);
/* What a step of so many is: by the forward divergence or not; the factor of S. Not collective. */
bool sq_divergence_is_forward(const sq_divergence_options *options, int64_t step, int64_t steps);
double sq_divergence_scale(const sq_divergence_options *options, int64_t step, int64_t steps);

/* ---- a forger against a critic (squall/adversary.h) ---- */

typedef struct {
  uint64_t seed;
  int micro; /* entries of a microbatch: the fields that forger and critic take at once, at most */
} sq_hinge_options;

/* The two objectives of adversarial learning by the hinge loss (J. H. Lim, J. C. Ye, arXiv:1705.02894; T. Miyato et
 * al., arXiv:1802.05957, equations 16 and 17), D the critic, G the forger:
 *   critic: mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z))), x fields of `training`, moved over the lattice;
 *   forger: -mean D(G(z)) + shape->match times the loss of means (sq_matching), of each microbatch.
 * To be learned by two learners that are paired. The critic's goes one power iteration on with each of its steps. Both
 * objectives share what is behind them, a forger and a critic on the lattice of fft; fft, shape and training are kept,
 * not owned. Collective over fft->lattice->comm. */
PetscErrorCode sq_hinge_create(sq_fft *fft, const sq_adversary_shape *shape, const sq_hinge_options *options,
                               const sq_dataset *training, sq_objective *forger, sq_objective *critic);
/* Of both. */
PetscErrorCode sq_hinge_destroy(sq_objective *forger, sq_objective *critic);

SQ_C_END

#endif
