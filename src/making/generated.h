/* SPDX-License-Identifier: BSD-3-Clause */
/* generated: fields of a generator in a records file, whatever makes them. */
#ifndef SQUALL_GENERATED_H
#define SQUALL_GENERATED_H

#include "src/plan/site.h"

typedef struct {
  const sq_site *site; /* with a generator */
  const char *stage;   /* for messages */
  const char *group;   /* of the records */
  int64_t count;       /* fields 0 .. count - 1 of the stream */
  uint64_t fingerprint;
  sq_streams streams; /* own: of the fields */
  bool extend;        /* sq_fields.extend */
  double further;     /* bytes of other files that are to come, for the check of space */
} sq_generated;

/* Makes the fields that are missing in the file, with the columns log_weight (log w = -log q - S; NaN without a
 * density) and those of sq_obs_measure; obeys wishes. records: to be published by the caller, who may add to it.
 * Collective over run->world. */
PetscErrorCode sq_generated_make(const sq_generated *what, const char *path, sq_records **records);
/* The whole way of fields 0 .. count - 1, at every level that a generator shows, into another file (group levels,
 * series levels with a and s); kept if it is of this fingerprint. Nothing for count = 0. Collective. */
PetscErrorCode sq_generated_ways(const sq_generated *what, int64_t count, const char *path);
/* Bytes that the ways of so many fields take. Not collective. */
double sq_generated_way_bytes(const sq_site *site, int64_t count);

#endif
