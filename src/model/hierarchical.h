/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: the type hierarchical. */
#ifndef SQUALL_MODEL_HIERARCHICAL_H
#define SQUALL_MODEL_HIERARCHICAL_H

#include "src/model/tractable_row.h"

/* Its settings, and their names in files. */
enum { HIERARCHICAL_HIDDEN, HIERARCHICAL_EXACT };
extern const char *const sq_hierarchical_settings[];
extern const sq_param sq_hierarchical_params[];
/* As in sq_tractable_kind. */
PetscErrorCode sq_hierarchical_read(const sq_deck *deck, const sq_action *action, double setting[]);

#endif
