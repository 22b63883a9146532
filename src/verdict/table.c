/* SPDX-License-Identifier: BSD-3-Clause */
/* What every ensemble is judged by. */
#include "src/verdict/verdict.h"

sq_verdict_check *const sq_verdict_checks[] = {
  sq_check_length,    sq_check_moves,           sq_check_agreement,    sq_check_symmetry,   sq_check_burn_in,
  sq_check_proposals, sq_check_step_sizes,      sq_check_thermalised,  sq_check_width,      sq_check_weights,
  sq_check_modes,     sq_check_schwinger_dyson, sq_check_trajectories, sq_check_model,      sq_check_polished,
  sq_check_drift,     sq_check_imaginary,       sq_check_kinks,        sq_check_constraint, NULL};
