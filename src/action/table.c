/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of theories, alone in its file: a program may link its own with a row more. */
#include "types.h"

const sq_action_type *const sq_action_types[] = {
  &sq_action_phi4,  &sq_action_quartic, &sq_action_on,       &sq_action_xy,   &sq_action_complex,
  &sq_action_ising, &sq_action_u1,      &sq_action_particle, &sq_action_none, NULL};
