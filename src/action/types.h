/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the theories of the table, and how a value is made. */
#ifndef SQUALL_ACTION_TYPES_H
#define SQUALL_ACTION_TYPES_H

#include "squall/action.h"

extern const sq_action_type sq_action_phi4, sq_action_quartic, sq_action_on, sq_action_xy, sq_action_complex,
  sq_action_ising, sq_action_u1, sq_action_particle, sq_action_none;

/* One of the table, or the loaded one. NULL if there is none of that name. */
const sq_action_type *sq_action_find_type(const char *name);
/* Number index: those of the table, then the loaded one. NULL past the last. */
const sq_action_type *sq_action_type_at(int index);
/* The theory that was loaded, and from where; NULL, "": none. */
const sq_action_type *sq_action_plugin(void);
const char *sq_action_plugin_library(void);
/* Makes it that; type lives as long as the program. */
void sq_action_plug_in(const sq_action_type *type);
/* sq_action_make; where: the place in the deck to name in an error, or NULL. */
PetscErrorCode sq_action_make_at(const char *name, int dim, const double value[], const char *where, sq_action *action);

#endif
