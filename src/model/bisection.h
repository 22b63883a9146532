/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: what a model of type bisection is in numbers (bisection.c), and its keys (bisection_deck.c). */
#ifndef SQUALL_MODEL_BISECTION_H
#define SQUALL_MODEL_BISECTION_H

#include "squall/bisection.h"
#include "src/model/tractable_row.h"

enum { BISECTION_CHANNELS, BISECTION_DEPTH, BISECTION_MIXTURE };

extern const sq_param sq_bisection_params[];
extern const char *const sq_bisection_settings[];
/* The settings of a deck. Error: SQ_ERR_INPUT. Not collective; the same on every rank. */
PetscErrorCode sq_bisection_read(const sq_deck *deck, const sq_action *action, double setting[]);

#endif
