/* SPDX-License-Identifier: BSD-3-Clause */
/* gather: what is taken from every field of an ensemble, all of it in one pass over the files. */
#ifndef SQUALL_MEASURE_GATHER_H
#define SQUALL_MEASURE_GATHER_H

#include "src/ensemble/ensemble.h"

/* A group of an open file whose fields are about to be read. Nothing is owned. */
typedef struct {
  sq_records *records;
  const sq_grid *grid;
  const sq_lattice *lattice;
  int index;
  const sq_record_group *about;
} sq_group;

/* A kind of gathering. Collective over run->world, but for add. */
typedef struct {
  /* self: NULL where this run needs nothing of the kind. */
  PetscErrorCode (*create)(sq_run *run, void **self);
  /* Whether the fields of the group are wanted; then add for each, and end. */
  PetscErrorCode (*begin)(void *self, const sq_group *group, bool *wanted);
  /* Field `record`, of this replica. Collective over the lattice's ranks. */
  PetscErrorCode (*add)(void *self, int64_t record, const double *block);
  PetscErrorCode (*end)(void *self, sq_table *measure);
  /* After the last file: writes what is left, into measure.csv and files of its own. */
  PetscErrorCode (*finish)(void *self, sq_table *measure);
  PetscErrorCode (*destroy)(void **self);
} sq_gatherer;

extern const sq_gatherer sq_gather_spectra, sq_gather_quantum,
  sq_gather_windings;                           /* spectra.c, quantum.c, windings.c */
extern const sq_gatherer sq_gather_angles;      /* angles.c */
extern const sq_gatherer sq_gather_kinks;       /* kinks.c */
extern const sq_gatherer *const sq_gatherers[]; /* NULL-terminated (table.c) */
enum { SQ_GATHERERS = 8 };                      /* at most */

/* The columns of measure.csv. */
extern const sq_column sq_measure_columns[];
/* Adds a line of measure.csv (measure.c). Not collective. */
PetscErrorCode sq_measure_row(sq_table *table, const char *ensemble, const char *observable,
                              const sq_estimate *estimate);
/* What weights say, where the ensemble has some or is made of fields that have: of the effective sample size, log Z,
 * and, where the density of any field is known, of free energy, entropy, divergences and Monte Carlo fields
 * (weights.c). Not collective. */
PetscErrorCode sq_measure_weights(const sq_run *run, sq_table *table, const sq_ensemble *e);

#endif
