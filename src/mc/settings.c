/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `mc` of a deck. 0 stands for auto. */
#include "squall/mc.h"
#include <string.h>

/* auto, and the rows of the table. */
static const char *choice(int index)
{
  if (index == 0) return "auto";
  return sq_mc_algorithms[index - 1] ? sq_mc_algorithms[index - 1]->name : NULL;
}

const sq_param sq_mc_params[] = {
  {"mc", "configurations", SQ_PARAM_INT, "5120", 1, 1e9, NULL, "", "configurations to store for training",
   .amount = true},
  {"mc", "test", SQ_PARAM_INT, "1024", 0, 1e9, NULL, "",
   "further configurations, held out from training (ensemble testing)", .amount = true},
  {"mc", "chains", SQ_PARAM_INT, "8", 1, 65536, NULL, "", "independent Markov chains, distributed over replicas"},
  {"mc", "algorithm", SQ_PARAM_CHOICE, "auto", 0, 0, NULL, "",
   "what moves the chains; auto: the first of these that the theory has, or the one that it names", .names = choice},
  {"mc", "sweeps", SQ_PARAM_INT, "auto", 1, 1e6, NULL, "", "local: sweeps of an interval; auto: 1"},
  {"mc", "worms", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "",
   "worm: worms of an interval; auto: as many as take as many steps as the lattice has ends of links, 1024 at least"},
  {"mc", "cluster", SQ_PARAM_INT, "auto", 0, SQ_CLUSTER_SWEEPS, NULL, "",
   "cluster updates after each trajectory or interval; auto: 1; after trajectories, where that is cheaper, by measured "
   "autocorrelation times"},
  {"mc", "jumps", SQ_PARAM_INT, "auto", 0, SQ_JUMPS, NULL, "",
   "moves between sectors after each trajectory, such as instantons; auto: 1 where the action has them"},
  {"mc", "over_relaxation", SQ_PARAM_INT, "auto", 0, 1000, NULL, "",
   "sweeps of over-relaxation (moves that leave S as it is) after each trajectory or interval, for theories that have "
   "it; auto: 2 with the algorithm local, else 0",
   .later = true},
  {"mc", "thermalisation", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "trajectories or intervals",
   "discarded at the start; auto: 20 measured autocorrelation times"},
  {"mc", "separation", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "trajectories or intervals",
   "between stored configurations; auto: 2 measured autocorrelation times"},
  {"mc", "start", SQ_PARAM_CHOICE, "auto", 0, 0, "auto hot ordered", "",
   "first fields; auto: ordered where the action has a broken minimum, hot elsewhere"},
  {"mc", "flip", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "a random move of the theory's symmetry (the sign, a rotation) after each trajectory or interval"},
  {0},
};

/* ---- the algorithm ---- */

static const sq_mc_algorithm *find(const char *name)
{
  int i = 0;
  while (sq_mc_algorithms[i] && strcmp(sq_mc_algorithms[i]->name, name)) i++;
  return sq_mc_algorithms[i];
}

const sq_mc_algorithm *sq_mc_default(const sq_action *action)
{
  if (action->type->algorithm) return find(action->type->algorithm);
  int i = 0;
  while (sq_mc_algorithms[i] && !sq_mc_algorithms[i]->possible(action)) i++;
  return sq_mc_algorithms[i];
}

void sq_mc_possible(const sq_action *action, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; sq_mc_algorithms[i] && used < size; i++)
    if (sq_mc_algorithms[i]->possible(action))
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", sq_mc_algorithms[i]->name);
}

static PetscErrorCode choose(const sq_deck *deck, const sq_action *action, const sq_mc_algorithm **algorithm)
{
  PetscFunctionBeginUser;
  const char *name = sq_deck_text(deck, "mc", "algorithm"), *theory = action->type->name;
  char possible[160];
  *algorithm = strcmp(name, "auto") ? find(name) : sq_mc_default(action);
  sq_mc_possible(action, possible, sizeof possible);
  SqCheck(*algorithm, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: mc: there is no algorithm for the action %s",
          sq_deck_where(deck, "action", "type"), theory);
  SqCheck((*algorithm)->possible(action), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: mc.algorithm: %s needs %s, which the action %s does not have; possible: %s",
          sq_deck_where(deck, "mc", "algorithm"), name, (*algorithm)->needs, theory, possible);
  PetscFunctionReturn(0);
}

static bool has_key(const sq_mc_algorithm *algorithm, const char *key)
{
  int i = 0;
  while (algorithm->keys[i] && strcmp(algorithm->keys[i], key)) i++;
  return algorithm->keys[i] != NULL;
}

