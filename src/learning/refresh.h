/* SPDX-License-Identifier: BSD-3-Clause */
/* refresh: stored fields that are moved each time they are learned from, by the theory's own algorithm: no field comes
 * twice, and none has another density. */
#ifndef SQUALL_LEARNING_REFRESH_H
#define SQUALL_LEARNING_REFRESH_H

#include "squall/train.h"

/* How many units `auto` stands for: 1, but none of hybrid Monte Carlo, which costs many forces. Not collective. */
int64_t sq_refresh_units(const sq_action *action, int64_t units);
/* Whether the theory has an algorithm for it: SQ_ERR_INPUT if not. Not collective, the same on every rank. */
PetscErrorCode sq_refresh_check(const sq_action *action, int64_t units);
/* Moves fields by so many units, 0: {0}. What is moved has random numbers of (seed, step, entry). fields: what a step
 * size is tuned on where the algorithm has one, the same in all replicas. lattice is kept, not owned. Collective over
 * lattice->comm; so is the next. */
PetscErrorCode sq_refresh_create(const sq_lattice *lattice, const sq_action *action, const sq_dataset *fields,
                                 int64_t units, uint64_t seed, sq_refresh *refresh);
PetscErrorCode sq_refresh_destroy(sq_refresh *refresh);

#endif
