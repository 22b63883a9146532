/* SPDX-License-Identifier: BSD-3-Clause */
/* thermalisation: what comes before production, with a progress line, status.json and a checkpoint of its own, so that
 * it goes on where it was stopped, on any number of ranks, with the same bits.
 *
 * The checkpoint is a records file (squall/io.h) with the fields of production chains and of probes; the series `state`
 * in it is all that is known beside them.
 */
#ifndef SQUALL_THERMALISATION_H
#define SQUALL_THERMALISATION_H

#include "src/making/work.h"

typedef struct {
  /* given; nothing is owned */
  const sq_run *run;
  const char *stage; /* for messages */
  const sq_grid *grid;
  const sq_lattice *lattice;
  sq_hmc *hmc;
  const sq_records_info *about; /* of the ensemble: seed, fingerprint, deck, and so on */
  char path[SQ_PATH];           /* of the checkpoint */
} sq_thermaliser;

/* Whether a checkpoint that is there can be gone on from. Errors: as below. */
PetscErrorCode sq_run_thermalisation_check(const sq_thermaliser *t);
/* Thermalises, or goes on with it. Errors: SQ_ERR_STOPPED; SQ_ERR_INPUT if the checkpoint is of another deck;
 * SQ_ERR_DATA if it is damaged. Collective over run->world, as is the next. */
PetscErrorCode sq_run_thermalise(const sq_thermaliser *t);
/* Removes the checkpoint: production has one. */
PetscErrorCode sq_run_thermalised(const sq_thermaliser *t);

#endif
