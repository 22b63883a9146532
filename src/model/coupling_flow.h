/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: what a model of type coupling-flow is in numbers (coupling_flow.c), and its keys
 * (coupling_flow_deck.c). */
#ifndef SQUALL_MODEL_COUPLING_FLOW_H
#define SQUALL_MODEL_COUPLING_FLOW_H

#include "squall/coupling.h"
#include "src/model/tractable_row.h"

enum { COUPLING_LAYERS, COUPLING_CHANNELS, COUPLING_DEPTH, COUPLING_CELL };

extern const sq_param sq_coupling_flow_params[];
extern const char *const sq_coupling_flow_settings[];
/* The settings of a deck. Error: SQ_ERR_INPUT. Not collective; the same on every rank. */
PetscErrorCode sq_coupling_flow_read(const sq_deck *deck, const sq_action *action, double setting[]);

#endif
