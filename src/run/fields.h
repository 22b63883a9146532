/* Private to app: making the fields of a records file one by one. */
#ifndef SQUALL_APP_FIELDS_H
#define SQUALL_APP_FIELDS_H

#include "src/run/run.h"

typedef struct {
  const sq_run *run;
  const char *stage; /* for messages */
  const sq_grid *grid;
  sq_records *records; /* group 0 has `count` records */
  int64_t count;
  double *block; /* [local_volume] */
  void *context;
  /* Makes field n (-1: this replica has none this time) in block, and its columns. May read records, which all replicas
   * do together. Collective over all replicas; a failure on one of them is one of all. */
  PetscErrorCode (*make)(void *context, int64_t n, double *block, double *columns);
  void (*text)(const void *context, char text[64]); /* for the progress line */
} sq_fields;

/* Makes the missing ones, of which `done` are there already; obeys wishes. Writes core_seconds_an_update, of one field,
 * beside them. Collective. */
PetscErrorCode sq_fields_make(const sq_fields *fields, const bool *missing, int64_t done);

#endif
