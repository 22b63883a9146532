/* SPDX-License-Identifier: BSD-3-Clause */
/* sweep: the stages of one model for many couplings: ensembles at those it learns at, fields at those that are wanted,
 * and the table of what they say. */
#ifndef SQUALL_SWEEP_H
#define SQUALL_SWEEP_H

#include "src/couplings/couplings.h"

/* Of every coupling its run, one after the other, which work looks at or works on; context is handed on. Errors: those
 * of the runs and of work. Collective. */
PetscErrorCode sq_sweep_each(const sq_run *run, const sq_scan *scan,
                             PetscErrorCode (*work)(sq_run *part, void *context), void *context);
/* Enters the directory of a coupling's run and makes its ensemble, or all its stages; the log is the whole's again
 * then. Errors: those of the stages. Collective. */
PetscErrorCode sq_sweep_make_ensemble(sq_run *part);
PetscErrorCode sq_sweep_make_all(sq_run *part);

/* couplings.csv (rows.c): what the fields of the couplings of sample.scan say. Collective. */
PetscErrorCode sq_sweep_write(const sq_run *run, const sq_scan *scan);

extern const sq_stage sq_scan_stage, sq_couplings_stage;

#endif
