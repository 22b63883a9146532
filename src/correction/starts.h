/* SPDX-License-Identifier: BSD-3-Clause */
/* starts: the fields that chains of moves begin with (correct.start). */
#ifndef SQUALL_CORRECTION_STARTS_H
#define SQUALL_CORRECTION_STARTS_H

#include "src/correction/correction.h"
#include "src/making/chain_records.h"

/* Puts the chains of this replica, chain[c->count], to where they begin, by what the deck says: chain n to the field
 * that the independence chain of its share of the samples ends at, decided by numbers of that stream and the weights in
 * e; or to the last field of its share of the ensemble's held-out ones, which no model has seen, or, where those are
 * fewer than chains, of all. source: the file of samples, or the ensemble's. Collective over c->grid->world. */
PetscErrorCode sq_starts_read(const sq_chain_records *c, sq_records *source, const sq_ensemble *e, uint64_t stream,
                              sq_move_chain *chain);
/* Whether the file has a field for each chain, of the theory as it is moved: SQ_ERR_INPUT if not. Collective. */
PetscErrorCode sq_starts_check(const sq_run *run, int chains, const char *path);
/* How many fields chains can begin with, stored or generated, as far as the deck says. Error: SQ_ERR_INPUT. Not
 * collective, the same on every rank. */
PetscErrorCode sq_starts_expected(const sq_run *run, int64_t *fields);

#endif
