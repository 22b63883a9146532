/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: the type heights. */
#ifndef SQUALL_MODEL_HEIGHTS_H
#define SQUALL_MODEL_HEIGHTS_H

#include "src/model/tractable_row.h"
#include "squall/heights.h"

/* Its settings, and their names in files. */
enum { HEIGHTS_HIDDEN, HEIGHTS_RADIUS, HEIGHTS_MIDDLE, HEIGHTS_WINDINGS, HEIGHTS_BEGINNING };
extern const char *const sq_heights_settings[];
extern const sq_param sq_heights_params[];
/* As in sq_tractable_kind, but for the lattice: the table of windings depends on it. */
PetscErrorCode sq_heights_read(const sq_deck *deck, const sq_action *action, double setting[]);
/* The module's shape of a theory on a lattice, extent as in sq_lattice, but for its settings. Not collective. */
sq_heights_shape sq_heights_of(const sq_action *action, const int64_t extent[SQ_DIM]);

#endif
