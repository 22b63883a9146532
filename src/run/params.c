/* The deck: every section that is not declared by a module of its own. */
#include "squall/fokkerplanck.h"
#include "squall/hmc.h"
#include "squall/likelihood.h"
#include "squall/toy.h"
#include "src/run/run.h"
#include <math.h>

static const sq_param run_params[] = {
  {"run", "dir", SQ_PARAM_STRING, "runs/squall", 0, 0, NULL, "", "directory of everything this run makes"},
  {"run", "seed", SQ_PARAM_INT, "1", 0, 9007199254740992., NULL, "", "seed of all random numbers"},
  {"run", "time_limit", SQ_PARAM_REAL, "0", 0, 1e6, NULL, "minutes",
   "stop resumably before this much time has passed; 0: no limit"},
  {"run", "checkpoint", SQ_PARAM_REAL, "5", 0.01, 1e6, NULL, "minutes", "time between checkpoints"},
  {"lattice", "extents", SQ_PARAM_INTS, NULL, 1, 1048576, NULL, "sites", "L_0, ..., L_{d-1}, d = 1..4; periodic"},
  {"parallel", "replicas", SQ_PARAM_INT, "0", 0, 1000000, NULL, "",
   "groups of ranks that work on different lattices; 0: chosen. Changes no result"},
  {0}};

static const sq_param train_params[] = {
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

static const sq_param sample_params[] = {
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

static const sq_param correct_params[] = {
  {"correct", "method", SQ_PARAM_CHOICE, "metropolis", 0, 0, "metropolis reweight ode partial mala hmc", "",
   "metropolis: a chain of generated fields, accepted by their path weights; reweight: averages with path weights; "
   "ode: a chain, and averages, of fields made by the probability flow, by their own densities (small lattices); "
   "partial: chains that noise their field and generate it anew, "
   "whole or in blocks: for large volumes; mala, hmc: a few trajectories of each generated field. All are exact but "
   "the last two, which are with enough trajectories (ode: to its tolerance)"},
  {"correct", "configurations", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "",
   "ode: fields to make; partial, mala, hmc: fields to store; auto: as many as were generated"},
  {"correct", "chains", SQ_PARAM_INT, "8", 1, 1e6, NULL, "", "partial: Markov chains"},
  {"correct", "steps", SQ_PARAM_INT, "auto", 1, 10000, NULL, "",
   "partial: noise levels; auto: the cheapest of sample.steps, 5, 3, 2 and 1, found with the depth"},
  {"correct", "depth", SQ_PARAM_INT, "auto", 1, 10000, NULL, "",
   "partial: the noise level that a move goes up to; auto: the cheapest for an independent field"},
  {"correct", "block", SQ_PARAM_INT, "auto", 0, 1024, NULL, "sites",
   "partial: side of the blocks that move; 0: the whole field at once; auto: whichever is cheaper, with blocks of 32, "
   "16, 8, 4 in 1, 2, 3, 4 dimensions"},
  {"correct", "rim", SQ_PARAM_INT, "auto", 1, 1024, NULL, "sites",
   "partial: what the network sees around a block, on every side; auto: a quarter of a block"},
  {"correct", "separation", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "moves",
   "partial: between stored fields; auto: until about every site was in a block"},
  {"correct", "thermalisation", SQ_PARAM_INT, "auto", 0, 1e9, NULL, "moves",
   "partial: before the first stored field; auto: ten autocorrelation times, as far as trial moves tell"},
  {"correct", "trajectories", SQ_PARAM_INT, "10", 1, 1e9, NULL, "", "mala, hmc: of each field"},
  {"correct", "md_steps", SQ_PARAM_INT, "10", 1, 1e6, NULL, "",
   "hmc: leapfrog steps of a trajectory (mala is hmc with one)"},
  {"correct", "tolerance", SQ_PARAM_REAL, "1e-4", 1e-12, 1, NULL, "",
   "ode: of the integration, absolute and relative; weights are exact but for it", .apart = true},
  {"correct", "ode_sites", SQ_PARAM_INT, "256", 1, 1048576, NULL, "sites",
   "ode: the largest lattice that it is allowed on: a field takes V^2 work", .apart = true},
  {"correct", "step_size", SQ_PARAM_REAL, "auto", 1e-9, 1e3, NULL, "", "mala, hmc: of molecular dynamics; auto: tuned"},
  {0}};

static const sq_param likelihood_params[] = {
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

static const sq_param bench_params[] = {
  {"bench", "parts", SQ_PARAM_STRING, "all", 0, 0, NULL, "",
   "of `squall bench`, separated by commas: machine, hmc, layers, network, fft, halo, scaling; or all (but scaling)"},
  {"bench", "scales", SQ_PARAM_INTS, "1,2", 1, 1024, NULL, "",
   "of bench scaling: the deck's extents times each of these"},
  {"bench", "cores", SQ_PARAM_INTS, "1,4,16,64,256,1024,4096", 1, 1e6, NULL, "",
   "of bench scaling: numbers of cores for which times are predicted"},
  {"bench", "dir", SQ_PARAM_STRING, "scaling", 0, 0, NULL, "", "of bench scaling: directory of its tables and figures"},
  {0}};

static const sq_param report_params[] = {
  {"measure", "bins", SQ_PARAM_INT, "64", 2, 4096, NULL, "", "bins for the errors of spectra and correlators"},
  {"report", "figures", SQ_PARAM_BOOL, "true", 0, 0, NULL, "", "draw figures with gnuplot"},
  {0}};

static const sq_param quantum_params[] = {
  {"quantum", "spacing", SQ_PARAM_REAL, "1", 1e-9, 1e9, NULL, "",
   "lattices of one dimension: the spacing in units of choice; energies are given in its inverse units (mass 1, hbar = "
   "1)"},
  {"quantum", "levels", SQ_PARAM_INT, "8", 2, 64, NULL, "", "of the transfer matrix, to print"},
  {"quantum", "first", SQ_PARAM_INT, "auto", 0, 1048576, NULL, "sites",
   "where the fit of the gap begins; auto: where its error and what a second state shifts it by are least"},
  {"quantum", "last", SQ_PARAM_INT, "auto", 2, 1048576, NULL, "sites",
   "where it ends; auto: at three times the time in which the correlator falls by e"},
  {0}};

const sq_param *const sq_deck_tables[] = {run_params,
                                          sq_action_params,
                                          sq_hmc_params,
                                          sq_langevin_params,
                                          sq_model_params,
                                          sq_diffusion_model_params,
                                          sq_schedule_params,
                                          train_params,
                                          sample_params,
                                          correct_params,
                                          likelihood_params,
                                          sq_toy_params,
                                          sq_fokker_planck_params,
                                          report_params,
                                          quantum_params,
                                          bench_params,
                                          NULL};
