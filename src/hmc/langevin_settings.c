/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `langevin` of a deck: one set of chains for every step size. */
#include "squall/hmc.h"
#include <math.h>
#include <string.h>

const sq_param sq_langevin_params[] = {
  {"langevin", "configurations", SQ_PARAM_INT, "5120", 1, 1e9, NULL, "", "configurations to store for every step size",
   .amount = true},
  {"langevin", "test", SQ_PARAM_INT, "0", 0, 1e9, NULL, "",
   "further configurations, held out from training (ensemble testing)", .amount = true},
  {"langevin", "chains", SQ_PARAM_INT, "8", 1, 65536, NULL, "",
   "independent chains for every step size, distributed over replicas"},
  {"langevin", "scheme", SQ_PARAM_CHOICE, "second", 0, 0, NULL, "",
   "of a step: euler, with averages wrong by order eps; second, by order eps^2; adjusted, exact by a Metropolis "
   "decision",
   .names = sq_langevin_scheme_name},
  {"langevin", "eps", SQ_PARAM_REALS, "[0.2, 0.1]", 1e-9, 1e3, NULL, "Langevin time",
   "step sizes, largest first, at most 8; each makes an ensemble of its own, and averages of several are extrapolated "
   "to eps = 0",
   .apart = true},
  {"langevin", "alpha", SQ_PARAM_REAL, "1", 1e-9, 1e9, NULL, "",
   "strength of the noise (hbar): the ensemble is of exp(-S/alpha)"},
  {"langevin", "interval", SQ_PARAM_REAL, "1", 1e-9, 1e6, NULL, "Langevin time",
   "between two measurements of a field, rounded to whole steps; takes the place of a trajectory"},
  {"langevin", "thermalisation", SQ_PARAM_REAL, "auto", 1e-9, 1e12, NULL, "Langevin time",
   "discarded at the start; auto: 20 measured autocorrelation times"},
  {"langevin", "separation", SQ_PARAM_REAL, "auto", 1e-9, 1e12, NULL, "Langevin time",
   "between stored configurations; auto: 2 measured autocorrelation times"},
  {"langevin", "start", SQ_PARAM_CHOICE, "auto", 0, 0, "auto hot ordered", "",
   "first fields; auto: ordered where the action has a broken minimum, hot elsewhere"},
  {"langevin", "flip", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "a random move of the theory's symmetry (the sign, a rotation) after each interval"},
  {"langevin", "acceleration", SQ_PARAM_CHOICE, "none", 0, 0, "none fourier", "",
   "Fourier acceleration: drift and noise with the kernel (m^2 + 2d)/(m^2 + p_hat^2), so that all modes of the field "
   "relax alike"},
  {"langevin", "mass", SQ_PARAM_REAL, "auto", 1e-6, 1e6, NULL, "",
   "mass m in that kernel; auto: from the propagator during thermalisation"},
  {"langevin", "degree", SQ_PARAM_INT, "auto", 1, 4, NULL, "",
   "of the extrapolation: powers of eps from the scheme's order on; auto: 1, or 2 from four step sizes on",
   .apart = true},
  {0},
};

/* What all step sizes share. 0 stands for auto. */
static PetscErrorCode read_common(const sq_deck *deck, sq_hmc_settings *set)
{
  PetscFunctionBeginUser;
  PetscCall(sq_hmc_common_settings(deck, "langevin", set));
  if (!strcmp(sq_deck_text(deck, "langevin", "acceleration"), "fourier")) set->acceleration = SQ_ACCELERATION_FOURIER;
  set->mass = fmax(sq_deck_real(deck, "langevin", "mass"), 0);
  set->dynamics = &sq_dynamics_langevin;
  set->scheme = sq_langevin_scheme_find(sq_deck_text(deck, "langevin", "scheme"));
  set->alpha = sq_deck_real(deck, "langevin", "alpha");
  PetscFunctionReturn(0);
}

/* A time in intervals of a step size, at least one; 0: auto. */
static int64_t intervals(const sq_deck *deck, const char *key, double length)
{
  double time = sq_deck_real(deck, "langevin", key);
  return time > 0 ? (int64_t)fmax(ceil(time / length * (1 - 1e-12)), 1) : 0;
}

static void set_step(const sq_deck *deck, int index, double eps, sq_hmc_settings *set)
{
  set->steps = (int64_t)fmax(round(sq_deck_real(deck, "langevin", "interval") / eps), 1);
  set->length = eps * (double)set->steps;
  set->thermalisation = intervals(deck, "thermalisation", set->length);
  set->separation = intervals(deck, "separation", set->length);
  set->first_id = (uint64_t)(index + 1) << 40; /* beyond those of hybrid Monte Carlo, and its probes' */
}

PetscErrorCode sq_langevin_settings_from_deck(const sq_deck *deck, sq_langevin_settings *settings)
{
  PetscFunctionBeginUser;
  const double *eps;
  sq_hmc_settings all;
  const char *where = sq_deck_where(deck, "langevin", "eps");
  *settings = (sq_langevin_settings){.count = sq_deck_reals(deck, "langevin", "eps", &eps),
                                     .degree = (int)sq_deck_int(deck, "langevin", "degree")};
  SqCheck(settings->count >= 1 && settings->count <= SQ_LANGEVIN_STEPS, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: langevin.eps: %d step sizes, allowed are 1 to %d", where, settings->count, SQ_LANGEVIN_STEPS);
  PetscCall(read_common(deck, &all));
  for (int i = 0; i < settings->count; i++) {
    SqCheck(i == 0 || eps[i] < eps[i - 1], SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: langevin.eps: %g after %g; the largest comes first, and each once", where, eps[i], eps[i - 1]);
    settings->eps[i] = eps[i];
    settings->set[i] = all;
    set_step(deck, i, eps[i], &settings->set[i]);
  }
  SqCheck(settings->count == 1 || settings->degree < settings->count, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: langevin.degree: %d needs more than %d step sizes (langevin.eps)",
          sq_deck_where(deck, "langevin", "degree"), settings->degree, settings->count);
  PetscFunctionReturn(0);
}
