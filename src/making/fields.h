/* SPDX-License-Identifier: BSD-3-Clause */
/* fields: records whose every field is a function of its number. Those that the file still lacks are made, in batches
 * that are shared out over the replicas. */
#ifndef SQUALL_FIELDS_H
#define SQUALL_FIELDS_H

#include "src/making/work.h"

typedef struct {
  /* given; nothing is owned */
  const sq_run *run;
  const char *stage, *path; /* for messages; of the file that is to be */
  const sq_grid *grid;
  const sq_lattice *lattice;
  int batch; /* fields that are made together: first = a multiple of batch */
  void *context;
  /* Makes fields first .. first + count - 1, their blocks[batch][components][local_volume] and
   * columns[batch][SQ_IO_COLUMNS]; count 0: this replica has none this time. May read records, which all replicas do
   * together. Collective over all replicas; a failure on one of them is one of all. */
  PetscErrorCode (*make)(void *context, int64_t first, int count, double *blocks, double *columns);
  void (*text)(const void *context, char text[64]); /* for the progress line */
  bool extend; /* the finished file at path has the first of these fields: they are copied */
  /* made */
  sq_records *records; /* the caller's to finish: sq_records_publish */
} sq_fields;

/* Begins the file or goes on with it, and makes what is missing of its one group, obeying wishes. Writes
 * core_seconds_an_update, of one field, beside the records. Errors: SQ_ERR_STOPPED, those of make. Collective. */
PetscErrorCode sq_fields_make(sq_fields *fields, const sq_records_info *info);

#endif
