/* SPDX-License-Identifier: BSD-3-Clause */
/* The deck's sections sample and train: how fields are generated, how a model learns; and the type of the model. */
#include "squall/model.h"
#include <math.h>
#include <string.h>

static const sq_param *params_of(int index)
{
  return sq_model_types[index] ? sq_model_types[index]->params : NULL;
}

const sq_param sq_model_params[] = {{"model", "type", SQ_PARAM_CHOICE, "diffusion", 0, 0, NULL, "",
                                     "the family of generating models", .names = sq_model_name, .later = true},
                                    {.section = "model", .more = params_of},
                                    {0}};

const sq_param sq_train_params[] = {
  {"train", "steps", SQ_PARAM_INT, "3000", 1, 1e9, NULL, "", "optimiser steps"},
  {"train", "minutes", SQ_PARAM_REAL, "0", 0, 1e6, NULL, "minutes",
   "instead of steps: converted into steps by the measured rate, and written into deck.yaml"},
  {"train", "batch", SQ_PARAM_INT, "64", 1, 65536, NULL, "fields", "fields of a step, over all replicas"},
  {"train", "learning_rate", SQ_PARAM_REAL, "0.003", 1e-8, 1, NULL, "", "of Adam after the warm-up; falls as a cosine"},
  {"train", "warm_up", SQ_PARAM_INT, "100", 0, 1e6, NULL, "steps", "steps over which the learning rate rises"},
  {"train", "ema", SQ_PARAM_REAL, "auto", 0, 1e7, NULL, "steps",
   "length of the running average of the weights; auto: a tenth of the steps"},
  {"train", "clip", SQ_PARAM_REAL, "1", 0, 1e6, NULL, "", "largest norm of a gradient; 0: none"},
  {"train", "target", SQ_PARAM_CHOICE, "mixed", 0, 0, "mixed plain", "",
   "regression target: phi_0 mixed with the action's force, or phi_0 alone, as always where no action is known"},
  {"train", "reflections", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "diffusion: fields are learned from with reflections, and exchanges of directions of equal extent, at random; "
   "false: "
   "where these are no symmetries",
   .later = true},
  {"train", "levels", SQ_PARAM_CHOICE, "geometric", 0, 0, "geometric", "",
   "how noise levels are drawn: uniform in log s, or as a schedule draws its time; with the latter the network is "
   "trained for all levels of the schedule",
   .names = sq_schedule_name},
  {"train", "parametrisation", SQ_PARAM_CHOICE, "network", 0, 0, "network", "",
   "what the squared error is of: the network's output, the clean field, the noise, the score (which fixes how levels "
   "are weighted)",
   .names = sq_parametrisation_name},
  {"train", "focus", SQ_PARAM_REAL, "0", 0, 1, NULL, "",
   "share of noise levels drawn where errors of the network reduce the effective sample size; the rest is uniform in "
   "log s"},
  {"train", "calibrate", SQ_PARAM_INT, "512", 0, 1e9, NULL, "fields",
   "held-out fields on which the sampler's kernel is measured after training; 0: Gaussian kernel"},
  {"train", "weigh", SQ_PARAM_INT, "0", 0, 30, NULL, "times",
   "during training, after steps/2^(n-1), ..., steps/2, steps, generate sample.weighed fields with their weights: "
   "effective sample size and acceptance against training time, in training_worth.csv",
   .apart = true},
  {"train", "halves", SQ_PARAM_BOOL, "false", 0, 0, NULL, "",
   "train two further models, each on half of the configurations, and generate from both: their difference gives the "
   "model's own error, which becomes part of the errors of generated fields; takes three times the training",
   .apart = true},
  {"train", "s_min", SQ_PARAM_REAL, "auto", 1e-6, 1e6, NULL, "",
   "lowest noise level; auto: 0.04 times the width of the stiffest mode"},
  {"train", "s_max", SQ_PARAM_REAL, "auto", 1e-6, 1e9, NULL, "",
   "highest noise level; auto: 4 times the width of the widest mode"},
  {"train", "loss", SQ_PARAM_CHOICE, "auto", 0, 0, "auto reverse forward", "",
   "of models with an exact density: the reverse Kullback-Leibler divergence, of fields that the model draws, for "
   "which a deck needs no ensemble; or the forward one, of the ensemble; auto: forward first, as train.forward says, "
   "then reverse",
   .later = true},
  {"train", "forward", SQ_PARAM_REAL, "auto", 0, 1, NULL, "",
   "of models with an exact density, loss auto: share of the steps, the first ones, that learn from the ensemble; "
   "auto: none",
   .later = true},
  {"train", "refresh", SQ_PARAM_INT, "auto", 0, 1000, NULL, "updates",
   "of forward steps: by how many units of the theory's own algorithm (mc.algorithm: auto) a stored field is moved "
   "each time it is learned from, so that no field comes twice; auto: 1, with hybrid Monte Carlo 0",
   .later = true},
  {"train", "anneal", SQ_PARAM_REAL, "0", 0, 1, NULL, "",
   "of reverse training: share of the steps in which the action grows from 0 to what it is, for theories on a circle "
   "or of signs",
   .later = true},
  {"train", "scan", SQ_PARAM_STRING, "", 0, 0, NULL, "",
   "of diffusion models: one model for all couplings in a range, learned at these values of parameters of the action, "
   "all combinations of them: {action: {kappa: [0.2, 0.24, 0.28]}}, or as on the command line, \"-action_kappa "
   "0.2,0.24,0.28\"; empty: at the coupling of the deck",
   .options = true, .later = true},
  {"train", "critic_rate", SQ_PARAM_REAL, "auto", 1e-8, 1, NULL, "",
   "of models that learn against a critic: its learning rate; auto: twice learning_rate", .later = true},
  {"train", "critic_steps", SQ_PARAM_INT, "1", 1, 100, NULL, "steps",
   "of models that learn against a critic: its steps for each step of the model", .later = true},
  {0}};

