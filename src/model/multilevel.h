/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: what a model of type multilevel is in numbers (multilevel.c), and its keys (multilevel_deck.c). */
#ifndef SQUALL_MODEL_MULTILEVEL_H
#define SQUALL_MODEL_MULTILEVEL_H

#include "squall/multilevel.h"
#include "src/model/tractable_row.h"

enum { MULTILEVEL_CHANNELS, MULTILEVEL_DEPTH, MULTILEVEL_REACH, MULTILEVEL_MIXTURE };

extern const sq_param sq_multilevel_params[];
extern const char *const sq_multilevel_settings[];
/* The settings of a deck. Error: SQ_ERR_INPUT. Not collective; the same on every rank. */
PetscErrorCode sq_multilevel_read(const sq_deck *deck, const sq_action *action, double setting[]);

#endif
