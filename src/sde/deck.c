/* SPDX-License-Identifier: BSD-3-Clause */
/* The deck's section `schedule`. */
#include "squall/sde.h"

const sq_param sq_schedule_params[] = {
  {"schedule", "sigma", SQ_PARAM_REAL, "25", 1.0001, 1e6, NULL, "", "of ve: g = sigma^t"},
  {"schedule", "beta_min", SQ_PARAM_REAL, "0.1", 1e-6, 1e3, NULL, "", "of vp-linear: beta at t = 0; of ddpm: T beta_1"},
  {"schedule", "beta_max", SQ_PARAM_REAL, "20", 1e-6, 1e3, NULL, "", "of vp-linear: beta at t = 1; of ddpm: T beta_T"},
  {"schedule", "timesteps", SQ_PARAM_INT, "1000", 1, 100000, NULL, "", "of ddpm: T"},
  {"schedule", "t_min", SQ_PARAM_REAL, "0.001", 1e-8, 0.5, NULL, "",
   "training with ve, vp-linear, vp-cosine draws t from here to 1"},
  {0}};

PetscErrorCode sq_schedule_from_deck(const sq_deck *deck, const char *name, sq_schedule *schedule)
{
  PetscFunctionBeginUser;
  *schedule = (sq_schedule){.type = sq_schedule_find(name),
                            .sigma = sq_deck_real(deck, "schedule", "sigma"),
                            .beta_min = sq_deck_real(deck, "schedule", "beta_min"),
                            .beta_max = sq_deck_real(deck, "schedule", "beta_max"),
                            .timesteps = (int)sq_deck_int(deck, "schedule", "timesteps")};
  if (schedule->type) PetscCall(sq_schedule_check(schedule));
  PetscFunctionReturn(0);
}