const sq_param sq_sample_params[] = {
  {"sample", "configurations", SQ_PARAM_INT, "10240", 1, 1e9, NULL, "", "fields to generate", .amount = true},
  {"sample", "steps", SQ_PARAM_INT, "20", 1, 10000, NULL, "", "network evaluations a field"},
  {"sample", "extents", SQ_PARAM_INTS, "auto", 1, 1048576, NULL, "sites", "another volume; auto: that of the training",
   .amount = true},
  {"sample", "levels", SQ_PARAM_CHOICE, "placed", 0, 0, "placed geometric", "",
   "noise levels: placed, most of them where a step loses most (by the calibration); geometric, in geometric "
   "progression; or those of a schedule at equal times",
   .names = sq_schedule_name},
  {"sample", "sampler", SQ_PARAM_CHOICE, "ancestral", 0, 0, NULL, "",
   "from noise to a field; ancestral, ddpm and euler have path weights, so that their fields can be corrected",
   .names = sq_sampler_name},
  {"sample", "prior", SQ_PARAM_CHOICE, "propagator", 0, 0, "propagator plain", "",
   "first level: with the variance the field has there, mode by mode, or white noise N(0, s^2), which is biased"},
  {"sample", "corrections", SQ_PARAM_INT, "1", 0, 1000, NULL, "",
   "of predictor-corrector: Langevin steps at every level"},
  {"sample", "snr", SQ_PARAM_REAL, "0.16", 1e-6, 10, NULL, "", "of predictor-corrector: size of the Langevin steps"},
  {"sample", "bound", SQ_PARAM_INT, "0", 0, 1e6, NULL, "fields",
   "held-out fields on which the variational bound is measured, term by term, into bound.csv", .amount = true},
  {"sample", "s_min", SQ_PARAM_REAL, "auto", 1e-6, 1e6, NULL, "",
   "lowest s/a before the last step at least this; auto: the training's, geometric: twice that"},
  {"sample", "exchange", SQ_PARAM_CHOICE, "layers", 0, 0, "layers wide", "",
   "of halos between ranks that share a field: layers, once per layer of the network; wide, once per evaluation with a "
   "halo as wide as the receptive field, with more arithmetic (squall bench halo)",
   .amount = true},
  {"sample", "trajectories", SQ_PARAM_INT, "4", 0, 10000, NULL, "",
   "fields whose whole way from noise is written to trajectories.h5", .amount = true},
  {"sample", "weigh", SQ_PARAM_INTS, "auto", 1, 1048576, NULL, "sites",
   "sides of lattices (as many directions, all equal) on which sample.weighed fields are generated with their weights: "
   "effective sample size and acceptance against the volume, in volume_worth.csv; auto: none",
   .apart = true},
  {"sample", "weighed", SQ_PARAM_INT, "256", 2, 1e6, NULL, "fields", "for each of sample.weigh and train.weigh",
   .apart = true},
  {"sample", "scan", SQ_PARAM_STRING, "", 0, 0, NULL, "",
   "couplings in the range of train.scan at which the model generates besides, in runs of their own below this one, "
   "with a table of all, couplings.csv; as train.scan; empty: none",
   .options = true, .later = true, .apart = true},
  {"sample", "model", SQ_PARAM_STRING, "", 0, 0, NULL, "", "model file; empty: model.h5 of this run", .path = true,
   .apart = true},
  {0}};

