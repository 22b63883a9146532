/* The deck: sections that several rooms share, and all tables of parameters in their order. */
#include "squall/likelihood.h"
#include "squall/model.h"
#include "src/run/stage.h"
#include <math.h>

const sq_param sq_run_params[] = {
  {"run", "dir", SQ_PARAM_STRING, "runs/squall", 0, 0, NULL, "", "directory of everything this run makes"},
  {"run", "seed", SQ_PARAM_INT, "1", 0, 9007199254740992., NULL, "", "seed of all random numbers"},
  {"run", "time_limit", SQ_PARAM_REAL, "0", 0, 1e6, NULL, "minutes",
   "stop resumably before this much time has passed; 0: no limit"},
  {"run", "checkpoint", SQ_PARAM_REAL, "5", 0.01, 1e6, NULL, "minutes", "time between checkpoints"},
  {"lattice", "extents", SQ_PARAM_INTS, NULL, 1, 1048576, NULL, "sites", "L_0, ..., L_{d-1}, d = 1..4; periodic"},
  {"parallel", "replicas", SQ_PARAM_INT, "0", 0, 1000000, NULL, "",
   "groups of ranks that work on different lattices; 0: chosen. Changes no result"},
  {0}};

const sq_param sq_train_params[] = {
  {"train", "steps", SQ_PARAM_INT, "3000", 1, 1e9, NULL, "", "optimiser steps"},
  {"train", "minutes", SQ_PARAM_REAL, "0", 0, 1e6, NULL, "minutes",
   "instead of steps: turned into steps from the measured rate, and written down"},
  {"train", "batch", SQ_PARAM_INT, "64", 1, 65536, NULL, "fields", "fields of a step, over all replicas"},
  {"train", "learning_rate", SQ_PARAM_REAL, "0.003", 1e-8, 1, NULL, "", "of Adam after the warm-up; falls as a cosine"},
  {"train", "warm_up", SQ_PARAM_INT, "100", 0, 1e6, NULL, "steps", "steps over which the learning rate rises"},
  {"train", "ema", SQ_PARAM_REAL, "auto", 0, 1e7, NULL, "steps",
   "length of the running average of the weights; auto: a tenth of the steps"},
  {"train", "clip", SQ_PARAM_REAL, "1", 0, 1e6, NULL, "", "largest norm of a gradient; 0: none"},
  {"train", "target", SQ_PARAM_CHOICE, "mixed", 0, 0, "mixed plain", "",
   "regression target: phi_0 mixed with the action's force, or phi_0 alone"},
  {"train", "levels", SQ_PARAM_CHOICE, "geometric", 0, 0, "geometric", "",
   "how noise levels are drawn: uniform in log s, or as a schedule draws its time; with the latter the network is "
   "trained for all levels of the schedule",
   .names = sq_schedule_name},
  {"train", "parametrisation", SQ_PARAM_CHOICE, "network", 0, 0, "network", "",
   "what the squared error is of: the network's output, the clean field, the noise, the score (which fixes how levels "
   "are weighted)",
   .names = sq_parametrisation_name},
  {"train", "focus", SQ_PARAM_REAL, "0", 0, 1, NULL, "",
   "share of noise levels drawn where errors cost path weight; the rest is uniform in log s"},
  {"train", "calibrate", SQ_PARAM_INT, "512", 0, 1e9, NULL, "fields",
   "held-out fields on which the sampler's kernel is measured after training; 0: Gaussian kernel"},
  {"train", "weigh", SQ_PARAM_INT, "0", 0, 30, NULL, "times",
   "during training, after steps/2^(n-1), ..., steps/2, steps, generate sample.weighed fields and weigh them: what the "
   "model is worth against training time, in training_worth.csv",
   .apart = true},
  {"train", "s_min", SQ_PARAM_REAL, "auto", 1e-6, 1e6, NULL, "",
   "lowest noise level; auto: 0.04 times the width of the stiffest mode"},
  {"train", "s_max", SQ_PARAM_REAL, "auto", 1e-6, 1e9, NULL, "",
   "highest noise level; auto: 4 times the width of the widest mode"},
  {0}};

const sq_param sq_sample_params[] = {
  {"sample", "configurations", SQ_PARAM_INT, "10240", 1, 1e9, NULL, "", "fields to generate"},
  {"sample", "steps", SQ_PARAM_INT, "20", 1, 10000, NULL, "", "network evaluations a field"},
  {"sample", "extents", SQ_PARAM_INTS, "auto", 1, 1048576, NULL, "sites", "another volume; auto: that of the training"},
  {"sample", "levels", SQ_PARAM_CHOICE, "placed", 0, 0, "placed geometric", "",
   "noise levels: where steps lose most (as calibrated), in geometric progression, or a schedule's at equal times",
   .names = sq_schedule_name},
  {"sample", "sampler", SQ_PARAM_CHOICE, "ancestral", 0, 0, NULL, "",
   "the way down; the first three have path weights, so that their fields can be corrected", .names = sq_sampler_name},
  {"sample", "prior", SQ_PARAM_CHOICE, "propagator", 0, 0, "propagator plain", "",
   "first level: with the variance the field has there, mode by mode, or white noise N(0, s^2), which is biased"},
  {"sample", "corrections", SQ_PARAM_INT, "1", 0, 1000, NULL, "",
   "of predictor-corrector: Langevin steps at every level"},
  {"sample", "snr", SQ_PARAM_REAL, "0.16", 1e-6, 10, NULL, "", "of predictor-corrector: size of the Langevin steps"},
  {"sample", "bound", SQ_PARAM_INT, "0", 0, 1e6, NULL, "fields",
   "held-out fields on which the variational bound is measured, term by term, into bound.csv"},
  {"sample", "s_min", SQ_PARAM_REAL, "auto", 1e-6, 1e6, NULL, "",
   "lowest s/a before the last step at least this; auto: the training's, geometric: twice that"},
  {"sample", "exchange", SQ_PARAM_CHOICE, "layers", 0, 0, "layers wide", "",
   "between ranks that share a field: for every layer of the network, or once for all as wide as it sees, with more "
   "work (squall bench halo)"},
  {"sample", "trajectories", SQ_PARAM_INT, "4", 0, 10000, NULL, "",
   "fields whose whole way from noise is written to trajectories.h5"},
  {"sample", "weigh", SQ_PARAM_INTS, "auto", 1, 1048576, NULL, "sites",
   "sides of lattices (as many directions, all equal) on which some fields are generated and weighed: what the model "
   "is worth against the volume, in volume_worth.csv; auto: none",
   .apart = true},
  {"sample", "weighed", SQ_PARAM_INT, "256", 2, 1e6, NULL, "fields", "for each of sample.weigh and train.weigh",
   .apart = true},
  {"sample", "model", SQ_PARAM_STRING, "", 0, 0, NULL, "", "model file; empty: model.h5 of this run", .apart = true},
  {0}};