/* What is given must be a key of the algorithm, unless it is not an algorithm's. */
static PetscErrorCode check_keys(const sq_deck *deck, const sq_mc_algorithm *algorithm)
{
  PetscFunctionBeginUser;
  for (const sq_param *p = sq_mc_params; p->key; p++) {
    bool known = has_key(algorithm, p->key), of_one = false;
    for (int i = 0; sq_mc_algorithms[i]; i++) of_one = of_one || has_key(sq_mc_algorithms[i], p->key);
    SqCheck(known || !of_one || !sq_deck_given(deck, "mc", p->key) || sq_deck_int(deck, "mc", p->key) < 0,
            SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: mc.%s: the algorithm %s has no such key",
            sq_deck_where(deck, "mc", p->key), p->key, algorithm->name);
  }
  PetscFunctionReturn(0);
}

/* ---- the settings ---- */

/* Measured for angles on 16x16, beta = 1: tau_int of |M|, S, helicity 13, 4, 6 with a heat bath alone, 2.0, 1.7, 1.2
 * with 4 sweeps of over-relaxation for 0.4 times as much time again, 1.4, 1.3, 1.0 with 2 and a cluster update for 0.3
 * times as much. */
enum { few_relaxations = 2 };

/* The deck says auto with -1. */
static int64_t whole(const sq_deck *deck, const char *key)
{
  return PetscMax(sq_deck_int(deck, "mc", key), (int64_t)0);
}

PetscErrorCode sq_mc_settings_from_deck(const sq_deck *deck, const sq_action *action, sq_hmc_settings *settings)
{
  PetscFunctionBeginUser;
  const sq_mc_algorithm *algorithm;
  PetscCall(sq_hmc_common_settings(deck, "mc", settings));
  settings->thermalisation = whole(deck, "thermalisation");
  settings->separation = whole(deck, "separation");
  settings->cluster = sq_deck_int(deck, "mc", "cluster");
  settings->jumps = sq_deck_int(deck, "mc", "jumps");
  settings->steps = PetscMax(whole(deck, "sweeps"), whole(deck, "worms"));
  settings->over_relaxation = sq_deck_int(deck, "mc", "over_relaxation");
  PetscCall(sq_hmc_suit(deck, action, settings));
  SqCheck(settings->jumps <= 0 || action->type->jump, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: mc.jumps = %lld: there are none of the action %s; set it to 0 or auto",
          sq_deck_where(deck, "mc", "jumps"), (long long)settings->jumps, action->type->name);
  if (settings->jumps < 0) settings->jumps = action->type->jump ? 1 : 0;
  SqCheck(settings->over_relaxation <= 0 || (action->type->local && action->type->local->relax), SQ_EVERY_RANK,
          SQ_ERR_INPUT, "%s: mc.over_relaxation = %lld: there is no over-relaxation of the action %s; set it to 0",
          sq_deck_where(deck, "mc", "over_relaxation"), (long long)settings->over_relaxation, action->type->name);
  PetscCall(choose(deck, action, &algorithm));
  PetscCall(check_keys(deck, algorithm));
  SqCheck(algorithm != find("cluster") || settings->cluster, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: mc.cluster = 0: the algorithm cluster makes nothing but cluster updates, at least 1",
          sq_deck_where(deck, "mc", "cluster"));
  if (!action->type->bond) settings->cluster = 0;
  algorithm->fill(settings);
  if (settings->over_relaxation < 0)
    settings->over_relaxation = algorithm == find("local") && action->type->local->relax ? few_relaxations : 0;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_mc_resolve(const sq_hmc_settings *set, const sq_hmc_tuning *t, sq_deck *deck)
{
  PetscFunctionBeginUser;
  PetscCall(sq_hmc_note(deck, "mc", "thermalisation", !set->thermalisation, (double)t->thermalisation));
  PetscCall(sq_hmc_note(deck, "mc", "separation", !set->separation, (double)t->separation));
  PetscCall(sq_hmc_note(deck, "mc", "cluster", set->cluster == SQ_HMC_AUTO, (double)t->cluster));
  PetscCall(sq_hmc_note(deck, "mc", "over_relaxation", sq_deck_int(deck, "mc", "over_relaxation") < 0,
                        (double)set->over_relaxation));
  PetscCall(sq_hmc_note(deck, "mc", "worms", set->dynamics == &sq_dynamics_worm && !set->steps, (double)t->steps));
  PetscFunctionReturn(0);
}
