/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: what a model of type latent is in numbers (latent.c), and its keys (latent_deck.c). */
#ifndef SQUALL_MODEL_LATENT_H
#define SQUALL_MODEL_LATENT_H

#include "squall/latent.h"
#include "src/model/tractable_row.h"

enum { LATENT_CHANNELS, LATENT_DEPTH, LATENT_ROUNDS };

extern const sq_param sq_latent_params[];
extern const char *const sq_latent_settings[];
/* The settings of a deck. Error: SQ_ERR_INPUT. Not collective; the same on every rank. */
PetscErrorCode sq_latent_read(const sq_deck *deck, const sq_action *action, double setting[]);

#endif