PetscErrorCode sq_sample_settings_from_deck(const sq_deck *deck, int dim, const int64_t extents[],
                                            sq_sample_settings *set)
{
  PetscFunctionBeginUser;
  const int64_t *given;
  const char *levels = sq_deck_text(deck, "sample", "levels");
  int directions = sq_deck_ints(deck, "sample", "extents", &given);
  SqCheck(directions == 0 || directions == dim, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: sample.extents: %d directions, the lattice has %d", sq_deck_where(deck, "sample", "extents"), directions,
          dim);
  *set = (sq_sample_settings){.configurations = sq_deck_int(deck, "sample", "configurations"),
                              .steps = (int)sq_deck_int(deck, "sample", "steps"),
                              .where = sq_deck_where(deck, "sample", "levels"),
                              .placed = !strcmp(levels, "placed"),
                              .s_min = sq_deck_real(deck, "sample", "s_min"),
                              .sampler = sq_sampler_find(sq_deck_text(deck, "sample", "sampler")),
                              .corrections = (int)sq_deck_int(deck, "sample", "corrections"),
                              .snr = sq_deck_real(deck, "sample", "snr"),
                              .plain_prior = !strcmp(sq_deck_text(deck, "sample", "prior"), "plain"),
                              .wide = !strcmp(sq_deck_text(deck, "sample", "exchange"), "wide"),
                              .bound = sq_deck_int(deck, "sample", "bound"),
                              .trajectories = sq_deck_int(deck, "sample", "trajectories"),
                              .weighed = sq_deck_int(deck, "sample", "weighed"),
                              .model = sq_deck_text(deck, "sample", "model"),
                              .scan = sq_deck_text(deck, "sample", "scan")};
  set->sides = sq_deck_ints(deck, "sample", "weigh", &set->side);
  memcpy(set->extents, directions ? given : extents, (size_t)dim * sizeof *extents);
  PetscCall(sq_schedule_from_deck(deck, levels, &set->schedule));
  PetscFunctionReturn(0);
}

void sq_train_set_length(const sq_deck *deck, int64_t steps, sq_train_settings *set)
{
  double average = sq_deck_real(deck, "train", "ema");
  set->options.learner.steps = steps;
  set->options.learner.average = average < 0 ? 0.1 * (double)steps : average;
}

PetscErrorCode sq_train_range(const sq_train_settings *set, double stiffest, double widest, double *s_min,
                              double *s_max)
{
  PetscFunctionBeginUser;
  const sq_schedule *schedule = &set->options.schedule;
  SqCheck(!schedule->type || (set->s_min < 0 && set->s_max < 0), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "train.s_min and train.s_max are for train.levels: geometric; %s has levels of its own (schedule.t_min sets "
          "the lowest)",
          schedule->type->name);
  *s_min = schedule->type ? sq_schedule_ratio(schedule, set->t_min) : set->s_min > 0 ? set->s_min : 0.04 * stiffest;
  *s_max = schedule->type ? sq_schedule_ratio(schedule, 1) : set->s_max > 0 ? set->s_max : 4 * widest;
  SqCheck(!(*s_min >= *s_max), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the lowest noise level of training, %.6g (train.s_min, schedule.t_min), must be below the highest, %.6g "
          "(train.s_max)",
          *s_min, *s_max);
  PetscFunctionReturn(0);
}

