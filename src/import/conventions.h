/* SPDX-License-Identifier: BSD-3-Clause */
/* conventions: other ways to write the action of a theory. Not collective. */
#ifndef SQUALL_IMPORT_CONVENTIONS_H
#define SQUALL_IMPORT_CONVENTIONS_H

#include "squall/action.h"
#include "squall/stats.h"

/* A theory with more couplings than the one of the deck, which has those of any normalisation; false: none is known. */
bool sq_convention_general(const sq_action *action, sq_action *general);
/* What these couplings of the general theory, in the order of its parameters, say of the normalisation of the fields,
 * in words; "" where it is that of the deck. */
enum { SQ_CONVENTION_TEXT = 512 };
void sq_convention_suggest(const sq_action *action, const sq_estimate coupling[], char text[SQ_CONVENTION_TEXT]);

#endif
