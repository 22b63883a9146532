/* SPDX-License-Identifier: BSD-3-Clause */
/* witness: whether the fields of a file can be what it says they are, whatever its checksums say. The numbers of every
 * record are measured again from its field, which costs less than to read it (0.8 s a GB);
 * and no field stands in two chains or two groups, or twice where there are no chains. Path weights are not held
 * against anything: they need the path, not the field. */
#ifndef SQUALL_ENSEMBLE_WITNESS_H
#define SQUALL_ENSEMBLE_WITNESS_H

#include "src/run/run.h"

typedef struct sq_witness sq_witness;

/* Of one file, whose fields of the run's theory, in the form that its description of the action says, are about to be
 * read on this lattice. Collective over lattice->comm. */
PetscErrorCode sq_witness_begin(const sq_run *run, const char *description, const sq_lattice *lattice,
                                sq_witness **witness);
/* The same of any file, by the action that it says. Collective over lattice->comm. */
PetscErrorCode sq_witness_of(MPI_Comm world, const sq_action *action, const sq_lattice *lattice, sq_witness **witness);
/* The record that this replica has just read with sq_records_read, with all its columns. Collective over the lattice's
 * ranks. */
PetscErrorCode sq_witness_add(sq_witness *witness, const sq_records *records, int group, int64_t index,
                              const double *block, const double *columns);
/* Judges, and frees. Error: SQ_ERR_DATA with the first record that cannot be. Collective over world. */
PetscErrorCode sq_witness_end(sq_witness **witness, const char *path);
/* For whoever reads numbers of a file and no fields: shows a few records of every group, wherever they are, to a
 * witness. Error: SQ_ERR_DATA, as sq_witness_end, and for damaged records. Collective over world (glance.c). */
PetscErrorCode sq_glance_at_fields(MPI_Comm world, const char *path);
/* A file of any theory on as many ranks of the world as can share its lattice, the others with copies. The caller
 * closes and destroys. Collective over world (glance.c). */
PetscErrorCode sq_open_fields_of(MPI_Comm world, const char *path, sq_grid **grid, sq_lattice **lattice,
                                 sq_records **records);

#endif
