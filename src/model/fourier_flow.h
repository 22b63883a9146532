/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: what a model of type fourier-flow is in numbers (fourier_flow.c), and its keys
 * (fourier_flow_deck.c). */
#ifndef SQUALL_MODEL_FOURIER_FLOW_H
#define SQUALL_MODEL_FOURIER_FLOW_H

#include "squall/fourierflow.h"
#include "src/model/tractable_row.h"

enum { FOURIER_LAYERS, FOURIER_CHANNELS, FOURIER_DEPTH, FOURIER_SPACING, FOURIER_MODES, FOURIER_PEAKS, FOURIER_KINKS };

extern const sq_param sq_fourier_flow_params[];
extern const char *const sq_fourier_flow_settings[];
/* The settings of a deck; what it leaves open is 0. Error: SQ_ERR_INPUT. Not collective; the same on every rank. */
PetscErrorCode sq_fourier_flow_read(const sq_deck *deck, const sq_action *action, double setting[]);

#endif