const sq_param sq_likelihood_params[] = {
  {"likelihood", "configurations", SQ_PARAM_INT, "256", 0, 1e9, NULL, "",
   "held-out fields, and fields generated by the flow, whose effective action is found; 0: none"},
  {"likelihood", "integrator", SQ_PARAM_CHOICE, "heun", 0, 0, NULL, "",
   "of the probability flow: heun takes a step between noise levels, dormand-prince those that its tolerance needs",
   .names = sq_flow_integrator_name},
  {"likelihood", "steps", SQ_PARAM_INT, "20", 2, 100000, NULL, "", "noise levels of the flow"},
  {"likelihood", "tolerance", SQ_PARAM_REAL, "1e-4", 1e-12, 1, NULL, "", "of dormand-prince, absolute and relative"},
  {"likelihood", "dilution", SQ_PARAM_INT, "auto", 0, 1000, NULL, "sites",
   "divergences: random signs on one site in n in every direction at a time; 0: exactly, site by site; auto: 0 up to "
   "64 sites, then 2"},
  {"likelihood", "probes", SQ_PARAM_INT, "2", 1, 10000, NULL, "",
   "sets of random signs for each field; their spread is the stated error"},
  {"likelihood", "path_steps", SQ_PARAM_INTS, "[10, 20, 40]", 1, 10000, NULL, "",
   "numbers of steps for which paths bound log Z"},
  {"likelihood", "paths", SQ_PARAM_INT, "256", 0, 1e9, NULL, "",
   "paths from held-out fields, and generated ones, for each of them; 0: none"},
  {0}};

const sq_param sq_report_params[] = {
  {"measure", "bins", SQ_PARAM_INT, "64", 2, 4096, NULL, "", "bins for the errors of spectra and correlators"},
  {"report", "figures", SQ_PARAM_BOOL, "true", 0, 0, NULL, "", "draw figures with gnuplot"},
  {0}};

const sq_param sq_quantum_params[] = {
  {"quantum", "spacing", SQ_PARAM_REAL, "1", 1e-9, 1e9, NULL, "",
   "lattices of one dimension: the spacing in units of choice; energies are given in its inverse units (mass 1, hbar = "
   "1)"},
  {"quantum", "levels", SQ_PARAM_INT, "8", 2, 64, NULL, "", "of the transfer matrix, to print"},
  {"quantum", "first", SQ_PARAM_INT, "auto", 0, 1048576, NULL, "sites",
   "where the fit of the gap begins; auto: where its error and what a second state shifts it by are least"},
  {"quantum", "last", SQ_PARAM_INT, "auto", 2, 1048576, NULL, "sites",
   "where it ends; auto: at three times the time in which the correlator falls by e"},
  {0}};

static void add(const sq_param *tables[SQ_DECK_TABLES], const sq_param *const *more)
{
  int count = 0;
  while (tables[count]) count++;
  for (; more && *more; more++) {
    int i = 0;
    while (i < count && tables[i] != *more) i++;
    if (i == count && count < SQ_DECK_TABLES - 1) tables[count++] = *more;
  }
}

/* The stages' commands, then the others. */
static const sq_command *command_row(int index)
{
  int stages = 0;
  while (sq_stages[stages]) stages++;
  return index < stages ? &sq_stages[index]->command : sq_commands[index - stages];
}

const sq_command *sq_command_at(int index)
{
  for (int place = SQ_PLACE_FIRST; place <= SQ_PLACE_LAST; place++)
    for (int i = 0; command_row(i); i++)
      if (command_row(i)->place == place && index-- == 0) return command_row(i);
  return NULL;
}

bool sq_stage_wanted(const sq_stage *stage, const sq_run *run)
{
  return !stage->section || sq_deck_has_section(run->deck, stage->section);
}

void sq_deck_tables(const sq_param *tables[SQ_DECK_TABLES])
{
  for (int i = 0; i < SQ_DECK_TABLES; i++) tables[i] = NULL;
  add(tables, SQ_TABLES(sq_run_params, sq_action_params));
  for (int i = 0; sq_stages[i]; i++) add(tables, sq_stages[i]->command.params);
  for (int i = 0; sq_commands[i]; i++) add(tables, sq_commands[i]->params);
  for (int i = 0; sq_model_types[i]; i++) add(tables, SQ_TABLES(sq_model_types[i]->params));
}