void sq_train_extents(const sq_deck *deck, int64_t extent[SQ_DIM])
{
  const int64_t *extents;
  const int dim = sq_deck_ints(deck, "lattice", "extents", &extents);
  (void)sq_extents_pad(dim, extents, extent);
}

/* The share of forward steps. */
static PetscErrorCode read_loss(const sq_deck *deck, double *share)
{
  PetscFunctionBeginUser;
  const char *loss = sq_deck_text(deck, "train", "loss");
  const double given = sq_deck_real(deck, "train", "forward");
  const bool automatic = !strcmp(loss, "auto");
  *share = automatic ? fmax(0, given) : !strcmp(loss, "forward");
  SqCheck(given < 0 || given == *share, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: train.forward: %g, but train.loss: %s makes it %g: leave one of them out",
          sq_deck_where(deck, "train", "forward"), given, loss, *share);
  SqCheck(*share > 0 || sq_deck_int(deck, "train", "refresh") <= 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: train.refresh moves the stored fields of forward steps, and there are none: give train.forward or "
          "train.loss: forward",
          sq_deck_where(deck, "train", "refresh"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_train_settings_from_deck(const sq_deck *deck, sq_train_settings *set)
{
  PetscFunctionBeginUser;
  sq_learner_options learner = {.batch = sq_deck_int(deck, "train", "batch"),
                                .warm_up = sq_deck_int(deck, "train", "warm_up"),
                                .adam = {.learning_rate = sq_deck_real(deck, "train", "learning_rate"),
                                         .beta1 = 0.9,
                                         .beta2 = 0.99,
                                         .epsilon = 1e-9,
                                         .clip = sq_deck_real(deck, "train", "clip")},
                                .final_rate = 0.01};
  *set = (sq_train_settings){
    .options = {.learner = learner,
                .focus = sq_deck_real(deck, "train", "focus"),
                .still = !sq_deck_bool(deck, "train", "reflections"),
                .loss = sq_parametrisation_find(sq_deck_text(deck, "train", "parametrisation"))},
    .scan = sq_deck_text(deck, "train", "scan"),
    .minutes = sq_deck_real(deck, "train", "minutes"),
    .mixed = !strcmp(sq_deck_text(deck, "train", "target"), "mixed"),
    .s_min = sq_deck_real(deck, "train", "s_min"),
    .s_max = sq_deck_real(deck, "train", "s_max"),
    .t_min = sq_deck_real(deck, "schedule", "t_min"),
    .calibrate = sq_deck_int(deck, "train", "calibrate"),
    .halves = sq_deck_bool(deck, "train", "halves"),
    .weigh = (int)sq_deck_int(deck, "train", "weigh"),
    .anneal = sq_deck_real(deck, "train", "anneal"),
    .refresh = sq_deck_int(deck, "train", "refresh"),
    .critic_rate = sq_deck_real(deck, "train", "critic_rate"),
    .critic_steps = (int)sq_deck_int(deck, "train", "critic_steps")};
  if (set->critic_rate < 0) set->critic_rate = fmin(1, 2 * learner.adam.learning_rate);
  PetscCall(read_loss(deck, &set->forward));
  sq_train_set_length(deck, sq_deck_int(deck, "train", "steps"), set);
  double s_min, s_max;
  PetscCall(sq_schedule_from_deck(deck, sq_deck_text(deck, "train", "levels"), &set->options.schedule));
  PetscCall(sq_train_range(set, NAN, NAN, &s_min, &s_max));
  PetscFunctionReturn(0);
}

const sq_model_type *sq_model_type_of(const sq_deck *deck)
{
  return sq_model_find(sq_deck_text(deck, "model", "type"));
}
