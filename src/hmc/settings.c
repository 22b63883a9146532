/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `hmc` of a deck. 0 stands for auto throughout. */
#include "squall/hmc.h"
#include <math.h>
#include <string.h>

const sq_param sq_hmc_params[] = {
  {"hmc", "configurations", SQ_PARAM_INT, "5120", 1, 1e9, NULL, "", "configurations to store for training",
   .amount = true},
  {"hmc", "test", SQ_PARAM_INT, "1024", 0, 1e9, NULL, "",
   "further configurations, held out from training (ensemble testing)", .amount = true},
  {"hmc", "chains", SQ_PARAM_INT, "8", 1, 65536, NULL, "", "independent Markov chains, distributed over replicas"},
  {"hmc", "integrator", SQ_PARAM_CHOICE, "omelyan", 0, 0, NULL, "", "integrator of the equations of motion",
   .names = sq_integrator_name},
  {"hmc", "length", SQ_PARAM_REAL, "auto", 1e-6, 1e6, NULL, "molecular-dynamics time",
   "mean length of a trajectory; auto: from the susceptibility, or 1 when steps are given"},
  {"hmc", "steps", SQ_PARAM_INT, "auto", 1, 1e6, NULL, "",
   "mean number of steps of a trajectory; auto: from the acceptance"},
  {"hmc", "vary_length", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "draw the number of steps of each trajectory from half to one and a half times the mean"},
  {"hmc", "acceptance", SQ_PARAM_REAL, "auto", 0.05, 0.999, NULL, "",
   "the acceptance to tune for; auto: 0.9 for omelyan, 0.8 for leapfrog, 0.93 for omf4"},
  {"hmc", "thermalisation", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "trajectories",
   "discarded at the start; auto: 20 measured autocorrelation times"},
  {"hmc", "separation", SQ_PARAM_INT, "auto", 1, 1e9, NULL, "trajectories",
   "between stored configurations; auto: 2 measured autocorrelation times"},
  {"hmc", "start", SQ_PARAM_CHOICE, "auto", 0, 0, "auto hot ordered", "",
   "first fields; auto: ordered where the action has a broken minimum, hot elsewhere"},
  {"hmc", "flip", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "a random move of the theory's symmetry (the sign, a rotation) after each trajectory"},
  {"hmc", "reversibility", SQ_PARAM_INT, "1000", 0, 1e9, NULL, "trajectories",
   "between checks that a trajectory can be run back to where it began, in production; 0: never. Changes no result",
   .apart = true},
  {"hmc", "cluster", SQ_PARAM_INT, "auto", 0, SQ_CLUSTER_SWEEPS, NULL, "",
   "cluster updates, which reflect clusters of sites, after each trajectory; auto: 1 where that is cheaper, by "
   "measured "
   "autocorrelation times"},
  {"hmc", "acceleration", SQ_PARAM_CHOICE, "none", 0, 0, "none fourier auto", "",
   "Fourier acceleration: momenta with a kernel that gives all modes of the field one frequency; auto: where that is "
   "cheaper, as for cluster"},
  {"hmc", "mass", SQ_PARAM_REAL, "auto", 1e-6, 1e6, NULL, "",
   "mass m in the kernel 1/(m^2 + p_hat^2) of Fourier acceleration; auto: from the propagator during thermalisation"},
  {0},
};

static sq_acceleration acceleration_of(const char *text)
{
  if (strcmp(text, "fourier") == 0) return SQ_ACCELERATION_FOURIER;
  return strcmp(text, "none") == 0 ? SQ_ACCELERATION_NONE : SQ_ACCELERATION_AUTO;
}

/* The deck says auto with -1. */
static int64_t whole(const sq_deck *deck, const char *key)
{
  return PetscMax(sq_deck_int(deck, "hmc", key), (int64_t)0);
}

static double real(const sq_deck *deck, const char *key)
{
  return fmax(sq_deck_real(deck, "hmc", key), 0);
}

PetscErrorCode sq_hmc_settings_from_deck(const sq_deck *deck, sq_hmc_settings *set)
{
  PetscFunctionBeginUser;
  PetscCall(sq_hmc_common_settings(deck, "hmc", set));
  set->integrator = sq_integrator_find(sq_deck_text(deck, "hmc", "integrator"));
  set->length = real(deck, "length");
  set->steps = whole(deck, "steps");
  set->vary_length = sq_deck_bool(deck, "hmc", "vary_length");
  set->acceptance = real(deck, "acceptance");
  set->thermalisation = whole(deck, "thermalisation");
  set->separation = whole(deck, "separation");
  set->reversibility = sq_deck_int(deck, "hmc", "reversibility");
  set->cluster = sq_deck_int(deck, "hmc", "cluster");
  set->acceleration = acceleration_of(sq_deck_text(deck, "hmc", "acceleration"));
  set->mass = real(deck, "mass");
  set->dynamics = &sq_dynamics_trajectory;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_suit(const sq_deck *deck, const sq_action *action, sq_hmc_settings *set)
{
  PetscFunctionBeginUser;
  const char *section = set->section, *lack = sq_action_lacks(action, SQ_ABLE_WAVES),
             *theory = sq_action_theory(action->type)->name;
  SqCheck(set->cluster <= 0 || action->type->bond, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: %s.cluster = %lld: there are no cluster updates of the action %s; set it to 0 or auto",
          sq_deck_where(deck, section, "cluster"), section, (long long)set->cluster, theory);
  SqCheck(set->acceleration != SQ_ACCELERATION_FOURIER || !lack, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: %s.acceleration: fourier: the action %s %s, whose waves it is for; set it to none",
          sq_deck_where(deck, section, "acceleration"), section, theory, lack);
  if (lack) set->acceleration = SQ_ACCELERATION_NONE;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_resolve(const sq_hmc_settings *set, const sq_hmc_tuning *t, sq_deck *deck)
{
  PetscFunctionBeginUser;
  PetscCall(sq_hmc_note(deck, "hmc", "length", set->length <= 0, t->length));
  PetscCall(sq_hmc_note(deck, "hmc", "steps", !set->steps, (double)t->steps));
  PetscCall(sq_hmc_note(deck, "hmc", "thermalisation", !set->thermalisation, (double)t->thermalisation));
  PetscCall(sq_hmc_note(deck, "hmc", "separation", !set->separation, (double)t->separation));
  PetscCall(sq_hmc_note(deck, "hmc", "cluster", set->cluster == SQ_HMC_AUTO, (double)t->cluster));
  if (set->acceleration == SQ_ACCELERATION_AUTO)
    PetscCall(sq_deck_note(deck, "hmc", "acceleration", t->mass > 0 ? "fourier" : "none"));
  PetscCall(sq_hmc_note(deck, "hmc", "mass", set->mass <= 0 && t->mass > 0, t->mass));
  PetscFunctionReturn(0);
}
