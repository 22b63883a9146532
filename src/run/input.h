/* SPDX-License-Identifier: BSD-3-Clause */
/* input: whether a file of the run is what the deck says it is. Everything that reads a file of the run asks first. */
#ifndef SQUALL_RUN_INPUT_H
#define SQUALL_RUN_INPUT_H

#include "src/run/run.h"

/* Refuses a file of another kind, lattice, theory, seed or deck, naming the first key that differs. Only sections that
 * the deck has are compared, with the deck that the file keeps; what stands apart is not, nor amounts: a file may be
 * shorter or longer than its reader's deck says. One that no stage claims, or that keeps no deck, is held against
 * lattice, theory and seed. Errors: SQ_ERR_INPUT; SQ_ERR_DATA for another kind, and for what cannot be read. Collective
 * over run->world. */
PetscErrorCode sq_input_check(const sq_run *run, const char *path);
/* The same, amounts too: for the stage that makes the file. Collective. */
PetscErrorCode sq_input_check_own(const sq_run *run, const char *path);

/* Refuses a file of this deck that was made of something else than the deck says, amounts too: what a run would refuse
 * after it had extended that. One of another deck is left to who makes it. Collective. */
PetscErrorCode sq_input_check_origin(const sq_run *run, const char *path);

#endif
