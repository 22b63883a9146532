/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `correct` of a deck. */
#include "src/ensemble/correction.h"

static const char *name_of(int index)
{
  return sq_corrections[index] ? sq_corrections[index]->name : NULL;
}

const sq_param sq_correct_params[] = {
  {"correct", "method", SQ_PARAM_CHOICE, "metropolis", 0, 0, NULL, "",
   "metropolis: a chain of generated fields, accepted by their path weights; reweight: averages with path weights; "
   "ode: a chain, and averages, of fields made by the probability flow, by their own densities (small lattices); "
   "partial: chains that noise their field and generate it anew, "
   "whole or in blocks: for large volumes; mala, hmc: a few trajectories of each generated field. All are exact but "
   "the last two, which are with enough trajectories (ode: to its tolerance)",
   .names = name_of},
  {"correct", "weights", SQ_PARAM_CHOICE, "plain", 0, 0, NULL, "",
   "reweight, and averages of ode: plain; truncated: none above sqrt(n) times the mean; pareto: the largest smoothed "
   "by the distribution that fits them. The last two are biased, and are called so",
   .names = sq_weight_rule_name, .apart = true},
  {"correct", "configurations", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "",
   "ode: fields to make; partial, mala, hmc: fields to store; auto: as many as were generated", .amount = true},
  {"correct", "chains", SQ_PARAM_INT, "8", 1, 1e6, NULL, "", "partial: Markov chains"},
  {"correct", "start", SQ_PARAM_CHOICE, "samples", 0, 0, "samples ensemble", "",
   "partial: where chains begin. samples: where an independence chain of generated fields ends; ensemble: stored "
   "fields "
   "of the run's Monte Carlo, which are taken to be fields of exp(-S)",
   .later = true},
  {"correct", "steps", SQ_PARAM_INT, "auto", 1, 10000, NULL, "",
   "partial: noise levels; auto: the cheapest of sample.steps, 5, 3, 2 and 1, found with the depth"},
  {"correct", "depth", SQ_PARAM_INT, "auto", 1, 10000, NULL, "",
   "partial: the noise level that a move goes up to; auto: the cheapest for an independent field"},
  {"correct", "block", SQ_PARAM_INT, "auto", 0, 1024, NULL, "sites",
   "partial: side of the blocks that move; 0: the whole field at once; auto: whichever is cheaper, with blocks of 32, "
   "16, 8, 4 in 1, 2, 3, 4 dimensions. With a hierarchical model: 2^k - 1; auto: the largest within those of its "
   "frame"},
  {"correct", "rim", SQ_PARAM_INT, "auto", 1, 1024, NULL, "sites",
   "partial: what the network sees around a block, on every side; auto: a quarter of a block"},
  {"correct", "separation", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "moves",
   "partial: between stored fields; auto: until about every site was in a block"},
  {"correct", "thermalisation", SQ_PARAM_INT, "auto", 0, 1e9, NULL, "moves",
   "partial: before the first stored field; auto: ten autocorrelation times, as far as trial moves tell; with a "
   "hierarchical model 10 (L/(block + 1))^2; 0 with correct.start: ensemble"},
  {"correct", "trajectories", SQ_PARAM_INT, "10", 1, 1e9, NULL, "", "mala, hmc: of each field"},
  {"correct", "md_steps", SQ_PARAM_INT, "10", 1, 1e6, NULL, "",
   "hmc: leapfrog steps of a trajectory (mala is hmc with one)"},
  {"correct", "tolerance", SQ_PARAM_REAL, "1e-4", 1e-12, 1, NULL, "",
   "ode: of the integration, absolute and relative; weights are exact up to this error", .apart = true},
  {"correct", "ode_sites", SQ_PARAM_INT, "256", 1, 1048576, NULL, "sites",
   "ode: the largest lattice that it is allowed on: a field takes V^2 work", .apart = true},
  {"correct", "step_size", SQ_PARAM_REAL, "auto", 1e-9, 1e3, NULL, "", "mala, hmc: of molecular dynamics; auto: tuned"},
  {0}};

void sq_correct_settings_from_deck(const sq_deck *deck, int64_t generated, sq_correct_settings *set)
{
  *set = (sq_correct_settings){
    .method = sq_corrections[sq_find_name(name_of, sq_deck_text(deck, "correct", "method"))],
    .weights = sq_weight_rules[sq_find_name(sq_weight_rule_name, sq_deck_text(deck, "correct", "weights"))],
    .configurations = sq_deck_int(deck, "correct", "configurations"),
    .chains = (int)sq_deck_int(deck, "correct", "chains"),
    .steps = sq_deck_int(deck, "correct", "steps"),
    .depth = sq_deck_int(deck, "correct", "depth"),
    .block = sq_deck_int(deck, "correct", "block"),
    .rim = sq_deck_int(deck, "correct", "rim"),
    .separation = sq_deck_int(deck, "correct", "separation"),
    .thermalisation = sq_deck_int(deck, "correct", "thermalisation"),
    .trajectories = sq_deck_int(deck, "correct", "trajectories"),
    .md_steps = sq_deck_int(deck, "correct", "md_steps"),
    .ode_sites = sq_deck_int(deck, "correct", "ode_sites"),
    .tolerance = sq_deck_real(deck, "correct", "tolerance"),
    .step_size = sq_deck_real(deck, "correct", "step_size")};
  if (set->configurations < 0) set->configurations = generated;
}
