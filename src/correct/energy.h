/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the action of blocks. */
#ifndef SQUALL_CORRECT_ENERGY_H
#define SQUALL_CORRECT_ENERGY_H

#include "squall/correct.h"
#include <math.h>

typedef struct {
  sq_action action;
  sq_field *field;
  sq_halo *halo;
} sq_energy;

PetscErrorCode sq_energy_create(const sq_lattice *lattice, const sq_action *action, sq_energy *energy);
PetscErrorCode sq_energy_destroy(sq_energy *energy);
/* Adds this rank's part of S(block) to sum. Collective over the lattice. */
PetscErrorCode sq_energy_add(sq_energy *energy, const double *block, sq_sum *sum);

/* How far sum phi of a chain moved, of components that were before[] and change by change[]: the root of the mean over
 * components, or how |sum phi| changes. Not collective. */
double sq_change_of_order(const sq_move_chain *chain, int components, const double *before, const double *change);

#endif
